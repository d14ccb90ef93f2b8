import type { TimeRange } from '@vedette/model';
import { CHUNK_SAMPLES_MAX } from '../chunk/chunk.ts';
import { createColumns, growColumns, lowerBound, type SampleColumns } from '../chunk/sample-columns.ts';

/** Ends the walk over deleted ranges: no sample lies in it. */
const AFTER_ALL: TimeRange = { fromMs: Infinity, untilMs: Infinity };

/**
 * Where readers decode to: columns that grow, filled series by series. Views handed out earlier stay
 * valid when it grows; `clear` makes the space free again.
 */
export class SampleBuffer {
  #columns: SampleColumns = createColumns(4 * CHUNK_SAMPLES_MAX);
  /** For merging; made when it is first needed. */
  #spare: SampleColumns = createColumns(0);
  /** Samples in the buffer. Whoever decodes into `columns` moves it. */
  count = 0;

  /** To decode at `count`; there is room for one more chunk. Ask again after each. */
  get columns(): SampleColumns {
    if (this.#columns.values.length < this.count + CHUNK_SAMPLES_MAX)
      this.#columns = growColumns(this.#columns, this.count, this.count + CHUNK_SAMPLES_MAX);
    return this.#columns;
  }

  clear(): void {
    this.count = 0;
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
    const spare = this.#copyToSpare(at);
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
    }
    this.count = at;
  }

  /** Takes out the samples from index `start` on that lie in one of the ranges, which are sorted and disjoint. */
  drop(start: number, ranges: readonly TimeRange[]): void {
    const { timestampsMs, values, staleFlags } = this.#columns;
    const end = this.count;
    let from = start;
    let kept = start;
    for (const { fromMs, untilMs } of [...ranges, AFTER_ALL]) {
      const until = lowerBound(timestampsMs, from, end, fromMs);
      if (kept < from)
        for (const column of [timestampsMs, values, staleFlags]) column.copyWithin(kept, from, until);
      kept += until - from;
      // Times are whole milliseconds.
      from = lowerBound(timestampsMs, until, end, untilMs + 1);
    }
    this.count = kept;
  }

  /** Views of the samples from index `start` on that lie in the range, both ends inclusive; they increase in time. */
  within(start: number, range: { fromMs: number; untilMs: number }): SampleColumns {
    const { timestampsMs, values, staleFlags } = this.#columns;
    const from = lowerBound(timestampsMs, start, this.count, range.fromMs);
    let until = lowerBound(timestampsMs, from, this.count, range.untilMs);
    if (until < this.count && timestampsMs[until] === range.untilMs) until++;
    return {
      timestampsMs: timestampsMs.subarray(from, until),
      values: values.subarray(from, until),
      staleFlags: staleFlags.subarray(from, until),
    };
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
}
