import {
  bug,
  clearValidAt,
  createValidity,
  ExecutionError,
  setValidAt,
  type Labels,
  type NativeHistogram,
} from '@vedette/model';
import type { Column } from './column.ts';

/**
 * What a query holds in memory, counted in samples: the points of live columns and the raw samples
 * of the batch being read. A histogram counts as the samples that would take its memory. Columns come from here and go back here, so that a stream of 10,000
 * series through an aggregation reuses the same few arrays.
 */
export class Budget {
  readonly #samplesMax: number;
  #held = 0;
  #peak = 0;
  /** Given back and fit for use again; all of `#freeLength` points. */
  #free: Column[] = [];
  #freeLength = 0;

  constructor(samplesMax: number) {
    this.#samplesMax = samplesMax;
  }

  get samplesPeak(): number {
    return this.#peak;
  }

  /** Counts samples that someone keeps; throws VED_QUERY_TOO_LARGE past the limit. */
  hold(count: number): void {
    this.#held += count;
    if (this.#held > this.#peak) this.#peak = this.#held;
    if (this.#held > this.#samplesMax)
      throw new ExecutionError(
        'VED_QUERY_TOO_LARGE',
        `cannot evaluate query: it would hold ${this.#held} samples at one time, limit is ${this.#samplesMax}; ` +
          'narrow the selector, shorten the range or raise query.max_samples',
      );
  }

  release(count: number): void {
    this.#held -= count;
    if (this.#held < 0) bug(`released more samples than were held; ${this.#held} remain`);
  }

  /** A column of `count` steps without any value. The content of `values` is undefined. */
  takeColumn(labels: Labels, count: number, isNameDropped = false): Column {
    this.hold(count);
    const reused = this.#freeLength === count ? this.#free.pop() : undefined;
    if (reused === undefined)
      return {
        labels,
        isNameDropped,
        values: new Float64Array(count),
        validity: createValidity(count),
        histograms: undefined,
        histogramsHeld: 0,
      };
    reused.labels = labels;
    reused.isNameDropped = isNameDropped;
    reused.validity.fill(0);
    return reused;
  }

  /** Makes a histogram the point of `column` at `step`, in place of whatever stood there. */
  putHistogram(column: Column, step: number, histogram: NativeHistogram): void {
    const extra = extraSamplesOf(histogram);
    this.hold(extra);
    column.histogramsHeld += extra;
    column.histograms ??= new Map();
    column.histograms.set(step, histogram);
    setValidAt(column.validity, step);
  }

  /** Takes the histograms out of a column, where they leave holes; `undefined` when it has none. */
  takeHistograms(column: Column): ReadonlyMap<number, NativeHistogram> | undefined {
    const { histograms } = column;
    if (histograms === undefined) return undefined;
    for (const step of histograms.keys()) clearValidAt(column.validity, step);
    this.release(column.histogramsHeld);
    column.histograms = undefined;
    column.histogramsHeld = 0;
    return histograms;
  }

  /** Takes a column back; the caller must not touch it again. */
  giveBack(column: Column): void {
    const { length } = column.values;
    this.release(length + column.histogramsHeld);
    column.histograms = undefined;
    column.histogramsHeld = 0;
    if (length !== this.#freeLength) {
      this.#free = [];
      this.#freeLength = length;
    }
    if (this.#free.length < FREE_COLUMNS_MAX) this.#free.push(column);
  }
}

/** One batch of a reader: more are never live at once in a streaming query. */
const FREE_COLUMNS_MAX = 512;

/** By how many samples a histogram counts for more than a float: its bytes by 16, as in Prometheus. */
export function extraSamplesOf({ positive, negative, customBounds }: NativeHistogram): number {
  const slots =
    positive.spans.length +
    positive.counts.length +
    negative.spans.length +
    negative.counts.length +
    customBounds.length;
  return Math.floor((HISTOGRAM_BYTES + 8 * slots) / FLOAT_SAMPLE_BYTES) - 1;
}

const FLOAT_SAMPLE_BYTES = 16;
/** A histogram without spans, buckets and bounds, and the timestamp beside it. */
const HISTOGRAM_BYTES = 176;
