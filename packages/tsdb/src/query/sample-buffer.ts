import type { NativeHistogram, TimeRange } from '@vedette/model';
import { CHUNK_SAMPLES_MAX } from '../chunk/chunk.ts';
import { createColumns, growColumns, lowerBound, type SampleColumns } from '../chunk/sample-columns.ts';

/** What a histogram counts as against limits of samples: 16 bytes are a sample, typical histograms have 500. */
const HISTOGRAM_WEIGHT = 32;

/** Ends the walk over deleted ranges: no sample lies in it. */
const AFTER_ALL: TimeRange = { fromMs: Infinity, untilMs: Infinity };

/**
 * Where readers decode to: columns that grow, filled series by series. Views handed out earlier stay
 * valid when it grows; `clear` makes the space free again. Histograms stand beside the columns, by index.
 */
export class SampleBuffer {
  #columns: SampleColumns = createColumns(4 * CHUNK_SAMPLES_MAX);
  /** The times of `#columns`; made when it is first needed. */
  #timeBytes: Buffer = Buffer.alloc(0);
  /** For merging; made when it is first needed. */
  #spare: SampleColumns = createColumns(0);
  /** Of the series being filled. */
  #histograms = new Map<number, NativeHistogram>();
  #histogramCount = 0;
  /** Of the series handed out last since `clear`; all were cut by the same range. */
  #span: Span | undefined;
  /** Samples in the buffer. Whoever decodes into `columns` moves it. */
  count = 0;

  /** To decode at `count`; there is room for one more chunk. Ask again after each. */
  get columns(): SampleColumns {
    if (this.#columns.values.length < this.count + CHUNK_SAMPLES_MAX)
      this.#columns = growColumns(this.#columns, this.count, this.count + CHUNK_SAMPLES_MAX);
    return this.#columns;
  }

  /** Samples for which there is room. */
  get capacity(): number {
    return this.#columns.values.length;
  }

  /** The memory that the samples hold, counted in float samples. */
  get weight(): number {
    return this.count + this.#histogramCount * HISTOGRAM_WEIGHT;
  }

  /** Says that the sample at `index` is a histogram. */
  putHistogram(index: number, histogram: NativeHistogram): void {
    this.#histograms.set(index, histogram);
    this.#histogramCount++;
  }

  clear(): void {
    this.count = 0;
    this.#span = undefined;
    this.#histogramCount = 0;
    if (this.#histograms.size > 0) this.#histograms = new Map();
  }

  /**
   * Merges two runs of samples that increase in time each, [start, from) and [from, count), into one. Of two at
   * the same time that of the first run stays. Nearly always the second run is later as it stands.
   */
  mergeRuns(start: number, from: number): void {
    const { timestampsMs, values, staleFlags } = this.#columns;
    const isInOrder = from === start || (timestampsMs[from - 1] ?? 0) < (timestampsMs[from] ?? 0);
    if (from === this.count || isInOrder) return;
    let at = lowerBound(timestampsMs, start, from, timestampsMs[from] ?? 0);
    const first = at;
    const spare = this.#copyToSpare(at);
    const moved = this.#histograms.size === 0 ? undefined : new Map<number, NativeHistogram>();
    const untilA = from - at;
    const untilB = this.count - at;
    for (let a = 0, b = untilA; a < untilA || b < untilB; at++) {
      const order =
        a === untilA ? 1 : b === untilB ? -1 : (spare.timestampsMs[a] ?? 0) - (spare.timestampsMs[b] ?? 0);
      const taken = order <= 0 ? a++ : b++;
      if (order === 0) b++;
      timestampsMs[at] = spare.timestampsMs[taken] ?? 0;
      values[at] = spare.values[taken] ?? 0;
      staleFlags[at] = spare.staleFlags[taken] ?? 0;
      if (moved !== undefined) moveHistogram(this.#histograms, first + taken, moved, at);
    }
    this.count = at;
    if (moved !== undefined) this.#replaceFrom(first, moved);
  }

  /** Takes out the samples from index `start` on that lie in one of the ranges, which are sorted and disjoint. */
  drop(start: number, ranges: readonly TimeRange[]): void {
    const { timestampsMs, values, staleFlags } = this.#columns;
    const end = this.count;
    const moved = this.#histograms.size === 0 ? undefined : new Map<number, NativeHistogram>();
    let from = start;
    let kept = start;
    for (const { fromMs, untilMs } of [...ranges, AFTER_ALL]) {
      const until = lowerBound(timestampsMs, from, end, fromMs);
      if (kept < from)
        for (const column of [timestampsMs, values, staleFlags]) column.copyWithin(kept, from, until);
      if (moved !== undefined)
        for (let i = from; i < until; i++) moveHistogram(this.#histograms, i, moved, kept + i - from);
      kept += until - from;
      // Times are whole milliseconds.
      from = lowerBound(timestampsMs, until, end, untilMs + 1);
    }
    this.count = kept;
    if (moved !== undefined) this.#replaceFrom(start, moved);
  }

  /**
   * Views of the samples from index `start` on that lie in the range, both ends inclusive; they increase in time.
   * Ends the series: the next one begins at `count`. Series of one scrape target have the same times: one
   * that has those of the series before gets the very same view of them, which costs a comparison,
   * and saves whoever looks at times to compare again.
   */
  within(start: number, range: { fromMs: number; untilMs: number }): SeriesView {
    const { values, staleFlags } = this.#columns;
    const span = this.#spanOf(start, range);
    const from = start + span.from;
    const until = start + span.until;
    return {
      timestampsMs: span.timestampsMs,
      values: values.subarray(from, until),
      staleFlags: hasFlag(staleFlags, from, until) ? staleFlags.subarray(from, until) : undefined,
      histograms: this.#histograms.size === 0 ? undefined : this.#takeHistograms(from, until),
    };
  }

  #spanOf(start: number, range: { fromMs: number; untilMs: number }): Span {
    const { timestampsMs } = this.#columns;
    const count = this.count - start;
    const last = this.#span;
    if (last?.count === count && this.#isRepeated(last.start, start, count)) return last;
    const from = lowerBound(timestampsMs, start, this.count, range.fromMs);
    // Times are whole milliseconds.
    const until = lowerBound(timestampsMs, from, this.count, range.untilMs + 1);
    this.#span = {
      start,
      count,
      from: from - start,
      until: until - start,
      timestampsMs: timestampsMs.subarray(from, until),
    };
    return this.#span;
  }

  /** Whether the `count` times at `b` are those at `a`; as bytes, which the processor compares by the dozen. */
  #isRepeated(a: number, b: number, count: number): boolean {
    const { timestampsMs } = this.#columns;
    if (count === 0) return true;
    // Series of other targets differ in the first one.
    if (timestampsMs[a] !== timestampsMs[b]) return false;
    if (this.#timeBytes.buffer !== timestampsMs.buffer) this.#timeBytes = Buffer.from(timestampsMs.buffer);
    return this.#timeBytes.compare(this.#timeBytes, b * 8, (b + count) * 8, a * 8, (a + count) * 8) === 0;
  }

  /** Puts `moved` in the place of the histograms from index `first` on. */
  #replaceFrom(first: number, moved: Map<number, NativeHistogram>): void {
    for (const [index, histogram] of this.#histograms) if (index < first) moved.set(index, histogram);
    this.#histograms = moved;
  }

  /** Copies the samples from index `start` on to the beginning of the spare columns. */
  #copyToSpare(start: number): SampleColumns {
    const { timestampsMs, values, staleFlags } = this.#columns;
    const count = this.count - start;
    if (this.#spare.values.length < count) this.#spare = growColumns(this.#spare, 0, count);
    this.#spare.timestampsMs.set(timestampsMs.subarray(start, this.count));
    this.#spare.values.set(values.subarray(start, this.count));
    this.#spare.staleFlags.set(staleFlags.subarray(start, this.count));
    return this.#spare;
  }

  /** Those in [from, until), by their distance from `from`. */
  #takeHistograms(from: number, until: number): ReadonlyMap<number, NativeHistogram> | undefined {
    const taken = new Map<number, NativeHistogram>();
    for (const [index, histogram] of this.#histograms)
      if (index >= from && index < until) taken.set(index - from, histogram);
    this.#histograms = new Map();
    return taken.size === 0 ? undefined : taken;
  }
}

/** Samples of one series, as views. */
export interface SeriesView {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** `undefined` when none is set. */
  readonly staleFlags: Uint8Array | undefined;
  readonly histograms: ReadonlyMap<number, NativeHistogram> | undefined;
}

/** The times of a series, and which part of them lies in the range. */
interface Span {
  /** Where the series begins in the columns, and how many samples it has there. */
  readonly start: number;
  readonly count: number;
  /** What is in the range, counted from `start`. */
  readonly from: number;
  readonly until: number;
  readonly timestampsMs: Float64Array;
}

/** Four at a time and without a branch for each: all series are looked through, hardly any has one. */
function hasFlag(flags: Uint8Array, from: number, until: number): boolean {
  let all = 0;
  let i = from;
  for (; i + 3 < until; i += 4)
    all |= (flags[i] ?? 0) | (flags[i + 1] ?? 0) | (flags[i + 2] ?? 0) | (flags[i + 3] ?? 0);
  for (; i < until; i++) all |= flags[i] ?? 0;
  return all !== 0;
}

function moveHistogram(
  source: ReadonlyMap<number, NativeHistogram>,
  from: number,
  target: Map<number, NativeHistogram>,
  to: number,
): void {
  const histogram = source.get(from);
  if (histogram !== undefined) target.set(to, histogram);
}
