import { bug, type NativeHistogram } from '@vedette/model';
import { hasCustomBounds, indexesOf } from './bucket-bounds.ts';
import { compactSide } from './bucket-side.ts';
import { boundsEqual, RunningHistogram } from './running-histogram.ts';

/** The sum or difference of two histograms, compacted. */
export interface HistogramSum {
  readonly histogram: NativeHistogram;
  /** Custom bounds differed and were reduced to those both have. */
  readonly isReconciled: boolean;
  /** One side is the first after a counter reset, the other is known not to be. */
  readonly isCounterResetConflict: boolean;
}

/** `a + b`; `undefined` when one has exponential and the other custom buckets. */
export function addHistograms(a: NativeHistogram, b: NativeHistogram): HistogramSum | undefined {
  const sum = new RunningHistogram(a);
  const outcome = sum.add(new RunningHistogram(b));
  return outcome.kind === 'added' ? { ...outcome, histogram: sum.toHistogram() } : undefined;
}

/** `a - b`, always a gauge; `undefined` when one has exponential and the other custom buckets. */
export function subtractHistograms(a: NativeHistogram, b: NativeHistogram): HistogramSum | undefined {
  const difference = new RunningHistogram(a);
  const outcome = difference.add(new RunningHistogram(b), -1);
  if (outcome.kind === 'incompatible') return undefined;
  return { ...outcome, histogram: { ...difference.toHistogram(), counterReset: 'gauge' } };
}

/** All counts and the sum times `factor`; a negative one makes a gauge. */
export function scaleHistogram(histogram: NativeHistogram, factor: number): NativeHistogram {
  const counterReset = factor < 0 ? 'gauge' : histogram.counterReset;
  return { ...mapCounts(histogram, (count) => count * factor), counterReset };
}

/** All counts and the sum divided by `divisor`; dividing by zero leaves no buckets. */
export function divideHistogram(histogram: NativeHistogram, divisor: number): NativeHistogram {
  const counterReset = divisor < 0 ? 'gauge' : histogram.counterReset;
  const quotient = mapCounts(histogram, (count) => count / divisor);
  if (divisor !== 0) return { ...quotient, counterReset };
  return { ...quotient, positive: NO_BUCKETS, negative: NO_BUCKETS };
}

export function negateHistogram(histogram: NativeHistogram): NativeHistogram {
  return scaleHistogram(histogram, -1);
}

function mapCounts(histogram: NativeHistogram, change: (count: number) => number): NativeHistogram {
  const { positive, negative } = histogram;
  return {
    ...histogram,
    count: change(histogram.count),
    sum: change(histogram.sum),
    zeroCount: change(histogram.zeroCount),
    positive: { spans: positive.spans, counts: mapNumbers(positive.counts, change) },
    negative: { spans: negative.spans, counts: mapNumbers(negative.counts, change) },
  };
}

/** A loop that V8 compiles with `change` in it; the method of typed arrays calls it through a builtin. */
function mapNumbers(numbers: Float64Array, change: (number: number) => number): Float64Array {
  const changed = new Float64Array(numbers.length);
  for (let i = 0; i < numbers.length; i++) changed[i] = change(numbers[i] ?? 0);
  return changed;
}

const NO_BUCKETS = { spans: [], counts: new Float64Array(0) };

/** The same histogram without empty buckets and with as few spans as possible. */
export function compactHistogram(histogram: NativeHistogram): NativeHistogram {
  const compact = (buckets: NativeHistogram['positive']): NativeHistogram['positive'] =>
    compactSide(indexesOf(buckets), (place) => buckets.counts[place] ?? 0);
  return {
    ...histogram,
    positive: compact(histogram.positive),
    negative: compact(histogram.negative),
  };
}

/** The histogram at a coarser exponential schema, compacted. */
export function reduceResolution(histogram: NativeHistogram, schema: number): NativeHistogram {
  if (hasCustomBounds(histogram) || schema > histogram.schema)
    bug(`cannot reduce the resolution of schema ${histogram.schema} to ${schema}`);
  const reduced = new RunningHistogram(histogram);
  reduced.coarsen(schema);
  return reduced.toHistogram();
}

/**
 * Whether two histograms are the same sample: layout and numbers, NaN equal to NaN. Counter-reset hints are not
 * part of it, nor is how spans divide the same buckets.
 */
export function histogramsEqual(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    Object.is(a.count, b.count) &&
    Object.is(a.sum, b.sum) &&
    Object.is(a.zeroCount, b.zeroCount) &&
    boundsEqual(a.customBounds, b.customBounds) &&
    bucketsEqual(a.positive, b.positive) &&
    bucketsEqual(a.negative, b.negative)
  );
}

function bucketsEqual(a: NativeHistogram['positive'], b: NativeHistogram['positive']): boolean {
  return (
    a.counts.length === b.counts.length &&
    a.counts.every((count, i) => Object.is(count, b.counts[i])) &&
    boundsEqual(indexesOf(a), indexesOf(b))
  );
}
