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
export function histogramBuckets(histogram: NativeHistogram): HistogramBucket[] {
  const { zeroCount, zeroThreshold } = histogram;
  const buckets: HistogramBucket[] = [];
  if (histogram.negative.counts.length > 0)
    for (const { lower, upper, ...rest } of negativeBucketsOf(histogram).reverse())
      buckets.push({ lower, upper: upper < 0 ? Math.min(upper, -zeroThreshold) : upper, ...rest });
  if (zeroCount > 0)
    buckets.push({
      lower: -zeroThreshold,
      upper: zeroThreshold,
      isLowerInclusive: true,
      isUpperInclusive: true,
      count: zeroCount,
    });
  for (const { lower, ...rest } of positiveBucketsOf(histogram))
    buckets.push({ lower: lower > 0 ? Math.max(lower, zeroThreshold) : lower, ...rest });
  return buckets;
}

/** The positive buckets, ascending, with the bounds of their schema. */
export function positiveBucketsOf(histogram: NativeHistogram): HistogramBucket[] {
  const { counts } = histogram.positive;
  const isCustom = hasCustomBounds(histogram);
  return Array.from(indexesOf(histogram.positive), (index, i) => {
    const lower = boundOf(histogram, index - 1);
    const upper = boundOf(histogram, index);
    return {
      lower,
      upper,
      isLowerInclusive: isCustom && index === 0,
      isUpperInclusive: true,
      count: counts[i] ?? 0,
    };
  });
}

/** The negative buckets in the order of their indexes, that is from zero downwards. */
export function negativeBucketsOf(histogram: NativeHistogram): HistogramBucket[] {
  const { counts } = histogram.negative;
  return Array.from(indexesOf(histogram.negative), (index, i) => ({
    lower: -boundOf(histogram, index),
    upper: -boundOf(histogram, index - 1),
    isLowerInclusive: true,
    isUpperInclusive: false,
    count: counts[i] ?? 0,
  }));
}
