/**
 * The classic buckets of one histogram at one step, to be filled again for the next: bounds increase, counts
 * are cumulative. Two arrays and no object per bucket, since a dashboard asks for 200 steps of 100 histograms.
 */
export class BucketRow {
  length = 0;
  /** `le` of each bucket below `length`. */
  readonly bounds: Float64Array;
  /** Observations up to and including the bound; not negative. */
  readonly counts: Float64Array;

  constructor(capacity: number) {
    this.bounds = new Float64Array(capacity);
    this.counts = new Float64Array(capacity);
  }

  clear(): void {
    this.length = 0;
  }

  /** Bounds come in order; buckets of one bound are added up. */
  add(upperBound: number, count: number): void {
    const last = this.length - 1;
    if (last >= 0 && this.bounds[last] === upperBound) {
      this.counts[last] = (this.counts[last] ?? 0) + count;
      return;
    }
    this.bounds[this.length] = upperBound;
    this.counts[this.length] = count;
    this.length++;
  }

  /** Whether there is a +Inf bucket to count against. */
  get hasTotal(): boolean {
    return this.bounds[this.length - 1] === Infinity;
  }

  /**
   * Repairs counts that fall (scrapes of several replicas may mix). Returns whether a repair was more than
   * rounding.
   */
  repair(): boolean {
    const { counts } = this;
    let wasForced = false;
    let before = counts[0] ?? 0;
    for (let i = 1; i < this.length; i++) {
      const count = counts[i] ?? 0;
      const isRounding = Math.abs(count - before) < DELTA_TOLERANCE * (Math.abs(count) + Math.abs(before));
      if (isRounding) counts[i] = before;
      else if (count < before) {
        counts[i] = before;
        wasForced = true;
      } else before = count;
    }
    return wasForced;
  }
}

/** Differences below this part of the sum are rounding of floats, not a fault of the data. */
const DELTA_TOLERANCE = 1e-12;

/** The φ-quantile of repaired buckets, linear within one. In the +Inf bucket it is the highest finite bound. */
export function bucketQuantile(quantile: number, { bounds, counts, length }: BucketRow): number {
  const total = counts[length - 1] ?? 0;
  if (length < 2 || total === 0 || Number.isNaN(total)) return NaN;
  const rank = quantile * total;
  let index = 0;
  while (index < length - 1 && !((counts[index] ?? 0) >= rank)) index++;
  if (index === length - 1) return bounds[length - 2] ?? NaN;
  const upperBound = bounds[index] ?? NaN;
  // A first bucket that ends at or below zero has no lower bound to interpolate from.
  if (index === 0 && upperBound <= 0) return upperBound;
  const start = index === 0 ? 0 : (bounds[index - 1] ?? 0);
  const countBelow = index === 0 ? 0 : (counts[index - 1] ?? 0);
  return start + (upperBound - start) * ((rank - countBelow) / ((counts[index] ?? NaN) - countBelow));
}

/** The part of observations between two values. */
export function bucketFraction(lower: number, upper: number, row: BucketRow): number {
  const total = row.counts[row.length - 1] ?? 0;
  if (!(total > 0) || Number.isNaN(lower) || Number.isNaN(upper)) return NaN;
  if (lower >= upper) return 0;
  return (rankOf(upper, row, total) - rankOf(lower, row, total)) / total;
}

/** How many observations lie below `value`. */
function rankOf(value: number, { bounds, counts, length }: BucketRow, total: number): number {
  let rank = 0;
  for (let i = 0; i < length; i++) {
    const upperBound = bounds[i] ?? NaN;
    const count = counts[i] ?? 0;
    const lowerBound = i > 0 ? (bounds[i - 1] ?? 0) : upperBound > 0 ? 0 : -Infinity;
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
