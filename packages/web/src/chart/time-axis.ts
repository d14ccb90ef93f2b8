/** Labels of a time axis: clock times, and the date where a day begins. `incrSeconds` is the distance of two ticks. */
export function formatTimeTicks(
  seconds: readonly number[],
  incrSeconds: number,
  language: string,
  timeZone?: string,
): string[] {
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = new Intl.DateTimeFormat(language, {
    ...zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(incrSeconds < 60 ? { second: '2-digit' } : {}),
  });
  const date = new Intl.DateTimeFormat(language, { ...zone, day: 'numeric', month: 'short' });
  const clock = new Intl.DateTimeFormat('sv', { ...zone, timeStyle: 'medium' });
  return seconds.map((second) => {
    const moment = new Date(second * 1000);
    const isMidnight = clock.format(moment) === '00:00:00';
    return incrSeconds >= 86_400 || (isMidnight && incrSeconds >= 60)
      ? date.format(moment)
      : time.format(moment);
  });
}

/** A moment in full: what a tooltip and a title say. `timeZone` is an IANA name; absent: the browser's. */
export function formatMoment(timestampMs: number, language: string, timeZone?: string): string {
  return new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
    ...(timeZone === undefined ? {} : { timeZone }),
  }).format(new Date(timestampMs));
}

/** A moment of today: hours, minutes, seconds. */
export function formatClock(timestampMs: number, language: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: 'medium', hourCycle: 'h23' }).format(
    new Date(timestampMs),
  );
}

/** The zone that a dashboard names, as Intl knows it; `undefined` is the browser's own, and for names that do not exist. */
export function zoneOf(timezone: string): string | undefined {
  if (timezone === '' || timezone === 'browser') return undefined;
  if (timezone === 'utc') return 'UTC';
  try {
    return new Intl.DateTimeFormat('en', { timeZone: timezone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
