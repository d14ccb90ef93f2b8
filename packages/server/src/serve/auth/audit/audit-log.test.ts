import assert from 'node:assert/strict';
import { test } from 'node:test';
import { auditEntry, type AuditEntry } from '@vedette/api';
import { openStateStore } from '../../../store/state/embedded.ts';
import type { LogStore } from '../../../store/state/port.ts';
import { SILENT_LOG } from '../../../telemetry/log.ts';
import { createTestClock } from '../../test-server.ts';
import { PASSWORD, signIn, startAuthScene } from '../auth-fixture.ts';
import {
  AUDIT_QUEUE_MAX,
  AUDIT_RETENTION_MS,
  AuditLog,
  NOBODY_PER_MINUTE_MAX,
  REFUSED_PER_MINUTE_MAX,
  type NewAuditEntry,
} from './audit-log.ts';

const entryOf = (overrides: Partial<NewAuditEntry> = {}): NewAuditEntry => ({
  actor: 'account:ada',
  address: '10.0.0.1',
  action: 'silence.create',
  target: '',
  status: 200,
  detail: '',
  ...overrides,
});

function createLog(logs?: LogStore) {
  const clock = createTestClock();
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const log = new AuditLog({ clock, log: SILENT_LOG, logs: logs ?? state.logs });
  return { clock, state, log };
}

test('entries come back newest first, by actor, by action and what it begins with, page by page', async () => {
  const { log } = createLog();
  for (const [actor, action] of [
    ['account:ada', 'silence.create'],
    ['account:eve', 'guard.lift'],
    ['account:ada', 'guard.policy.mode'],
    ['account:ada', 'guards.x'],
  ] as const)
    await log.record(entryOf({ actor, action }));
  const actions = async (query: Partial<Parameters<AuditLog['read']>[0]>): Promise<readonly string[]> =>
    (await log.read({ limit: 10, ...query })).map(({ action }) => action);
  assert.deepEqual(await actions({}), ['guards.x', 'guard.policy.mode', 'guard.lift', 'silence.create']);
  assert.deepEqual(await actions({ action: 'guard' }), ['guard.policy.mode', 'guard.lift']);
  assert.deepEqual(await actions({ action: 'guard', actor: 'account:eve' }), ['guard.lift']);
  const [newest] = await log.read({ limit: 1 });
  assert.deepEqual(await actions({ beforeSeq: newest?.seq, limit: 2 }), ['guard.policy.mode', 'guard.lift']);
});

test('refusals of one account are sampled, what it does and what others try is not', async () => {
  const { log, clock } = createLog();
  for (let i = 0; i < REFUSED_PER_MINUTE_MAX + 5; i++) await log.record(entryOf({ status: 403 }));
  await log.record(entryOf({ status: 403, actor: 'account:eve' }));
  await log.record(entryOf({ action: 'guard.lift' }));
  const entries = await log.read({ limit: 1000 });
  assert.equal(entries.length, REFUSED_PER_MINUTE_MAX + 2);
  assert.deepEqual(
    entries.slice(0, 2).map(({ actor, action }) => `${actor} ${action}`),
    ['account:ada guard.lift', 'account:eve silence.create'],
  );
  assert.match(entries[1]?.detail ?? '', /^5 refused ones left out$/);
  await clock.advance(60_000);
  await log.record(entryOf({ status: 403 }));
  assert.equal((await log.read({ limit: 1000 })).length, REFUSED_PER_MINUTE_MAX + 3);
});

test('what is rare is found beyond the first page', async () => {
  const { log, state } = createLog();
  await state.logs.append('audit', [{ atMs: 1, value: entryOf({ action: 'account.setup' }) }]);
  for (let i = 0; i < 3; i++)
    await state.logs.append(
      'audit',
      Array.from({ length: 500 }, () => ({ atMs: 2, value: entryOf() })),
    );
  assert.deepEqual(
    (await log.read({ limit: 5, action: 'account' })).map(({ seq }) => seq),
    [1],
  );
});

test('what nobody does is sampled, and how much was left out is told', async () => {
  const { log, clock } = createLog();
  for (let i = 0; i < NOBODY_PER_MINUTE_MAX + 5; i++) await log.record(entryOf({ actor: 'nobody' }));
  await log.record(entryOf());
  const entries = await log.read({ limit: 1000 });
  assert.equal(entries.length, NOBODY_PER_MINUTE_MAX + 1);
  assert.equal(entries[0]?.detail, '5 refused ones left out');
  await clock.advance(60_000);
  await log.record(entryOf({ actor: 'nobody' }));
  assert.equal((await log.read({ limit: 1000, actor: 'nobody' })).length, NOBODY_PER_MINUTE_MAX + 1);
});

test('a store that fails costs no entry, and one that never answers a bounded number', async () => {
  let isDown = true;
  const written: unknown[] = [];
  const logs: LogStore = {
    append: (_, records) => {
      if (isDown) return Promise.reject(new Error('down'));
      written.push(...records);
      return Promise.resolve(written.length);
    },
    read: () => Promise.resolve([]),
    trim: () => Promise.resolve(0),
  };
  const { log } = createLog(logs);
  for (let i = 0; i < AUDIT_QUEUE_MAX + 3; i++) await log.record(entryOf());
  await log.recordDurably(entryOf());
  isDown = false;
  await log.close();
  assert.equal(written.length, AUDIT_QUEUE_MAX);
});

test('entries are written soon without being asked for, and old ones go', async () => {
  const { log, clock, state } = createLog();
  await state.logs.append('audit', [
    { atMs: clock.nowMs() - AUDIT_RETENTION_MS - 1, value: entryOf() },
    { atMs: clock.nowMs() - AUDIT_RETENTION_MS, value: entryOf() },
  ]);
  log.start();
  await log.record(entryOf({ target: 'x'.repeat(10_000) }));
  await clock.advance(500);
  const seqs = (await state.logs.read('audit', { direction: 'forward', afterSeq: 0, limit: 9 })).map(
    ({ seq }) => seq,
  );
  assert.deepEqual(seqs, [2, 3]);
  const [entry] = await log.read({ limit: 1 });
  assert.ok((entry?.target.length ?? Infinity) < 600);
});

test('who did what from where with what outcome is written down, without a secret', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  await signIn(scene.browser(), 'root', 'a wrong password');
  await signIn(scene.browser(), 'my password by mistake', PASSWORD);
  const ada = await scene.join(root, 'ada', 'viewer');
  await ada.send('PUT', '/api/vedette/accounts/ada', { role: 'admin' });
  const wanted = { name: 'deploy', role: 'admin', scopes: ['write'], expiresInDays: 1 };
  const made = await root.send('POST', '/api/vedette/tokens', wanted);
  const { secret } = made.body as { secret: string };
  await scene.browser().send('POST', '/-/reload', undefined, { authorization: `Bearer ${secret}` });
  await scene.browser().send('POST', '/-/reload');
  await ada.send('POST', '/api/v1/query', undefined);
  await ada.send('DELETE', '/api/vedette/session');
  const { body } = await root.send('GET', '/api/vedette/audit');
  const entries = (body as AuditEntry[]).map((entry) => auditEntry.parse(entry)).toReversed();
  assert.deepEqual(
    entries.map(({ actor, action, target, status, detail }) => [actor, action, target, status, detail]),
    [
      ['account:root', 'account.setup', 'root', 200, 'the first administrator'],
      ['nobody', 'session.sign_in', 'root', 401, ''],
      ['nobody', 'session.sign_in', '', 401, ''],
      ['account:root', 'account.create', 'ada', 201, 'role viewer'],
      ['account:ada', 'session.sign_in', '', 200, ''],
      ['account:ada', 'account.update', 'ada', 403, ''],
      ['account:root', 'token.create', 'deploy', 201, `role admin, scopes write, ${secret.slice(0, 8)}…`],
      ['token:deploy', 'config.reload', '', 200, ''],
      ['nobody', 'config.reload', '', 401, ''],
      ['account:ada', 'session.sign_out', '', 200, ''],
    ],
  );
  assert.ok(entries.every(({ address }) => address === '127.0.0.1'));
  const text = JSON.stringify(
    await scene.state.logs.read('audit', { direction: 'forward', afterSeq: 0, limit: 100 }),
  );
  for (const hidden of [PASSWORD, 'a wrong password', 'my password', secret])
    assert.ok(!text.includes(hidden), hidden);
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'before=-1'])
    assert.equal((await root.send('GET', `/api/vedette/audit?${query}`)).status, 400, query);
});
