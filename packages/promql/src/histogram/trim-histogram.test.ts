import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeHistogram } from '@vedette/model';
import fc from 'fast-check';
import {
  customArbitrary,
  customOf,
  exponentialArbitrary,
  histogramOf,
  run,
} from '../test-support/histograms.ts';
import { addHistograms } from './histogram-arithmetic.ts';
import { trimLower, trimUpper } from './trim-histogram.ts';

const histogram = histogramOf({
  count: 34,
  sum: 123.75,
  zeroThreshold: 0.001,
  zeroCount: 1,
  positive: run(0, 2, 4, 8, 16),
  negative: run(0, 1, 2),
});

test('a trim that cuts nothing changes nothing', () => {
  assert.equal(trimUpper(histogram, Infinity), histogram);
  assert.equal(trimLower(histogram, -Infinity), histogram);
});

test('buckets beyond the value go, the sum is estimated anew', () => {
  const upper = trimUpper(histogram, 2);
  assert.deepEqual([upper.count, [...upper.positive.counts]], [10, [2, 4]]);
  assert.ok(Math.abs(upper.sum - 3.5355339059327373) < 1e-12);
  const nothing = trimLower(histogram, Infinity);
  assert.deepEqual([nothing.count, nothing.sum, nothing.zeroCount, nothing.positive.spans], [0, 0, 0, []]);
});

test('the bucket cut through is divided as the quantile interpolates', () => {
  const lower = trimLower(histogram, Math.SQRT2);
  assert.equal(lower.positive.spans[0]!.offset, 1);
  assert.ok(Math.abs(lower.positive.counts[0]! - 2) < 1e-9);
  const custom = trimUpper(customOf([5, 10, 15, 20], 1, 6, 4, 3, 1), 13);
  assert.deepEqual([...custom.positive.counts], [1, 6, 2.4]);
});

test('the zero bucket is divided evenly, on the side where the others lie', () => {
  const zero = histogramOf({ count: 4, zeroThreshold: 0.5, zeroCount: 4 });
  assert.deepEqual([trimLower(zero, 0).zeroCount, trimLower(zero, 0).sum], [2, 0.5]);
  const positive = { ...zero, count: 6, positive: run(3, 2) };
  assert.equal(trimLower(positive, 0), positive);
  assert.equal(trimUpper({ ...zero, negative: run(3, 2) }, -0.25).zeroCount, 2);
});

test('a bucket without end is kept whole or dropped', () => {
  const check = (got: NativeHistogram, count: number, sum: number): void =>
    assert.deepEqual([got.count, got.sum], [count, sum]);
  const custom = customOf([5], 1, 100);
  check(trimUpper(custom, 10), 1, 2.5);
  check(trimLower(custom, 10), 100, 1000);
  check(trimUpper(custom, 2), 0.4, 0.4);
  check(trimLower(custom, -10), 100, 500);
  check(trimUpper(customOf([-5], 1, 100), -10), 1, -10);
  check(trimUpper(customOf([], 100), 10), 0, 0);
});

test('what both trims keep is the whole, where all buckets have ends', () => {
  fc.assert(
    fc.property(
      exponentialArbitrary,
      fc.oneof(fc.double({ min: -50, max: 50, noNaN: true }), fc.constantFrom(-1, 0, 1, 2, 4)),
      (whole, value) => {
        fc.pre(whole.zeroThreshold > 0 || whole.zeroCount === 0 || value !== 0);
        const upper = trimUpper(whole, value);
        const lower = trimLower(whole, value);
        const sum = addHistograms(upper, lower)!.histogram;
        assert.ok(Math.abs(sum.count - whole.count) <= 1e-9 * whole.count);
        assert.ok(Math.abs(sum.zeroCount - whole.zeroCount) <= 1e-9 * whole.zeroCount);
      },
    ),
  );
});

test('a trim never adds observations, whatever the buckets', () => {
  fc.assert(
    fc.property(customArbitrary, fc.integer({ min: -40, max: 40 }), (whole, value) => {
      const upper = trimUpper(whole, value);
      const lower = trimLower(whole, value);
      assert.ok(upper.count + lower.count <= whole.count * (1 + 1e-9));
      assert.ok([...upper.positive.counts, ...lower.positive.counts].every((count) => count >= 0));
    }),
  );
});
