import type { SdkRandom } from '../system/system.ts';

// A server that restarts is back within a second or two; one that is away for longer is asked four times a minute by
// each process, which a hundred processes do not turn into a load.
const FIRST_MS = 250;
export const BACKOFF_MS_MAX = 15_000;

/** Doubles with every failure, up to `BACKOFF_MS_MAX`; half of it is drawn, so that processes do not return as one. */
export class Backoff {
  readonly #random: SdkRandom;
  #failures = 0;

  constructor(random: SdkRandom) {
    this.#random = random;
  }

  /** How long to wait after one more failure. */
  nextMs(): number {
    const fullMs = Math.min(FIRST_MS * 2 ** this.#failures, BACKOFF_MS_MAX);
    this.#failures = Math.min(this.#failures + 1, 10);
    return fullMs * (0.5 + this.#random.float() / 2);
  }

  reset(): void {
    this.#failures = 0;
  }
}
