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
import { formatHistogram } from './format-histogram.ts';
import { histogramAverage, histogramDeviation, histogramVariance } from './histogram-moments.ts';
import { histogramFraction, histogramQuantile, type HistogramEstimate } from './histogram-quantile.ts';

const isClose = (got: number, want: number): boolean =>
  Object.is(got, want) || Math.abs(got - want) <= 1e-9 * Math.max(1, Math.abs(want));

function checkQuantile(histogram: NativeHistogram, quantile: number, want: number): void {
  const { value } = histogramQuantile(quantile, histogram);
  assert.ok(isClose(value, want), `quantile ${quantile}: got ${value}, want ${want}`);
}

test('within a bucket the quantile lies where a finer bucket would', () => {
  const histogram = histogramOf({ count: 4, positive: run(1, 4) });
  checkQuantile(histogram, 0.5, Math.SQRT2);
  checkQuantile(histogram, 0.25, 2 ** 0.25);
  checkQuantile(histogram, 0, 1);
  checkQuantile(histogram, 1, 2);
  checkQuantile(histogramOf({ count: 4, negative: run(1, 4) }), 0.25, -(2 ** 0.75));
});

test('in the zero bucket and between custom bounds it lies evenly', () => {
  const zero = histogramOf({ count: 4, zeroThreshold: 0.5, zeroCount: 4 });
  checkQuantile(zero, 0.25, -0.25);
  checkQuantile({ ...zero, count: 5, positive: run(5, 1) }, 0.4, 0.25);
  checkQuantile({ ...zero, count: 5, negative: run(5, 1) }, 0.6, -0.25);
  checkQuantile(customOf([5, 10], 0, 4, 0), 0.25, 6.25);
});

test('custom buckets without end give their finite bound; the first begins at zero if it can', () => {
  checkQuantile(customOf([5, 10], 0, 0, 4), 0.5, 10);
  checkQuantile(customOf([5, 10], 4), 0.5, 2.5);
  checkQuantile(customOf([-5, 10], 4), 0.5, -5);
});

test('quantiles out of range and of nothing', () => {
  const histogram = histogramOf({ count: 4, positive: run(1, 4) });
  checkQuantile(histogram, -0.1, -Infinity);
  checkQuantile(histogram, 1.1, Infinity);
  checkQuantile(histogram, NaN, NaN);
  checkQuantile(histogramOf({}), 0.5, NaN);
});

test('observations of NaN count as the highest, and are remarked on', () => {
  const histogram = histogramOf({ count: 8, sum: NaN, positive: run(1, 4) });
  const check = (got: HistogramEstimate, want: HistogramEstimate): void => {
    assert.equal(got.remark, want.remark);
    assert.ok(isClose(got.value, want.value), `${got.value} is not ${want.value}`);
  };
  check(histogramQuantile(0.25, histogram), { value: Math.SQRT2, remark: 'nan-skew' });
  check(histogramQuantile(0.75, histogram), { value: NaN, remark: 'nan-result' });
  check(histogramFraction(-Infinity, 2, histogram), { value: 0.5, remark: 'nan-excluded' });
  check(histogramFraction(-Infinity, Infinity, histogram), { value: 0.5, remark: 'nan-excluded' });
  // Infinities of both signs make the sum NaN too, but lie in buckets.
  check(histogramQuantile(0.25, { ...histogram, count: 4 }), { value: 2 ** 0.25 });
});

test('a histogram whose count is more than its buckets hold ends at the highest bucket', () => {
  checkQuantile(histogramOf({ count: 8, sum: 3, positive: run(1, 4) }), 0.1, 2 ** 0.2);
  checkQuantile(histogramOf({ count: 9, sum: 3, positive: run(1, 3) }), 0.45, 2);
});

test('fractions between values', () => {
  const histogram = histogramOf({ count: 12, zeroThreshold: 0.5, zeroCount: 2, positive: run(0, 2, 4, 4) });
  const check = (lower: number, upper: number, want: number): void => {
    const { value } = histogramFraction(lower, upper, histogram);
    assert.ok(isClose(value, want), `${lower}…${upper}: got ${value}, want ${want}`);
  };
  check(-Infinity, Infinity, 1);
  check(1, 2, 4 / 12);
  check(1, Math.SQRT2, 2 / 12);
  check(0, 0.25, 1 / 12);
  check(-1, 0, 0);
  check(4, 100, 0);
  check(2, 1, 0);
  check(NaN, 1, NaN);
  assert.equal(histogramFraction(0, 1, histogramOf({})).value, NaN);
});

test('a quantile never falls when the quantile asked for grows', () => {
  fc.assert(
    fc.property(
      fc.oneof(exponentialArbitrary, customArbitrary),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (histogram, a, b) => {
        fc.pre(histogram.count > 0 && hasDisjointBuckets(histogram));
        const low = histogramQuantile(Math.min(a, b), histogram).value;
        const high = histogramQuantile(Math.max(a, b), histogram).value;
        assert.ok(low <= high + 1e-9 * Math.abs(high), `${low} > ${high}`);
      },
    ),
  );
});

test('the fraction below a quantile is that quantile', () => {
  fc.assert(
    fc.property(
      exponentialArbitrary,
      fc.double({ min: 0.01, max: 0.99, noNaN: true }),
      (histogram, quantile) => {
        fc.pre(histogram.count > 0 && hasDisjointBuckets(histogram));
        // Without a width the zero bucket has all its observations at one point.
        fc.pre(histogram.zeroThreshold > 0 || histogram.zeroCount === 0);
        const { value } = histogramQuantile(quantile, histogram);
        const fraction = histogramFraction(-Infinity, value, histogram).value;
        assert.ok(Math.abs(fraction - quantile) < 1e-6, `${quantile} came back as ${fraction} by ${value}`);
      },
    ),
  );
});

/** No bucket lies within the zero bucket. */
function hasDisjointBuckets({ schema, zeroThreshold, positive, negative }: NativeHistogram): boolean {
  if (schema < -4) return true;
  return [positive, negative].every(
    ({ spans, counts }) =>
      counts.length === 0 || 2 ** ((spans[0]!.offset - 1) * 2 ** -schema) >= zeroThreshold * (1 - 1e-12),
  );
}

test('average, variance and deviation take the middles of the buckets', () => {
  const histogram = histogramOf({ count: 2, sum: 3, positive: run(1, 1, 1) });
  const [low, high] = [Math.SQRT2, Math.sqrt(8)];
  const variance = ((low - 1.5) ** 2 + (high - 1.5) ** 2) / 2;
  assert.equal(histogramAverage(histogram), 1.5);
  assert.ok(isClose(histogramVariance(histogram), variance));
  assert.ok(isClose(histogramDeviation(histogram), Math.sqrt(variance)));
  assert.ok(isClose(histogramVariance({ ...customOf([2, 4], 0, 2), sum: 6 }), 0));
  assert.ok(
    isClose(
      histogramVariance(histogramOf({ count: 3, zeroCount: 2, zeroThreshold: 1, negative: run(1, 1) })),
      2 / 3,
    ),
  );
  assert.equal(histogramVariance(histogramOf({})), NaN);
});

test('a histogram prints as upstream prints it', () => {
  const check = (histogram: NativeHistogram, want: string): void =>
    assert.equal(formatHistogram(histogram), want);
  check(
    histogramOf({
      count: 20,
      sum: 10,
      zeroThreshold: 0.001,
      zeroCount: 2,
      positive: run(0, 1, 2, 0),
      negative: run(0, 1, 2),
    }),
    '{count:20, sum:10, [-2,-1):2, [-1,-0.5):1, [-0.001,0.001]:2, (0.5,1]:1, (1,2]:2}',
  );
  check(histogramOf({ count: 1e6, sum: 0.00001 }), '{count:1e+06, sum:1e-05}');
  check(histogramOf({ count: 100_000.5, sum: NaN }), '{count:100000.5, sum:NaN}');
  check(customOf([5], 1, 2), '{count:3, sum:0, [-Inf,5]:1, (5,+Inf]:2}');
});
