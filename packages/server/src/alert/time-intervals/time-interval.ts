import type { Range } from './ranges.ts';
import { TimeZone, type WallTime } from './time-zone.ts';

/** From the first minute to before the last one. */
export interface MinuteRange {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** One of the intervals under a name. A field that is absent accepts every time, an empty list none. */
export interface TimeIntervalFields {
  readonly times?: readonly MinuteRange[] | undefined;
  readonly weekdays?: readonly Range[] | undefined;
  readonly daysOfMonth?: readonly Range[] | undefined;
  readonly months?: readonly Range[] | undefined;
  readonly years?: readonly Range[] | undefined;
  readonly location?: string | undefined;
}

/** A set of times: all of its fields must accept a time, each of them through any of its ranges. */
export class TimeInterval {
  readonly fields: TimeIntervalFields;
  readonly #zone: TimeZone;

  /** Throws `InputError` (VED_ALERTING_INVALID) for an unknown location. */
  constructor(fields: TimeIntervalFields) {
    this.fields = fields;
    this.#zone = new TimeZone(fields.location ?? 'UTC');
  }

  /** Whether the time, in ms since 1970, lies within. A microsecond or two. */
  contains(timestampMs: number): boolean {
    const { times, weekdays, daysOfMonth, months, years } = this.fields;
    const at = this.#zone.wallTimeOf(timestampMs);
    return (
      isAny(
        times,
        ({ startMinute, endMinute }) => at.minuteOfDay >= startMinute && at.minuteOfDay < endMinute,
      ) &&
      isAny(daysOfMonth, (range) => hasDay(range, at)) &&
      isAny(months, (range) => isWithin(range, at.month)) &&
      isAny(weekdays, (range) => isWithin(range, at.weekday)) &&
      isAny(years, (range) => isWithin(range, at.year))
    );
  }
}

function isAny<T>(ranges: readonly T[] | undefined, accepts: (range: T) => boolean): boolean {
  return ranges === undefined || ranges.some(accepts);
}

function isWithin({ first, last }: Range, value: number): boolean {
  return value >= first && value <= last;
}

/** Negative days count from the end of the month; what lies outside of the month is cut off. */
function hasDay({ first, last }: Range, { day, daysInMonth }: WallTime): boolean {
  const fromStart = (end: number): number => (end < 0 ? daysInMonth + end + 1 : end);
  return day >= fromStart(first) && day <= fromStart(last);
}
