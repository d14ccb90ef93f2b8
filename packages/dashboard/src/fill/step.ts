import { formatDurationMs, parseDurationMs } from '@vedette/model';

/** Most points one series may have in an answer: the Prometheus API refuses more than 11,000. */
export const RANGE_POINTS_MAX = 11_000;

/** Points that are asked for when a panel says nothing: about one per two pixels of a wide screen. */
const MAX_DATA_POINTS_DEFAULT = 1000;

export interface StepOptions {
  /** How many points the drawing can show, usually its width in pixels. */
  readonly maxDataPoints?: number;
  /** Of the panel or its query, variables filled in: `30s`, `1m`, `>10s`; empty or not a duration: none. */
  readonly intervalMin?: string;
  readonly scrapeIntervalMs: number;
}

/**
 * The distance of two points, in ms: the range divided by the points that fit, rounded to a step people
 * know; never under the least interval (that of the panel, else the scrape interval), never so small
 * that the answer has more than `RANGE_POINTS_MAX` points.
 */
export function stepOf(range: { fromMs: number; toMs: number }, options: StepOptions): number {
  const spanMs = Math.max(0, range.toMs - range.fromMs);
  const points = Math.max(1, options.maxDataPoints ?? MAX_DATA_POINTS_DEFAULT);
  const leastMs = parseInterval(options.intervalMin ?? '') ?? Math.max(1, options.scrapeIntervalMs);
  const stepMs = Math.max(leastMs, niceStep(spanMs / points));
  const safeMs = spanMs / RANGE_POINTS_MAX;
  return stepMs >= safeMs ? stepMs : Math.ceil(safeMs / 1000) * 1000;
}

/** What `rate` needs so that each window holds samples to compare: `$__rate_interval`. */
export function rateIntervalMs(stepMs: number, scrapeIntervalMs: number): number {
  return Math.max(stepMs + scrapeIntervalMs, 4 * scrapeIntervalMs);
}

/** A duration as Grafana's interval boxes take it, in ms; `>` before it is from old files and means nothing more. */
export function parseInterval(text: string): number | undefined {
  const trimmed = text.trim().replace(/^>=?/, '').trim();
  const month = /^(\d{1,6})M$/.exec(trimmed);
  if (month !== null) return Number(month[1]) * 30 * 86_400_000;
  const durationMs = parseDurationMs(trimmed);
  return durationMs === undefined || durationMs <= 0 ? undefined : durationMs;
}

/** An interval for an expression: whole milliseconds in Prometheus notation, at least 1 ms. */
export function intervalText(intervalMs: number): string {
  return formatDurationMs(Math.max(1, Math.round(intervalMs)));
}

/** Steps people know, in ms; each serves up to half way to the next. */
const STEPS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 20_000, 30_000, 60_000, 120_000,
  300_000, 600_000, 900_000, 1_200_000, 1_800_000, 3_600_000, 7_200_000, 10_800_000, 21_600_000, 43_200_000,
  86_400_000, 604_800_000, 2_592_000_000, 31_536_000_000,
];

function niceStep(exactMs: number): number {
  for (const [i, stepMs] of STEPS_MS.entries()) {
    const next = STEPS_MS[i + 1];
    if (next === undefined || exactMs < (stepMs + next) / 2) return stepMs;
  }
  return exactMs;
}
