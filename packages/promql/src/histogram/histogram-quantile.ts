import type { NativeHistogram } from '@vedette/model';
import { histogramBuckets, hasCustomBounds, type HistogramBucket } from './bucket-bounds.ts';

/**
 * An estimate from a histogram. Observations of NaN are counted but lie in no bucket: `nan-result` says that the
 * answer would lie among them, `nan-skew` that it is too high because of them, `nan-excluded` that it leaves them out.
 */
export interface HistogramEstimate {
  readonly value: number;
  readonly remark?: 'nan-result' | 'nan-skew' | 'nan-excluded';
}

/**
 * The φ-quantile. Within a bucket observations are taken to be spread evenly over the finer buckets it could be
 * divided into (that is evenly on a logarithmic scale); in the zero bucket and between custom bounds they are
 * spread evenly as such.
 */
export function histogramQuantile(quantile: number, histogram: NativeHistogram): HistogramEstimate {
  if (quantile < 0) return { value: -Infinity };
  if (quantile > 1) return { value: Infinity };
  if (histogram.count === 0 || Number.isNaN(quantile)) return { value: NaN };
  const hasNoSum = Number.isNaN(histogram.sum);
  // From the nearer end, fewer rounding errors add up. NaN observations count as the highest, so that with them
  // only the lower end is sure.
  const isForward = hasNoSum || quantile < 0.5;
  const rank = (isForward ? quantile : 1 - quantile) * histogram.count;
  const buckets = isForward ? histogramBuckets(histogram) : histogramBuckets(histogram).toReversed();
  const found = bucketAtRank(buckets, rank);
  const bounds = boundsToInterpolate(histogram, found.bucket);
  if (typeof bounds === 'number') return { value: bounds };
  const reached = Math.min(found.reached, histogram.count);
  if (reached < rank) return hasNoSum ? { value: NaN, remark: 'nan-result' } : { value: found.bucket.upper };
  const rankInBucket = isForward ? rank - (reached - found.bucket.count) : reached - rank;
  const value = interpolate(histogram, bounds, rankInBucket / found.bucket.count);
  return hasNoSum && totalOf(buckets) < histogram.count ? { value, remark: 'nan-skew' } : { value };
}

/** The bucket in which the count from the first one on reaches `rank`, else the last. */
function bucketAtRank(
  buckets: readonly HistogramBucket[],
  rank: number,
): { bucket: HistogramBucket; reached: number } {
  let reached = 0;
  let bucket = NO_BUCKET;
  for (bucket of buckets) {
    if (bucket.count === 0) continue;
    reached += bucket.count;
    if (reached >= rank) break;
  }
  return { bucket, reached };
}

const NO_BUCKET: HistogramBucket = {
  lower: 0,
  upper: 0,
  isLowerInclusive: false,
  isUpperInclusive: false,
  count: 0,
};

interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** The bounds between which to interpolate in a bucket, or the answer when it has no end. */
function boundsToInterpolate(histogram: NativeHistogram, bucket: Bounds): Bounds | number {
  const { lower, upper } = bucket;
  if (!hasCustomBounds(histogram))
    return lower < 0 && upper > 0 ? zeroBoundsOf(histogram, bucket) : { lower, upper };
  if (lower === -Infinity) return upper <= 0 ? upper : { lower: 0, upper };
  return upper === Infinity ? lower : { lower, upper };
}

/** The zero bucket of a histogram with buckets of one sign lies on that side of zero. */
function zeroBoundsOf({ positive, negative }: NativeHistogram, { lower, upper }: Bounds): Bounds {
  const hasPositive = positive.counts.length > 0;
  const hasNegative = negative.counts.length > 0;
  return {
    lower: hasPositive && !hasNegative ? 0 : lower,
    upper: hasNegative && !hasPositive ? 0 : upper,
  };
}

function interpolate(histogram: NativeHistogram, { lower, upper }: Bounds, fraction: number): number {
  if (hasCustomBounds(histogram) || (lower <= 0 && upper >= 0)) return lower + (upper - lower) * fraction;
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  if (lower > 0) return 2 ** (logLower + (logUpper - logLower) * fraction);
  return -(2 ** (logUpper + (logLower - logUpper) * (1 - fraction)));
}

function totalOf(buckets: readonly HistogramBucket[]): number {
  return buckets.reduce((total, { count }) => total + count, 0);
}

/** The part of all observations between two values, NaN ones among all; the inverse of the quantile. */
export function histogramFraction(
  lower: number,
  upper: number,
  histogram: NativeHistogram,
): HistogramEstimate {
  if (histogram.count === 0 || Number.isNaN(lower) || Number.isNaN(upper)) return { value: NaN };
  if (lower >= upper) return { value: 0 };
  const buckets = histogramBuckets(histogram);
  const hasNoSum = Number.isNaN(histogram.sum);
  const counted = hasNoSum ? totalOf(buckets) : histogram.count;
  const lowerRank = Math.min(rankOf(lower, histogram, buckets), counted);
  const upperRank = Math.min(rankOf(upper, histogram, buckets), counted);
  const value = (upperRank - lowerRank) / histogram.count;
  return hasNoSum && counted < histogram.count ? { value, remark: 'nan-excluded' } : { value };
}

/** How many observations lie below `value`; +Inf when it lies above all buckets. */
function rankOf(value: number, histogram: NativeHistogram, buckets: readonly HistogramBucket[]): number {
  let rank = 0;
  for (const bucket of buckets) {
    const isZeroBucket = bucket.lower <= 0 && bucket.upper >= 0;
    const bounds = isZeroBucket ? zeroBoundsOf(histogram, bucket) : bucket;
    if (bounds.lower >= value) return rank;
    if (bounds.upper > value) {
      if (!hasCustomBounds(histogram) && !isZeroBucket)
        return rank + bucket.count * logarithmicPart(value, bounds);
      if (bounds.lower === -Infinity) return bucket.count;
      return rank + (bucket.count * (value - bounds.lower)) / (bounds.upper - bounds.lower);
    }
    rank += bucket.count;
  }
  return Infinity;
}

/** How far into an exponential bucket a value lies, 0…1. */
export function logarithmicPart(value: number, { lower, upper }: Bounds): number {
  const logLower = Math.log2(Math.abs(lower));
  const logUpper = Math.log2(Math.abs(upper));
  const logValue = Math.log2(Math.abs(value));
  if (value > 0) return (logValue - logLower) / (logUpper - logLower);
  return 1 - (logValue - logUpper) / (logLower - logUpper);
}
