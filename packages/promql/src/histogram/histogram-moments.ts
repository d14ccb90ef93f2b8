import type { NativeHistogram } from '@vedette/model';
import { KahanSum } from '../engine/kahan.ts';
import { histogramBuckets, hasCustomBounds, type HistogramBucket } from './bucket-bounds.ts';

export function histogramAverage({ sum, count }: NativeHistogram): number {
  return sum / count;
}

/**
 * The variance, each bucket's observations taken to lie at its middle: the geometric mean of its bounds, zero for
 * the zero bucket, the arithmetic mean between custom bounds.
 */
export function histogramVariance(histogram: NativeHistogram): number {
  const mean = histogramAverage(histogram);
  const isCustom = hasCustomBounds(histogram);
  const squares = new KahanSum();
  for (const bucket of histogramBuckets(histogram)) {
    if (bucket.count === 0) continue;
    const delta = middleOf(bucket, isCustom) - mean;
    squares.add(bucket.count * delta * delta);
  }
  return squares.total / histogram.count;
}

export function histogramDeviation(histogram: NativeHistogram): number {
  return Math.sqrt(histogramVariance(histogram));
}

function middleOf({ lower, upper }: HistogramBucket, isCustom: boolean): number {
  if (isCustom) return (upper + lower) / 2;
  if (lower <= 0 && upper >= 0) return 0;
  const middle = Math.sqrt(upper * lower);
  return upper < 0 ? -middle : middle;
}
