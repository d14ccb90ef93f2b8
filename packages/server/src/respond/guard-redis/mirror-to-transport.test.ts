import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { digestOf, type FeedMessage, type LiveDecision } from '@vedette/sdk';
import { createRedisTransport } from '@vedette/sdk/redis';
import { openRedisConnection } from '../../lib/redis-connection.ts';
import { connectClient, skipWithoutRedis, startRedis } from '../../lib/redis-fixture.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createBanMirror } from './ban-mirror.ts';
import { FakeFeed, refusalOf } from './decision-feed-fixture.ts';

test(
  'what the mirror writes the SDK follows, with bans of others, through a kill of Redis',
  { skip: skipWithoutRedis() },
  async () => {
    const redis = await startRedis();
    const clock = new SystemClock();
    const feed = new FakeFeed(500);
    const base = { clock, random: new SeededRandom(1), log: SILENT_LOG };
    const openRedis = () => openRedisConnection(base, { url: redis.url, name: 'guard' });
    const lateMs = clock.nowMs() + 3_600_000;
    feed.change(Array.from({ length: 1500 }, (_, i) => refusalOf(`U${i}`, lateMs)));
    const mirror = createBanMirror(
      { ...base, feed, openRedis },
      { prefix: 'vedette:guard:', bannedPrefix: 'banned:', holder: 'one' },
    );
    const client = await connectClient(redis.socketPath);
    await client.hSet('banned:theirs', { banned_until: String(lateMs) });

    const held = new Map<string, LiveDecision>();
    let digest: Extract<FeedMessage, { type: 'digest' }> | undefined;
    let wake = (): void => undefined;
    const following = createRedisTransport({ client, foreignBans: {} }).follow({
      take: (message) => {
        if (message.type === 'snapshot' && message.isFirst) held.clear();
        if (message.type === 'snapshot') for (const one of message.decisions) held.set(one.subject, one);
        if (message.type === 'delta') for (const one of message.put) held.set(one.subject, one);
        if (message.type === 'delta') for (const { subject } of message.drop) held.delete(subject);
        if (message.type === 'digest') digest = message;
        wake();
        return true;
      },
      lost: () => wake(),
    });
    const until = async (isEnough: () => boolean): Promise<void> => {
      while (!isEnough()) await new Promise<void>((resolve) => (wake = resolve));
    };
    try {
      await until(() => held.size === 1501);
      await redis.kill();
      feed.change([refusalOf('in the outage', lateMs)], [{ scope: 'user', subject: 'U7' }]);
      await redis.start();
      await until(() => held.has('in the outage') && !held.has('U7'));
      feed.change([refusalOf('after it', null)]);
      await until(() => held.has('after it'));
      feed.digest();
      await until(() => digest !== undefined);
      let own = 0;
      for (const one of held.values()) own = (own ^ digestOf(one)) >>> 0;
      assert.deepEqual([digest?.count, digest?.digest], [held.size, own]);
      // Redis forgot the ban of the other program when it was killed.
      assert.equal(held.size, 1501);
      assert.equal(await client.exists('banned:after it'), 1);
    } finally {
      following.close();
      await mirror.close();
      client.destroy();
      await redis.close();
    }
  },
);
