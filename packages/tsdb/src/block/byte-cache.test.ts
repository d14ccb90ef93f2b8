import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteCache } from './byte-cache.ts';

test('the least recently used goes when the bytes pass the limit', async () => {
  const cache = new ByteCache(10);
  const loads: string[] = [];
  const get = async (key: string): Promise<void> => {
    await cache.get(key, () => {
      loads.push(key);
      return Promise.resolve({ sizeBytes: 5 });
    });
  };
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await get(key);
  assert.deepEqual(loads, ['a', 'b', 'c', 'b']);
  assert.equal(cache.sizeBytes, 10);
});

test('what two ask for at once is loaded once, and a failure is not kept', async () => {
  const cache = new ByteCache(10);
  let loads = 0;
  const fail = (): Promise<{ sizeBytes: number }> => {
    loads++;
    return Promise.reject(new Error('unreadable'));
  };
  const both = [cache.get('x', fail), cache.get('x', fail)];
  for (const one of both) await assert.rejects(one, /unreadable/);
  assert.equal(loads, 1);
  await assert.rejects(cache.get('x', fail));
  assert.equal(loads, 2);
});

test('dropping a prefix forgets its entries, those being loaded too', async () => {
  const cache = new ByteCache(100);
  const slow = Promise.withResolvers<{ sizeBytes: number }>();
  const loading = cache.get('a 1', () => slow.promise);
  await cache.get('b 1', () => Promise.resolve({ sizeBytes: 7 }));
  cache.drop('a ');
  slow.resolve({ sizeBytes: 50 });
  await loading;
  assert.equal(cache.sizeBytes, 7);
  cache.drop('b ');
  assert.equal(cache.sizeBytes, 0);
});
