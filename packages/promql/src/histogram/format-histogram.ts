import type { NativeHistogram } from '@vedette/model';
import { formatPlainNumber } from '../syntax/numbers.ts';
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
  const parts = [`count:${formatG(histogram.count)}`, `sum:${formatG(histogram.sum)}`];
  for (const bucket of buckets) if (bucket.count !== 0) parts.push(formatBucket(bucket));
  return `{${parts.join(', ')}}`;
}

const NO_BUCKETS = { spans: [], counts: new Float64Array(0) };

function formatBucket({ lower, upper, isLowerInclusive, isUpperInclusive, count }: HistogramBucket): string {
  const open = isLowerInclusive ? '[' : '(';
  const close = isUpperInclusive ? ']' : ')';
  return `${open}${formatG(lower)},${formatG(upper)}${close}:${formatG(count)}`;
}

/** Go's `%g` in its shortest form: 100000, 1e+06, 1.234567e+06, 0.0001, 1e-05. */
function formatG(value: number): string {
  if (!Number.isFinite(value) || value === 0) return formatPlainNumber(value);
  const [mantissa = '', exponentText = ''] = value.toExponential().split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return formatPlainNumber(value);
  const digits = String(Math.abs(exponent)).padStart(2, '0');
  return `${mantissa}e${exponent < 0 ? '-' : '+'}${digits}`;
}
