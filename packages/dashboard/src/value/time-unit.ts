import { dateText, isSameDay, localDateText } from './date-text.ts';

/** Where and when a value is read. */
export interface FormatContext {
  /** `browser`, `utc`, or an IANA name; absent: UTC. */
  readonly timezone?: string;
  /** BCP 47; absent: English. */
  readonly locale?: string;
  /** For "5 minutes ago"; absent: the moment itself is shown. */
  readonly nowMs?: number;
}

type TimeFormat = (
  value: number,
  context: Required<Omit<FormatContext, 'nowMs'>> & Pick<FormatContext, 'nowMs'>,
) => string;

/** The text of a value in one of the units that are not a number with a suffix; `undefined`: the unit is another. */
export function timeUnitText(value: number, unit: string, context: FormatContext): string | undefined {
  const place = { ...context, timezone: context.timezone ?? 'utc', locale: context.locale ?? 'en' };
  const format = FORMATS.get(unit);
  if (format !== undefined) return format(value, place);
  if (unit.startsWith('time:'))
    return dateText(value, unit.slice('time:'.length), place.timezone, place.locale);
  return undefined;
}

const FORMATS: ReadonlyMap<string, TimeFormat> = new Map<string, TimeFormat>(
  Object.entries({
    dtdurations: (value) => durationText(value),
    dtdurationms: (value) => durationText(value / 1000),
    dthms: (value) => clockText(value, false),
    dtdhms: (value) => clockText(value, true),
    clocks: (value) => durationText(value),
    clockms: (value) => durationText(value / 1000),
    timeticks: (value) => durationText(value / 100),
    dateTimeAsIso: (value, { timezone }) => dateText(value, 'YYYY-MM-DD HH:mm:ss', timezone),
    dateTimeAsIsoNoDateIfToday: (value, context) =>
      withoutToday(value, 'YYYY-MM-DD HH:mm:ss', 'HH:mm:ss', context),
    dateTimeAsUS: (value, { timezone }) => dateText(value, 'MM/DD/YYYY h:mm:ss a', timezone),
    dateTimeAsUSNoDateIfToday: (value, context) =>
      withoutToday(value, 'MM/DD/YYYY h:mm:ss a', 'h:mm:ss a', context),
    dateTimeAsLocal: (value, { timezone, locale }) => localDateText(value, timezone, locale),
    dateTimeAsLocalNoDateIfToday: (value, { timezone, locale }) => localDateText(value, timezone, locale),
    dateTimeAsSystem: (value, { timezone }) => dateText(value, 'YYYY-MM-DD HH:mm:ss', timezone),
    dateTimeFromNow: agoText,
  } satisfies Record<string, TimeFormat>),
);

type Place = Parameters<TimeFormat>[1];

function withoutToday(value: number, full: string, short: string, { timezone, nowMs }: Place): string {
  const isToday = nowMs !== undefined && isSameDay(value, nowMs, timezone);
  return dateText(value, isToday ? short : full, timezone);
}

const PARTS: readonly (readonly [seconds: number, name: string])[] = [
  [31_536_000, 'year'],
  [2_592_000, 'month'],
  [604_800, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** How many parts a long duration is told in: the two largest say enough. */
const PARTS_SHOWN = 2;

/** `2 days, 3 hours`; below a second the milliseconds. */
function durationText(seconds: number): string {
  if (!Number.isFinite(seconds)) return String(seconds);
  if (seconds < 0) return `−${durationText(-seconds)}`;
  if (seconds > 0 && seconds < 1) return counted(Math.round(seconds * 1000), 'millisecond');
  let rest = Math.floor(seconds);
  const texts: string[] = [];
  for (const [size, name] of PARTS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) texts.push(counted(count, name));
    else if (texts.length > 0) break;
    if (texts.length === PARTS_SHOWN) break;
  }
  return texts.length === 0 ? '0 seconds' : texts.join(', ');
}

function counted(count: number, name: string): string {
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** `01:02:03`, with days before when asked: `1 d 01:02:03`. */
function clockText(seconds: number, hasDays: boolean): string {
  if (!Number.isFinite(seconds)) return String(seconds);
  if (seconds < 0) return `−${clockText(-seconds, hasDays)}`;
  const whole = Math.floor(seconds);
  const days = hasDays ? Math.floor(whole / 86_400) : 0;
  const rest = whole - days * 86_400;
  const two = (count: number): string => String(count).padStart(2, '0');
  return `${days > 0 ? `${days} d ` : ''}${two(Math.floor(rest / 3600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)}`;
}

/** `5 minutes ago`, `in 2 hours`, in the words of the locale. */
function agoText(value: number, { nowMs, timezone, locale }: Place): string {
  if (nowMs === undefined) return dateText(value, 'YYYY-MM-DD HH:mm:ss', timezone);
  const seconds = (value - nowMs) / 1000;
  const size = Math.abs(seconds);
  const [unit, name] = PARTS.find(([part]) => size >= part) ?? [1, 'second'];
  return relativeFormat(locale).format(Math.round(seconds / unit), name as Intl.RelativeTimeFormatUnit);
}

function relativeFormat(locale: string): Intl.RelativeTimeFormat {
  try {
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
  } catch {
    return new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  }
}
