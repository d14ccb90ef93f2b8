/**
 * Wall-clock time of a place. `Intl` knows the rules of the zones and takes some microseconds to apply them, so
 * that its answer is kept as an offset for a quarter of an hour: every offset in use since 1972 changes at a
 * full quarter of UTC.
 */
import { InputError } from '@vedette/model';

/** What a clock on the wall shows. */
export interface WallTime {
  readonly year: number;
  /** January is 1. */
  readonly month: number;
  readonly day: number;
  /** Sunday is 0. */
  readonly weekday: number;
  readonly minuteOfDay: number;
  readonly daysInMonth: number;
}

const QUARTER_MS = 900_000;
const DAY_MS = 86_400_000;

export class TimeZone {
  /** As it was written. */
  readonly name: string;
  readonly #format: Intl.DateTimeFormat | undefined;
  #quarter = Number.NaN;
  #offsetMs = 0;

  /**
   * `name` is of the IANA database; empty and `UTC` are UTC, `Local` is the zone of this machine. Throws
   * `InputError` (VED_ALERTING_INVALID) for another one.
   */
  constructor(name: string) {
    this.name = name;
    if (name !== '' && name !== 'UTC') this.#format = formatOf(name);
  }

  /** Of a time in ms since 1970. */
  wallTimeOf(timestampMs: number): WallTime {
    const quarter = Math.floor(timestampMs / QUARTER_MS);
    if (quarter !== this.#quarter && this.#format !== undefined) {
      this.#offsetMs = offsetAt(this.#format, quarter * QUARTER_MS);
      this.#quarter = quarter;
    }
    const local = new Date(timestampMs + this.#offsetMs);
    const year = local.getUTCFullYear();
    const month = local.getUTCMonth() + 1;
    return {
      year,
      month,
      day: local.getUTCDate(),
      weekday: local.getUTCDay(),
      minuteOfDay: local.getUTCHours() * 60 + local.getUTCMinutes(),
      daysInMonth: (Date.UTC(year, month) - Date.UTC(year, month - 1)) / DAY_MS,
    };
  }
}

function formatOf(name: string): Intl.DateTimeFormat {
  try {
    if (/^[+-]/.test(name)) throw new RangeError('an offset is no place');
    return new Intl.DateTimeFormat('en-US', {
      ...(name === 'Local' ? {} : { timeZone: name }),
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
  } catch (error) {
    throw new InputError('VED_ALERTING_INVALID', `unknown time zone ${name}`, { cause: error });
  }
}

function offsetAt(format: Intl.DateTimeFormat, timestampMs: number): number {
  const parts = new Map(format.formatToParts(timestampMs).map(({ type, value }) => [type, value]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => Number(parts.get(type));
  const localMs = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return localMs - timestampMs;
}
