import { SampleBuffer } from './sample-buffer.ts';

/** The selectors of one query that are read side by side; with more at a time the others make their own. */
const FREE_MAX = 2;

// A batch of floats ends with 2^14 samples, 280 KB of columns. Histograms and very long series make larger ones, which
// are not worth keeping.
const CAPACITY_MAX = 2 ** 14;

/**
 * Buffers that went back after use. A new one takes 30 µs, and up to 500 while it grows to the size of a batch, which
 * is as much as the rest of a query for one series.
 */
export class SampleBuffers {
  readonly #free: SampleBuffer[] = [];

  /** An empty one. */
  take(): SampleBuffer {
    return this.#free.pop() ?? new SampleBuffer();
  }

  /** Nobody may look at what it handed out any more. */
  giveBack(buffer: SampleBuffer): void {
    if (this.#free.length >= FREE_MAX || buffer.capacity > CAPACITY_MAX) return;
    buffer.clear();
    this.#free.push(buffer);
  }
}
