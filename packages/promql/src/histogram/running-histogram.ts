import { SCHEMA_CUSTOM, type NativeHistogram } from '@vedette/model';
import { KahanSum } from '../engine/kahan.ts';
import { exponentialBound, hasCustomBounds } from './bucket-bounds.ts';
import {
  addBuckets,
  addSides,
  compactSide,
  copySide,
  hasBuckets,
  remapSide,
  scaleSide,
  sideOf,
  sliceSide,
  type BucketSide,
} from './bucket-side.ts';

/** What adding one histogram to another brought up. */
export type AdditionOutcome =
  | { readonly kind: 'added'; readonly isReconciled: boolean; readonly isCounterResetConflict: boolean }
  | { readonly kind: 'incompatible' };

/**
 * A histogram that others are added to. Two histograms rarely have the same layout, so each addition first
 * brings both to one that each can be expressed in without guessing:
 *
 * 1. Exponential and custom buckets have no common layout: such a pair is incompatible.
 * 2. Custom bounds that differ are reduced to those both have; buckets between are merged.
 * 3. The narrower zero bucket is widened to the other's threshold. A threshold that would cut through a bucket
 *    with observations moves to that bucket's end, on both sides, until nothing is cut.
 * 4. The finer of two exponential schemas is coarsened: halving the resolution merges neighbours pairwise.
 * 5. Buckets of equal index are added. Every number carries the rounding error of its additions along, which the
 *    plain operators ignore at the end and the aggregations add in.
 *
 * Rejected: adding into the spans in place. It saves the copy of the indexes, but every bucket that is missing on
 * one side moves all behind it, which a hostile layout turns into quadratic time.
 */
export class RunningHistogram {
  schema: number;
  zeroThreshold: number;
  customBounds: Float64Array;
  counterReset: NativeHistogram['counterReset'];
  readonly count = new KahanSum();
  readonly sum = new KahanSum();
  readonly zeroCount = new KahanSum();
  positive: BucketSide;
  negative: BucketSide;

  constructor(histogram: NativeHistogram) {
    this.schema = histogram.schema;
    this.zeroThreshold = histogram.zeroThreshold;
    this.customBounds = histogram.customBounds;
    this.counterReset = histogram.counterReset;
    this.count.sum = histogram.count;
    this.sum.sum = histogram.sum;
    this.zeroCount.sum = histogram.zeroCount;
    this.positive = sideOf(histogram.positive);
    this.negative = sideOf(histogram.negative);
  }

  copy(): RunningHistogram {
    const copy = new RunningHistogram({ ...this.toHistogram(), positive: NO_BUCKETS, negative: NO_BUCKETS });
    for (const name of SCALARS) {
      copy[name].sum = this[name].sum;
      copy[name].compensation = this[name].compensation;
    }
    copy.positive = copySide(this.positive);
    copy.negative = copySide(this.negative);
    return copy;
  }

  /** Adds `sign` times another, whose layout is changed. An incompatible one leaves both as they were. */
  add(other: RunningHistogram, sign: 1 | -1 = 1): AdditionOutcome {
    if (hasCustomBounds(this) !== hasCustomBounds(other)) return { kind: 'incompatible' };
    const isCounterResetConflict = this.#joinCounterReset(other.counterReset);
    const isReconciled = this.#reconcileLayout(other);
    for (const name of SCALARS) {
      this[name].add(sign * other[name].sum);
      this[name].compensation += sign * other[name].compensation;
    }
    this.positive = addSides(this.positive, other.positive, sign);
    this.negative = addSides(this.negative, other.negative, sign);
    return { kind: 'added', isReconciled, isCounterResetConflict };
  }

  /** Adds a histogram of a layout that this one has, without a copy of it; false, and nothing done, for another. */
  addInPlace(other: NativeHistogram): boolean {
    const isSameLayout =
      this.schema === other.schema &&
      this.zeroThreshold === other.zeroThreshold &&
      (!hasCustomBounds(this) || boundsEqual(this.customBounds, other.customBounds)) &&
      hasBuckets(this.positive, other.positive) &&
      hasBuckets(this.negative, other.negative);
    if (!isSameLayout) return false;
    this.#joinCounterReset(other.counterReset);
    for (const name of SCALARS) this[name].add(other[name]);
    addBuckets(this.positive, other.positive);
    addBuckets(this.negative, other.negative);
    return true;
  }

  /** Changes every number, as division or multiplication by one factor do. */
  scale(change: (value: number) => number): void {
    for (const name of SCALARS) {
      this[name].sum = change(this[name].sum);
      this[name].compensation = change(this[name].compensation);
    }
    scaleSide(this.positive, change);
    scaleSide(this.negative, change);
  }

  /** Gauges win over counters, unknown over known; a reset against none is a conflict. */
  #joinCounterReset(other: NativeHistogram['counterReset']): boolean {
    const own = this.counterReset;
    if (own === other || own === 'gauge') return false;
    if (other === 'gauge') this.counterReset = 'gauge';
    else this.counterReset = 'unknown';
    return other !== 'gauge' && own !== 'unknown' && other !== 'unknown';
  }

  #reconcileLayout(other: RunningHistogram): boolean {
    if (this.schema === SCHEMA_CUSTOM) return this.reconcileBounds(other);
    while (this.zeroThreshold !== other.zeroThreshold) {
      if (this.zeroThreshold < other.zeroThreshold) this.widenZero(other.zeroThreshold);
      else other.widenZero(this.zeroThreshold);
    }
    const schema = Math.min(this.schema, other.schema);
    this.coarsen(schema);
    other.coarsen(schema);
    return false;
  }

  /** Brings both to the bounds they share. Returns whether they differed. */
  reconcileBounds(other: RunningHistogram): boolean {
    if (boundsEqual(this.customBounds, other.customBounds)) return false;
    const shared = sharedBounds(this.customBounds, other.customBounds);
    this.#mergeToBounds(shared);
    other.#mergeToBounds(shared);
    return true;
  }

  #mergeToBounds(bounds: Float64Array): void {
    let target = 0;
    this.positive = remapSide(this.positive, (index) => {
      const bound = this.customBounds[index] ?? Infinity;
      while (target < bounds.length && (bounds[target] ?? Infinity) < bound) target++;
      return target;
    });
    this.customBounds = bounds;
  }

  /** Takes the buckets below `threshold` into the zero bucket; it grows to the end of a bucket it would cut. */
  widenZero(threshold: number): void {
    let widened = threshold;
    for (;;) {
      const end = Math.max(this.#endOfCut(this.positive, widened), this.#endOfCut(this.negative, widened));
      if (end <= widened) break;
      widened = end;
    }
    this.positive = this.#takeIntoZero(this.positive, widened);
    this.negative = this.#takeIntoZero(this.negative, widened);
    this.zeroThreshold = widened;
  }

  /** The upper bound of the bucket with observations that `threshold` lies within; 0 when there is none. */
  #endOfCut({ indexes, counts }: BucketSide, threshold: number): number {
    for (let i = 0; i < indexes.length; i++) {
      const index = indexes[i] ?? 0;
      if (exponentialBound(this.schema, index - 1) >= threshold) return 0;
      const upper = exponentialBound(this.schema, index);
      if (upper > threshold && counts[i] !== 0) return upper;
    }
    return 0;
  }

  #takeIntoZero(side: BucketSide, threshold: number): BucketSide {
    let taken = 0;
    while (
      taken < side.indexes.length &&
      exponentialBound(this.schema, (side.indexes[taken] ?? 0) - 1) < threshold
    ) {
      this.zeroCount.add(side.counts[taken] ?? 0);
      this.zeroCount.compensation += side.compensations[taken] ?? 0;
      taken++;
    }
    return taken === 0 ? side : sliceSide(side, taken);
  }

  /** Lowers the resolution to `schema`, which is no finer than the present one. */
  coarsen(schema: number): void {
    if (schema === this.schema) return;
    const factor = 2 ** (this.schema - schema);
    const targetOf = (index: number): number => Math.floor((index - 1) / factor) + 1;
    this.positive = remapSide(this.positive, targetOf);
    this.negative = remapSide(this.negative, targetOf);
    this.schema = schema;
  }

  /** Whether the magnitude of any number is `limit` or more. */
  reaches(limit: number): boolean {
    const isThere = (value: number): boolean => Math.abs(value) >= limit;
    return (
      SCALARS.some((name) => isThere(this[name].sum)) ||
      this.positive.counts.some(isThere) ||
      this.negative.counts.some(isThere)
    );
  }

  /** Compacted; with the rounding errors added in when they are asked for. */
  toHistogram(errors: 'with-errors' | 'without-errors' = 'without-errors'): NativeHistogram {
    const isPlain = errors === 'without-errors';
    const finish = ({ indexes, counts, compensations }: BucketSide): NativeHistogram['positive'] =>
      compactSide(indexes, (place) => {
        const count = counts[place] ?? 0;
        return isPlain || !Number.isFinite(count) ? count : count + (compensations[place] ?? 0);
      });
    const finishScalar = (sum: KahanSum): number => (isPlain ? sum.sum : sum.total);
    return {
      schema: this.schema,
      count: finishScalar(this.count),
      sum: finishScalar(this.sum),
      zeroThreshold: this.zeroThreshold,
      zeroCount: finishScalar(this.zeroCount),
      positive: finish(this.positive),
      negative: finish(this.negative),
      customBounds: this.customBounds,
      counterReset: this.counterReset,
    };
  }
}

const SCALARS = ['count', 'sum', 'zeroCount'] as const;
const NO_BUCKETS = { spans: [], counts: new Float64Array(0) };

export function boundsEqual(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((bound, i) => bound === b[i]);
}

function sharedBounds(a: Float64Array, b: Float64Array): Float64Array {
  const known = new Set(b);
  return a.filter((bound) => known.has(bound));
}
