import { intlZoneOf, shownZone, wallClockOf } from '../time/zone.ts';

/** Labels of a time axis: clock times, and the date where a day begins. `incrSeconds` is the distance of two ticks. */
export function formatTimeTicks(
  seconds: readonly number[],
  incrSeconds: number,
  language: string,
  timeZone: string | undefined = shownZone(),
): string[] {
  const time = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone,
    ...(incrSeconds < 60 ? { second: '2-digit' } : {}),
  });
  const date = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone });
  return seconds.map((second) => {
    const [, , , hour, minute, clockSecond] = wallClockOf(second * 1000, timeZone);
    const isMidnight = hour === 0 && minute === 0 && clockSecond === 0;
    return incrSeconds >= 86_400 || (isMidnight && incrSeconds >= 60)
      ? date.format(second * 1000)
      : time.format(second * 1000);
  });
}

/** A moment in full, with its date: what a tooltip and a title say. */
export function formatMoment(
  timestampMs: number,
  language: string,
  timeZone: string | undefined = shownZone(),
): string {
  return new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
    timeZone,
  }).format(timestampMs);
}

/** A moment of today: hours, minutes, seconds. */
export function formatClock(timestampMs: number, language: string): string {
  return new Intl.DateTimeFormat(language, {
    timeStyle: 'medium',
    hourCycle: 'h23',
    timeZone: shownZone(),
  }).format(timestampMs);
}

/**
 * A moment to the minute with its zone, for places where texts in UTC stand beside it; with the date where that is
 * another day than that of `nowMs`.
 */
export function formatMinute(
  timestampMs: number,
  { language, nowMs, zone = shownZone() }: { language: string; nowMs: number; zone?: string | undefined },
): string {
  const dayOf = (ms: number): string => wallClockOf(ms, zone).slice(0, 3).join();
  return new Intl.DateTimeFormat(language, {
    ...(dayOf(timestampMs) === dayOf(nowMs) ? {} : { day: 'numeric', month: 'short' }),
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
    hourCycle: 'h23',
    timeZone: zone,
  }).format(timestampMs);
}

/** The zone that a dashboard names, for Intl; where it leaves the choice to the browser, the zone shown. */
export function zoneOf(timezone: string): string | undefined {
  return intlZoneOf(timezone) ?? shownZone();
}
