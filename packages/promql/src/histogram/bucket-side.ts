import type { HistogramBuckets } from '@vedette/model';
import { compensationAfter } from '../engine/kahan.ts';
import { indexesOf } from './bucket-bounds.ts';

/**
 * The buckets of one sign while they are being summed: increasing bucket indexes instead of spans, and next to
 * each count the rounding error its additions have lost so far (see `engine/kahan.ts`). Spans are a form for
 * storing; merging two layouts by index is one linear walk.
 */
export interface BucketSide {
  readonly indexes: Float64Array;
  readonly counts: Float64Array;
  readonly compensations: Float64Array;
}

export function sideOf(buckets: HistogramBuckets): BucketSide {
  return {
    indexes: indexesOf(buckets),
    counts: buckets.counts.slice(),
    compensations: new Float64Array(buckets.counts.length),
  };
}

function createSide(length: number): BucketSide {
  return {
    indexes: new Float64Array(length),
    counts: new Float64Array(length),
    compensations: new Float64Array(length),
  };
}

/** Buckets from `from` up to `until`, as views. */
export function sliceSide(side: BucketSide, from: number, until = side.indexes.length): BucketSide {
  return {
    indexes: side.indexes.subarray(from, until),
    counts: side.counts.subarray(from, until),
    compensations: side.compensations.subarray(from, until),
  };
}

export function copySide({ indexes, counts, compensations }: BucketSide): BucketSide {
  return { indexes, counts: counts.slice(), compensations: compensations.slice() };
}

/** Adds `value` to one bucket; `compensation` is the error that comes with it. */
function increment(side: BucketSide, place: number, value: number, compensation: number): void {
  const sum = side.counts[place] ?? 0;
  const total = sum + value;
  const kept = (side.compensations[place] ?? 0) + compensation;
  side.compensations[place] = compensationAfter(value, sum, kept, total);
  side.counts[place] = total;
}

/** Merges buckets whose new index is the same. `targetOf` never falls. */
export function remapSide(side: BucketSide, targetOf: (index: number) => number): BucketSide {
  const { indexes, counts, compensations } = side;
  const out = createSide(indexes.length);
  let length = 0;
  for (let i = 0; i < indexes.length; i++) {
    const target = targetOf(indexes[i] ?? 0);
    if (length === 0 || out.indexes[length - 1] !== target) out.indexes[length++] = target;
    increment(out, length - 1, counts[i] ?? 0, compensations[i] ?? 0);
  }
  return sliceSide(out, 0, length);
}

/** `side` plus `sign` times `addend`, in place where `side` has all the buckets already. */
export function addSides(side: BucketSide, addend: BucketSide, sign: 1 | -1): BucketSide {
  const sum = coversAll(side.indexes, addend.indexes) ? side : widenSide(side, addend.indexes);
  let place = 0;
  for (let i = 0; i < addend.indexes.length; i++) {
    while (sum.indexes[place] !== addend.indexes[i] && place < sum.indexes.length) place++;
    increment(sum, place, sign * (addend.counts[i] ?? 0), sign * (addend.compensations[i] ?? 0));
  }
  return sum;
}

/** Whether `side` has all of the buckets, empty or not. */
export function hasBuckets({ indexes }: BucketSide, { spans }: HistogramBuckets): boolean {
  let place = 0;
  let index = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      while (place < indexes.length && (indexes[place] ?? 0) < index) place++;
      if (indexes[place] !== index) return false;
    }
  }
  return true;
}

/** Adds buckets, all of which `side` has, in place; as `addSides` without the copy. */
export function addBuckets(side: BucketSide, { spans, counts }: HistogramBuckets): void {
  let place = 0;
  let index = 0;
  let from = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) {
      while (side.indexes[place] !== index) place++;
      increment(side, place, counts[from++] ?? 0, 0);
    }
  }
}

function coversAll(indexes: Float64Array, wanted: Float64Array): boolean {
  let place = 0;
  for (let i = 0; i < wanted.length; i++) {
    while (place < indexes.length && (indexes[place] ?? 0) < (wanted[i] ?? 0)) place++;
    if (indexes[place] !== wanted[i]) return false;
  }
  return true;
}

/** The same counts over the union of both sets of indexes. */
function widenSide(side: BucketSide, more: Float64Array): BucketSide {
  const out = createSide(side.indexes.length + more.length);
  let length = 0;
  let from = 0;
  let next = 0;
  while (from < side.indexes.length || next < more.length) {
    const own = side.indexes[from] ?? Infinity;
    const other = more[next] ?? Infinity;
    out.indexes[length] = Math.min(own, other);
    if (own <= other) {
      out.counts[length] = side.counts[from] ?? 0;
      out.compensations[length] = side.compensations[from] ?? 0;
      from++;
    }
    if (other <= own) next++;
    length++;
  }
  return sliceSide(out, 0, length);
}

/** Changes all counts in place. */
export function scaleSide({ counts, compensations }: BucketSide, change: (value: number) => number): void {
  for (let i = 0; i < counts.length; i++) {
    counts[i] = change(counts[i] ?? 0);
    compensations[i] = change(compensations[i] ?? 0);
  }
}

/** As spans without empty buckets; `countAt` says what a bucket holds in the end. */
export function compactSide(indexes: Float64Array, countAt: (place: number) => number): HistogramBuckets {
  const counts: number[] = [];
  const spans: { offset: number; length: number }[] = [];
  let end = 0;
  for (let place = 0; place < indexes.length; place++) {
    const count = countAt(place);
    if (count === 0) continue;
    const index = indexes[place] ?? 0;
    const last = spans.at(-1);
    if (last !== undefined && index === end) last.length++;
    else spans.push({ offset: index - end, length: 1 });
    counts.push(count);
    end = index + 1;
  }
  return { spans, counts: new Float64Array(counts) };
}
