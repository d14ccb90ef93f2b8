import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CHUNK_SAMPLES_MAX } from './chunk.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import { ChunkEncoder } from './chunk-encoder.ts';
import { createColumns } from './sample-columns.ts';

const START_MS = 1_700_000_000_000;

/** A chunk of a target: a few targets differ in nothing but the jitter of one sample. */
function chunkOf(target: number, count: number): Uint8Array {
  const encoder = new ChunkEncoder();
  for (let i = 0; i < count; i++) {
    const jitterMs = i === count - 2 ? target % 3 : (i * 7) % 5;
    encoder.columns.timestampsMs[i] = START_MS + (target > 5 ? target : 0) + i * 15_000 + jitterMs;
    encoder.columns.values[i] = target * 1000 + i;
    encoder.columns.staleFlags[i] = 0;
  }
  return encoder.encode(count).slice();
}

test('series of few targets, chunk by chunk in any order, get their own times', () => {
  const read = fc.record({
    target: fc.nat(8),
    count: fc.constantFrom(63, 64, 65, 200),
    fromMs: fc.constantFrom(-Infinity, START_MS + 50 * 15_000),
  });
  fc.assert(
    fc.property(fc.array(read, { minLength: 10, maxLength: 60 }), (reads) => {
      const decoder = new ChunkDecoder();
      // The same memory for all, as that of a cache or an arena is.
      const memory = new Uint8Array(8192);
      const [got, want] = [createColumns(CHUNK_SAMPLES_MAX), createColumns(CHUNK_SAMPLES_MAX)];
      for (const { target, count, fromMs } of reads) {
        const bytes = chunkOf(target, count);
        memory.set(bytes);
        const length = decoder.decode(memory, 0, bytes.length, got, 0, fromMs);
        assert.equal(new ChunkDecoder().decode(bytes, 0, bytes.length, want, 0, fromMs), length);
        assert.deepEqual(got.timestampsMs.subarray(0, length), want.timestampsMs.subarray(0, length));
        assert.deepEqual(got.values.subarray(0, length), want.values.subarray(0, length));
      }
    }),
    { numRuns: 50 },
  );
});

test('times that were read twice come back after others had their place', () => {
  const decoder = new ChunkDecoder();
  const got = createColumns(CHUNK_SAMPLES_MAX);
  for (const target of [1, 1, 1, 6, 6, 7, 7, 8, 8, 1, 6, 1, 4, 1]) {
    const bytes = chunkOf(target, 1000);
    assert.equal(decoder.decode(bytes, 0, bytes.length, got, 0), 1000);
    assert.equal(got.timestampsMs[998], START_MS + (target > 5 ? target : 0) + 998 * 15_000 + (target % 3));
    assert.equal(
      got.timestampsMs[999],
      START_MS + (target > 5 ? target : 0) + 999 * 15_000 + ((999 * 7) % 5),
    );
  }
});
