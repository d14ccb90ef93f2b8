import type { NativeHistogram } from '@vedette/model';
import { exponentialBound, hasCustomBounds } from './bucket-bounds.ts';
import type { BucketSide } from './bucket-side.ts';
import { RunningHistogram } from './running-histogram.ts';
import { haveSameLayout, isSomeBucketLess } from './same-layout.ts';

/**
 * Whether a counter was reset between two samples of a series: the later one says so, or anything counted fell.
 * A finer schema, a narrower zero bucket, or one that now ends within a bucket of before come with a reset only.
 */
export function hasCounterReset(previous: NativeHistogram, current: NativeHistogram): boolean {
  if (current.counterReset === 'reset') return true;
  if (current.counterReset === 'not-reset') return false;
  if (current.count < previous.count) return true;
  const isPlain = haveSameLayout(current, previous) && !(current.zeroCount < previous.zeroCount);
  // A bucket that fell may yet lie within the zero bucket: the long way decides.
  if (isPlain && !isSomeBucketLess(current, previous)) return false;
  if (hasCustomBounds(current)) return hasCustomBounds(previous) ? hasFallenBuckets(previous, current) : true;
  // A change to exponential buckets is one to a finer schema, since -53 is the lowest number.
  if (current.schema > previous.schema || current.zeroThreshold < previous.zeroThreshold) return true;
  const before = new RunningHistogram(previous);
  if (previous.zeroThreshold !== current.zeroThreshold) before.widenZero(current.zeroThreshold);
  if (before.zeroThreshold !== current.zeroThreshold) return true;
  if (current.zeroCount < before.zeroCount.sum) return true;
  before.coarsen(current.schema);
  const now = new RunningHistogram(current);
  const isWithinZero = (index: number): boolean =>
    exponentialBound(current.schema, index) <= current.zeroThreshold;
  return (
    isAnyFallen(before.positive, now.positive, isWithinZero) ||
    isAnyFallen(before.negative, now.negative, isWithinZero)
  );
}

function hasFallenBuckets(previous: NativeHistogram, current: NativeHistogram): boolean {
  const before = new RunningHistogram(previous);
  const now = new RunningHistogram(current);
  now.reconcileBounds(before);
  return isAnyFallen(before.positive, now.positive, () => false);
}

/** Whether a bucket holds less than before; a missing one holds nothing. */
function isAnyFallen(before: BucketSide, now: BucketSide, isSkipped: (index: number) => boolean): boolean {
  let place = 0;
  for (let i = 0; i < before.indexes.length; i++) {
    const index = before.indexes[i] ?? 0;
    if (isSkipped(index)) continue;
    while (place < now.indexes.length && (now.indexes[place] ?? 0) < index) place++;
    const count = now.indexes[place] === index ? (now.counts[place] ?? 0) : 0;
    if (count < (before.counts[i] ?? 0)) return true;
  }
  return false;
}
