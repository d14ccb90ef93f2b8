import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { customOf, exponentialArbitrary, histogramOf, run } from '../test-support/histograms.ts';
import { histogramBuckets, exponentialBound } from './bucket-bounds.ts';

test('bounds are powers of two, finer or coarser by schema', () => {
  const check = (schema: number, index: number, want: number): void =>
    assert.equal(exponentialBound(schema, index), want);
  check(0, 0, 1);
  check(0, 3, 8);
  check(0, -1, 0.5);
  check(1, 1, 1.414213562373095);
  check(1, -1, 0.7071067811865475);
  check(8, 255, 1.9945921121709396);
  check(8, 256, 2);
  check(-1, 1, 4);
  check(-4, 1, 65_536);
  check(-4, -1, 2 ** -16);
});

test('the last bucket ends at the largest float, the one behind at infinity', () => {
  for (const schema of [-4, -1, 0, 1, 8]) {
    const last = 1024 * 2 ** schema;
    assert.equal(exponentialBound(schema, last), Number.MAX_VALUE);
    assert.equal(exponentialBound(schema, last + 1), Infinity);
    assert.ok(exponentialBound(schema, last - 1) < Number.MAX_VALUE);
  }
  assert.equal(exponentialBound(0, -1074), Number.MIN_VALUE);
  assert.equal(exponentialBound(0, -1075), 0);
});

test('a finer schema has all bounds of a coarser one', () => {
  fc.assert(
    fc.property(fc.integer({ min: -4, max: 7 }), fc.integer({ min: -60, max: 60 }), (schema, index) => {
      assert.equal(exponentialBound(schema + 1, 2 * index), exponentialBound(schema, index));
      assert.ok(exponentialBound(schema, index) < exponentialBound(schema, index + 1));
    }),
  );
});

test('buckets ascend from the negative ones over the zero bucket to the positive ones', () => {
  const histogram = histogramOf({
    zeroThreshold: 0.75,
    zeroCount: 4,
    positive: run(0, 1, 0, 2),
    negative: run(1, 3),
  });
  const text = histogramBuckets(histogram).map(
    ({ lower, upper, isLowerInclusive, isUpperInclusive, count }) =>
      [isLowerInclusive ? '[' : '(', lower, ',', upper, isUpperInclusive ? ']' : ')', ':', count].join(''),
  );
  assert.deepEqual(text, ['[-2,-1):3', '[-0.75,0.75]:4', '(0.75,1]:1', '(1,2]:0', '(2,4]:2']);
});

test('custom buckets reach from minus to plus infinity', () => {
  assert.deepEqual(
    histogramBuckets(customOf([0, 5], 1, 2, 3)).map(({ lower, upper, isLowerInclusive }) => [
      lower,
      upper,
      isLowerInclusive,
    ]),
    [
      [-Infinity, 0, true],
      [0, 5, false],
      [5, Infinity, false],
    ],
  );
});

test('buckets of any histogram ascend and keep their counts', () => {
  fc.assert(
    fc.property(exponentialArbitrary, (histogram) => {
      const total = histogramBuckets(histogram).reduce((sum, { count }) => sum + count, 0);
      assert.equal(total, histogram.count);
      // A wider zero bucket may swallow whole buckets, which then stand in no order.
      const buckets = histogramBuckets({ ...histogram, zeroThreshold: 0 });
      for (const [i, { lower }] of buckets.entries()) if (i > 0) assert.ok(lower >= buckets[i - 1]!.upper);
    }),
  );
});
