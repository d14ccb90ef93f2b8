import { formatDurationMs } from '@vedette/model';

/** Steps people can read on an axis. Below the smallest nothing is sampled, above the largest a chart of years begins. */
const STEPS_MS: readonly number[] = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800,
  604_800,
].map((seconds) => seconds * 1000);

/** 450 points: at 15 minutes every 2 s sample of the host collector, and about one per pixel of a chart in a grid. */
export const CHART_POINTS_MAX = 450;

/** The rate window must hold several samples of the slowest usual scrape (15 s) without hiding short peaks. */
const RATE_WINDOW_MS_MIN = 30_000;

/** The smallest readable step that keeps a span within `pointsMax` points. */
export function stepMsOf(spanMs: number, pointsMax = CHART_POINTS_MAX): number {
  const wantedMs = spanMs / pointsMax;
  return STEPS_MS.find((stepMs) => stepMs >= wantedMs) ?? Math.ceil(wantedMs / 86_400_000) * 86_400_000;
}

/** The window of `rate(x[…])` on a grid: the step, so that no increase is skipped, and never under 30 s. */
export function rateWindowOf(stepMs: number): string {
  return formatDurationMs(Math.max(RATE_WINDOW_MS_MIN, stepMs));
}
