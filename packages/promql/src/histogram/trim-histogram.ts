import type { NativeHistogram } from '@vedette/model';
import {
  hasCustomBounds,
  negativeBucketsOf,
  positiveBucketsOf,
  type HistogramBucket,
} from './bucket-bounds.ts';
import { compactHistogram } from './histogram-arithmetic.ts';
import { logarithmicPart } from './histogram-quantile.ts';

/**
 * Keeps the observations on one side of a value, as `</` and `>/` do.
 *
 * 1. Buckets wholly on the kept side stay, those on the other go.
 * 2. The bucket that the value lies in is divided as the quantile would interpolate it: on a logarithmic scale,
 *    evenly between custom bounds and in the zero bucket.
 * 3. What lies in a bucket without end is unknown: it is dropped when the cut goes through it, except where zero
 *    can serve as the missing lower end.
 * 4. The sum is estimated anew from the middles of what is left, unless nothing was cut; then it stays exact.
 */
export function trimUpper(histogram: NativeHistogram, value: number): NativeHistogram {
  return trim(histogram, { value, isUpper: true, isLinear: hasCustomBounds(histogram) });
}

/** Keeps the observations above `value`. */
export function trimLower(histogram: NativeHistogram, value: number): NativeHistogram {
  return trim(histogram, { value, isUpper: false, isLinear: hasCustomBounds(histogram) });
}

interface Cut {
  readonly value: number;
  /** What lies above is cut off; otherwise what lies below. */
  readonly isUpper: boolean;
  readonly isLinear: boolean;
}

/** What is left of a bucket: how many observations, and where they are taken to lie. */
interface Rest {
  readonly count: number;
  readonly middle: number;
}

function trim(histogram: NativeHistogram, cut: Cut): NativeHistogram {
  let count = 0;
  let sum = 0;
  let isCut = false;
  const keep = (rest: Rest, before: number): number => {
    count += rest.count;
    sum += rest.middle * rest.count;
    isCut ||= rest.count !== before;
    return rest.count;
  };
  const keepAll = (buckets: readonly HistogramBucket[], sign: 1 | -1): Float64Array =>
    Float64Array.from(buckets, (bucket) => keep(restOf(bucket, cut, sign), bucket.count));
  const positiveCounts = keepAll(positiveBucketsOf(histogram), 1);
  const negativeCounts = keepAll(negativeBucketsOf(histogram), -1);
  const zeroCount =
    histogram.zeroCount > 0
      ? keep(restOfZero(zeroBoundsOf(histogram), cut, histogram.zeroCount), histogram.zeroCount)
      : histogram.zeroCount;
  if (!isCut) return histogram;
  return compactHistogram({
    ...histogram,
    count,
    sum,
    zeroCount,
    positive: { spans: histogram.positive.spans, counts: positiveCounts },
    negative: { spans: histogram.negative.spans, counts: negativeCounts },
  });
}

const NOTHING: Rest = { count: 0, middle: 0 };

function restOf(bucket: HistogramBucket, cut: Cut, sign: 1 | -1): Rest {
  const { lower, upper, count } = bucket;
  if (count === 0) return NOTHING;
  const isKept = cut.isUpper ? upper <= cut.value : lower >= cut.value;
  if (isKept) return { count, middle: middleOf(bucket, cut, sign) };
  const isDivided = cut.isUpper ? lower < cut.value : upper > cut.value;
  if (!isDivided) return NOTHING;
  if (lower === -Infinity) return restWithoutLower(bucket, cut);
  if (upper === Infinity) return cut.isUpper || cut.value < lower ? NOTHING : { count, middle: cut.value };
  const below =
    count * (cut.isLinear ? (cut.value - lower) / (upper - lower) : logarithmicPart(cut.value, bucket));
  if (cut.isUpper) return { count: below, middle: middleOf({ lower, upper: cut.value }, cut, sign) };
  return { count: count - below, middle: middleOf({ lower: cut.value, upper }, cut, sign) };
}

/** The lowest custom bucket: with a positive upper bound it is taken to begin at zero. */
function restWithoutLower({ upper, count }: HistogramBucket, { value, isUpper }: Cut): Rest {
  if (upper === Infinity) return NOTHING;
  if (isUpper) {
    if (upper <= 0) return { count, middle: value };
    return value > 0 ? { count: (count * value) / upper, middle: value / 2 } : NOTHING;
  }
  if (value < 0) return NOTHING;
  return { count: count * (1 - value / upper), middle: (value + upper) / 2 };
}

function middleOf(
  { lower, upper }: { readonly lower: number; readonly upper: number },
  { isLinear }: Cut,
  sign: 1 | -1,
): number {
  if (!Number.isFinite(lower)) {
    if (!Number.isFinite(upper)) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (!Number.isFinite(upper)) return lower;
  return isLinear ? (lower + upper) / 2 : sign * Math.sqrt(Math.abs(lower * upper));
}

interface Bounds {
  readonly lower: number;
  readonly upper: number;
}

/** Beside observations of one sign only, those around zero are taken to have that sign too. */
function zeroBoundsOf({ positive, negative, zeroThreshold }: NativeHistogram): Bounds {
  const hasPositive = positive.counts.some((count) => count !== 0);
  const hasNegative = negative.counts.some((count) => count !== 0);
  return {
    lower: hasPositive && !hasNegative ? 0 : -zeroThreshold,
    upper: hasNegative && !hasPositive ? 0 : zeroThreshold,
  };
}

function restOfZero({ lower, upper }: Bounds, { value, isUpper }: Cut, count: number): Rest {
  const whole = { count, middle: (lower + upper) / 2 };
  if (value <= lower) return isUpper ? NOTHING : whole;
  if (value >= upper) return isUpper ? whole : NOTHING;
  const [from, until] = isUpper ? [lower, value] : [value, upper];
  return { count: count * ((until - from) / (upper - lower)), middle: (from + until) / 2 };
}
