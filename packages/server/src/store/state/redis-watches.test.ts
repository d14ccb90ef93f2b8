import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RedisSubscriber } from '../../lib/redis-connection.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { RedisWatches, type CollectionRead } from './redis-watches.ts';

test('the end of what was put while the subscription was away is told after it', async () => {
  const tasks: { lose?: () => void; reconnect?: () => void } = {};
  const subscriber: Pick<RedisSubscriber, 'subscribe' | 'onLost' | 'onReconnect'> = {
    subscribe: () => Promise.resolve(),
    onLost: (task) => ((tasks.lose = task), () => undefined),
    onReconnect: (task) => ((tasks.reconnect = task), () => undefined),
  };
  let stored: CollectionRead = { epoch: 'e', revision: 1, documents: [] };
  const watches = new RedisWatches({
    log: SILENT_LOG,
    openSubscriber: () => Promise.resolve(subscriber as RedisSubscriber),
    channelOf: (collection) => collection,
    read: () => Promise.resolve(stored),
    onEpochChange: () => undefined,
  });
  const heard: string[] = [];
  const told = Promise.withResolvers<void>();
  const { ready } = watches.add('tokens', ({ kind, key }) => {
    heard.push(`${kind} ${key}`);
    if (heard.length === 2) told.resolve();
  });
  await ready;

  tasks.lose?.();
  await watches.heard('tokens', 2, ['revoked']);
  await watches.heard('tokens', 3, ['kept']);
  // Another server has removed the first meanwhile.
  stored = {
    epoch: 'e',
    revision: 4,
    documents: [{ key: 'kept', value: 1, version: 1, revision: 3 }],
  };
  tasks.reconnect?.();
  await told.promise;
  assert.deepEqual(heard, ['delete revoked', 'put kept']);
});
