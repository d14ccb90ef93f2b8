/** Prometheus' durations for `parseDuration`: `1h30m` → 5400. The workspace's own parser is out of this package's reach. */
import { quoteGo } from './quote.ts';
import { CallError } from './template-error.ts';

const DURATION = /^(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?$/;
const UNIT_MS = [31_536_000_000, 604_800_000, 86_400_000, 3_600_000, 60_000, 1000, 1];
/** Go counts in nanoseconds of 64 bits: about 292 years. */
const DURATION_MS_MAX = 2 ** 63 / 1e6;

/** Seconds. */
export function parsePrometheusDuration(text: string): number {
  if (text === '0') return 0;
  if (text === '') throw new CallError('empty duration string');
  const match = DURATION.exec(text);
  if (match === null) throw new CallError(`not a valid duration string: ${quoteGo(text)}`);
  let totalMs = 0;
  for (const [i, unitMs] of UNIT_MS.entries()) totalMs += Number(match[i + 1] ?? 0) * unitMs;
  if (totalMs >= DURATION_MS_MAX) throw new CallError('duration out of range');
  return totalMs / 1000;
}
