import type { DownsampledView, TimeRange } from '@vedette/model';
import type { BucketColumn, BucketColumns } from '../chunk/bucket-chunk.ts';
import type { SampleBuffer } from '../query/sample-buffer.ts';
import type { BucketBuffer } from './bucket-buffer.ts';

/**
 * What else is known of the first samples of the series being read: how many stored ones each stands for, and
 * what a counter lost on the way to it. Those behind them stand for themselves.
 */
export class SampleNotes {
  #weights: number[] = [];
  #losses: number[] = [];
  #hasAny = false;

  add(weight: number, loss: number): void {
    this.#weights.push(weight);
    this.#losses.push(loss);
    this.#hasAny = true;
  }

  get count(): number {
    return this.#weights.length;
  }

  /** Moves what was noted since `from` to the places that the samples got among others. */
  rearrange(from: number, places: readonly number[], count: number): void {
    const weights = this.#weights.splice(from);
    const losses = this.#losses.splice(from);
    for (let i = 0; i < count; i++) {
      const k = places.indexOf(i);
      this.#weights.push(weights[k] ?? 1);
      this.#losses.push(losses[k] ?? NaN);
    }
  }

  /** The columns for a series of `count` samples, and an empty start for the next one; nothing when nothing was noted. */
  take(count: number): { readonly weights: Float64Array; readonly losses: Float64Array } | undefined {
    const weights = new Float64Array(this.#hasAny ? count : 0).fill(1);
    const losses = new Float64Array(this.#hasAny ? count : 0).fill(NaN);
    if (this.#hasAny) {
      weights.set(this.#weights);
      losses.set(this.#losses);
    }
    const taken = this.#hasAny ? { weights, losses } : undefined;
    this.#weights = [];
    this.#losses = [];
    this.#hasAny = false;
    return taken;
  }
}

/** The columns that a view is made of. */
export function columnsOfView(view: DownsampledView): ReadonlySet<BucketColumn> {
  switch (view) {
    case 'last':
      return LAST;
    case 'min':
      return MIN;
    case 'max':
      return MAX;
    case 'sum':
    case 'sum-and-count':
      return SUM;
    case 'counter':
      return COUNTER;
  }
}

const LAST = new Set<BucketColumn>(['counts', 'lastsMs', 'lasts', 'stalesMs']);
const MIN = new Set<BucketColumn>(['counts', 'mins']);
const MAX = new Set<BucketColumn>(['counts', 'maxs']);
const SUM = new Set<BucketColumn>(['counts', 'sums']);
const COUNTER = new Set<BucketColumn>(['counts', 'firstsMs', 'lastsMs', 'firsts', 'lasts', 'losses']);

/** Puts the buckets as samples behind those of `target`, as far as these lie in the range. */
export function showBuckets(
  { columns, count }: BucketBuffer,
  view: DownsampledView,
  range: TimeRange,
  target: SampleBuffer,
  notes: SampleNotes,
): void {
  const show = new Shower(range, target, notes);
  for (let i = 0; i < count; i++) showBucket(columns, i, view, show);
}

function showBucket(columns: BucketColumns, i: number, view: DownsampledView, show: Shower): void {
  const count = columns.counts[i] ?? 0;
  const endMs = columns.endsMs[i] ?? 0;
  if (count === 0 && view !== 'last') return;
  switch (view) {
    case 'last': {
      const staleMs = columns.stalesMs[i] ?? 0;
      if (count > 0) show.sample(columns.lastsMs[i] ?? 0, columns.lasts[i] ?? 0);
      if (staleMs !== 0) show.marker(staleMs);
      return;
    }
    case 'min':
      return show.sample(endMs, columns.mins[i] ?? 0);
    case 'max':
      return show.sample(endMs, columns.maxs[i] ?? 0);
    case 'sum':
      return show.sample(endMs, columns.sums[i] ?? 0);
    case 'sum-and-count':
      return show.noted(endMs, columns.sums[i] ?? 0, count, NaN);
    case 'counter':
      // The loss from the bucket before is found by comparing, as between any two samples.
      show.noted(columns.firstsMs[i] ?? 0, columns.firsts[i] ?? 0, 1, NaN);
      if (count > 1)
        show.noted(columns.lastsMs[i] ?? 0, columns.lasts[i] ?? 0, count - 1, columns.losses[i] ?? 0);
  }
}

/** Writes samples that lie in a range to a buffer. */
class Shower {
  readonly #range: TimeRange;
  readonly #target: SampleBuffer;
  readonly #notes: SampleNotes;

  constructor(range: TimeRange, target: SampleBuffer, notes: SampleNotes) {
    this.#range = range;
    this.#target = target;
    this.#notes = notes;
  }

  sample(timestampMs: number, value: number): void {
    this.#put(timestampMs, value, 0);
  }

  marker(timestampMs: number): void {
    this.#put(timestampMs, 0, 1);
  }

  noted(timestampMs: number, value: number, weight: number, loss: number): void {
    if (this.#put(timestampMs, value, 0)) this.#notes.add(weight, loss);
  }

  #put(timestampMs: number, value: number, staleFlag: number): boolean {
    if (timestampMs < this.#range.fromMs || timestampMs > this.#range.untilMs) return false;
    const { columns, count } = this.#target;
    columns.timestampsMs[count] = timestampMs;
    columns.values[count] = value;
    columns.staleFlags[count] = staleFlag;
    this.#target.count++;
    return true;
  }
}
