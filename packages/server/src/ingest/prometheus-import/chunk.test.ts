import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_LABELS, SeededRandom } from '@vedette/model';
import { XOR_CHUNK } from './block-fixture.ts';
import { readChunk } from './chunk.ts';
import { SampleBuffer } from './sample-buffer.ts';

const ALL = { fromMs: -Infinity, untilMs: Infinity };

const read = (encoding: number, bytes: Uint8Array, range = ALL): SampleBuffer => {
  const out = new SampleBuffer();
  readChunk(encoding, bytes, range, out);
  return out;
};

test('a chunk that Prometheus wrote has the samples that it was given', () => {
  const { timestampsMs, values } = read(1, XOR_CHUNK.bytes).series(NO_LABELS);
  assert.deepEqual([...timestampsMs], [1_700_000_000_000, 1_700_000_015_000, 1_700_000_030_001]);
  assert.deepEqual([...values], [1, 2, 2.5]);
  const cut = read(1, XOR_CHUNK.bytes, { fromMs: 1_700_000_000_001, untilMs: 1_700_000_015_000 });
  assert.equal(cut.length, 1);
});

test('a chunk without samples is empty; one that is cut off, or of another encoding, is refused', () => {
  for (const encoding of [1, 2, 3]) {
    assert.equal(read(encoding, Uint8Array.of(0, 0, 0)).length, 0);
    assert.throws(() => read(encoding, Uint8Array.of(0)), /cut off/);
    assert.throws(() => read(encoding, Uint8Array.of(255, 255, 0, 1)), /cut off/);
  }
  assert.throws(() => read(1, XOR_CHUNK.bytes.subarray(0, -2)), /cut off/);
  assert.throws(() => read(4, XOR_CHUNK.bytes), /encoding 4; want 1/);
});

test('chunks of any bytes are read or refused, and never become large', () => {
  const random = new SeededRandom(20_261_121);
  for (let i = 0; i < 20_000; i++) {
    const bytes = Uint8Array.from({ length: 3 + Math.floor(random.float() * 60) }, (_, at) =>
      // Few samples, so that most go beyond the first; small numbers, so that spans and times are possible.
      at === 0 ? 0 : at === 1 ? 8 : Math.floor(random.float() * (random.float() < 0.5 ? 8 : 256)),
    );
    try {
      assert.ok(read(1 + (i % 3), bytes).length <= 8);
    } catch (error) {
      assert.ok(
        error instanceof Error && error.name === 'InputError',
        `seed 20261121, ${i}: ${String(error)}`,
      );
    }
  }
});
