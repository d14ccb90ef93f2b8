/**
 * A native histogram sample, counts absolute and as floats. Bucket `i` of schema `s` covers
 * `(2^((i-1)·2^-s), 2^(i·2^-s)]`; schema -53 has custom upper bounds instead. Immutable.
 */
export interface NativeHistogram {
  /** -4…8, or -53 for custom bounds. */
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: HistogramBuckets;
  readonly negative: HistogramBuckets;
  /** Upper bounds of schema -53, increasing, without +Inf; empty otherwise. */
  readonly customBounds: Float64Array;
  readonly counterReset: 'unknown' | 'reset' | 'not-reset' | 'gauge';
}

/** Runs of consecutive buckets: span k starts `offset` buckets after the end of span k-1 (the first: at bucket `offset`). */
export interface HistogramBuckets {
  readonly spans: readonly { readonly offset: number; readonly length: number }[];
  /** One count per bucket of the spans, in order. */
  readonly counts: Float64Array;
}

// 2^31, as in the protocols that carry them.
const OFFSET_MAX = 2 ** 31;

/** Buckets with bounds of their own instead of powers of two. */
export const SCHEMA_CUSTOM = -53;
export const SCHEMA_MIN = -4;
export const SCHEMA_MAX = 8;

/**
 * What makes a histogram contradict itself, as a sentence for its sender; `undefined` when nothing does. Every
 * writer checks what comes from outside with it, every store relies on it.
 *
 * - the schema is known; spans are whole numbers and cover as many buckets as there are counts; only the first offset
 *   is negative;
 * - counts are not negative (NaN is none), the zero threshold is not negative;
 * - custom bounds increase, are finite, and cover the spans; there are no negative buckets and no zero bucket beside them.
 */
export function findHistogramFault(histogram: NativeHistogram): string | undefined {
  const { schema, count, zeroCount, zeroThreshold, customBounds } = histogram;
  const isCustom = schema === SCHEMA_CUSTOM;
  if (!isCustom && !(Number.isInteger(schema) && schema >= SCHEMA_MIN && schema <= SCHEMA_MAX))
    return `unknown schema; got ${schema}, want ${SCHEMA_MIN} to ${SCHEMA_MAX}, or ${SCHEMA_CUSTOM}`;
  if (!(count >= 0)) return `count must not be negative; got ${count}`;
  if (!(zeroCount >= 0)) return `zero count must not be negative; got ${zeroCount}`;
  if (!(zeroThreshold >= 0)) return `zero threshold must not be negative; got ${zeroThreshold}`;
  const fault =
    findBucketsFault(histogram.positive, 'positive') ?? findBucketsFault(histogram.negative, 'negative');
  if (fault !== undefined || isCustom) return fault ?? findCustomFault(histogram);
  return customBounds.length > 0
    ? `custom bounds belong to schema ${SCHEMA_CUSTOM}; got schema ${schema}`
    : undefined;
}

function findBucketsFault({ spans, counts }: HistogramBuckets, side: string): string | undefined {
  let bucketCount = 0;
  for (const [i, { offset, length }] of spans.entries()) {
    if (!Number.isInteger(offset) || !Number.isInteger(length) || length < 0 || Math.abs(offset) > OFFSET_MAX)
      return `${side} span ${i + 1} must be whole numbers; got offset ${offset}, length ${length}`;
    if (i > 0 && offset < 0)
      return `${side} span ${i + 1} begins before the end of the one before; got offset ${offset}`;
    bucketCount += length;
  }
  if (bucketCount !== counts.length)
    return `${side} spans cover ${bucketCount} buckets; got ${counts.length} counts`;
  for (const [i, count] of counts.entries())
    if (!(count >= 0)) return `${side} bucket ${i + 1} must not be negative; got ${count}`;
  return undefined;
}

function findCustomFault({
  customBounds,
  positive,
  negative,
  zeroCount,
}: NativeHistogram): string | undefined {
  for (const [i, bound] of customBounds.entries()) {
    if (!Number.isFinite(bound)) return `custom bound ${i + 1} must be finite; got ${bound}`;
    if (i > 0 && bound <= (customBounds[i - 1] ?? 0))
      return `custom bounds must increase; got ${bound} at ${i + 1}`;
  }
  if (negative.counts.length > 0 || zeroCount !== 0) return 'custom bounds go with positive buckets only';
  let end = 0;
  for (const [i, { offset, length }] of positive.spans.entries()) {
    if (i === 0 && offset < 0)
      return `the first span begins before the first custom bucket; got offset ${offset}`;
    end += offset + length;
  }
  return end > customBounds.length + 1
    ? `spans end at custom bucket ${end}; there are ${customBounds.length + 1}`
    : undefined;
}
