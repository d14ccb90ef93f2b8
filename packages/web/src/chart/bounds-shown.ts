import { browserClock } from '../lib/browser-clock.ts';
import { boundsOf, type TimeRange } from '../time/time-range.ts';
import type { Frame } from './frame.ts';

/** Less is no chart: after the start of the server a moving range shows at least this much. */
const SPAN_MS_MIN = 60_000;

/**
 * What a chart shows. A fixed range is shown as it is. A moving one ends at the newest point and does
 * not reach back beyond `oldestSampleMs`, before which the server has seen nothing at all: on a fresh
 * installation the first minute fills the chart instead of its last tenth.
 */
export function boundsShown(
  range: TimeRange,
  frame: Frame,
  oldestSampleMs?: number | null,
): { fromMs: number; toMs: number } {
  const newestMs = frame.n === 0 ? browserClock.nowMs() : frame.t0 + (frame.n - 1) * frame.step;
  const { fromMs, toMs } = boundsOf(range, newestMs);
  if (range.kind === 'absolute' || oldestSampleMs == null) return { fromMs, toMs };
  return { fromMs: Math.max(fromMs, Math.min(oldestSampleMs, toMs - SPAN_MS_MIN)), toMs };
}
