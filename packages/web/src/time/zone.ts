/**
 * The time zone in which the pages write times: `tz` in the URL, so that a link shows both readers the
 * same, else the one chosen in this browser, else the browser's own.
 *
 * Times are written in dozens of places, all by the few functions that ask `shownZone`. The shell sets it before
 * its pages render, and a change of `tz` renders them all anew; handing it through every component would say no more.
 */
export type Zone = string;

/** The machine's own zone. */
export const BROWSER_ZONE: Zone = 'browser';

const STORAGE_KEY = 'vedette.zone';

let shown: Zone = BROWSER_ZONE;

/** The zone for `Intl.DateTimeFormat`; `undefined` is the browser's own. */
export function shownZone(): string | undefined {
  return intlZoneOf(shown);
}

export function showZone(zone: Zone): void {
  shown = zone;
}

/** `UTC` for `utc`, the name itself for others; `undefined` for the browser's own and for names that it does not know. */
export function intlZoneOf(zone: Zone): string | undefined {
  if (zone === BROWSER_ZONE || zone === '') return undefined;
  return isZone(zone) ? (zone === 'utc' ? 'UTC' : zone) : undefined;
}

/** Whether times can be written in it. */
export function isZone(zone: Zone): boolean {
  if (zone === BROWSER_ZONE || zone === 'utc') return true;
  try {
    return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** The zone that a page begins with when its address names none. */
export function storedZone(): Zone {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored !== null && isZone(stored) ? stored : BROWSER_ZONE;
}

export function storeZone(zone: Zone): void {
  localStorage.setItem(STORAGE_KEY, zone);
}

/** How far the clocks of a zone are ahead of UTC at a moment, ms. */
export function zoneOffsetMs(timestampMs: number, zone: string | undefined): number {
  const wallMs = Date.UTC(...wallClockOf(timestampMs, zone));
  return wallMs - Math.floor(timestampMs / 1000) * 1000;
}

type WallClock = readonly [
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  second: number,
];

/** What a clock on the wall shows; the month counts from 0. */
export function wallClockOf(timestampMs: number, zone: string | undefined): WallClock {
  const parts = new Map(
    wallFormatOf(zone)
      .formatToParts(new Date(timestampMs))
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  return [part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')];
}

/** Making a format costs 50 times what using one does; a page shows one or two zones. */
const wallFormats = new Map<string | undefined, Intl.DateTimeFormat>();

function wallFormatOf(zone: string | undefined): Intl.DateTimeFormat {
  const known = wallFormats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat('en-u-ca-gregory', {
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
    hourCycle: 'h23',
    timeZone: zone,
  });
  wallFormats.set(zone, made);
  return made;
}
