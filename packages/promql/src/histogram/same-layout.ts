import type { HistogramBuckets, NativeHistogram } from '@vedette/model';
import { hasCustomBounds, indexesOf } from './bucket-bounds.ts';
import { compactSide } from './bucket-side.ts';

/**
 * The short way for two histograms of one layout, which those of one series nearly always are: number by number,
 * without the indexes, copies and rounding errors that `RunningHistogram` keeps for the general case. The results
 * are those of the general case to the bit.
 */
export function haveSameLayout(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    (!hasCustomBounds(a) || areSameBounds(a.customBounds, b.customBounds)) &&
    areSameBuckets(a.positive, b.positive) &&
    areSameBuckets(a.negative, b.negative)
  );
}

function areSameBounds(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Spans that are empty, touch or go backwards are left to the general case. */
function areSameBuckets(a: HistogramBuckets, b: HistogramBuckets): boolean {
  const { spans } = a;
  if (spans.length !== b.spans.length || a.counts.length !== b.counts.length) return false;
  let count = 0;
  for (let i = 0; i < spans.length; i++) {
    const one = spans[i];
    const other = b.spans[i];
    if (one === undefined || one.length < 1 || (i > 0 && one.offset < 1)) return false;
    if (one !== other && (one.offset !== other?.offset || one.length !== other.length)) return false;
    count += one.length;
  }
  return count === a.counts.length;
}

/** Of histograms of one layout: whether some bucket of `now` holds less than that of `before`. */
export function isSomeBucketLess(now: NativeHistogram, before: NativeHistogram): boolean {
  return (
    isSomeLess(now.positive.counts, before.positive.counts) ||
    isSomeLess(now.negative.counts, before.negative.counts)
  );
}

function isSomeLess(now: Float64Array, before: Float64Array): boolean {
  for (let i = 0; i < now.length; i++) if ((now[i] ?? 0) < (before[i] ?? 0)) return true;
  return false;
}

/** `a - b` of histograms of one layout, a gauge, compacted. */
export function subtractSameLayout(a: NativeHistogram, b: NativeHistogram): NativeHistogram {
  return {
    schema: a.schema,
    count: a.count - b.count,
    sum: a.sum - b.sum,
    zeroThreshold: a.zeroThreshold,
    zeroCount: a.zeroCount - b.zeroCount,
    positive: subtractBuckets(a.positive, b.positive),
    negative: subtractBuckets(a.negative, b.negative),
    customBounds: a.customBounds,
    counterReset: 'gauge',
  };
}

function subtractBuckets({ spans, counts }: HistogramBuckets, less: HistogramBuckets): HistogramBuckets {
  const differences = new Float64Array(counts.length);
  let emptyCount = 0;
  for (let i = 0; i < counts.length; i++) {
    const difference = (counts[i] ?? 0) - (less.counts[i] ?? 0);
    differences[i] = difference;
    if (difference === 0) emptyCount++;
  }
  const buckets = { spans, counts: differences };
  return emptyCount === 0 ? buckets : compactSide(indexesOf(buckets), (place) => differences[place] ?? 0);
}
