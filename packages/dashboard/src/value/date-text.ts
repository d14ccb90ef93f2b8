/**
 * Dates as texts, in any zone through Intl, by the pattern letters that dashboards carry
 * (`YYYY-MM-DD HH:mm:ss`). Formatters of Intl are dear to make (about 50 µs) and cheap to use, so the
 * last few are kept by zone and locale.
 */

/** Dates that JavaScript can hold: beyond, the number is shown as it is. */
const DATE_MS_MAX = 8.64e15;

/** ISO time for an empty pattern or `iso`; `seconds` is Unix time; else letters as `YYYY-MM-DD`. */
export function dateText(atMs: number, pattern: string, timezone: string, locale = 'en'): string {
  if (!(Math.abs(atMs) <= DATE_MS_MAX)) return String(atMs);
  if (pattern === '' || pattern === 'iso') return new Date(atMs).toISOString();
  if (pattern === 'seconds') return String(Math.floor(atMs / 1000));
  const parts = datePartsOf(atMs, timezone);
  return pattern.replaceAll(LETTERS, (letters, quoted?: string) => {
    if (quoted !== undefined) return quoted;
    return lettersText(letters, parts, { atMs, timezone, locale });
  });
}

/** A date and time as people of a locale write it. */
export function localDateText(atMs: number, timezone: string, locale: string): string {
  if (!(Math.abs(atMs) <= DATE_MS_MAX)) return String(atMs);
  return intlFormat(timezone, locale, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  }).format(atMs);
}

/** Whether two moments lie on one day of the calendar of a zone. */
export function isSameDay(oneMs: number, otherMs: number, timezone: string): boolean {
  return dateText(oneMs, 'YYYYMMDD', timezone) === dateText(otherMs, 'YYYYMMDD', timezone);
}

const LETTERS = /\[([^\]]{0,64})\]|YYYY|YY|MMMM|MMM|MM|M|DD|D|dddd|ddd|HH|H|hh|h|mm|m|ss|s|SSS|A|a|ZZ|Z|X|x/g;

interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

interface DatePlace {
  readonly atMs: number;
  readonly timezone: string;
  readonly locale: string;
}

function lettersText(letters: string, parts: DateParts, place: DatePlace): string {
  const number = NUMBERS[letters];
  if (number !== undefined) return String(number(parts)).padStart(letters.length, '0');
  const { atMs, timezone, locale } = place;
  if (letters === 'YY') return String(parts.year % 100).padStart(2, '0');
  if (letters === 'SSS') return String(((atMs % 1000) + 1000) % 1000).padStart(3, '0');
  if (letters === 'A') return parts.hour < 12 ? 'AM' : 'PM';
  if (letters === 'a') return parts.hour < 12 ? 'am' : 'pm';
  if (letters === 'X') return String(Math.floor(atMs / 1000));
  if (letters === 'x') return String(atMs);
  if (letters === 'Z' || letters === 'ZZ') return offsetText(atMs, parts, letters === 'Z' ? ':' : '');
  const name = NAMES[letters];
  return name === undefined ? letters : intlFormat(timezone, locale, name).format(atMs);
}

const NUMBERS: Readonly<Record<string, (parts: DateParts) => number>> = {
  YYYY: ({ year }) => year,
  MM: ({ month }) => month,
  M: ({ month }) => month,
  DD: ({ day }) => day,
  D: ({ day }) => day,
  HH: ({ hour }) => hour,
  H: ({ hour }) => hour,
  hh: ({ hour }) => hour % 12 || 12,
  h: ({ hour }) => hour % 12 || 12,
  mm: ({ minute }) => minute,
  m: ({ minute }) => minute,
  ss: ({ second }) => second,
  s: ({ second }) => second,
};

const NAMES: Readonly<Record<string, Intl.DateTimeFormatOptions>> = {
  MMMM: { month: 'long' },
  MMM: { month: 'short' },
  dddd: { weekday: 'long' },
  ddd: { weekday: 'short' },
};

function offsetText(atMs: number, parts: DateParts, separator: string): string {
  const localMs = Date.UTC(parts.year, parts.month - 1, parts.day, parts.hour, parts.minute, parts.second);
  const minutes = Math.round((localMs - Math.floor(atMs / 1000) * 1000) / 60_000);
  const two = (count: number): string => String(count).padStart(2, '0');
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${separator}${two(size % 60)}`;
}

function datePartsOf(atMs: number, timezone: string): DateParts {
  const found: Record<string, number> = {};
  const format = intlFormat(timezone, 'en-US', {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
  });
  for (const part of format.formatToParts(atMs)) found[part.type] = Number(part.value);
  const of = (name: string): number => found[name] ?? 0;
  return {
    year: of('year'),
    month: of('month'),
    day: of('day'),
    hour: of('hour'),
    minute: of('minute'),
    second: of('second'),
  };
}

/** Formatters kept: a page uses one zone and locale, with a handful of shapes. */
const FORMATS_KEPT_MAX = 32;
const formats = new Map<string, Intl.DateTimeFormat>();

function intlFormat(
  timezone: string,
  locale: string,
  shape: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const key = `${timezone}\n${locale}\n${JSON.stringify(shape)}`;
  const kept = formats.get(key);
  if (kept !== undefined) return kept;
  const made = makeFormat(timezone, locale, shape);
  if (formats.size >= FORMATS_KEPT_MAX) formats.clear();
  formats.set(key, made);
  return made;
}

/** A zone or locale that the browser does not know is UTC, or English: a wrong file must not break the page. */
function makeFormat(
  timezone: string,
  locale: string,
  shape: Intl.DateTimeFormatOptions,
): Intl.DateTimeFormat {
  const zone = timezone === 'browser' || timezone === '' ? undefined : timezone === 'utc' ? 'UTC' : timezone;
  try {
    return new Intl.DateTimeFormat(locale, { ...shape, ...(zone !== undefined && { timeZone: zone }) });
  } catch {
    return new Intl.DateTimeFormat('en', { ...shape, timeZone: 'UTC' });
  }
}
