import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FatalError, type HistogramBuckets, type NativeHistogram } from '@vedette/model';
import { histogramOf } from '../testing.ts';
import { HISTOGRAM_BUCKETS_MAX, HISTOGRAM_SAMPLES_MAX, isSameHistogramChunk } from './histogram-chunk.ts';
import { HistogramDecoder } from './histogram-decoder.ts';
import { HistogramEncoder } from './histogram-encoder.ts';

const encoder = new HistogramEncoder();
const decoder = new HistogramDecoder();

function encode(
  histograms: readonly NativeHistogram[],
  timestampsMs = Float64Array.from(histograms, (_, i) => 1e12 + i * 15_000),
  stale: readonly number[] = [],
): Uint8Array {
  const staleFlags = Uint8Array.from(histograms, (_, i) => Number(stale.includes(i)));
  return encoder.encode({ timestampsMs, histograms, staleFlags }).slice();
}

/** Decodes and compares to the bit: `deepEqual` of strict assert tells -0 from 0. */
function checkIdentity(
  histograms: readonly NativeHistogram[],
  timestampsMs?: Float64Array<ArrayBuffer>,
  stale: readonly number[] = [],
): Uint8Array {
  const bytes = encode(histograms, timestampsMs, stale);
  // Behind other bytes, as in a group.
  const group = Uint8Array.from([1, 2, 3, ...bytes, 9]);
  const got = decoder.decode(group, 3, 3 + bytes.length);
  assert.deepEqual(got.map(plain), histograms.map(plain));
  if (timestampsMs !== undefined)
    assert.deepEqual([...decoder.timestampsMs.subarray(0, got.length)], [...timestampsMs]);
  assert.deepEqual(
    [...decoder.staleFlags.subarray(0, got.length)],
    histograms.map((_, i) => Number(stale.includes(i))),
  );
  return bytes;
}

const plain = (histogram: NativeHistogram): unknown => ({
  ...histogram,
  positive: { spans: histogram.positive.spans, counts: [...histogram.positive.counts] },
  negative: { spans: histogram.negative.spans, counts: [...histogram.negative.counts] },
  customBounds: [...histogram.customBounds],
});

const buckets = (
  spans: readonly (readonly [number, number])[],
  counts: readonly number[],
): HistogramBuckets => ({
  spans: spans.map(([offset, length]) => ({ offset, length })),
  counts: Float64Array.from(counts),
});

const whole = fc.oneof(fc.nat(3), fc.nat(100_000), fc.maxSafeNat());
const fraction = fc.double({ min: 0, noNaN: true });
const sum = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.integer().map((n) => n / 100),
  fc.constantFrom(NaN, -0, Infinity),
);
const spans = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.nat(6)), { maxLength: 4 });
const hint = fc.constantFrom<NativeHistogram['counterReset']>('unknown', 'reset', 'not-reset', 'gauge');

/** Histograms of one layout. */
const runs = fc
  .record({
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: fc.constantFrom(0, 2 ** -128, 0.001, 5e-324),
    positive: spans,
    negative: spans,
    first: fc.integer({ min: -2000, max: 2000 }),
    count: fc.integer({ min: 1, max: 20 }),
    isWhole: fc.boolean(),
  })
  .chain((layout) => {
    const count = layout.isWhole ? whole : fc.oneof(whole, fraction);
    const sideOf = (side: readonly [number, number][]): fc.Arbitrary<HistogramBuckets> => {
      const length = side.reduce((all, [, one]) => all + one, 0);
      return fc.array(count, { minLength: length, maxLength: length }).map((counts) =>
        buckets(
          side.map(([offset, n], i) => [i === 0 ? layout.first + offset : offset, n]),
          counts,
        ),
      );
    };
    const one: fc.Arbitrary<NativeHistogram> = fc.record({
      schema: fc.constant(layout.schema),
      zeroThreshold: fc.constant(layout.zeroThreshold),
      count,
      sum,
      zeroCount: count,
      positive: sideOf(layout.positive),
      negative: sideOf(layout.negative),
      customBounds: fc.constant(new Float64Array(0)),
      counterReset: hint,
    });
    return fc.array(one, { minLength: layout.count, maxLength: layout.count });
  });

test('decoding an encoded histogram chunk gives back the same bits, whatever the shape', () => {
  fc.assert(
    fc.property(
      runs,
      fc.integer({ min: -(10 ** 12), max: 10 ** 13 }),
      fc.integer({ min: 1, max: 2 ** 40 }),
      fc.array(fc.integer({ min: 1, max: 19 }), { maxLength: 3 }),
      (histograms, startMs, stepMs, stale) => {
        const timestampsMs = Float64Array.from(histograms, (_, i) => startMs + i * stepMs * 2 + (i % 2));
        checkIdentity(histograms, timestampsMs, stale);
      },
    ),
    { numRuns: 500 },
  );
});

test('every schema, negative buckets, empty spans, custom bounds and no buckets at all come back', () => {
  for (let schema = -4; schema <= 8; schema++)
    checkIdentity([histogramOf([1, 2, 3], { schema }), histogramOf([2, 2, 9], { schema })]);
  const negative = buckets(
    [
      [-5, 2],
      [0, 0],
      [7, 1],
    ],
    [3, 0, 8],
  );
  checkIdentity([histogramOf([1], { negative }), histogramOf([1], { negative })]);
  checkIdentity([
    histogramOf([], {
      schema: -53,
      zeroThreshold: 0,
      customBounds: Float64Array.of(-1, -0, 0.005, 10),
      positive: buckets([[1, 2]], [4, 5]),
    }),
  ]);
  checkIdentity([histogramOf([], { positive: buckets([], []) })]);
});

test('counts with fractions, beyond 2^48, infinite and -0 are kept as doubles', () => {
  for (const odd of [0.1 + 0.2, 2 ** 48, 2 ** 60, Infinity, -0])
    checkIdentity([histogramOf([1, odd, 3]), histogramOf([2, 5, 9])]);
});

test('a sum that is NaN keeps its payload', () => {
  const words = Uint32Array.of(7, 0x7ff80000);
  const [odd = 0] = new Float64Array(words.buffer);
  for (const other of [odd, 1.5]) {
    const got = decoder.decode(encode([histogramOf([1], { sum: odd }), histogramOf([1], { sum: other })]));
    assert.deepEqual([...new Uint32Array(Float64Array.of(got[0]!.sum).buffer)], [7, 0x7ff80000]);
  }
});

test('a chunk of one is canonical, and what it hints of resets does not count as a difference', () => {
  const of = (counts: readonly number[], rest?: Partial<NativeHistogram>): Uint8Array =>
    encoder.encodeOne(5, histogramOf(counts, rest));
  assert.deepEqual(of([1, 2]), of([1, 2]));
  assert.equal(isSameHistogramChunk(of([1, 2]), of([1, 2], { counterReset: 'gauge' })), true);
  for (const other of [
    of([1, 3]),
    of([1, 2, 0]),
    of([1, 2], { sum: 3 }),
    of([1, 2], { zeroThreshold: 0 }),
    of([1.5, 2]),
  ])
    assert.equal(isSameHistogramChunk(of([1, 2]), other), false);
});

test('a chunk holds one sample, and the most, and no more', () => {
  const many = (count: number, bucketCount: number): NativeHistogram[] =>
    Array.from({ length: count }, (_, i) =>
      histogramOf(Array.from({ length: bucketCount }, (_, b) => i * b)),
    );
  checkIdentity(many(HISTOGRAM_SAMPLES_MAX, 20));
  assert.throws(() => encode([]), /BUG: a histogram chunk has at least one sample/);
  assert.throws(() => encode(many(HISTOGRAM_SAMPLES_MAX + 1, 20)), /BUG: a chunk holds at most 128/);
  // 2 + 4,094 columns are 16,384 counts four times.
  checkIdentity(many(4, HISTOGRAM_BUCKETS_MAX - 2));
  assert.throws(() => encode(many(5, HISTOGRAM_BUCKETS_MAX - 2)), /BUG: a chunk holds at most 4/);
  checkIdentity(many(1, HISTOGRAM_BUCKETS_MAX));
});

test('a histogram of another layout in one chunk is a bug', () => {
  assert.throws(
    () => encode([histogramOf([1]), histogramOf([1, 2])]),
    /BUG: histograms of one chunk have one layout/,
  );
});

test('idle and steady buckets cost nothing, growing ones a byte a sample', () => {
  const grown = Array.from({ length: 100 }, (_, i) =>
    histogramOf([5, 1000, 7 + i * 3, ((i * i) % 100) + i * 50], { sum: i * 1.5 }),
  );
  // The count and one bucket grow by 0 to 255 more than their smallest step.
  const { length } = checkIdentity(grown);
  assert.ok(length >= 2 * 99 && length < 60 + 2 * 99, `got ${length} bytes`);
});

/** Chunks of every kind, for the tests of damage. */
const samples = (): Uint8Array[] => [
  encode([histogramOf([1, 2, 3])]),
  encode([
    histogramOf([1, 2, 3]),
    histogramOf([4, 2, 300], { counterReset: 'reset' }),
    histogramOf([9, 9, 900]),
  ]),
  encode([histogramOf([0.5, 2]), histogramOf([0.25, 7])], undefined, [1]),
  encode([
    histogramOf([], {
      schema: -53,
      customBounds: Float64Array.of(1, 2),
      positive: buckets([[0, 3]], [1, 2, 3]),
    }),
  ]),
];

test('a chunk cut anywhere, or with bytes too many, is corrupt and reads nothing beyond', () => {
  for (const bytes of samples()) {
    for (let end = 1; end < bytes.length; end++)
      assert.throws(() => decoder.decode(bytes, 0, end), { code: 'VED_STORAGE_CORRUPT' }, `cut at ${end}`);
    assert.throws(() => decoder.decode(Uint8Array.from([...bytes, 0])), { code: 'VED_STORAGE_CORRUPT' });
  }
});

test('another version or encoding is refused with a remedy', () => {
  const bytes = encode([histogramOf([1])]);
  for (const head of [0x11, 0x13, 0x22]) {
    bytes[0] = head;
    assert.throws(() => decoder.decode(bytes), {
      code: 'VED_FORMAT_UNKNOWN',
      message: /run the version of Vedette/,
    });
  }
});

test('bytes that claim more than a chunk may hold are refused before memory is taken', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f];
  const check = (...tail: readonly number[]): void =>
    assert.throws(() => decoder.decode(Uint8Array.from([0x12, 0, ...tail])), { code: 'VED_STORAGE_CORRUPT' });
  const zeroThreshold = [0, 0, 0, 0, 0, 0, 0, 0];
  check(...huge, 0, 1, 6, ...zeroThreshold, 0, 0, 0);
  check(1, 0, 6, ...zeroThreshold, ...huge);
  check(1, 0, 6, ...zeroThreshold, 1, 0, ...huge, 0, 0);
  check(1, 0, 6, ...zeroThreshold, 0, 0, ...huge);
  check(0, 0, 6, ...zeroThreshold, 0, 0, 0);
});

test('mutated chunks decode or are refused, and never anything else', () => {
  const chunks = samples();
  fc.assert(
    fc.property(
      fc.nat(chunks.length - 1),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(3),
      (which, flips, cut) => {
        const source = chunks[which]!;
        const bytes = source.slice(0, source.length - cut);
        for (const [at, byte] of flips) bytes[1 + (at % (bytes.length - 1))] = byte;
        try {
          assert.ok(decoder.decode(bytes).length <= HISTOGRAM_SAMPLES_MAX);
        } catch (error) {
          assert.ok(error instanceof FatalError, String(error));
        }
      },
    ),
    { numRuns: 20_000 },
  );
});
