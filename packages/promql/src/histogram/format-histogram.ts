import type { NativeHistogram } from '@vedette/model';
import { formatGoNumber } from '../syntax/go-number.ts';
import {
  histogramBuckets,
  negativeBucketsOf,
  positiveBucketsOf,
  type HistogramBucket,
} from './bucket-bounds.ts';

/**
 * A histogram in one line, empty buckets left out, as `count_values` uses it for a label:
 * `{count:3, sum:5.5, [-0.001,0.001]:1, (1,2]:2}`.
 */
export function formatHistogram(histogram: NativeHistogram): string {
  const zero = histogramBuckets({ ...histogram, positive: NO_BUCKETS, negative: NO_BUCKETS });
  const buckets = [...negativeBucketsOf(histogram).reverse(), ...zero, ...positiveBucketsOf(histogram)];
  const parts = [`count:${formatGoNumber(histogram.count)}`, `sum:${formatGoNumber(histogram.sum)}`];
  for (const bucket of buckets) if (bucket.count !== 0) parts.push(formatBucket(bucket));
  return `{${parts.join(', ')}}`;
}

const NO_BUCKETS = { spans: [], counts: new Float64Array(0) };

function formatBucket({ lower, upper, isLowerInclusive, isUpperInclusive, count }: HistogramBucket): string {
  const open = isLowerInclusive ? '[' : '(';
  const close = isUpperInclusive ? ']' : ')';
  return `${open}${formatGoNumber(lower)},${formatGoNumber(upper)}${close}:${formatGoNumber(count)}`;
}
