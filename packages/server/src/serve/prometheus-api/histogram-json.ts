import type { NativeHistogram } from '@vedette/model';
import { histogramBuckets, type HistogramBucket } from '@vedette/promql';
import { formatValue } from './go-text.ts';

/**
 * A native histogram as the API writes it: count, sum, and the buckets that are not empty, from the
 * lowest to the highest, each `[boundaries, "lower", "upper", "count"]`.
 */
export function histogramJson(histogram: NativeHistogram): string {
  const buckets = histogramBuckets(histogram)
    .filter(({ count }) => count !== 0)
    .map(bucketJson);
  const list = buckets.length === 0 ? '' : `,"buckets":[${buckets.join(',')}]`;
  return `{"count":"${formatValue(histogram.count)}","sum":"${formatValue(histogram.sum)}"${list}}`;
}

function bucketJson(bucket: HistogramBucket): string {
  const { lower, upper, count } = bucket;
  return `[${boundariesOf(bucket)},"${formatValue(lower)}","${formatValue(upper)}","${formatValue(count)}"]`;
}

/** Which ends of a bucket belong to it, in the API's numbers. */
function boundariesOf({ isLowerInclusive, isUpperInclusive }: HistogramBucket): number {
  if (isLowerInclusive) return isUpperInclusive ? 3 : 1;
  return isUpperInclusive ? 0 : 2;
}
