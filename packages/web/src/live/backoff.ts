import type { Random } from '@vedette/model';

/** The first wait is at most this long: a restart of the server takes about a second. */
const FIRST_MS = 500;

/** The longest wait: people who come back to a tab look again after half a minute at the latest. */
const LONGEST_MS = 30_000;

/**
 * The wait before attempt `attempt` (0, 1, 2…): exponential with full jitter, so that a thousand
 * browsers do not return in the same moment after a restart.
 */
export function backoffMs(attempt: number, random: Random): number {
  const ceilingMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random.float() * ceilingMs);
}
