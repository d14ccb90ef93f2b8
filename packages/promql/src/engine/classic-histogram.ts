/** Quantiles and fractions over classic histogram buckets, linear within a bucket. */
export interface Bucket {
  /** `le`; the last one is +Inf. */
  readonly upperBound: number;
  /** Observations up to and including the bound; not negative. */
  count: number;
}

/**
 * Sorts the buckets, adds up those of one bound and repairs counts that fall (scrapes of several
 * replicas may mix). Returns whether a repair was more than rounding; `undefined` when there is no
 * +Inf bucket to count against.
 */
export function prepareBuckets(buckets: Bucket[]): { buckets: Bucket[]; wasForced: boolean } | undefined {
  buckets.sort((a, b) => a.upperBound - b.upperBound);
  if (buckets.at(-1)?.upperBound !== Infinity) return undefined;
  const merged: Bucket[] = [];
  for (const bucket of buckets) {
    const last = merged.at(-1);
    if (last?.upperBound === bucket.upperBound) last.count += bucket.count;
    else merged.push({ ...bucket });
  }
  return { buckets: merged, wasForced: repairMonotonicity(merged) };
}

/** Differences below this part of the sum are rounding of floats, not a fault of the data. */
const DELTA_TOLERANCE = 1e-12;

function repairMonotonicity(buckets: readonly Bucket[]): boolean {
  let wasForced = false;
  let before = buckets[0]?.count ?? 0;
  for (const bucket of buckets.slice(1)) {
    const isRounding =
      Math.abs(bucket.count - before) < DELTA_TOLERANCE * (Math.abs(bucket.count) + Math.abs(before));
    if (isRounding) bucket.count = before;
    else if (bucket.count < before) {
      bucket.count = before;
      wasForced = true;
    } else before = bucket.count;
  }
  return wasForced;
}

/** The φ-quantile of prepared buckets. In the +Inf bucket it is the highest finite bound. */
export function bucketQuantile(quantile: number, buckets: readonly Bucket[]): number {
  const total = buckets.at(-1)?.count ?? 0;
  if (buckets.length < 2 || total === 0 || Number.isNaN(total)) return NaN;
  const rank = quantile * total;
  let index = buckets.findIndex((bucket) => bucket.count >= rank);
  if (index < 0) index = buckets.length - 1;
  if (index === buckets.length - 1) return buckets.at(-2)?.upperBound ?? NaN;
  const { upperBound, count } = buckets[index] ?? { upperBound: NaN, count: NaN };
  const below = buckets[index - 1];
  // A first bucket that ends at or below zero has no lower bound to interpolate from.
  if (below === undefined && upperBound <= 0) return upperBound;
  const start = below?.upperBound ?? 0;
  const countBelow = below?.count ?? 0;
  return start + (upperBound - start) * ((rank - countBelow) / (count - countBelow));
}

/** The part of observations between two values. */
export function bucketFraction(lower: number, upper: number, buckets: readonly Bucket[]): number {
  const total = buckets.at(-1)?.count ?? 0;
  if (!(total > 0) || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, buckets, total) - rankOf(lower, buckets, total)) / total;
}

/** How many observations lie below `value`. */
function rankOf(value: number, buckets: readonly Bucket[], total: number): number {
  let rank = 0;
  for (const [i, { upperBound, count }] of buckets.entries()) {
    const lowerBound = i > 0 ? (buckets[i - 1]?.upperBound ?? 0) : upperBound > 0 ? 0 : -Infinity;
    if (lowerBound >= value) return rank;
    if (upperBound > value) {
      // Nothing is interpolated in a bucket without end: its observations lie at its finite bound.
      if (lowerBound === -Infinity) return count;
      if (upperBound === Infinity) return rank;
      return Math.min(total, rank + (count - rank) * ((value - lowerBound) / (upperBound - lowerBound)));
    }
    rank = count;
  }
  return total;
}
