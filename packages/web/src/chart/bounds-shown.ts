import { browserClock } from '../lib/browser-clock.ts';
import { boundsOf, type TimeRange } from '../time/time-range.ts';
import type { Frame } from './frame.ts';

/** What a chart shows: the whole range, even when data covers a part of it; live charts end at their newest point. */
export function boundsShown(range: TimeRange, frame: Frame): { fromMs: number; toMs: number } {
  const newestMs = frame.n === 0 ? browserClock.nowMs() : frame.t0 + (frame.n - 1) * frame.step;
  return boundsOf(range, newestMs);
}
