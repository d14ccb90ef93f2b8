import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import type { RedisSubscriber } from '../../lib/redis-connection.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { RedisWatches, type CollectionRead, type StoredDocument } from './redis-watches.ts';

const RETRY_MS = 5000;

/** Redis as its watches see it: what is stored, when a read is answered, and what happens to the subscription. */
class ScriptedRedis {
  readonly clock = new VirtualClock({ startMs: 1000 });
  /** As `kind key`, in their order. */
  readonly heard: string[] = [];
  stored: CollectionRead = { epoch: 'e', revision: 1, documents: [] };
  openSubscriber: () => Promise<void> = () => Promise.resolve();
  subscribe: () => Promise<void> = () => Promise.resolve();
  /** What is stored when it is called, given at once. */
  read: () => Promise<CollectionRead> = () => Promise.resolve(this.stored);
  readonly watches: RedisWatches;
  #lose: () => void = () => undefined;
  #reconnect: () => void = () => undefined;
  #tell: (message: string) => void = () => assert.fail('nobody has subscribed');

  constructor() {
    const subscriber: RedisSubscriber = {
      subscribe: async (_, listener) => {
        await this.subscribe();
        this.#tell = listener;
      },
      unsubscribe: () => Promise.resolve(),
      onLost: (task) => ((this.#lose = task), () => undefined),
      onReconnect: (task) => ((this.#reconnect = task), () => undefined),
    };
    this.watches = new RedisWatches({
      clock: this.clock,
      log: SILENT_LOG,
      isReachable: () => true,
      openSubscriber: async () => {
        await this.openSubscriber();
        return subscriber;
      },
      channelOf: (collection) => collection,
      read: () => this.read(),
      onEpochChange: () => undefined,
    });
  }

  async watch(): Promise<void> {
    await this.watches.add('tokens', ({ kind, key }) => this.heard.push(`${kind} ${key}`)).ready;
  }

  store(revision: number, ...documents: readonly StoredDocument[]): void {
    this.stored = { epoch: 'e', revision, documents };
  }

  publish(revision: number, key: string): void {
    const writes = [{ kind: 'put', key, value: revision }];
    this.#tell(JSON.stringify({ epoch: 'e', revision, writes }));
  }

  lose(): void {
    this.#lose();
  }

  reconnect(): void {
    this.#reconnect();
  }
}

const documentOf = (key: string, revision: number): StoredDocument => ({
  key,
  value: revision,
  version: 1,
  revision,
});

async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => void setImmediate(resolve));
}

test('the end of what was put while the subscription was away is told after it', async () => {
  const redis = new ScriptedRedis();
  await redis.watch();
  redis.lose();
  await redis.watches.heard('tokens', 2, ['revoked']);
  await redis.watches.heard('tokens', 3, ['kept']);
  // Another server has removed the first meanwhile.
  redis.store(4, documentOf('kept', 3));
  redis.reconnect();
  await settle();
  assert.deepEqual(redis.heard, ['delete revoked', 'put kept']);
});

test('what was written between a read and the return of the subscription is told', async () => {
  const redis = new ScriptedRedis();
  redis.store(1, documentOf('token', 1));
  await redis.watch();
  redis.lose();
  // The connection for calls is back first, and its read is under way.
  const early = Promise.withResolvers<CollectionRead>();
  const asItWas = redis.stored;
  redis.read = () => early.promise;
  redis.watches.retry();
  await settle();
  // Another server revokes, which nobody is told of, and the subscription is back.
  redis.store(2);
  redis.reconnect();
  redis.read = () => Promise.resolve(redis.stored);
  early.resolve(asItWas);
  await settle();
  assert.deepEqual(redis.heard, ['delete token']);
});

test('what is put while all is read is not told as gone', async () => {
  const redis = new ScriptedRedis();
  await redis.watch();
  const slow = Promise.withResolvers<CollectionRead>();
  const asItWas = redis.stored;
  redis.read = () => slow.promise;
  redis.lose();
  redis.reconnect();
  const own = redis.watches.heard('tokens', 2, ['own']);
  redis.publish(2, 'own');
  slow.resolve(asItWas);
  await own;
  assert.deepEqual(redis.heard, ['put own']);
});

test('when more comes during a read than is kept, all is read again and no writer waits for ever', async () => {
  const redis = new ScriptedRedis();
  await redis.watch();
  const slow = Promise.withResolvers<CollectionRead>();
  const asItWas = redis.stored;
  redis.read = () => slow.promise;
  // A message was lost: all is read.
  redis.publish(3, 'k3');
  const until = 1100;
  for (let revision = 4; revision <= until; revision++) redis.publish(revision, `k${revision}`);
  const own = redis.watches.heard('tokens', until, [`k${until}`]);
  redis.store(until, ...Array.from({ length: until - 1 }, (_, i) => documentOf(`k${i + 2}`, i + 2)));
  redis.read = () => Promise.resolve(redis.stored);
  slow.resolve(asItWas);
  await own;
  assert.deepEqual(
    redis.heard,
    Array.from({ length: until - 1 }, (_, i) => `put k${i + 2}`),
  );
});

test('a subscription that Redis refused for a moment is made later, and what differs from a list is told', async () => {
  const redis = new ScriptedRedis();
  redis.store(2, documentOf('revoked', 1), documentOf('kept', 2));
  redis.openSubscriber = () => Promise.reject(new Error('ERR max number of clients reached'));
  await redis.watch();
  redis.watches.noteListed('tokens', redis.stored);
  assert.match(redis.watches.problems().join(), /other servers write is not heard for now \(tokens\)/);
  redis.store(4, documentOf('kept', 2), documentOf('new', 4));
  redis.openSubscriber = () => Promise.resolve();
  await redis.clock.advance(RETRY_MS);
  await settle();
  assert.deepEqual(redis.heard, ['delete revoked', 'put new']);
  assert.deepEqual(redis.watches.problems(), []);
  redis.publish(5, 'later');
  assert.deepEqual(redis.heard.slice(2), ['put later']);
});

test('who begins to watch while the subscription is away is heard of when it is back', async () => {
  const redis = new ScriptedRedis();
  await redis.watches.add('accounts', () => undefined).ready;
  redis.lose();
  redis.subscribe = () => Promise.reject(new Error('the connection is away'));
  await redis.watch();
  redis.subscribe = () => Promise.resolve();
  redis.reconnect();
  await settle();
  redis.publish(2, 'later');
  assert.deepEqual(redis.heard, ['put later']);
});

test('a read that failed is tried again while Redis is there, until it is closed', async () => {
  const redis = new ScriptedRedis();
  await redis.watch();
  let reads = 0;
  redis.read = () => Promise.reject((reads++, new Error('no answer within 5 s')));
  redis.publish(3, 'k3');
  await settle();
  assert.equal(reads, 1);
  await redis.clock.advance(RETRY_MS);
  assert.equal(reads, 2);
  redis.store(3, documentOf('k3', 3));
  redis.read = () => Promise.resolve(redis.stored);
  await redis.clock.advance(RETRY_MS);
  assert.deepEqual(redis.heard, ['put k3']);

  redis.read = () => Promise.reject((reads++, new Error('no answer within 5 s')));
  redis.publish(9, 'k9');
  await settle();
  redis.watches.close();
  await redis.clock.advance(2 * RETRY_MS);
  assert.equal(reads, 3);
});
