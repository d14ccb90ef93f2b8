import type { Clock } from '@vedette/model';

// A person mistypes a few times; a program that guesses gets 10 tries a minute from one address,
// which against 128 random bits is no progress.
export const FAILED_ATTEMPTS_MAX = 10;
export const FAILED_ATTEMPTS_WINDOW_MS = 60_000;

/** Addresses remembered; beyond it the oldest is forgotten. At about 100 B each: 100 kB. */
const ADDRESSES_MAX = 1000;

/** Counts failed sign-ins per address in fixed windows that begin with the first failure. */
export class AttemptLimiter {
  readonly #clock: Clock;
  readonly #failures = new Map<string, { count: number; untilMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the address may try again; 0 when it may now. */
  waitMs(address: string): number {
    const entry = this.#failures.get(address);
    if (entry === undefined || entry.count < FAILED_ATTEMPTS_MAX) return 0;
    return Math.max(0, entry.untilMs - this.#clock.monotonicMs());
  }

  fail(address: string): void {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#failures.get(address);
    if (entry !== undefined && entry.untilMs > nowMs) {
      entry.count++;
      return;
    }
    this.#failures.delete(address);
    if (this.#failures.size >= ADDRESSES_MAX) this.#forgetOldest();
    this.#failures.set(address, { count: 1, untilMs: nowMs + FAILED_ATTEMPTS_WINDOW_MS });
  }

  #forgetOldest(): void {
    for (const address of this.#failures.keys()) {
      this.#failures.delete(address);
      return;
    }
  }
}
