/** What the guard is sent by broken clocks, repeating senders, hostile ids and floods, over the wire. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { connectClient, skipWithoutRedis, startRedis } from '../../packages/server/src/lib/redis-fixture.ts';
import { until } from '../support/until.ts';
import { runVedette, startVedette, type VedetteProcess } from '../support/vedette-process.ts';
import {
  guardConfig,
  liveDecisions,
  postActions,
  startApplication,
  untilRefused,
  verdictOn,
} from './scene.ts';

/** As the SDK sends it: one row, `count` searches of the subject, done when the batch was sent. */
function batchOf(options: {
  readonly instance: string;
  readonly seq: number;
  readonly subject: string;
  readonly count: number;
  readonly sentAtMs?: number;
  readonly ageMs?: number;
}): unknown {
  const { instance, seq, subject, count, sentAtMs = Date.now(), ageMs = 0 } = options;
  const row = [0, subject, 1, 2, 3, count, sentAtMs - ageMs];
  return { version: 1, instance, seq, sentAtMs, words: ['user', 'search', 'app', 'ok'], rows: [row] };
}

async function send(server: VedetteProcess, body: unknown): Promise<unknown> {
  const answer = await postActions(server, body);
  assert.equal(answer.status, 200);
  return await answer.json();
}

test('a batch counts once however often it comes', async (t) => {
  const server = await startVedette(t, { config: guardConfig() });
  const batch = batchOf({ instance: 'one', seq: 1, subject: 'ann', count: 20 });
  assert.deepEqual(await send(server, batch), { accepted: 1, stale: 0, duplicate: false });
  const again = await Promise.all(Array.from({ length: 20 }, () => send(server, batch)));
  for (const answer of again) assert.deepEqual(answer, { accepted: 0, stale: 0, duplicate: true });
  await send(server, batchOf({ instance: 'one', seq: 2, subject: 'ann', count: 10 }));
  // One decision more, made after it, shows that nothing about the first is still to come.
  await send(server, batchOf({ instance: 'two', seq: 1, subject: 'bob', count: 31 }));
  await untilRefused(server, 'bob');
  assert.equal(await verdictOn(server, 'ann'), 'allow', '30 of a limit of 30');
  await send(server, batchOf({ instance: 'one', seq: 3, subject: 'ann', count: 1 }));
  await untilRefused(server, 'ann');
});

const YEAR_MS = 365 * 86_400_000;

test('the clock of a sender neither hides actions nor makes a decision last longer', async (t) => {
  const server = await startVedette(t, { config: guardConfig() });
  const nowMs = Date.now();
  let seq = 0;
  const tell = async (sentAtMs: number, ageMs = 0, subject = 'ann'): Promise<unknown> =>
    await send(server, batchOf({ instance: 'x', seq: ++seq, subject, count: 8, sentAtMs, ageMs }));
  await tell(nowMs + YEAR_MS);
  await tell(nowMs - YEAR_MS);
  await tell(0);
  // An action of the sender's own future is one of now.
  await tell(Number.MAX_SAFE_INTEGER - 2 * YEAR_MS, -YEAR_MS);
  await untilRefused(server, 'ann');
  const [decision] = await liveDecisions(server);
  assert.ok(decision !== undefined && decision.untilMs !== null);
  assert.ok(decision.madeAtMs >= nowMs && decision.madeAtMs <= Date.now(), String(decision.madeAtMs));
  const heldMs = decision.untilMs - decision.madeAtMs;
  // Five minutes and the jitter.
  assert.ok(heldMs >= 300_000 && heldMs <= 330_000, `holds ${heldMs} ms`);
  for (let i = 0; i < 6; i++)
    assert.deepEqual(await tell(nowMs, 3_700_000, 'late'), { accepted: 0, stale: 1, duplicate: false });
  await untilRefused(server, 'ann');
  assert.equal(await verdictOn(server, 'late'), 'allow', 'what is an hour old is no crossing now');
});

const POISONED: readonly string[] = [
  'x'.repeat(1_000_000),
  'nul\0in it',
  'two\nlines',
  '\u001b[31mred',
  '👻 with a space',
  '__proto__',
  'constructor',
  '--help',
  "'; DROP TABLE users; --",
];

test(
  'hostile ids go through application, server, feed, Redis and command line like any other',
  {
    skip: skipWithoutRedis(),
  },
  async (t) => {
    const redis = await startRedis();
    t.after(() => redis.close());
    const client = await connectClient(redis.socketPath);
    t.after(() => client.destroy());
    const server = await startVedette(t, { config: guardConfig(`redis: { url: "${redis.url}" }`) });
    await until('the mirror', async () =>
      (await client.hGet('vedette:guard:state', 'ready')) === '1' ? true : undefined,
    );
    const near = await startApplication(t, { server: server.url });
    const far = await startApplication(t, { redis: redis.socketPath });
    for (const subject of POISONED) await near.attempt(subject, { count: 31 });
    for (const subject of POISONED) await near.watch(subject, 'refuse');
    for (const subject of POISONED) await far.watch(subject, 'refuse');
    for (const subject of ['toString', 'ann', '']) assert.equal((await far.check(subject)).kind, 'allow');
    const keys = (await client.keys('banned:*')).sort();
    assert.equal(keys.length, POISONED.length);
    assert.ok(keys.includes('banned:__proto__') && keys.includes('banned:👻 with a space'));
    for (const key of keys) assert.match(key, /^[^\p{Cc}]{1,270}$/u);
    await checkCommandLine(t, server);
  },
);

/** An id that comes without the SDK is kept as it is; what the terminal shows of it must be harmless. */
async function checkCommandLine(t: TestContext, server: VedetteProcess): Promise<void> {
  await send(server, { actions: [{ subject: 'raw\u001b[31m\r\nid', action: 'a\u0007b', count: 31 }] });
  await untilRefused(server, 'raw\u001b[31m\r\nid');
  const listed = await runVedette(t, ['guard', 'list', '--live', '--server', server.url]);
  assert.equal(listed.code, 0, listed.stderr);
  // oxlint-disable-next-line no-control-regex -- none of them may reach a terminal
  const control = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;
  assert.doesNotMatch(listed.stdout, control);
  assert.match(listed.stdout, /__proto__/);
  const why = await runVedette(t, ['guard', 'why', 'raw\u001b[31m\r\nid', '--server', server.url]);
  assert.equal(why.code, 0, why.stderr);
  assert.doesNotMatch(why.stdout, control);
  const freed = ['guard', 'lift', '__proto__', '--reason', 'a test', '--server', server.url];
  const lifted = await runVedette(t, freed);
  assert.equal(lifted.code, 0, lifted.stderr);
  assert.equal(await verdictOn(server, '__proto__'), 'allow');
}
