import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findHistogramFault, type NativeHistogram } from '@vedette/model';
import { ClassicHistogram } from './classic-histogram.ts';

interface Parts {
  readonly buckets?: readonly (readonly [bound: number, count: number])[];
  readonly count?: number;
  readonly sum?: number;
}

const convert = ({ buckets = [], count, sum }: Parts): NativeHistogram | undefined => {
  const classic = new ClassicHistogram();
  for (const [bound, reached] of buckets) classic.addBucket(bound, reached);
  if (count !== undefined) classic.setCount(count);
  if (sum !== undefined) classic.setSum(sum);
  const histogram = classic.toHistogram();
  if (histogram !== undefined) assert.equal(findHistogramFault(histogram), undefined);
  return histogram;
};

test('cumulative counts become those of the buckets, in order of their bounds', () => {
  const want: NativeHistogram = {
    schema: -53,
    count: 10,
    sum: 2.5,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: {
      spans: [
        { offset: 0, length: 1 },
        { offset: 1, length: 2 },
      ],
      counts: Float64Array.of(3, 4, 3),
    },
    negative: { spans: [], counts: new Float64Array(0) },
    customBounds: Float64Array.of(0.5, 1, 5),
    counterReset: 'unknown',
  };
  const [a, b, c, d] = [
    [0.5, 3],
    [1, 3],
    [5, 7],
    [Infinity, 10],
  ] as const;
  assert.deepEqual(convert({ buckets: [a, b, c, d], count: 10, sum: 2.5 }), want);
  assert.deepEqual(convert({ buckets: [d, c, a, b], sum: 2.5 }), want);
  // A missing +Inf has the count; of equal bounds the first one stays.
  assert.deepEqual(convert({ buckets: [a, b, c, [5, 8]], count: 10, sum: 2.5 }), want);
});

test('a count alone is a histogram of one bucket, an empty one of none', () => {
  assert.deepEqual(convert({ count: 2.5 })?.positive.counts, Float64Array.of(2.5));
  assert.deepEqual(convert({ count: 0 })?.positive.spans, []);
});

test('parts that contradict each other make no histogram', () => {
  const check = (parts: Parts): void => assert.equal(convert(parts), undefined);
  check({});
  check({ sum: 1 });
  check({
    buckets: [
      [1, 5],
      [2, 4],
    ],
    count: 5,
  });
  check({
    buckets: [
      [1, 5],
      [Infinity, 6],
    ],
    count: 7,
  });
  check({ buckets: [[1, -1]], count: 1 });
  check({ buckets: [[1, NaN]], count: 1 });
  check({ count: NaN });
  check({ count: -1 });
  check({ buckets: [[-Infinity, 1]], count: 1 });
});
