/**
 * `node bench/sdk/redis.ts`: bans by way of Redis, and state in it, on this machine's loopback.
 *
 * 1. A ban that the server's mirror writes in this process, until another process's transport has it: the other one says at
 *    once that it has, and half of a round trip without Redis is not taken off. One at a time, so that nothing queues.
 * 2. A process that begins with 100,000 decisions in Redis, until it has the last piece of the snapshot.
 * 3. Writes of the state store, one document each, many under way; and one at a time.
 *
 * Redis listens on a socket of its own and keeps no file. What stands after the listener (the guard's replica) is not in it:
 * `follower` below is the place to put it.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, loadavg } from 'node:os';
import { createRedisTransport } from '@vedette/sdk/redis';
import { openRedisConnection } from '../../packages/server/src/lib/redis-connection.ts';
import { connectClient, startRedis, type RedisServer } from '../../packages/server/src/lib/redis-fixture.ts';
import { SystemClock } from '../../packages/server/src/lib/system-clock.ts';
import { SystemRandom } from '../../packages/server/src/lib/system-random.ts';
import { createBanMirror } from '../../packages/server/src/respond/guard-redis/ban-mirror.ts';
import { FakeFeed, refusalOf } from '../../packages/server/src/respond/guard-redis/decision-feed-fixture.ts';
import { openRedisStateStore } from '../../packages/server/src/store/state/redis.ts';
import { SILENT_LOG } from '../../packages/server/src/telemetry/log.ts';
import { quantile } from '../measure.ts';

const BANS = 2000;
const COLD_DECISIONS = 100_000;
const WRITES = 20_000;
const WRITES_UNDER_WAY = 200;
const SINGLE_WRITES = 2000;

const deps = { clock: new SystemClock(), random: new SystemRandom(), log: SILENT_LOG };

/** In the other process: says each subject that it learns of, and how large its snapshot was. */
async function follower(path: string): Promise<void> {
  const client = await connectClient(path);
  let held = 0;
  createRedisTransport({ client }).follow({
    take: (message) => {
      if (message.type === 'snapshot') held += message.decisions.length;
      if (message.type === 'snapshot' && message.isLast) process.send?.({ snapshot: held });
      if (message.type === 'delta') for (const { subject } of message.put) process.send?.({ subject });
      return true;
    },
    lost: (error) => process.send?.({ lost: String(error) }),
  });
}

interface Told {
  readonly subject?: string;
  readonly snapshot?: number;
}

async function nextFrom(child: ChildProcess): Promise<Told> {
  const [told] = (await once(child, 'message')) as [Told];
  return told;
}

async function main(): Promise<void> {
  const redis = await startRedis();
  // Others on the machine make the p99: a figure is worth what this says.
  print(`load of the last minute, on ${availableParallelism()} processors`, loadavg()[0] ?? NaN, '');
  try {
    await measureBans(redis);
    await measureWrites(redis);
  } finally {
    await redis.close();
  }
}

async function measureBans(redis: RedisServer): Promise<void> {
  const feed = new FakeFeed(1000);
  const untilMs = deps.clock.nowMs() + 3_600_000;
  feed.change(Array.from({ length: COLD_DECISIONS }, (_, i) => refusalOf(`cold-${i}`, untilMs)));
  const compareMs = performance.now();
  const mirror = createBanMirror(
    { ...deps, feed, openRedis: () => openRedisConnection(deps, { url: redis.url, name: 'bench' }) },
    { prefix: 'vedette:guard:', bannedPrefix: 'banned:', holder: 'bench' },
  );
  while (!mirror.status.isFollowing) await deps.clock.sleep(5);
  print('mirror writes 100,000 decisions', performance.now() - compareMs, 'ms');
  const child = fork(import.meta.filename, [redis.socketPath]);
  try {
    await once(child, 'spawn');
    const coldMs = performance.now();
    const { snapshot } = await nextFrom(child);
    print(`process start to a snapshot of ${snapshot}`, performance.now() - coldMs, 'ms');
    const latenciesMs: number[] = [];
    for (let i = 0; i < BANS; i++) {
      const arrived = nextFrom(child);
      const startMs = performance.now();
      feed.change([refusalOf(`hot-${i}`, untilMs)]);
      const told = await arrived;
      if (told.subject !== `hot-${i}`) throw new Error(`the other process said ${JSON.stringify(told)}`);
      latenciesMs.push(performance.now() - startMs);
    }
    print(`ban visible in the other process, p50 of ${BANS}`, quantile(latenciesMs, 0.5), 'ms');
    print('ban visible in the other process, p99 (goal 5)', quantile(latenciesMs, 0.99), 'ms');
  } finally {
    child.kill();
    await mirror.close();
  }
}

async function measureWrites(redis: RedisServer): Promise<void> {
  const store = await openRedisStateStore(deps, { url: redis.url, keyPrefix: 'bench:' });
  const write = (i: number): Promise<void> =>
    store.documents.write([
      { kind: 'put', collection: 'c', key: `k${i % 1000}`, value: { i, text: 'x'.repeat(200) } },
    ]);
  const startMs = performance.now();
  for (let i = 0; i < WRITES; i += WRITES_UNDER_WAY)
    await Promise.all(Array.from({ length: WRITES_UNDER_WAY }, (_, j) => write(i + j)));
  print(
    `state store, ${WRITES_UNDER_WAY} writes under way`,
    (WRITES * 1000) / (performance.now() - startMs),
    'writes/s',
  );
  const singleMs = performance.now();
  for (let i = 0; i < SINGLE_WRITES; i++) await write(i);
  print('state store, one at a time', (SINGLE_WRITES * 1000) / (performance.now() - singleMs), 'writes/s');
  await store.close();
}

function print(name: string, value: number, unit: string): void {
  console.log(
    `${name.padEnd(52)} ${value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en-US')} ${unit}`,
  );
}

const [path] = process.argv.slice(2);
await (path === undefined ? main() : follower(path));
