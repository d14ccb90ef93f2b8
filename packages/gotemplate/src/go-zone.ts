/** Time zones: offsets by the platform's own table (`Intl`), abbreviations as tzdata has them. */
import { CallError } from './template-error.ts';

export interface GoZone {
  /** `UTC`, `Europe/Paris`; empty for a bare offset. */
  readonly name: string;
  /** In force at a Unix time. */
  at(seconds: number): { readonly offsetSeconds: number; readonly abbreviation: string };
}

export const UTC_ZONE: GoZone = { name: 'UTC', at: () => ({ offsetSeconds: 0, abbreviation: 'UTC' }) };

/** Without a name the offset stands in its place: `+0200`. */
export function fixedZone(offsetSeconds: number, name = ''): GoZone {
  const abbreviation = name === '' ? offsetText(offsetSeconds, '') : name;
  return { name, at: () => ({ offsetSeconds, abbreviation }) };
}

/** Go's `time.LoadLocation`; `local` is what `Local` means. Throws `CallError`. */
export function loadZone(name: string, local: GoZone): GoZone {
  if (name === '' || name === 'UTC') return UTC_ZONE;
  if (name === 'Local') return local;
  if (name.includes('..') || /^[/\\]|\\/.test(name)) throw new CallError('time: invalid location name');
  // What Intl takes beyond names of zones (`+02:00`, `utc`) is none for Go.
  if (!/^[A-Z][\w+\-/]*$/.test(name)) throw new CallError(`unknown time zone ${name}`);
  try {
    const offsets = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
    const letters = letterFormats(name);
    return { name, at: (seconds) => zoneAt(name, { offsets, letters: letters() }, seconds) };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CallError(`unknown time zone ${name}`, { cause: error });
  }
}

interface ZoneFormats {
  readonly offsets: Intl.DateTimeFormat;
  readonly letters: readonly Intl.DateTimeFormat[];
}

function zoneAt(name: string, formats: ZoneFormats, seconds: number): ReturnType<GoZone['at']> {
  const offsetSeconds = offsetIn(formats.offsets, seconds);
  return { offsetSeconds, abbreviation: abbreviationOf(name, formats, seconds) };
}

function offsetIn(offsets: Intl.DateTimeFormat, seconds: number): number {
  const shown = /([+-])(\d+)(?::(\d+))?(?::(\d+))?/.exec(partOf(offsets, seconds)) ?? [];
  const [, sign = '+', hours = '0', minutes = '0', rest = '0'] = shown;
  const magnitude = Number(hours) * 3600 + Number(minutes) * 60 + Number(rest);
  return sign === '-' ? -magnitude : magnitude;
}

function partOf(format: Intl.DateTimeFormat, seconds: number): string {
  return format.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
}

/** Zones whose letters no English locale has, in winter and, where there is one, in summer. */
// oxfmt-ignore
const ABBREVIATIONS: ReadonlyMap<string, readonly [standard: string, daylight?: string]> = new Map([
  ['Asia/Tokyo', ['JST']], ['Japan', ['JST']], ['Asia/Seoul', ['KST']], ['Asia/Shanghai', ['CST']], ['PRC', ['CST']],
  ['Asia/Taipei', ['CST']], ['Asia/Macau', ['CST']], ['Asia/Hong_Kong', ['HKT']], ['Asia/Manila', ['PST']],
  ['Asia/Jakarta', ['WIB']], ['Asia/Makassar', ['WITA']], ['Asia/Karachi', ['PKT']], ['Asia/Kolkata', ['IST']],
  ['Asia/Calcutta', ['IST']], ['Asia/Jerusalem', ['IST', 'IDT']], ['Asia/Beirut', ['EET', 'EEST']],
  ['Europe/Moscow', ['MSK']], ['Africa/Johannesburg', ['SAST']], ['Africa/Lagos', ['WAT']],
  ['Africa/Nairobi', ['EAT']], ['Africa/Maputo', ['CAT']], ['Africa/Cairo', ['EET', 'EEST']],
]);

// Between them these locales have the letters of America, Europe, Australia and New Zealand.
const LOCALES = ['en-US', 'en-GB', 'en-AU', 'en-NZ'];

/** Made on the first use: formats are dear. */
function letterFormats(name: string): () => readonly Intl.DateTimeFormat[] {
  let formats: readonly Intl.DateTimeFormat[] | undefined;
  return () =>
    (formats ??= LOCALES.map(
      (locale) => new Intl.DateTimeFormat(locale, { timeZone: name, timeZoneName: 'short' }),
    ));
}

function abbreviationOf(name: string, { offsets, letters }: ZoneFormats, seconds: number): string {
  const offsetSeconds = offsetIn(offsets, seconds);
  const known = ABBREVIATIONS.get(name);
  if (known !== undefined) {
    const standard = Math.min(...[1, 7].map((month) => offsetIn(offsets, Date.UTC(2024, month, 1) / 1000)));
    return offsetSeconds > standard ? (known[1] ?? known[0]) : known[0];
  }
  for (const format of letters) {
    const shown = partOf(format, seconds);
    if (/^[A-Z]{2,5}$/.test(shown)) return shown;
  }
  return offsetText(offsetSeconds, '').replace(/00$/, '');
}

/** `+0200`, `+02:00`; the seconds only where `withSeconds` asks for them. */
export function offsetText(offsetSeconds: number, separator: string, withSeconds = false): string {
  const magnitude = Math.abs(offsetSeconds);
  const parts = [
    Math.floor(magnitude / 3600),
    Math.floor(magnitude / 60) % 60,
    ...(withSeconds ? [magnitude % 60] : []),
  ];
  return (offsetSeconds < 0 ? '-' : '+') + parts.map((part) => String(part).padStart(2, '0')).join(separator);
}
