import type { AnalysisReport } from '@vedette/api';
import { parseDurationMs } from '@vedette/model';
import { RANGE_PRESETS } from '../time/time-range.ts';

const MINUTE_MS = 60_000;

/** What is older tells of a trouble that may be over: its time is shown, not ours. */
const YOUNG_MS = 60 * MINUTE_MS;

/** As much of before as of the trouble, and of a short one enough to see a course. */
const LEAD_MS_MIN = 15 * MINUTE_MS;

/** The range that shows the trouble of a report with as long before it, as dashboards write theirs. */
export function rangeOfReport(
  { subject, change, createdAtMs }: AnalysisReport,
  nowMs: number,
): { readonly from: string; readonly to: string } {
  const beganMs = Math.min(subject.startsAtMs, change?.firstDeviationMs ?? Infinity);
  if (subject.state === 'firing' && nowMs - createdAtMs < YOUNG_MS) {
    const preset = RANGE_PRESETS.slice(1).find((one) => (parseDurationMs(one) ?? 0) >= 2 * (nowMs - beganMs));
    return { from: `now-${preset ?? RANGE_PRESETS.at(-1)}`, to: 'now' };
  }
  const leadMs = Math.max(LEAD_MS_MIN, createdAtMs - beganMs);
  return { from: String(beganMs - leadMs), to: String(createdAtMs) };
}
