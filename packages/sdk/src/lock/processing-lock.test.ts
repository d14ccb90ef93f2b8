import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { manualClock } from '../testing/manual-clock.ts';
import { createProcessingLock, LOCK_TTL_MS_MAX, type ProcessingLock } from './processing-lock.ts';
import { connectClient, skipWithoutRedis, startRedis, type RedisProcess } from '../redis/redis-fixture.ts';
import type { LockRedisClient } from './redis-lock-store.ts';

/** An action that works until told, and says when it begins. */
function work(): { action: () => Promise<string>; started: Promise<void>; end: () => void } {
  const started = Promise.withResolvers<void>();
  const ended = Promise.withResolvers<void>();
  const action = async (): Promise<string> => {
    started.resolve();
    await ended.promise;
    return 'done';
  };
  return { action, started: started.promise, end: () => ended.resolve() };
}

const busy = { kind: 'busy' } as const;
const finished = { kind: 'done', value: 'done', isLost: false } as const;
const mustNotRun = (): never => assert.fail('ran beside another');

test('one action at a time per user, other users beside it', async () => {
  const lock = createProcessingLock({ clock: manualClock() });
  const { action, started, end } = work();
  const first = lock.withLock('u1', action);
  await started;
  assert.deepEqual(await lock.withLock('u1', mustNotRun), busy);
  assert.deepEqual(await lock.withLock('u2', () => 'done'), finished);
  end();
  assert.deepEqual(await first, finished);
  assert.deepEqual(await lock.withLock('u1', () => 'done'), finished);
});

test('an action that throws gives its lock back', async () => {
  const lock = createProcessingLock({ clock: manualClock() });
  await assert.rejects(
    lock.withLock('u1', () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  assert.deepEqual(await lock.withLock('u1', () => 'done'), finished);
});

test('an action that outlasts its lock may run beside the next, learns it, and takes nothing from it', async () => {
  const clock = manualClock();
  const lock = createProcessingLock({ clock });
  const slow = work();
  let isHeldAtEnd = true;
  const first = lock.withLock('u1', async (lease) => {
    assert.equal(lease.isHeld, true);
    await slow.action();
    isHeldAtEnd = lease.isHeld;
    return 'done';
  });
  await slow.started;
  await clock.advance(999);
  clock.jumpWallClock(86_400_000);
  assert.deepEqual(await lock.withLock('u1', mustNotRun), busy);
  await clock.advance(1);
  const second = work();
  const next = lock.withLock('u1', second.action);
  await second.started;
  slow.end();
  assert.deepEqual(await first, { ...finished, isLost: true });
  assert.equal(isHeldAtEnd, false);
  assert.deepEqual(await lock.withLock('u1', mustNotRun), busy);
  second.end();
  assert.deepEqual(await next, finished);
});

test('a time to live out of bounds is refused', () => {
  for (const ttlMs of [0, -1, 1.5, NaN, LOCK_TTL_MS_MAX + 1])
    assert.throws(() => createProcessingLock({ ttlMs }), /ttlMs must be a whole number of 1 to 60000; got/);
  createProcessingLock({ ttlMs: 1 });
  createProcessingLock({ ttlMs: LOCK_TTL_MS_MAX });
});

test('ioredis is spoken to by call, node-redis by sendCommand', async () => {
  const asked: string[][] = [];
  const answer = (args: string[]): Promise<unknown> => {
    asked.push(args);
    return Promise.resolve(args[0] === 'SET' ? 'OK' : 1);
  };
  const clients: LockRedisClient[] = [
    { sendCommand: answer },
    { call: (...args: string[]) => answer(args), sendCommand: mustNotRun } as LockRedisClient,
  ];
  for (const redis of clients) {
    const lock = createProcessingLock({ redis, keyPrefix: 'bot:' });
    assert.deepEqual(await lock.withLock('u1', () => 'done'), finished);
  }
  assert.deepEqual(
    asked.map((args) => args[0]),
    ['SET', 'EVAL', 'SET', 'EVAL'],
  );
  assert.deepEqual([asked[2]?.[1], ...(asked[2]?.slice(3) ?? [])], ['bot:u1', 'NX', 'PX', '1000']);
});

test('a Redis that does not answer is left alone for two seconds, and what it says late is given back', async () => {
  const clock = manualClock();
  const errors: unknown[] = [];
  const asked: { args: string[]; answer: (value: unknown) => void }[] = [];
  const redis = {
    sendCommand: (args: string[]) =>
      new Promise<unknown>((resolve) => void asked.push({ args, answer: resolve })),
  };
  const lock = createProcessingLock({ redis, clock, onError: (error) => errors.push(error) });
  const first = lock.withLock('u1', () => 'done');
  await clock.advance(100);
  assert.deepEqual(await first, finished);
  assert.match(String(errors), /cannot lock in Redis: no answer within 100 ms/);
  assert.deepEqual(await lock.withLock('u2', () => 'done'), finished);
  assert.equal(asked.length, 1);
  asked[0]!.answer('OK');
  await clock.advance(0);
  assert.deepEqual(asked[1]!.args.slice(0, 1), ['EVAL']);
  assert.equal(asked[1]!.args.at(-1), asked[0]!.args[2]);
  asked[1]!.answer(1);
  await clock.advance(2000);
  const later = lock.withLock('u1', () => 'done');
  await clock.advance(0);
  asked[2]!.answer('OK');
  assert.deepEqual(await later, finished);
  assert.equal(errors.length, 1);
  assert.equal(clock.timerCount, 0);
});

test('a client that throws where it should reject is a Redis that is away', async () => {
  const errors: unknown[] = [];
  const redis = {
    sendCommand: (): Promise<unknown> => {
      throw new Error('client is closed');
    },
  };
  const lock = createProcessingLock({ redis, onError: (error) => errors.push(error) });
  assert.deepEqual(await lock.withLock('u1', () => 'done'), finished);
  assert.match(String(errors), /client is closed/);
});

/** Two processes, as two locks with a connection each, on one real Redis. */
async function twoProcesses(
  t: TestContext,
): Promise<{ redis: RedisProcess; locks: [ProcessingLock, ProcessingLock]; errors: unknown[] }> {
  const redis = await startRedis();
  t.after(redis.close);
  const errors: unknown[] = [];
  const open = async (): Promise<ProcessingLock> => {
    const client = await connectClient(redis.path);
    t.after(() => client.destroy());
    return createProcessingLock({ redis: client, ttlMs: 60_000, onError: (error) => errors.push(error) });
  };
  return { redis, locks: [await open(), await open()], errors };
}

test('with a real Redis two processes run one action of a user', { skip: skipWithoutRedis() }, async (t) => {
  const { locks, errors } = await twoProcesses(t);
  const { action, started, end } = work();
  const first = locks[0].withLock('u1', action);
  await started;
  assert.deepEqual(await locks[1].withLock('u1', mustNotRun), busy);
  assert.deepEqual(await locks[1].withLock('u2', () => 'done'), finished);
  end();
  assert.deepEqual(await first, finished);
  // It is given back without anybody waiting for it: the same connection says so in order.
  assert.deepEqual(await locks[0].withLock('u1', () => 'done'), finished);
  assert.deepEqual(errors, []);
});

test('a Redis that is killed leaves the lock of each process', { skip: skipWithoutRedis() }, async (t) => {
  const { redis, locks, errors } = await twoProcesses(t);
  const { action, started, end } = work();
  const first = locks[0].withLock('u1', action);
  await started;
  await redis.kill();
  assert.deepEqual(await locks[0].withLock('u1', mustNotRun), busy);
  assert.deepEqual(await locks[0].withLock('u2', () => 'done'), finished);
  assert.equal(errors.length, 1);
  end();
  assert.deepEqual(await first, finished);
  assert.deepEqual(await locks[0].withLock('u1', () => 'done'), finished);
});

test('a Redis that stands still costs one action 100 ms', { skip: skipWithoutRedis() }, async (t) => {
  const { redis, locks, errors } = await twoProcesses(t);
  redis.freeze();
  for (let i = 0; i < 20; i++) assert.deepEqual(await locks[0].withLock(`u${i}`, () => 'done'), finished);
  assert.match(String(errors), /^Error: cannot lock in Redis: no answer within 100 ms$/);
  redis.thaw();
});
