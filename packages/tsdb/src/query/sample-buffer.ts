import { CHUNK_SAMPLES_MAX } from '../chunk/chunk.ts';
import { createColumns, growColumns, lowerBound, type SampleColumns } from '../chunk/sample-columns.ts';

/**
 * Where readers decode to: columns that grow, filled series by series. Views handed out earlier stay
 * valid when it grows; `clear` makes the space free again.
 */
export class SampleBuffer {
  #columns: SampleColumns = createColumns(4 * CHUNK_SAMPLES_MAX);
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
}
