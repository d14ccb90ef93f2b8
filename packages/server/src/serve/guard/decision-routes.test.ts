import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  guardAppealLink,
  guardDecision,
  guardDecisions,
  guardPolicies,
  type GuardDecision,
} from '@vedette/api';
import { AccessGuard } from '../auth/access-guard.ts';
import { startTestServer } from '../test-server.ts';
import { BY, soonMs, startGuardScene, type GuardScene } from './guard-scene.ts';

const BASE = '/api/vedette/guard';

async function call(
  { url }: Pick<GuardScene, 'url'>,
  path: string,
  body?: unknown,
): Promise<{ readonly status: number; readonly json: unknown; readonly text: string }> {
  const answer = await fetch(
    `${url}${BASE}/${path}`,
    body === undefined
      ? {}
      : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) },
  );
  const text = await answer.text();
  return { status: answer.status, json: JSON.parse(text), text };
}

async function banOf(scene: GuardScene, body: Record<string, unknown>): Promise<GuardDecision> {
  const { status, json } = await call(scene, 'decisions', { untilMs: soonMs(), reason: 'floods', ...body });
  assert.equal(status, 201);
  return guardDecision.parse(json);
}

test('a person bans, extends, approves and lifts, and every step is in the events', async (t) => {
  const scene = await startGuardScene(t);
  const made = await banOf(scene, { subject: 'u\n\0😀__proto__', by: 'ann' });
  assert.deepEqual(
    [made.state, made.grade, made.scope, made.evidence],
    ['live', 'temporary', 'user', { kind: 'person', by: 'ann' }],
  );
  const later = soonMs() + 60_000;
  const step = async (verb: string, body: unknown): Promise<GuardDecision> => {
    const { status, json } = await call(scene, `decisions/${made.id}/${verb}`, body);
    assert.equal(status, 200, verb);
    return guardDecision.parse(json);
  };
  assert.equal((await step('extend', { untilMs: later, reason: 'again', by: 'bob' })).untilMs, later);
  assert.equal((await step('approve', { reason: 'right' })).events.at(-1)?.kind, 'approved');
  assert.equal((await step('permanent', { reason: 'enough' })).untilMs, null);
  const lifted = await step('lift', { reason: ' mercy ' });
  assert.equal(lifted.state, 'lifted');
  assert.deepEqual(
    lifted.events.map((event) => [event.kind, 'by' in event ? event.by : '']),
    [
      ['made', ''],
      ['changed', 'bob'],
      ['approved', 'admin'],
      ['changed', 'admin'],
      ['lifted', 'admin'],
    ],
  );
  const last = lifted.events.at(-1);
  assert.equal(last?.kind === 'lifted' && last.reason, 'mercy');
  assert.deepEqual(guardDecision.parse((await call(scene, `decisions/${made.id}`)).json), lifted);
});

test('decisions are listed the newest first and narrowed', async (t) => {
  const scene = await startGuardScene(t);
  await banOf(scene, { subject: 'a' });
  const second = await banOf(scene, { scope: 'ip', subject: '::ffff:192.0.2.1' });
  await banOf(scene, { scope: 'range', subject: '10.1.2.3/8' });
  await call(scene, `decisions/${second.id}/lift`, { reason: 'x' });
  const list = async (query: string): Promise<string> =>
    guardDecisions
      .parse((await call(scene, `decisions${query}`)).json)
      .decisions.map(({ subject }) => subject)
      .join(' ');
  assert.equal(await list(''), '10.0.0.0/8 192.0.2.1 a');
  assert.equal(await list('?limit=1'), '10.0.0.0/8');
  assert.equal(await list('?live=true'), '10.0.0.0/8 a');
  assert.equal(await list('?subject=a'), 'a');
  assert.equal(await list('?scope=ip&subject=::FFFF:c000:201'), '192.0.2.1');
  assert.equal(await list('?scope=range&subject=nothing'), '');
  assert.equal(await list('?policy=per-minute'), '');
  for (const bad of ['limit=0', 'limit=1001', 'limit=x', 'live=yes', 'scope=x', `subject=${'x'.repeat(257)}`])
    assert.equal((await call(scene, `decisions?${bad}`)).status, 400, bad.slice(0, 30));
});

test('bodies that are not what they should be are refused with what is wrong', async (t) => {
  const scene = await startGuardScene(t);
  const good = { subject: 'u', untilMs: soonMs(), reason: 'r' };
  const refuse = async (body: unknown, want: RegExp): Promise<void> => {
    const { status, text } = await call(scene, 'decisions', body);
    assert.equal(status, 400, text);
    assert.match(text, want);
  };
  await refuse('{', /want JSON such as/);
  await refuse('[]', /want JSON such as/);
  await refuse('null', /want JSON such as/);
  await refuse({ ...good, subject: '' }, /subject: must not be empty/);
  await refuse({ ...good, subject: 'x'.repeat(257) }, /at most 256 bytes; got 257/);
  await refuse({ ...good, subject: '\ud800' }, /Unicode/);
  await refuse({ ...good, subject: 7 }, /subject/);
  await refuse({ ...good, scope: 'planet' }, /scope/);
  await refuse({ ...good, scope: 'range', subject: '10.0.0.0' }, /must be a network such as/);
  await refuse({ ...good, reason: ' ' }, /reason/);
  await refuse({ ...good, reason: 'x'.repeat(1001) }, /reason/);
  await refuse({ ...good, untilMs: 1 }, /untilMs: must lie ahead/);
  await refuse({ ...good, untilMs: 1e300 }, /untilMs/);
  await refuse({ ...good, untilMs: '2026-11-21' }, /untilMs/);
  await refuse({ ...good, banned: true }, /banned/);
  const long = await call(scene, 'decisions', { ...good, subject: 'x'.repeat(1_000_000) });
  assert.equal(long.status, 413);
  assert.deepEqual(scene.guard.live(), []);
});

test('what is not there is 404', async (t) => {
  const scene = await startGuardScene(t);
  for (const id of ['none', '__proto__', '%00'])
    for (const verb of ['', '/lift', '/approve', '/permanent', '/appeal']) {
      const { status, text } = await call(scene, `decisions/${id}${verb}`, verb === '' ? undefined : BY);
      assert.equal(status, 404, `${id}${verb}`);
      assert.match(text, /cannot find decision/);
    }
  const { status, text } = await call(scene, 'policies/none/mode', { mode: 'shadow', ...BY });
  assert.equal(status, 404, text);
});

test('policies show their state and take another mode', async (t) => {
  const scene = await startGuardScene(t);
  const before = guardPolicies.parse((await call(scene, 'policies')).json);
  assert.deepEqual([before.policies[0]?.mode, before.policies[0]?.tripped], ['enforce', null]);
  const after = await call(scene, 'policies/per-minute/mode', { mode: 'shadow', reason: 'too strict' });
  assert.equal(guardPolicies.parse(after.json).policies[0]?.mode, 'shadow');
  const { status } = await call(scene, 'policies/per-minute/mode', { mode: 'loud', reason: 'x' });
  assert.equal(status, 400);
});

test('a link for an appeal leads to its page, and the appeal into the reviews', async (t) => {
  const scene = await startGuardScene(t);
  const { id } = await banOf(scene, { subject: 'u' });
  const { url } = guardAppealLink.parse((await call(scene, `decisions/${id}/appeal`, {})).json);
  assert.match(url, /^\/guard\/appeal\/\S+$/);
  assert.equal((await fetch(scene.url + url)).status, 200);
  await fetch(scene.url + url, { method: 'POST', body: new URLSearchParams({ text: 'please' }) });
  const { decisions } = guardDecisions.parse((await call(scene, 'reviews')).json);
  assert.deepEqual(
    decisions.map((one) => one.events.at(-1)),
    [{ kind: 'appealed', atMs: decisions[0]?.events.at(-1)?.atMs, text: 'please' }],
  );
});

test('an operator may not ban for ever, and a bouncer sees none of this', async (t) => {
  const scene = await startGuardScene(t);
  assert.equal((await scene.get(`${BASE}/decisions`, { 'x-forwarded-for': '1.1.1.1' })).status, 403);
  t.mock.method(AccessGuard.prototype, 'judge', () => ({ kind: 'granted', role: 'operator' }));
  const forever = await call(scene, 'decisions', { subject: 'u', untilMs: null, reason: 'r' });
  assert.equal(forever.status, 403);
  assert.match(forever.text, /role \\"operator\\" is too low; want \\"admin\\"/);
});

test('a server without a guard says so', async (t) => {
  const server = await startTestServer();
  t.after(() => server.close());
  const { status, text } = await call({ url: server.address }, 'policies');
  assert.equal(status, 501);
  assert.match(text, /this server has none/);
});
