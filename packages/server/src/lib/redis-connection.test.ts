import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { openRedisConnection, parseRedisUrl, RedisRefusal, RedisUnavailable } from './redis-connection.ts';
import { skipWithoutRedis, startRedis } from './redis-fixture.ts';
import { Secret } from './secret.ts';
import { SystemClock } from './system-clock.ts';

const skip = skipWithoutRedis();
const clock = new SystemClock();
const deps = { clock, random: new SeededRandom(1) };

test('an address is read, and shown without what is secret', () => {
  const { address, username, password, database, socket } = parseRedisUrl('rediss://me:p%40ss@[::1]:7000/3');
  assert.deepEqual([address, username, password, database], ['rediss://[::1]:7000/3', 'me', 'p@ss', 3]);
  assert.deepEqual(socket, { host: '::1', port: 7000, tls: true });
  assert.deepEqual(parseRedisUrl('redis://host').socket, { host: 'host', port: 6379, tls: false });
  assert.deepEqual(parseRedisUrl('unix:///a%20b.sock').socket, { path: '/a b.sock', tls: false });
});

test('calls are answered in their order, and refusals say their kind', { skip }, async () => {
  const redis = await startRedis();
  const connection = await openRedisConnection(deps, { url: redis.url, name: 'test' });
  try {
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 500 }, async (_, i) => {
        assert.equal(await connection.call(['INCR', 'n']), i + 1);
        order.push(i);
      }),
    );
    assert.deepEqual(
      order,
      Array.from({ length: 500 }, (_, i) => i),
    );
    const kindOf = async (args: readonly string[]): Promise<unknown> =>
      await connection
        .call(args)
        .catch((error: unknown) => (error instanceof RedisRefusal ? error.kind : error));
    assert.equal(await kindOf(['HGET', 'n', 'x']), 'WRONGTYPE');
    assert.equal(await kindOf(['EVAL', "return redis.call('HGET', 'n', 'x')", '0']), 'WRONGTYPE');
    assert.equal(await kindOf(['NO-SUCH']), 'ERR');
  } finally {
    await connection.close();
    await redis.close();
  }
});

test('a connection that is killed comes back with the password of the moment', { skip }, async () => {
  const redis = await startRedis(['--requirepass', 'first']);
  let password = 'first';
  const asked: string[] = [];
  const connection = await openRedisConnection(deps, {
    url: redis.url,
    name: 'test',
    password: async () => {
      asked.push(password);
      return new Secret(password);
    },
  });
  try {
    await connection.call(['CONFIG', 'SET', 'requirepass', 'second']);
    password = 'second';
    const isBack = new Promise<void>((resolve) => connection.onReconnect(resolve));
    // Whoever kills itself gets its answer first.
    await connection.call(['CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'no']).catch(() => undefined);
    await isBack;
    assert.equal(await connection.call(['PING']), 'PONG');
    assert.deepEqual(asked, ['first', 'second']);
  } finally {
    await connection.close();
    await redis.close();
  }
});

test('a loss is told once, however often it is tried to connect again', { skip }, async () => {
  const redis = await startRedis();
  let attempts = 0;
  const thrice = Promise.withResolvers<void>();
  const random = new SeededRandom(1);
  random.float = () => {
    if (++attempts === 3) thrice.resolve();
    return 0;
  };
  const connection = await openRedisConnection({ clock, random }, { url: redis.url, name: 'test' });
  try {
    let losses = 0;
    connection.onLost(() => losses++);
    for (let outage = 1; outage <= 2; outage++) {
      const isBack = new Promise<void>((resolve) => connection.onReconnect(resolve));
      await redis.kill();
      if (outage === 1) await thrice.promise;
      await redis.start();
      await isBack;
      assert.equal(losses, outage);
    }
  } finally {
    await connection.close();
    await redis.close();
  }
});

test('while Redis is away calls are refused at once, and none is carried out later', { skip }, async () => {
  const redis = await startRedis(['--appendonly', 'yes']);
  const connection = await openRedisConnection(deps, { url: redis.url, name: 'test' });
  try {
    const isLost = new Promise<void>((resolve) => connection.onLost(resolve));
    await redis.kill();
    await isLost;
    const isRefused = (error: unknown): boolean =>
      error instanceof RedisUnavailable && error.reason === 'lost';
    await assert.rejects(connection.call(['SET', 'late', '1']), isRefused);
    const isBack = new Promise<void>((resolve) => connection.onReconnect(resolve));
    await redis.start();
    await isBack;
    assert.equal(await connection.call(['EXISTS', 'late']), 0);
  } finally {
    await connection.close();
    await redis.close();
  }
  await assert.rejects(
    connection.call(['PING']),
    (error: unknown) => error instanceof RedisUnavailable && error.reason === 'closed',
  );
});
