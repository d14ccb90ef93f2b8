/** Labels of a time axis: clock times, and the date where a day begins. `incrSeconds` is the distance of two ticks. */
export function formatTimeTicks(seconds: readonly number[], incrSeconds: number, language: string): string[] {
  const time = new Intl.DateTimeFormat(language, {
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    ...(incrSeconds < 60 ? { second: '2-digit' } : {}),
  });
  const date = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short' });
  return seconds.map((second) => {
    const moment = new Date(second * 1000);
    const isMidnight = moment.getHours() === 0 && moment.getMinutes() === 0 && moment.getSeconds() === 0;
    return incrSeconds >= 86_400 || (isMidnight && incrSeconds >= 60)
      ? date.format(moment)
      : time.format(moment);
  });
}

/** A moment in full, with its zone: what a tooltip and a title say. */
export function formatMoment(timestampMs: number, language: string): string {
  return new Intl.DateTimeFormat(language, {
    dateStyle: 'medium',
    timeStyle: 'medium',
    hourCycle: 'h23',
  }).format(new Date(timestampMs));
}

/** A moment of today: hours, minutes, seconds. */
export function formatClock(timestampMs: number, language: string): string {
  return new Intl.DateTimeFormat(language, { timeStyle: 'medium', hourCycle: 'h23' }).format(
    new Date(timestampMs),
  );
}
