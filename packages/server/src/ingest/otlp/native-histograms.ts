import { SCHEMA_CUSTOM, SCHEMA_MAX, SCHEMA_MIN, findHistogramFault } from '@vedette/model';
import type { HistogramBuckets, NativeHistogram } from '@vedette/model';
import type { ExponentialBuckets, ExponentialPoint, HistogramPoint } from './otlp-metrics.ts';

/**
 * OTLP's histograms as native ones.
 *
 * - OTLP's bucket `i` of scale `s` is `(base^i, base^(i+1)]`, Prometheus' is `(base^(i-1), base^i]`: indices differ
 *   by one. Scales above 8 are scaled down: `2^(s-8)` buckets become one. Below -4 there is no schema.
 * - Dense buckets become spans; up to two empty buckets are cheaper than a new span.
 * - What resets counters is unknown to OTLP's receivers, so the store finds it by itself.
 * - Minimum and maximum have no place in a native histogram.
 *
 * A fault is a sentence for the sender.
 */

// Prometheus' width of the zero bucket where the point tells none.
const ZERO_THRESHOLD_DEFAULT = 1e-128;

/** Floats lie between 2^-1074 and 2^1024; a bucket beyond is damage, and would make buckets of any number. */
const EXPONENT_MAX = 1100;

/** SDKs begin at 20. From 40 on, neighbours among floats are buckets apart: no measurement needs it. */
const SCALE_MAX = 40;

/** Offsets are int32 in protobuf; JSON could say anything. */
const OFFSET_MAX = 2 ** 31;

/** Between two runs of buckets; a shorter gap is filled with zeros. */
const GAP_FILLED_MAX = 2;

/** The exponential histogram, or what is wrong with it. */
export function nativeOfExponential(point: ExponentialPoint): NativeHistogram | string {
  const fault = findExponentialFault(point);
  if (fault !== undefined) return fault;
  const schema = Math.min(point.scale, SCHEMA_MAX);
  return checked({
    schema,
    count: point.count,
    sum: point.sum ?? 0,
    zeroThreshold: point.zeroThreshold > 0 ? point.zeroThreshold : ZERO_THRESHOLD_DEFAULT,
    zeroCount: point.zeroCount,
    positive: spansOf(scaledDown(point.positive, point.scale - schema), 1),
    negative: spansOf(scaledDown(point.negative, point.scale - schema), 1),
    customBounds: new Float64Array(),
    counterReset: 'unknown',
  });
}

/** A scale that no schema has, or buckets where no floats are. */
export function findExponentialFault({ scale, positive, negative }: ExponentialPoint): string | undefined {
  if (!Number.isInteger(scale) || scale < SCHEMA_MIN || scale > SCALE_MAX)
    return `an exponential histogram of scale ${scale}, want ${SCHEMA_MIN} to ${SCALE_MAX}`;
  const indexMax = Math.min(EXPONENT_MAX * 2 ** scale + 1, OFFSET_MAX);
  for (const { offset, counts } of [positive, negative]) {
    const lastIndex = Math.max(Math.abs(offset), Math.abs(offset + counts.length));
    if (counts.length > 0 && !(Number.isInteger(offset) && lastIndex <= indexMax))
      return `buckets from ${offset} on at scale ${scale}, where no floats are`;
  }
  return undefined;
}

/** Merges `2^by` buckets into one. */
export function scaledDown({ offset, counts }: ExponentialBuckets, by: number): ExponentialBuckets {
  if (by <= 0 || counts.length === 0) return { offset, counts };
  const factor = 2 ** by;
  const first = Math.floor(offset / factor);
  const merged: number[] = [];
  for (const [i, count] of counts.entries()) {
    const at = Math.floor((offset + i) / factor) - first;
    while (merged.length <= at) merged.push(0);
    merged[at] = (merged[at] ?? 0) + count;
  }
  return { offset: first, counts: merged };
}

/** The histogram with explicit bounds as one with custom buckets, or what is wrong with it. */
export function nativeOfExplicit(point: HistogramPoint): NativeHistogram | string {
  return checked({
    schema: SCHEMA_CUSTOM,
    count: point.count,
    sum: point.sum ?? 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: spansOf({ offset: 0, counts: point.bucketCounts }, 0),
    negative: { spans: [], counts: new Float64Array() },
    customBounds: Float64Array.from(point.bounds),
    counterReset: 'unknown',
  });
}

/** Runs of buckets, with their indices moved by `shift`. */
function spansOf({ offset, counts }: ExponentialBuckets, shift: number): HistogramBuckets {
  const spans: { offset: number; length: number }[] = [];
  const kept: number[] = [];
  let end = 0;
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const index = offset + i + shift;
    const gap = index - end;
    const last = spans.at(-1);
    if (last === undefined || gap > GAP_FILLED_MAX) spans.push({ offset: gap, length: 1 });
    else {
      for (let j = 0; j < gap; j++) kept.push(0);
      last.length += gap + 1;
    }
    kept.push(count);
    end = index + 1;
  }
  return { spans, counts: Float64Array.from(kept) };
}

function checked(histogram: NativeHistogram): NativeHistogram | string {
  return findHistogramFault(histogram) ?? findCountFault(histogram) ?? histogram;
}

/** Observations that are NaN are in the count and in no bucket; without them the two agree. */
function findCountFault({ count, sum, zeroCount, positive, negative }: NativeHistogram): string | undefined {
  let inBuckets = zeroCount;
  for (const value of positive.counts) inBuckets += value;
  for (const value of negative.counts) inBuckets += value;
  if (inBuckets === count || (Number.isNaN(sum) && inBuckets < count)) return undefined;
  return `a histogram of count ${count} with ${inBuckets} observations in its buckets`;
}
