import { SCHEMA_CUSTOM, SCHEMA_MAX, type HistogramBuckets, type NativeHistogram } from '@vedette/model';
import { FINEST_BOUNDS } from './bound-table.ts';

/** Whether the buckets have bounds of their own instead of powers of two. */
export function hasCustomBounds({ schema }: { readonly schema: number }): boolean {
  return schema === SCHEMA_CUSTOM;
}

/**
 * The upper bound of bucket `index` of an exponential schema, in absolute terms. The bucket that would end at
 * 2^1024 ends at the largest float; the one behind it ends at +Inf and holds infinite observations.
 */
export function exponentialBound(schema: number, index: number): number {
  const bucketsPerPower = 2 ** schema;
  const power = Math.floor(index / bucketsPerPower);
  const place = index - power * bucketsPerPower;
  if (place === 0 && power === OVERFLOW_POWER) return Number.MAX_VALUE;
  if (schema <= 0) return 2 ** (index * 2 ** -schema);
  // The table holds halves: doubling the small factor first keeps the product from overflowing too early.
  return (FINEST_BOUNDS[place * 2 ** (SCHEMA_MAX - schema)] ?? NaN) * 2 * 2 ** power;
}

/** 2^1024 is the first power of two that no double holds. */
const OVERFLOW_POWER = 1024;

/** The upper bound of positive bucket `index`; the lower bound is that of the bucket before. */
export function boundOf({ schema, customBounds }: BoundedLayout, index: number): number {
  if (schema !== SCHEMA_CUSTOM) return exponentialBound(schema, index);
  return index < 0 ? -Infinity : (customBounds[index] ?? Infinity);
}

type BoundedLayout = Pick<NativeHistogram, 'schema' | 'customBounds'>;

/** The index of each bucket of the spans, in order. */
export function indexesOf({ spans, counts }: HistogramBuckets): Float64Array {
  const indexes = new Float64Array(counts.length);
  let place = 0;
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++) indexes[place++] = index++;
  }
  return indexes;
}

/** One bucket of a histogram, bounds as they lie on the number line. */
export interface HistogramBucket {
  readonly lower: number;
  readonly upper: number;
  readonly isLowerInclusive: boolean;
  readonly isUpperInclusive: boolean;
  readonly count: number;
}

/**
 * All buckets from the lowest to the highest, empty ones among them; a zero bucket without observations is left
 * out. A bucket that reaches into the zero bucket ends where that begins.
 */
export function histogramBuckets(histogram: NativeHistogram): readonly HistogramBucket[] {
  const { zeroCount, zeroThreshold } = histogram;
  const negative = negativeBucketsOf(histogram).reverse();
  for (const bucket of negative)
    if (bucket.upper < 0 && bucket.upper > -zeroThreshold) bucket.upper = -zeroThreshold;
  const positive = positiveBucketsOf(histogram);
  for (const bucket of positive)
    if (bucket.lower > 0 && bucket.lower < zeroThreshold) bucket.lower = zeroThreshold;
  if (zeroCount > 0)
    negative.push({
      lower: -zeroThreshold,
      upper: zeroThreshold,
      isLowerInclusive: true,
      isUpperInclusive: true,
      count: zeroCount,
    });
  return negative.length === 0 ? positive : [...negative, ...positive];
}

/** A bucket that its maker may still change. */
type OwnBucket = { -readonly [Key in keyof HistogramBucket]: HistogramBucket[Key] };

/** The positive buckets, ascending, with the bounds of their schema. */
export function positiveBucketsOf(histogram: NativeHistogram): OwnBucket[] {
  const isCustom = hasCustomBounds(histogram);
  return mapBuckets(histogram, histogram.positive, ({ index, lower, upper, count }) => ({
    lower,
    upper,
    isLowerInclusive: isCustom && index === 0,
    isUpperInclusive: true,
    count,
  }));
}

/** The negative buckets in the order of their indexes, that is from zero downwards. */
export function negativeBucketsOf(histogram: NativeHistogram): OwnBucket[] {
  return mapBuckets(histogram, histogram.negative, ({ lower, upper, count }) => ({
    lower: -upper,
    upper: -lower,
    isLowerInclusive: true,
    isUpperInclusive: false,
    count,
  }));
}

/** Bounds in absolute terms; that between two neighbours is worked out once. */
function mapBuckets(
  layout: BoundedLayout,
  { spans, counts }: HistogramBuckets,
  bucketOf: (bucket: { index: number; lower: number; upper: number; count: number }) => OwnBucket,
): OwnBucket[] {
  const buckets: OwnBucket[] = [];
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    let lower = boundOf(layout, index - 1);
    for (let i = 0; i < length; i++) {
      const upper = boundOf(layout, index);
      buckets.push(bucketOf({ index, lower, upper, count: counts[buckets.length] ?? 0 }));
      lower = upper;
      index++;
    }
  }
  return buckets;
}
