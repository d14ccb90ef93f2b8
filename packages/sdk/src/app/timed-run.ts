import type { SdkClock } from '../system/system.ts';

/** How something went: the `outcome` label of the instruments of applications. */
export type RunOutcome = 'success' | 'failure';

/** Time as the instruments take it. */
export type RunClock = Pick<SdkClock, 'monotonicMs'>;

// Jobs, models, queues, features are named in code: dozens. What passes 500 combinations puts ids into names, and the
// rest then counts as `_overflow`.
export const APP_SERIES_MAX = 500;

/**
 * Runs `run` and notes how long it took and how it ended. Gives back what it gives back and throws what it throws:
 * measuring changes nothing.
 */
export async function timedRun<T>(
  clock: RunClock,
  run: () => T | Promise<T>,
  note: (seconds: number, outcome: RunOutcome) => void,
): Promise<T> {
  const startMs = clock.monotonicMs();
  let outcome: RunOutcome = 'failure';
  try {
    const result = await run();
    outcome = 'success';
    return result;
  } finally {
    note((clock.monotonicMs() - startMs) / 1000, outcome);
  }
}

/** Whether a number from outside can be counted: a figure that is none must not throw into the application. */
export function isCountable(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}
