import type { AlertTime } from './alert.ts';

const RFC3339 =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9})\d*)?([Zz]|[+-]\d{2}:\d{2})$/;

/**
 * A moment as other programs write it, with Go's spelling of it: nanoseconds stay, trailing zeros go.
 * `undefined` when it is none; the 30th of February is none.
 */
export function parseRfc3339(text: string): AlertTime | undefined {
  const [, year, month, day, clock = '', fraction = '', zone = ''] = RFC3339.exec(text) ?? [];
  if (year === undefined || month === undefined || day === undefined) return undefined;
  const date = `${year}-${month}-${day}`;
  const ms = Date.parse(`${date}T${clock}${fraction === '' ? '' : `.${fraction.slice(0, 3)}`}${zone}`);
  if (Number.isNaN(ms) || Number(day) > daysOf(Number(year), Number(month))) return undefined;
  const digits = fraction.replace(/0+$/, '');
  const isUtc = /^(?:z|[+-]00:00)$/i.test(zone);
  return { ms, text: `${date}T${clock}${digits === '' ? '' : `.${digits}`}${isUtc ? 'Z' : zone}` };
}

/** Go's zero time, which stands for "none" in JSON. */
export function isZeroTime({ text }: AlertTime): boolean {
  return text.startsWith('0001-01-01T00:00:00');
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
