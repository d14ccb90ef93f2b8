import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import {
  alertExplanation,
  notificationAttempts,
  silenceEvent,
  silencePreview,
  type AlertExplanation,
} from '@vedette/api';
import { labelsOf, NO_LABELS, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { z } from 'zod';
import { createAlertPipeline, parseMatcher, type AlertPipeline, type SendResult } from '../../alert/index.ts';
import { setupOf } from '../../alert/setup-fixture.ts';
import { openStateStore } from '../../store/state/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { startTestServer } from '../test-server.ts';

const START_MS = Date.UTC(2026, 10, 21, 10);
const MINUTE_MS = 60_000;

/** A stage on a virtual clock behind a real server. */
async function start(t: TestContext) {
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 3; i++) await new Promise((resolve) => void setImmediate(resolve));
  };
  const clock = new VirtualClock({ startMs: START_MS, settle });
  const state = openStateStore({ clock, log: SILENT_LOG }, { path: ':memory:' });
  const results: SendResult[] = [];
  const receiver = {
    name: 'ops',
    integration: 'webhook',
    index: 0,
    sendsResolved: true,
    send: () => Promise.resolve(results.shift() ?? ({ kind: 'delivered' } as const)),
  };
  const deps = {
    clock,
    state,
    random: new SeededRandom(1),
    log: SILENT_LOG,
    metrics: createMetricsRegistry(),
  };
  const alerts = createAlertPipeline(deps, setupOf([receiver], { groupWaitMs: MINUTE_MS }));
  await alerts.start();
  const server = await startTestServer({
    insight: {
      explain: (who) => alerts.explain(who),
      attempts: (query) => alerts.attempts(query),
      previewSilence: (matchers) => alerts.previewSilence(matchers),
      silenceHistory: (id) => alerts.silences.history(id),
    },
  });
  t.after(async () => {
    await server.close();
    await alerts.stop();
    await state.close();
  });
  const ask = async (path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const init = body === undefined ? {} : { method: 'POST', body: text };
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${server.address}/api/vedette/${path}`, { ...init, headers });
    return { status: response.status, body: await response.json() };
  };
  return { alerts, clock, results, ask };
}

async function post(alerts: AlertPipeline, ...records: readonly Record<string, string>[]): Promise<void> {
  await alerts.post(
    records.map((record) => ({
      status: 'firing',
      labels: labelsOf(record),
      annotations: NO_LABELS,
      startsAtMs: START_MS,
      endsAtMs: START_MS,
      generatorUrl: '',
    })),
  );
}

const draft = (text: string, more: { id?: string; comment?: string } = {}) => ({
  matchers: [parseMatcher(text)],
  startsAtMs: START_MS,
  endsAtMs: START_MS + 60 * MINUTE_MS,
  createdBy: 'me',
  comment: 'disk swap',
  ...more,
});

const errorOf = ({ status, body }: { status: number; body: unknown }): string =>
  `${status} ${z.object({ error: z.string() }).parse(body).error}`;

test('an alert is explained by fingerprint and by labels, and what nobody posted by labels alone', async (t) => {
  const { alerts, ask } = await start(t);
  await post(alerts, { alertname: 'A', host: 'a' });
  const silenceId = await alerts.silences.set(draft('host=a'));
  const fingerprint = alerts.alerts()[0]?.fingerprint ?? '';
  const explain = async (path: string, body?: unknown): Promise<AlertExplanation> => {
    const answer = await ask(path, body);
    assert.equal(answer.status, 200);
    return alertExplanation.parse(answer.body);
  };
  const known = await explain(`alerts/${fingerprint}/explain`);
  assert.equal(known.state, 'firing');
  assert.deepEqual(known.labels, { alertname: 'A', host: 'a' });
  assert.deepEqual(known.silencedBy, [
    { id: silenceId, comment: 'disk swap', createdBy: 'me', endsAtMs: START_MS + 60 * MINUTE_MS },
  ]);
  assert.equal(known.tree.verdict, 'taken');
  assert.equal(known.routes[0]?.groupKey, '{}:{alertname="A"}');
  assert.deepEqual(await explain('alerts/explain', { labels: { host: 'a', alertname: 'A' } }), known);
  const other = await explain('alerts/explain', { labels: { alertname: 'B' } });
  assert.deepEqual([other.state, other.alert], ['hypothetical', null]);
  assert.equal(other.routes[0]?.integrations[0]?.next.atMs, START_MS + MINUTE_MS);
});

test('what cannot be explained is told with what to do', async (t) => {
  const { ask } = await start(t);
  const check = async (path: string, body: unknown, want: RegExp): Promise<void> =>
    assert.match(errorOf(await ask(path, body)), want);
  await check(
    'alerts/0123456789abcdef/explain',
    undefined,
    /^404 cannot explain alert "0123456789abcdef": .*; \/api\/v2\/alerts lists/,
  );
  await check('alerts/explain', '{', /^400 cannot read the body: .*; want JSON such as/);
  await check('alerts/explain', {}, /^400 cannot read the body: labels: /);
  await check('alerts/explain', { labels: { a: 1 } }, /^400 cannot read the body: labels\.a: /);
  await check('alerts/explain', { labels: {} }, /^400 labels: want at least one/);
  await check('alerts/explain', { labels: { a: '' } }, /^400 labels: want at least one/);
  await check('alerts/explain', { labels: { '': 'x' } }, /^400 labels: cannot be read/);
  await check('alerts/explain', { labels: { a: '\ud800' } }, /^400 labels: cannot be read/);
  await check('silences/preview', { matchers: [] }, /^400 cannot read the body: matchers: /);
  await check(
    'silences/preview',
    { matchers: [{ name: 'a', value: '(', isRegex: true }] },
    /^400 matchers: /,
  );
  await check('silences/nobody/history', undefined, /^404 cannot tell the history of silence "nobody": /);
});

test('attempts are searched, paged and refused beyond their limit', async (t) => {
  const { alerts, clock, results, ask } = await start(t);
  results.push({
    kind: 'failed',
    isRetriable: true,
    category: 'serverError',
    error: 'status 502',
    answer: { status: 502, text: 'Bad Gateway' },
  });
  await post(alerts, { alertname: 'A' });
  await clock.advance(2 * MINUTE_MS);
  const search = async (query: string) =>
    notificationAttempts.parse((await ask(`notifications/attempts?${query}`)).body);
  const { attempts, nextCursor } = await search('limit=1');
  assert.deepEqual([attempts[0]?.outcome, attempts[0]?.attempt, nextCursor], ['delivered', 2, 2]);
  const older = await search(`limit=1&cursor=${nextCursor}`);
  assert.deepEqual([older.attempts[0]?.answer?.status, older.nextCursor], [502, null]);
  const fingerprint = alerts.alerts()[0]?.fingerprint ?? '';
  const counts = [
    'outcome=failed',
    `fingerprint=${fingerprint}`,
    'fingerprint=x',
    'text=bad+gateway',
    'receiver=ops&integration=webhook',
    'receiver=dba',
    'start=2026-11-21T10:01:00.1Z',
    'end=2026-11-21T10:00:59Z',
  ].map(async (query) => (await search(query)).attempts.length);
  assert.deepEqual(await Promise.all(counts), [1, 2, 0, 1, 2, 0, 1, 0]);
  for (const query of ['limit=0', 'limit=1001', 'limit=x', 'outcome=lost', 'cursor=x', 'start=soon'])
    assert.match(errorOf(await ask(`notifications/attempts?${query}`)), /^400 /, query);
});

test('a silence is previewed before it is made, and has a history afterwards', async (t) => {
  const { alerts, ask, clock } = await start(t);
  await post(alerts, ...['a', 'b', 'c', 'd'].map((host) => ({ alertname: 'A', host })));
  const preview = async (matchers: readonly object[]) =>
    silencePreview.parse((await ask('silences/preview', { matchers })).body);
  const few = await preview([{ name: 'host', value: 'a|b', isRegex: true }]);
  assert.deepEqual([few.firingCount, few.matchedCount, few.mutedCount, few.warning], [4, 2, 0, null]);
  assert.deepEqual(few.receivers, [{ name: 'ops', alertCount: 2 }]);
  assert.deepEqual(
    few.alerts.map(({ labels }) => labels['host']),
    ['a', 'b'],
  );
  const most = await preview([{ name: 'host', value: 'a', isRegex: false, isEqual: false }]);
  assert.deepEqual([most.matchedCount, typeof most.warning], [3, 'string']);
  const first = await alerts.silences.set(draft('host=a'));
  clock.jumpWallClock(1000);
  const second = await alerts.silences.set(draft('host=b', { id: first, comment: 'wrong host' }));
  const events = z.array(silenceEvent).parse((await ask(`silences/${first}/history`)).body);
  assert.deepEqual(
    events.map(({ kind, silence: { id, comment, replaces } }) => [kind, id, comment, replaces]),
    [
      ['created', first, 'disk swap', null],
      ['expired', first, 'disk swap', null],
      ['created', second, 'wrong host', first],
    ],
  );
});
