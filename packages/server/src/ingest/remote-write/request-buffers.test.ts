import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BufferPool, KEPT_BUFFERS_MAX, KEPT_CONTENT_BYTES, type RequestBuffers } from './request-buffers.ts';

/** The buffers that a request gets which is over at once. */
function buffersOf(pool: BufferPool, contentBytes = 10): Promise<RequestBuffers> {
  return pool.run(contentBytes, (buffers) => Promise.resolve(buffers));
}

test('the next request gets the buffers of the last one, with nothing in them, failed or not', async () => {
  const pool = new BufferPool();
  let first: RequestBuffers | undefined;
  await assert.rejects(
    pool.run(10, (buffers) => {
      first = buffers;
      buffers.builder.openSeriesKey(Buffer.from('key'));
      buffers.builder.addStaleMarker(1);
      return Promise.reject(new Error('damage'));
    }),
    /damage/,
  );
  const second = await buffersOf(pool);
  assert.equal(second, first);
  assert.equal(second.builder.finish().seriesCount, 0);
});

test('requests at the same time have buffers of their own, of which a few are kept', async () => {
  const pool = new BufferPool();
  const seen = new Set<RequestBuffers>();
  const end = Promise.withResolvers<void>();
  const running = Array.from({ length: KEPT_BUFFERS_MAX + 2 }, () =>
    pool.run(10, (buffers) => {
      seen.add(buffers);
      return end.promise;
    }),
  );
  assert.equal(seen.size, KEPT_BUFFERS_MAX + 2);
  end.resolve();
  await Promise.all(running);
  const again = new Set<RequestBuffers>();
  const after = Array.from({ length: KEPT_BUFFERS_MAX + 1 }, () =>
    pool.run(10, (buffers) => {
      again.add(buffers);
      return Promise.resolve();
    }),
  );
  await Promise.all(after);
  assert.equal([...again].filter((buffers) => seen.has(buffers)).length, KEPT_BUFFERS_MAX);
});

test('content at the limit is kept, and one byte more takes what it needs and is given away', async () => {
  const pool = new BufferPool();
  const kept = await buffersOf(pool, KEPT_CONTENT_BYTES);
  assert.equal(kept.content.length, KEPT_CONTENT_BYTES);
  const large = await buffersOf(pool, KEPT_CONTENT_BYTES + 1);
  assert.equal(large.content.length, KEPT_CONTENT_BYTES + 1);
  assert.equal(await buffersOf(pool), kept);
});
