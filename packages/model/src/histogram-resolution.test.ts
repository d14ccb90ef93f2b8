import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { reduceResolution } from './histogram-resolution.ts';
import { findHistogramFault, type HistogramBuckets, type NativeHistogram } from './native-histogram.ts';

const EMPTY: HistogramBuckets = { spans: [], counts: new Float64Array(0) };

const histogramOf = (schema: number, positive: HistogramBuckets): NativeHistogram => ({
  schema,
  count: 0,
  sum: 0,
  zeroThreshold: 0,
  zeroCount: 0,
  positive,
  negative: EMPTY,
  customBounds: new Float64Array(0),
  counterReset: 'unknown',
});

const bucketsOf = (counts: ReadonlyMap<number, number>): HistogramBuckets => {
  const spans: { offset: number; length: number }[] = [];
  const sorted = [...counts].sort((a, b) => a[0] - b[0]);
  let end = 0;
  for (const [index] of sorted) {
    spans.push({ offset: index - end, length: 1 });
    end = index + 1;
  }
  return { spans, counts: Float64Array.from(sorted.map(([, count]) => count)) };
};

const countsOf = ({ spans, counts }: HistogramBuckets): Map<number, number> => {
  const byIndex = new Map<number, number>();
  let index = 0;
  let place = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) byIndex.set(index++, counts[place++] ?? NaN);
  }
  return byIndex;
};

test('each step joins the buckets of one power', () => {
  const fine = bucketsOf(
    new Map([
      [-3, 1],
      [-2, 2],
      [0, 4],
      [1, 8],
      [2, 16],
      [3, 32],
    ]),
  );
  const { positive, schema } = reduceResolution(histogramOf(2, fine), 1);
  assert.equal(schema, 1);
  // Bucket 1 and 2 of the finer schema lie in bucket 1 of the coarser, -1 and 0 in bucket 0.
  assert.deepEqual(
    countsOf(positive),
    new Map([
      [-1, 3],
      [0, 4],
      [1, 24],
      [2, 32],
    ]),
  );
  assert.deepEqual(positive.spans, [{ offset: -1, length: 4 }]);
});

test('empty buckets and spans go, also at the same schema and with custom bounds', () => {
  const padded = {
    spans: [
      { offset: 0, length: 3 },
      { offset: 2, length: 0 },
      { offset: 0, length: 1 },
    ],
    counts: Float64Array.of(0, 5, 0, 7),
  };
  const want = {
    spans: [
      { offset: 1, length: 1 },
      { offset: 3, length: 1 },
    ],
    counts: Float64Array.of(5, 7),
  };
  assert.deepEqual(reduceResolution(histogramOf(3, padded), 3).positive, want);
  assert.deepEqual(reduceResolution(histogramOf(-53, padded), -53).positive, want);
});

test('a finer schema, one below the least, and fewer custom buckets are bugs', () => {
  assert.throws(() => reduceResolution(histogramOf(0, EMPTY), 1), /BUG/);
  assert.throws(() => reduceResolution(histogramOf(-4, EMPTY), -5), /BUG/);
  assert.throws(() => reduceResolution(histogramOf(-53, EMPTY), -4), /BUG/);
});

test('every observation stays in the bucket that covers its old one', () => {
  const counts = fc.dictionary(
    fc.integer({ min: -300, max: 300 }).map(String),
    fc.integer({ min: 1, max: 9 }),
  );
  fc.assert(
    fc.property(
      counts,
      fc.integer({ min: -4, max: 8 }),
      fc.integer({ min: 0, max: 12 }),
      (raw, schema, steps) => {
        const fine = new Map(Object.entries(raw).map(([index, count]) => [Number(index), count]));
        const target = Math.max(-4, schema - steps);
        const reduced = reduceResolution(histogramOf(schema, bucketsOf(fine)), target);
        assert.equal(findHistogramFault(reduced), undefined);
        const want = new Map<number, number>();
        for (const [index, count] of fine) {
          // Slowly, one halving after the other.
          let at = index;
          for (let s = schema; s > target; s--) at = Math.floor((at + 1) / 2);
          want.set(at, (want.get(at) ?? 0) + count);
        }
        assert.deepEqual(
          new Map([...countsOf(reduced.positive)].sort((a, b) => a[0] - b[0])),
          new Map([...want].sort((a, b) => a[0] - b[0])),
        );
      },
    ),
  );
});
