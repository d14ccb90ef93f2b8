import { formatDurationMs, parseDurationMs } from '@vedette/model';

/** What the charts show: the last stretch of time, moving with the clock, or a fixed one. Bounds inclusive, ms. */
export type TimeRange =
  | { readonly kind: 'relative'; readonly spanMs: number }
  | { readonly kind: 'absolute'; readonly fromMs: number; readonly toMs: number };

/** The search parameters that carry a range: `range=15m`, or `from` and `to` in milliseconds. */
export interface TimeRangeSearch {
  range?: string;
  from?: number;
  to?: number;
  /** The zone in which times are written; absent: the one kept in this browser. */
  tz?: string;
}

export const RANGE_PRESETS = ['5m', '15m', '1h', '6h', '24h', '7d', '30d'] as const;

/** Fifteen minutes show the 2 s samples of the host collector one per pixel and a half. */
export const DEFAULT_RANGE: TimeRange = { kind: 'relative', spanMs: 15 * 60_000 };

/** Ten seconds: five samples of the host collector, less is no chart. */
const SPAN_MS_MIN = 10_000;

/** Two years: more than any retention, little enough that times stay real dates. */
const SPAN_MS_MAX = 2 * 365 * 86_400_000;

/**
 * Reads what people type or link: `90m`, `now-90m`, `24h`. `undefined` when it is no span of time
 * between 10 s and two years.
 */
export function parseSpanMs(text: string): number | undefined {
  const spanMs = parseDurationMs(text.trim().replace(/^now-/, ''));
  return spanMs !== undefined && spanMs >= SPAN_MS_MIN && spanMs <= SPAN_MS_MAX ? spanMs : undefined;
}

/** The range that search parameters ask for; the default when they are absent or make no sense. */
export function timeRangeOfSearch(search: TimeRangeSearch): TimeRange {
  const { from, to } = search;
  if (from !== undefined && to !== undefined && isUsableSpan(from, to))
    return { kind: 'absolute', fromMs: from, toMs: to };
  const spanMs = search.range === undefined ? undefined : parseSpanMs(search.range);
  return spanMs === undefined ? DEFAULT_RANGE : { kind: 'relative', spanMs };
}

/** The search parameters of a range. The default one is named too: parameters that are absent are taken from the page before. */
export function searchOfTimeRange(range: TimeRange): TimeRangeSearch {
  if (range.kind === 'absolute') return { from: Math.round(range.fromMs), to: Math.round(range.toMs) };
  return { range: formatSpan(range.spanMs) };
}

/** `86400000` as `24h`, not `1d`: one of the presets where one fits, Prometheus notation otherwise. */
export function formatSpan(spanMs: number): string {
  return RANGE_PRESETS.find((preset) => parseDurationMs(preset) === spanMs) ?? formatDurationMs(spanMs);
}

export function spanMsOf(range: TimeRange): number {
  return range.kind === 'relative' ? range.spanMs : range.toMs - range.fromMs;
}

/** The range's ends at a moment. */
export function boundsOf(range: TimeRange, nowMs: number): { fromMs: number; toMs: number } {
  return range.kind === 'relative'
    ? { fromMs: nowMs - range.spanMs, toMs: nowMs }
    : { fromMs: range.fromMs, toMs: range.toMs };
}

/** The range moved by half its length, back (-1) or forward (+1); forward of now it becomes relative again. */
export function shiftRange(range: TimeRange, direction: -1 | 1, nowMs: number): TimeRange {
  const { fromMs, toMs } = boundsOf(range, nowMs);
  const spanMs = toMs - fromMs;
  const byMs = (direction * spanMs) / 2;
  if (toMs + byMs >= nowMs) return { kind: 'relative', spanMs };
  return { kind: 'absolute', fromMs: fromMs + byMs, toMs: toMs + byMs };
}

/** Twice the range around the same middle, ending at `nowMs` at the latest. */
export function zoomOut(range: TimeRange, nowMs: number): TimeRange {
  const { fromMs, toMs } = boundsOf(range, nowMs);
  const spanMs = Math.min((toMs - fromMs) * 2, SPAN_MS_MAX);
  if (range.kind === 'relative') return { kind: 'relative', spanMs };
  const finalMs = Math.min((fromMs + toMs) / 2 + spanMs / 2, nowMs);
  return { kind: 'absolute', fromMs: finalMs - spanMs, toMs: finalMs };
}

function isUsableSpan(fromMs: number, toMs: number): boolean {
  return toMs - fromMs >= SPAN_MS_MIN && toMs - fromMs <= SPAN_MS_MAX;
}
