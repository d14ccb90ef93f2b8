import { SCHEMA_MAX, SCHEMA_MIN } from '@vedette/model';
import { OTLP_LIMITS } from './limits.ts';
import { scaledDown } from './native-histograms.ts';
import { NO_BUCKETS, type ExponentialBuckets, type ExponentialPoint } from './otlp-metrics.ts';

/** What of an exponential histogram adds up. */
export type ExponentialSum = Pick<
  ExponentialPoint,
  'count' | 'sum' | 'scale' | 'zeroCount' | 'zeroThreshold' | 'positive' | 'negative'
>;

type Side = 'positive' | 'negative';

/**
 * Adds two exponential histograms, both free of faults: at the coarser of the two scales (8 at most), or coarser
 * still when either side would have more buckets than a histogram may.
 */
export function addExponentials(a: ExponentialSum, b: ExponentialSum): ExponentialSum {
  const left = trimmed(a);
  const right = trimmed(b);
  let scale = Math.min(a.scale, b.scale, SCHEMA_MAX);
  while (scale > SCHEMA_MIN && isTooWide(left, right, scale)) scale--;
  return {
    scale,
    positive: addBuckets(bucketsAt(left, 'positive', scale), bucketsAt(right, 'positive', scale)),
    negative: addBuckets(bucketsAt(left, 'negative', scale), bucketsAt(right, 'negative', scale)),
    count: a.count + b.count,
    sum: a.sum === undefined || b.sum === undefined ? undefined : a.sum + b.sum,
    zeroCount: a.zeroCount + b.zeroCount,
    zeroThreshold: Math.max(a.zeroThreshold, b.zeroThreshold),
  };
}

/** Decided on indices alone: buckets far apart at a fine scale would be a long array of zeros. */
function isTooWide(a: ExponentialSum, b: ExponentialSum, scale: number): boolean {
  return (['positive', 'negative'] as const).some((side) => {
    let first = Number.POSITIVE_INFINITY;
    let last = Number.NEGATIVE_INFINITY;
    for (const { [side]: buckets, scale: own } of [a, b]) {
      if (buckets.counts.length === 0) continue;
      const factor = 2 ** (own - scale);
      first = Math.min(first, Math.floor(buckets.offset / factor));
      last = Math.max(last, Math.floor((buckets.offset + buckets.counts.length - 1) / factor));
    }
    return last - first >= OTLP_LIMITS.deltaExponentialBucketsMax;
  });
}

function bucketsAt(point: ExponentialSum, side: Side, scale: number): ExponentialBuckets {
  return scaledDown(point[side], point.scale - scale);
}

function addBuckets(left: ExponentialBuckets, right: ExponentialBuckets): ExponentialBuckets {
  if (left.counts.length === 0) return right;
  if (right.counts.length === 0) return left;
  const offset = Math.min(left.offset, right.offset);
  const end = Math.max(left.offset + left.counts.length, right.offset + right.counts.length);
  const counts = Array.from({ length: end - offset }, () => 0);
  for (const { offset: from, counts: own } of [left, right])
    for (const [i, count] of own.entries()) {
      const at = from - offset + i;
      counts[at] = (counts[at] ?? 0) + count;
    }
  return { offset, counts };
}

/** Without empty buckets at the ends of either side. */
function trimmed(point: ExponentialSum): ExponentialSum {
  return { ...point, positive: trimmedBuckets(point.positive), negative: trimmedBuckets(point.negative) };
}

function trimmedBuckets({ offset, counts }: ExponentialBuckets): ExponentialBuckets {
  const first = counts.findIndex((count) => count !== 0);
  if (first < 0) return NO_BUCKETS;
  const last = counts.findLastIndex((count) => count !== 0);
  return { offset: offset + first, counts: counts.slice(first, last + 1) };
}
