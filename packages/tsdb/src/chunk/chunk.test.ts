import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FatalError } from '@vedette/model';
import fc from 'fast-check';
import { CHUNK_SAMPLES_MAX } from './chunk.ts';
import { ChunkDecoder } from './chunk-decoder.ts';
import { ChunkEncoder } from './chunk-encoder.ts';
import { createColumns, type SampleColumns } from './sample-columns.ts';

interface Sample {
  timestampMs: number;
  value: number;
  isStale?: boolean;
}

const encoder = new ChunkEncoder();
const decoder = new ChunkDecoder();

function encode(samples: readonly Sample[]): Uint8Array {
  for (const [i, sample] of samples.entries()) {
    encoder.columns.timestampsMs[i] = sample.timestampMs;
    encoder.columns.values[i] = sample.value;
    encoder.columns.staleFlags[i] = sample.isStale === true ? 1 : 0;
  }
  return encoder.encode(samples.length).slice();
}

/** Decodes behind other samples, as readers do, and looks that the neighbours stay as they are. */
function decode(bytes: Uint8Array): SampleColumns {
  const columns = createColumns(CHUNK_SAMPLES_MAX + 2);
  columns.values[0] = 42;
  const count = decoder.decode(bytes, 0, bytes.length, columns, 1);
  assert.equal(decoder.countOf(bytes, 0, bytes.length), count);
  assert.equal(columns.values[0], 42);
  return {
    timestampsMs: columns.timestampsMs.slice(1, count + 1),
    values: columns.values.slice(1, count + 1),
    staleFlags: columns.staleFlags.slice(1, count + 1),
  };
}

/** What must come back equals what went in, to the bit; under staleness markers the value is free. */
function checkIdentity(samples: readonly Sample[]): Uint8Array {
  const bytes = encode(samples);
  const got = decode(bytes);
  assert.deepEqual(
    [...got.timestampsMs],
    samples.map((sample) => sample.timestampMs),
  );
  assert.deepEqual(
    [...got.staleFlags],
    samples.map((sample) => Number(sample.isStale === true)),
  );
  for (const [i, sample] of samples.entries())
    if (sample.isStale !== true) assert.ok(Object.is(got.values[i], sample.value), `value ${i}`);
  return bytes;
}

const steady = (values: readonly number[], intervalMs = 15_000): Sample[] =>
  values.map((value, i) => ({ timestampMs: 1_700_000_000_000 + i * intervalMs, value }));

const value = fc.oneof(
  fc.double(),
  fc.integer({ min: -1000, max: 1000 }),
  fc.integer({ min: -(2 ** 53), max: 2 ** 53 }),
  fc.integer().map((n) => n / 100),
  fc.integer().map((n) => n * 4096),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 5e-324, 1.7976931348623157e308, 2 ** 52, -(2 ** 52), 1e22),
);
const similarValues = fc.oneof(
  fc.array(value, { minLength: 1, maxLength: 300 }),
  fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 300 }),
  fc
    .tuple(fc.integer(), fc.array(fc.nat(70_000), { minLength: 1, maxLength: 300 }))
    .map(([start, deltas]) => {
      let sum = start;
      return deltas.map((delta) => (sum += delta));
    }),
  fc.array(
    fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 1000),
    { minLength: 1, maxLength: 300 },
  ),
  fc.tuple(value, fc.integer({ min: 1, max: 200 })).map(([v, n]) => Array.from({ length: n }, () => v)),
);
const intervals = fc.oneof(
  fc.constant(() => 15_000),
  fc.nat(6).map((jitter) => (i: number) => 15_000 + ((i * 7) % (jitter + 1))),
  fc
    .array(fc.integer({ min: 1, max: 2 ** 40 }), { minLength: 1, maxLength: 40 })
    .map((all) => (i: number) => all[i % all.length]!),
);

test('decoding an encoded chunk gives back the same bits, whatever the shape', () => {
  fc.assert(
    fc.property(
      similarValues,
      intervals,
      fc.integer({ min: -(10 ** 12), max: 10 ** 13 }),
      fc.array(fc.nat(299), { maxLength: 4 }),
      (values, intervalOf, startMs, stale) => {
        let timestampMs = startMs;
        checkIdentity(
          values.map((v, i) => ({
            timestampMs: (timestampMs += intervalOf(i)),
            value: v,
            isStale: stale.includes(i),
          })),
        );
      },
    ),
    { numRuns: 400 },
  );
});

test('NaN keeps its payload, alone and among other values', () => {
  const words = new Uint32Array([7, 0x7ff80000]);
  const odd = new Float64Array(words.buffer);
  for (const rest of [0, 1.5]) {
    encoder.columns.timestampsMs.set([1, 2, 3]);
    encoder.columns.values.set([rest, rest, rest]);
    encoder.columns.staleFlags.fill(0, 0, 3);
    encoder.columns.values.set(odd, 1);
    const got = decode(encoder.encode(3).slice());
    assert.deepEqual([...new Uint32Array(got.values.buffer, 8, 2)], [7, 0x7ff80000]);
  }
});

test('-0 is not 0, wherever it stands among decimals', () => {
  checkIdentity(steady([1, -0, 2.5]));
  checkIdentity(steady([-0, 0]));
  checkIdentity(steady([0, -0, -0]));
});

test('the sizes are those of the design', () => {
  const check = (samples: readonly Sample[], bytesMax: number): void => {
    const { length } = checkIdentity(samples);
    assert.ok(length <= bytesMax, `got ${length} bytes, want at most ${bytesMax}`);
  };
  const numbers = Array.from({ length: 256 }, (_, i) => i);
  check(steady(numbers.map(() => 0.1 + 0.2)), 24);
  check(steady(numbers.map((i) => 1_000_000 + i * 200)), 24);
  check(steady(numbers.map((i) => (i * i) % 200)), 256 + 24);
  check(steady(numbers.map((i) => ((i * 37) % 100) / 100)), 256 + 24);
  check(steady(numbers.map((i) => 8_000_000_000 + ((i * 37) % 200) * 4096)), 256 + 24);
  check(
    numbers.map((i) => ({ timestampMs: 1_700_000_000_000 + i * 15_000 + ((i * 3) % 7), value: 1 })),
    256 + 24,
  );
  check(steady(numbers.map((i) => Math.sqrt(i + 2))), 8 * 256 + 24);
});

test('a staleness marker costs a bit, not a value', () => {
  const samples = steady(Array.from({ length: 64 }, (_, i) => i));
  const plain = checkIdentity(samples).length;
  samples[40] = { timestampMs: samples[40]!.timestampMs, value: NaN, isStale: true };
  assert.ok(checkIdentity(samples).length <= plain + 64 + 8);
  checkIdentity(samples.map(({ timestampMs }) => ({ timestampMs, value: NaN, isStale: true })));
  checkIdentity([{ timestampMs: 0, value: NaN, isStale: true }, ...steady([5])]);
});

test('a chunk holds one sample, and the most, and no more', () => {
  checkIdentity([{ timestampMs: -5, value: -0 }]);
  checkIdentity(steady(Array.from({ length: CHUNK_SAMPLES_MAX }, (_, i) => Math.sin(i))));
  assert.throws(() => encoder.encode(0), /BUG: a chunk holds 1 to 1024 samples; got 0/);
  assert.throws(() => encoder.encode(CHUNK_SAMPLES_MAX + 1), /BUG/);
});

test('timestamps that stand or go back are a bug', () => {
  assert.throws(() => encode([...steady([1]), ...steady([2])]), /BUG: timestamps of a chunk must increase/);
});

test('another encoding and an unknown version are refused with a remedy', () => {
  const bytes = encode(steady([1, 2, 3]));
  const check = (head: number, want: RegExp): void => {
    bytes[0] = head;
    assert.throws(() => decode(bytes), want);
    assert.throws(() => decoder.countOf(bytes, 0, bytes.length), { code: 'VED_FORMAT_UNKNOWN' });
  };
  check(0x12, /version 1, encoding 2, want version 1, encoding 1; run the version/);
  check(0x21, /version 2, encoding 1, want version 1, encoding 1; run the version of Vedette that wrote it/);
});

test('a chunk cut anywhere, or with bytes too many, is corrupt and reads nothing beyond', () => {
  for (const values of [
    [1, 2, 300, 4],
    [0.1, Math.PI, 2],
    [7, 7],
  ]) {
    const bytes = encode(steady(values));
    for (let end = 0; end < bytes.length; end++)
      assert.throws(() => decoder.decode(bytes, 0, end, createColumns(8), 0), {
        code: 'VED_STORAGE_CORRUPT',
      });
    const longer = Uint8Array.from([...bytes, 0]);
    assert.throws(() => decode(longer), { code: 'VED_STORAGE_CORRUPT' });
  }
});

test('random bytes decode or are refused, and never anything else', () => {
  const columns = createColumns(CHUNK_SAMPLES_MAX);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (tail) => {
      const bytes = Uint8Array.from([0x11, ...tail]);
      try {
        assert.ok(decoder.decode(bytes, 0, bytes.length, columns, 0) <= CHUNK_SAMPLES_MAX);
      } catch (error) {
        assert.ok(error instanceof FatalError, String(error));
      }
    }),
    { numRuns: 2000 },
  );
});

test('decoded from some time on, a chunk gives the end of all its samples, none missing from then on', () => {
  let skippedCount = 0;
  fc.assert(
    fc.property(
      similarValues,
      fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 4 }),
      fc.double({ min: -0.1, max: 1.1, noNaN: true }),
      fc.boolean(),
      (values, jitter, part, hasStale) => {
        let timestampMs = 1_700_000_000_000;
        const bytes = encode(
          values.map((value, i) => ({
            timestampMs: (timestampMs += 15_000 + (jitter[i % jitter.length] ?? 0)),
            value,
            isStale: hasStale && i % 5 === 0,
          })),
        );
        const all = decode(bytes);
        const fromMs = Math.floor(1_700_000_000_000 + part * (timestampMs - 1_700_000_000_000));
        const rest = createColumns(CHUNK_SAMPLES_MAX + 1);
        const count = decoder.decode(bytes, 0, bytes.length, rest, 1, fromMs);
        const skipped = values.length - count;
        skippedCount += skipped;
        for (let i = 0; i < count; i++) {
          assert.equal(rest.timestampsMs[i + 1], all.timestampsMs[i + skipped]);
          assert.equal(rest.staleFlags[i + 1], all.staleFlags[i + skipped]);
          assert.ok(Object.is(rest.values[i + 1], all.values[i + skipped]), `value ${i + skipped}`);
        }
        assert.ok(count > 0);
        if (skipped > 0) assert.ok((all.timestampsMs[skipped - 1] ?? 0) < fromMs);
      },
    ),
  );
  assert.ok(skippedCount > 100, `only ${skippedCount} samples were passed over`);
});

test('of a regular chunk all but the last samples are passed over, of an irregular one none', () => {
  const target = createColumns(CHUNK_SAMPLES_MAX);
  const samples = steady(Array.from({ length: 1000 }, (_, i) => i * 3));
  const lastMs = samples[999]?.timestampMs ?? 0;
  const regular = encode(samples);
  assert.equal(decoder.decode(regular, 0, regular.length, target, 0, lastMs), 1);
  assert.equal(decoder.decode(regular, 0, regular.length, target, 0, lastMs - 1), 2);
  assert.equal(decoder.decode(regular, 0, regular.length, target, 0, samples[0]?.timestampMs), 1000);
  assert.equal(decoder.decode(regular, 0, regular.length, target, 0, lastMs + 1e9), 1);
  const irregular = encode(samples.map((one, i) => ({ ...one, timestampMs: one.timestampMs + i * i * i })));
  assert.equal(decoder.decode(irregular, 0, irregular.length, target, 0, lastMs), 1000);
});
