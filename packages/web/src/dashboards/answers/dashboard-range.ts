import { parseDurationMs } from '@vedette/model';
import { boundsOf, type TimeRange } from '../../time/time-range.ts';

/**
 * Times as Grafana's files write them: `now-6h`, `now-1d/d`, `now`, milliseconds, or a date. A range
 * that ends now moves with the clock; every other one is fixed at the moment it is read.
 */
export function rangeOfDashboard(
  time: { readonly from: string; readonly to: string },
  nowMs: number,
): TimeRange | undefined {
  const spanMs = time.to.trim() === 'now' ? spanOf(time.from) : undefined;
  if (spanMs !== undefined && spanMs > 0) return { kind: 'relative', spanMs };
  const fromMs = momentOf(time.from, nowMs, 'start');
  const toMs = momentOf(time.to, nowMs, 'end');
  return fromMs === undefined || toMs === undefined || fromMs >= toMs
    ? undefined
    : { kind: 'absolute', fromMs, toMs };
}

/** The range of a panel with times of its own: `timeFrom` shortens or lengthens it, `timeShift` moves it back. */
export function rangeOfPanel(
  range: TimeRange,
  panel: { readonly timeFrom?: string; readonly timeShift?: string },
  nowMs: number,
): TimeRange {
  const spanMs = panel.timeFrom === undefined ? undefined : lengthOf(panel.timeFrom);
  const own: TimeRange =
    spanMs === undefined || range.kind === 'absolute' ? range : { kind: 'relative', spanMs };
  const shiftMs = panel.timeShift === undefined ? undefined : lengthOf(panel.timeShift);
  if (shiftMs === undefined || shiftMs === 0) return own;
  const { fromMs, toMs } = boundsOf(own, nowMs);
  return { kind: 'absolute', fromMs: fromMs - shiftMs, toMs: toMs - shiftMs };
}

/** `1h`, or Grafana's `now-1h`. */
function lengthOf(text: string): number | undefined {
  return spanMsOfUnits(text.trim().replace(/^now-/, '').replace(/\/.*$/, ''));
}

function spanOf(from: string): number | undefined {
  const text = /^now-(\w+)$/.exec(from.trim())?.[1];
  return text === undefined ? undefined : spanMsOfUnits(text);
}

/** Months are Grafana's own unit; 30 days, as in its presets. */
function spanMsOfUnits(text: string): number | undefined {
  const months = /^(\d+)M$/.exec(text)?.[1];
  return months === undefined ? parseDurationMs(text) : Number(months) * 30 * 86_400_000;
}

function momentOf(text: string, nowMs: number, edge: 'start' | 'end'): number | undefined {
  const trimmed = text.trim();
  if (/^\d+$/.test(trimmed)) return Number(trimmed);
  const relative = /^now(?:([-+])(\w+))?(?:\/([smhdwMy]))?$/.exec(trimmed);
  if (relative === null) {
    const dateMs = Date.parse(trimmed);
    return Number.isNaN(dateMs) ? undefined : dateMs;
  }
  const [, sign, span, unit] = relative;
  const spanMs = span === undefined ? 0 : spanMsOfUnits(span);
  if (spanMs === undefined) return undefined;
  const momentMs = nowMs + (sign === '+' ? spanMs : -spanMs);
  return unit === undefined ? momentMs : edgeOf(momentMs, unit, edge);
}

/** The beginning or the end of the day, week, … in which a moment lies, in the zone of the browser. */
function edgeOf(momentMs: number, unit: string, edge: 'start' | 'end'): number {
  const day = new Date(momentMs);
  if ('hdwMy'.includes(unit)) day.setMinutes(0, 0, 0);
  else day.setSeconds(unit === 'm' ? 0 : day.getSeconds(), 0);
  if ('dwMy'.includes(unit)) day.setHours(0);
  if (unit === 'w') day.setDate(day.getDate() - ((day.getDay() + 6) % 7));
  if ('My'.includes(unit)) day.setDate(1);
  if (unit === 'y') day.setMonth(0);
  if (edge === 'start') return day.getTime();
  if (unit === 's') return day.getTime() + 1000;
  if (unit === 'm') return day.getTime() + 60_000;
  if (unit === 'h') return day.getTime() + 3_600_000;
  if (unit === 'd') day.setDate(day.getDate() + 1);
  else if (unit === 'w') day.setDate(day.getDate() + 7);
  else if (unit === 'M') day.setMonth(day.getMonth() + 1);
  else day.setFullYear(day.getFullYear() + 1);
  return day.getTime();
}
