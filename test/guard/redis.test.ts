/** Decisions by way of a real Redis: what is there, who hears of it, and what a kill of either side changes. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { GuardDecision, GuardDecisions } from '@vedette/api';
import {
  connectClient,
  skipWithoutRedis,
  startRedis,
  type RedisServer,
} from '../../packages/server/src/lib/redis-fixture.ts';
import { until } from '../support/until.ts';
import { startVedette, temporaryDirectory, type VedetteProcess } from '../support/vedette-process.ts';
import {
  ban,
  guardConfig,
  lift,
  liveDecisions,
  postActions,
  spread,
  startApplication,
  untilRefused,
  verdictOn,
} from './scene.ts';

const skip = skipWithoutRedis();

async function redisOf(t: TestContext, args: readonly string[] = []): Promise<RedisServer> {
  const redis = await startRedis(args);
  t.after(() => redis.close());
  return redis;
}

async function clientOf(
  t: TestContext,
  redis: RedisServer,
): Promise<Awaited<ReturnType<typeof connectClient>>> {
  const client = await connectClient(redis.socketPath);
  t.after(() => client.destroy());
  return client;
}

const mirrorTo = ({ url }: RedisServer): string => guardConfig(`redis: { url: "${url}" }`);

test(
  'a ban is in Redis as the classic design has it, and a process without the server refuses',
  {
    skip,
  },
  async (t) => {
    const redis = await redisOf(t);
    const client = await clientOf(t, redis);
    const server = await startVedette(t, { config: mirrorTo(redis) });
    await until('the mirror', async () =>
      (await client.hGet('vedette:guard:state', 'ready')) === '1' ? true : undefined,
    );
    const application = await startApplication(t, { redis: redis.socketPath });
    const delaysMs: number[] = [];
    for (let i = 0; i < 20; i++) {
      const subject = `U${i}`;
      const seen = application.watch(subject, 'refuse');
      const startedMs = Date.now();
      await ban(server, subject);
      delaysMs.push((await seen) - startedMs);
    }
    t.diagnostic(`from the request of a ban to the refusal by way of Redis: ${spread(delaysMs)}`);
    const [decision] = await liveDecisions(server);
    assert.ok(decision !== undefined && decision.untilMs !== null);
    const { subject, untilMs, madeAtMs, id } = decision;
    assert.deepEqual(
      { ...(await client.hGetAll(`banned:${subject}`)) },
      {
        banned_until: new Date(untilMs).toISOString(),
        ban_reason: 'floods',
        ban_type: 'extended',
        alert_severity: 'critical',
        banned_at: new Date(madeAtMs).toISOString(),
        decision_id: id,
        banned_until_ms: String(untilMs),
      },
    );
    assert.equal(await client.pExpireTime(`banned:${subject}`), untilMs);
    const freed = application.watch(subject, 'allow');
    await lift(server, id);
    await freed;
    assert.equal(await client.exists(`banned:${subject}`), 0);
    assert.equal((await application.check('U0')).kind, 'refuse', 'the others still hold');
  },
);

test(
  'known bans hold through a kill of Redis, and those made meanwhile arrive after it',
  { skip },
  async (t) => {
    const redis = await redisOf(t);
    const client = await clientOf(t, redis);
    const server = await startVedette(t, { config: mirrorTo(redis) });
    await ban(server, 'early');
    await until('the mirror', async () => ((await client.exists('banned:early')) === 1 ? true : undefined));
    const application = await startApplication(t, { redis: redis.socketPath });
    const traffic = beginTraffic(() => application.attempt('early'));
    await redis.kill();
    await ban(server, 'meanwhile');
    assert.equal((await application.check('meanwhile')).kind, 'allow', 'nobody told it');
    await redis.start();
    await application.watch('meanwhile', 'refuse');
    await ban(server, 'late');
    await application.watch('late', 'refuse');
    const { count, passedCount } = await traffic.end();
    assert.ok(count > 10, `traffic went on: ${count}`);
    assert.equal(passedCount, 0, `of ${count} attempts of a banned user`);
    for (const subject of ['early', 'meanwhile', 'late'])
      assert.equal(await client.exists(`banned:${subject}`), 1, subject);
  },
);

// Over before the server is back, so that the next crossing is a strike of its own.
const SHORT_POLICY = 'policies: [ { name: actions-per-minute, steps: [ { over: 30, for: 500ms } ] } ]';

test(
  'a killed server has its decisions and strikes again, and applications refuse all the while',
  {
    skip,
  },
  async (t) => {
    const redis = await redisOf(t);
    const dataDirectory = temporaryDirectory(t);
    const config = guardConfig(`redis: { url: "${redis.url}" }, ${SHORT_POLICY}`);
    const first = await startVedette(t, { config, dataDirectory });
    await ban(first, 'eve');
    assert.equal((await strikeOf(first, 'mallory')).level, 1);
    const [eve] = await decisionsAbout(first, 'eve');
    const application = await startApplication(t, { redis: redis.socketPath });
    assert.equal((await application.check('eve')).kind, 'refuse');
    const traffic = beginTraffic(() => application.attempt('eve'));
    first.kill('SIGKILL');
    await first.exited();
    const second = await startVedette(t, { config, dataDirectory });
    assert.deepEqual(await decisionsAbout(second, 'eve'), [eve]);
    assert.equal((await strikeOf(second, 'mallory')).level, 2);
    await ban(second, 'late');
    await application.watch('late', 'refuse');
    const { count, passedCount } = await traffic.end();
    assert.equal(passedCount, 0, `of ${count} attempts of a banned user`);
  },
);

async function decisionsAbout(server: VedetteProcess, subject: string): Promise<readonly GuardDecision[]> {
  const path = `/api/vedette/guard/decisions?subject=${subject}`;
  return (await server.json<GuardDecisions>(path)).decisions;
}

/** Crosses the threshold, and waits for the decision that follows. */
async function strikeOf(server: VedetteProcess, subject: string): Promise<GuardDecision> {
  const before = (await decisionsAbout(server, subject)).length;
  await postActions(server, { actions: [{ subject, action: 'search', count: 31 }] });
  return await until('the decision', async () => {
    const decisions = await decisionsAbout(server, subject);
    return decisions.length > before ? decisions[0] : undefined;
  });
}

const stateIn = ({ url }: RedisServer): string =>
  guardConfig('', `storage: { state: { engine: redis, url: "${url}" } }\n`);

test(
  'decisions whose state is in Redis survive a kill of the server, and a new data directory',
  {
    skip,
  },
  async (t) => {
    const redis = await redisOf(t, ['--appendonly', 'yes', '--appendfsync', 'always']);
    const first = await startVedette(t, { config: stateIn(redis) });
    await ban(first, 'eve');
    await crossThreshold(first, 'mallory');
    const before = await liveDecisions(first);
    assert.deepEqual(before.map(({ subject }) => subject).sort(), ['eve', 'mallory']);
    first.kill('SIGKILL');
    await first.exited();
    const second = await startVedette(t, { config: stateIn(redis) });
    assert.deepEqual(await liveDecisions(second), before);
    await redis.kill();
    await redis.start();
    await until('Redis to take a ban again', async () => {
      await ban(second, 'late');
      return true;
    });
    assert.deepEqual(
      new Set((await liveDecisions(second)).map(({ subject }) => subject)),
      new Set(['eve', 'mallory', 'late']),
    );
  },
);

test('two servers with one state decide alike, and a kill of both loses nothing', { skip }, async (t) => {
  const redis = await redisOf(t, ['--appendonly', 'yes', '--appendfsync', 'always']);
  const one = await startVedette(t, { config: stateIn(redis) });
  const other = await startVedette(t, { config: stateIn(redis) });
  await ban(other, 'eve');
  await crossThreshold(one, 'mallory');
  await untilRefused(one, 'eve');
  await untilRefused(other, 'mallory');
  const [eve] = (await liveDecisions(one)).filter(({ subject }) => subject === 'eve');
  await lift(one, eve?.id ?? '');
  await until('the lift to be known', async () =>
    (await verdictOn(other, 'eve')) === 'allow' ? true : undefined,
  );
  for (const server of [one, other]) {
    server.kill('SIGKILL');
    await server.exited();
  }
  const third = await startVedette(t, { config: stateIn(redis) });
  assert.deepEqual(
    (await liveDecisions(third)).map(({ subject }) => subject),
    ['mallory'],
  );
});

async function crossThreshold(server: VedetteProcess, subject: string, count = 31): Promise<void> {
  const answer = await postActions(server, { actions: [{ subject, action: 'search', count }] });
  assert.equal(answer.status, 200, await answer.text());
  await untilRefused(server, subject);
}

interface Traffic {
  end(): Promise<{ readonly count: number; readonly passedCount: number }>;
}

/** One attempt after the other until the end. */
function beginTraffic(attempt: () => Promise<{ readonly refusedCount: number }>): Traffic {
  let [count, passedCount, isEnding] = [0, 0, false];
  const running = (async () => {
    while (!isEnding) {
      const { refusedCount } = await attempt();
      count++;
      if (refusedCount === 0) passedCount++;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  return {
    end: async () => {
      isEnding = true;
      await running;
      return { count, passedCount };
    },
  };
}
