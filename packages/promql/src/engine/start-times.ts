import type { KernelSamples } from './range-kernel.ts';

/**
 * What is known of when a counter began. A sample with such a time says more than its value: the
 * counter may have been reset and have passed its old value since.
 */

/** Whether the counter began anew between sample `i - 1` and sample `i`. */
export function isStartReset(
  { timestampsMs, startsMs }: Pick<KernelSamples, 'timestampsMs' | 'startsMs'>,
  i: number,
): boolean {
  if (startsMs === undefined) return false;
  const startMs = startsMs[i] ?? 0;
  const beforeMs = timestampsMs[i - 1] ?? 0;
  // Unknown (0), impossible (after the sample), or OpenTelemetry's mark of an unknown start (at the sample).
  if (startMs === 0 || startMs >= (timestampsMs[i] ?? 0) || startMs < beforeMs) return false;
  if (startMs > beforeMs) return true;
  // It began with the sample before: a series of deltas, or a cumulative one that began at an unknown time.
  const startBeforeMs = startsMs[i - 1] ?? 0;
  return startBeforeMs !== 0 && startBeforeMs < beforeMs;
}

/** Whether sample `i` claims to have begun before the sample before it was taken, though it began anew. */
export function isOverlapping({ timestampsMs, startsMs }: KernelSamples, i: number): boolean {
  const startMs = startsMs?.[i] ?? 0;
  return startMs !== 0 && startMs < (timestampsMs[i - 1] ?? 0) && startMs !== (startsMs?.[i - 1] ?? 0);
}
