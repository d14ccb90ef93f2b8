import type { Clock } from '@vedette/model';

// A person mistypes a few times; a program that guesses gets 10 tries a minute from one address,
// which against 128 random bits is no progress.
export const FAILED_ATTEMPTS_MAX = 10;
export const FAILED_ATTEMPTS_WINDOW_MS = 60_000;

// At about 100 B each: 100 kB. Beyond it the oldest is forgotten.
const KEYS_MAX = 1000;

export interface AttemptLimits {
  readonly failuresMax: number;
  readonly windowMs: number;
}

/** Counts failed attempts per key (an address, an account) in fixed windows that begin with the first failure. */
export class AttemptLimiter {
  readonly #clock: Clock;
  readonly #limits: AttemptLimits;
  readonly #failures = new Map<string, { count: number; untilMs: number }>();

  constructor(
    clock: Clock,
    limits: AttemptLimits = { failuresMax: FAILED_ATTEMPTS_MAX, windowMs: FAILED_ATTEMPTS_WINDOW_MS },
  ) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Milliseconds until the key may be tried again; 0 when it may now. */
  waitMs(key: string): number {
    const entry = this.#failures.get(key);
    if (entry === undefined || entry.count < this.#limits.failuresMax) return 0;
    return Math.max(0, entry.untilMs - this.#clock.monotonicMs());
  }

  fail(key: string): void {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#failures.get(key);
    if (entry !== undefined && entry.untilMs > nowMs) {
      entry.count++;
      return;
    }
    this.#failures.delete(key);
    if (this.#failures.size >= KEYS_MAX) this.#forgetOldest();
    this.#failures.set(key, { count: 1, untilMs: nowMs + this.#limits.windowMs });
  }

  /** A failure that was counted beforehand did not come: for attempts whose outcome takes a while. */
  forgive(key: string): void {
    const entry = this.#failures.get(key);
    if (entry !== undefined && entry.count > 0) entry.count--;
  }

  #forgetOldest(): void {
    for (const key of this.#failures.keys()) {
      this.#failures.delete(key);
      return;
    }
  }
}
