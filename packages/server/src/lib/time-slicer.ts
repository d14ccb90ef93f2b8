import type { Clock, Slicer } from '@vedette/model';

// 5 ms: with p99.9 of loop delay held at 10 ms, one slice plus one garbage collection fits.
export const SLICE_MS_MAX = 5;

/** Reading the clock costs about 40 ns; every eighth question reads it. */
const QUESTIONS_PER_READ = 8;

/** Slices measured on the monotonic clock; counts the slices that ran over, so that a test can assert there are none. */
export class TimeSlicer implements Slicer {
  readonly #clock: Clock;
  #sliceStartMs: number;
  #questions = 0;
  #longestSliceMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sliceStartMs = clock.monotonicMs();
  }

  /** The longest slice so far, in ms: what the counter of loop hogs shows. */
  get longestSliceMs(): number {
    return this.#longestSliceMs;
  }

  shouldYield(): boolean {
    if (++this.#questions < QUESTIONS_PER_READ) return false;
    this.#questions = 0;
    return this.#clock.monotonicMs() - this.#sliceStartMs >= SLICE_MS_MAX;
  }

  async yield(): Promise<void> {
    this.#longestSliceMs = Math.max(this.#longestSliceMs, this.#clock.monotonicMs() - this.#sliceStartMs);
    await this.#clock.yield();
    this.#sliceStartMs = this.#clock.monotonicMs();
  }
}
