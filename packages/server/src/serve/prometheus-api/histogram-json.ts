import type { HistogramBuckets, NativeHistogram } from '@vedette/model';
import { formatValue } from './go-text.ts';

/** Custom bounds instead of exponential ones. */
const SCHEMA_CUSTOM = -53;

/** Which ends of a bucket belong to it, in the API's numbers. */
const LEFT_OPEN = 0;
const RIGHT_OPEN = 1;
const CLOSED = 3;

type Bucket = readonly [boundaries: number, lower: number, upper: number, count: number];

/**
 * A native histogram as the API writes it: count, sum, and the buckets that are not empty, from the
 * lowest to the highest, each `[boundaries, "lower", "upper", "count"]`.
 */
export function histogramJson(histogram: NativeHistogram): string {
  const buckets = bucketsOf(histogram).map(
    ([boundaries, lower, upper, count]) =>
      `[${boundaries},"${formatValue(lower)}","${formatValue(upper)}","${formatValue(count)}"]`,
  );
  const list = buckets.length === 0 ? '' : `,"buckets":[${buckets.join(',')}]`;
  return `{"count":"${formatValue(histogram.count)}","sum":"${formatValue(histogram.sum)}"${list}}`;
}

function bucketsOf(histogram: NativeHistogram): readonly Bucket[] {
  const { zeroThreshold, zeroCount } = histogram;
  const negative = sideOf(histogram, histogram.negative)
    .toReversed()
    .map(([, lower, upper, count]): Bucket => [RIGHT_OPEN, -upper, -lower, count]);
  const zero: Bucket[] = zeroCount === 0 ? [] : [[CLOSED, -zeroThreshold, zeroThreshold, zeroCount]];
  return [...negative, ...zero, ...sideOf(histogram, histogram.positive)];
}

function sideOf(histogram: NativeHistogram, side: HistogramBuckets): Bucket[] {
  const found: Bucket[] = [];
  let bucketIndex = 0;
  let countIndex = 0;
  for (const span of side.spans) {
    bucketIndex += span.offset;
    for (let i = 0; i < span.length; i++, bucketIndex++, countIndex++) {
      const count = side.counts[countIndex] ?? 0;
      if (count === 0) continue;
      const [lower, upper] = boundsOf(histogram, bucketIndex);
      // The lowest custom bucket has no lower end, and what has none is not open there.
      const boundaries = lower === -Infinity ? CLOSED : LEFT_OPEN;
      found.push([boundaries, lower, upper, count]);
    }
  }
  return found;
}

function boundsOf(histogram: NativeHistogram, index: number): readonly [lower: number, upper: number] {
  if (histogram.schema === SCHEMA_CUSTOM) {
    const bounds = histogram.customBounds;
    return [index === 0 ? -Infinity : (bounds[index - 1] ?? Infinity), bounds[index] ?? Infinity];
  }
  const factor = 2 ** -histogram.schema;
  return [2 ** ((index - 1) * factor), 2 ** (index * factor)];
}
