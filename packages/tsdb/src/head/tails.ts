import type { SampleColumns } from '../chunk/sample-columns.ts';

// 16 samples are 4 minutes at 15 s. Raw they cost 192 bytes a series; with 32 the memory for tails
// doubled, and chunks were encoded only 10 % faster.
export const TAIL_SAMPLES_MAX = 16;

/** Timestamps of a tail are offsets from its first one in 32 bits: 49 days. */
const OFFSET_MS_MAX = 2 ** 32 - 1;

/** Series per page: 192 KiB of tails at a time. */
const PAGE_SERIES = 1024;

interface Page {
  readonly values: Float64Array;
  readonly offsetsMs: Uint32Array;
}

/**
 * The newest samples of each series, not yet encoded: a fixed slot per series id, so that appending is
 * three stores into typed arrays. Who owns the slot keeps count and first timestamp of it.
 */
export class Tails {
  readonly #pages: Page[] = [];

  get sizeBytes(): number {
    return this.#pages.length * PAGE_SERIES * TAIL_SAMPLES_MAX * 12;
  }

  /** Makes sure that the slot of `series` exists. */
  reserve(series: number): void {
    while (this.#pages.length * PAGE_SERIES <= series) {
      this.#pages.push({
        values: new Float64Array(new SharedArrayBuffer(PAGE_SERIES * TAIL_SAMPLES_MAX * 8)),
        offsetsMs: new Uint32Array(new SharedArrayBuffer(PAGE_SERIES * TAIL_SAMPLES_MAX * 4)),
      });
    }
  }

  /** Whether a sample so long after the tail's first one can be in the same tail. */
  static canHold(offsetMs: number): boolean {
    return offsetMs <= OFFSET_MS_MAX;
  }

  /** Copies the value by bytes, so that a NaN keeps its payload. */
  put(series: number, index: number, offsetMs: number, values: Float64Array, from: number): void {
    const page = this.#pages[Math.floor(series / PAGE_SERIES)];
    if (page === undefined) return;
    const slot = (series % PAGE_SERIES) * TAIL_SAMPLES_MAX + index;
    page.values[slot] = values[from] ?? 0;
    page.offsetsMs[slot] = offsetMs;
  }

  /** Copies the first `count` samples into `target` from `at` on; `staleBits` has a bit for each. */
  copyTo(
    series: number,
    tail: { count: number; firstMs: number; staleBits: number },
    target: SampleColumns,
    at: number,
  ): void {
    const page = this.#pages[Math.floor(series / PAGE_SERIES)];
    if (page === undefined) return;
    const slot = (series % PAGE_SERIES) * TAIL_SAMPLES_MAX;
    for (let i = 0; i < tail.count; i++) {
      target.values[at + i] = page.values[slot + i] ?? 0;
      target.timestampsMs[at + i] = tail.firstMs + (page.offsetsMs[slot + i] ?? 0);
      target.staleFlags[at + i] = (tail.staleBits >> i) & 1;
    }
  }
}
