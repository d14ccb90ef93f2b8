/**
 * Time comes from outside: nothing below the composition root may read the wall clock or set a timer.
 * That one rule gives deterministic tests, fault simulation and backtests on stored history.
 */
export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump either way when the machine's clock is set. */
  nowMs(): number;
  /** Milliseconds that only grow, from an arbitrary origin, with a fraction. For measuring spans of time. */
  monotonicMs(): number;
  /**
   * Runs `task` once after `delayMs` (monotonic, at least 0; there is no upper bound). Cancelling
   * twice, or after the run, is safe. The timer does not keep the process alive by itself.
   */
  setTimer(delayMs: number, task: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when `signal` aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Resolves in a later turn of the event loop, after I/O had its chance: the cut between two slices of work. Who says
   * how many slices it had so far may be let in before others that say they had more.
   */
  yield(slicesHad?: number): Promise<void>;
}

export interface Timer {
  cancel(): void;
}
