import { formatAge } from '../format/relative-time.ts';

const HOUR_MS = 3_600_000;

/** What is left as it counts down: `42s`, `4m 09s`, beyond an hour `2h 5m`. `undefined`: nothing is. */
export function formatLeft(leftMs: number): string | undefined {
  if (leftMs <= 0) return undefined;
  if (leftMs >= HOUR_MS) return formatAge(leftMs);
  // Upwards, so that the last second reads 1s and not 0s.
  const seconds = Math.ceil(leftMs / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds >= 3600) return '1h';
  return `${Math.floor(seconds / 60)}m ${String(seconds % 60).padStart(2, '0')}s`;
}
