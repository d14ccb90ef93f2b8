/** Go's `time.Time` as a template value: Prometheus' `toTime`, and the times of Alertmanager's alerts. */
import { goDuration, nanosecondsIn } from './go-duration.ts';
import { formatTime, MONTHS, type TimeParts, WEEKDAYS } from './go-layout.ts';
import { type GoZone, UTC_ZONE } from './go-zone.ts';
import { TIME_STEPS } from './limits.ts';
import { CallError } from './template-error.ts';
import {
  type GoFunction,
  type GoMethods,
  type GoNamed,
  type GoStruct,
  type GoType,
  type GoValue,
  basicOf,
  goFunction,
  textOf,
} from './value.ts';

const SECOND = 1_000_000_000n;

/** Year 1 in UTC: what Go calls the zero time. */
export const ZERO_TIME_NANOSECONDS = -62_135_596_800n * SECOND;

// What Date can hold: some 270 000 years either way. Go goes further, and alerts do not.
const SECONDS_MAX = 8_640_000_000_000;

export interface GoTimeOptions {
  /** `*time.Time` for Prometheus, which hands out pointers. */
  readonly type: 'time.Time' | '*time.Time';
  readonly zone: GoZone;
  /** What `Local` gives. */
  readonly local: GoZone;
}

/** A `time.Time`: a struct that remembers its moment and zone. */
export interface GoTime extends GoStruct {
  readonly nanoseconds: bigint;
  readonly options: GoTimeOptions;
}

const POINTER_IN_UTC: GoTimeOptions = { type: '*time.Time', zone: UTC_ZONE, local: UTC_ZONE };

/** Nanoseconds since the Unix epoch. Throws `CallError` far away from our days. */
export function goTime(nanoseconds: bigint, options: GoTimeOptions = POINTER_IN_UTC): GoTime {
  const seconds = floorDivide(nanoseconds, SECOND);
  if (Math.abs(Number(seconds)) > SECONDS_MAX) throw new CallError('time is out of range');
  let known: TimeParts | undefined;
  const parts = (): TimeParts => (known ??= timeParts(nanoseconds, options.zone));
  let methods: GoMethods | undefined;
  return {
    kind: 'struct',
    type: options.type,
    fields: new Map(),
    nanoseconds,
    options,
    // Most times are only printed.
    get methods() {
      methods ??= new Map([
        ...partMethods(parts),
        ...momentMethods(nanoseconds),
        ...relationMethods(nanoseconds),
        ...changeMethods(nanoseconds, options, parts),
      ]);
      return methods;
    },
    text: () => formatTime(parts(), STRING_LAYOUT),
    json: () => `"${formatTime(parts(), RFC3339_NANO)}"`,
  };
}

const STRING_LAYOUT = '2006-01-02 15:04:05.999999999 -0700 MST';
const RFC3339_NANO = '2006-01-02T15:04:05.999999999Z07:00';

/** `2015-06-23 13:19:44.128 +0000 UTC`; the fraction without trailing zeros. */
export function formatGoTime(nanoseconds: bigint): string {
  return formatTime(timeParts(nanoseconds, UTC_ZONE), STRING_LAYOUT);
}

/** An argument whose parameter is a `time.Time`. */
export function timeOf(argument: GoValue): GoTime {
  if (!isTime(argument)) throw new CallError('value is no time');
  return argument;
}

function isTime(value: GoValue): value is GoTime {
  return typeof value === 'object' && value.kind === 'struct' && 'nanoseconds' in value;
}

type Methods = readonly (readonly [name: string, method: GoFunction])[];

const getter = (value: () => GoValue): GoFunction => goFunction([], value);

function partMethods(parts: () => TimeParts): Methods {
  const int = (name: 'year' | 'day' | 'hour' | 'minute' | 'second' | 'yearDay'): GoFunction =>
    getter(() => BigInt(parts()[name]));
  return [
    ['Year', int('year')],
    ['Month', getter(() => named('time.Month', parts().month, MONTHS[parts().month - 1] ?? ''))],
    ['Day', int('day')],
    ['YearDay', int('yearDay')],
    ['Weekday', getter(() => named('time.Weekday', parts().weekday, WEEKDAYS[parts().weekday] ?? ''))],
    ['Hour', int('hour')],
    ['Minute', int('minute')],
    ['Second', int('second')],
    ['Nanosecond', getter(() => BigInt(parts().nanosecond))],
    [
      'Format',
      goFunction(['string'], ([layout], meter) => {
        meter.addSteps(TIME_STEPS);
        return formatTime(parts(), textOf(layout));
      }),
    ],
    ['String', getter(() => formatTime(parts(), STRING_LAYOUT))],
  ];
}

function named(type: string, value: number, text: string): GoNamed {
  return {
    kind: 'named',
    type,
    value: BigInt(value),
    methods: new Map([['String', getter(() => text)]]),
    text: () => text,
  };
}

function momentMethods(nanoseconds: bigint): Methods {
  return [
    ['Unix', getter(() => floorDivide(nanoseconds, SECOND))],
    ['UnixMilli', getter(() => floorDivide(nanoseconds, 1_000_000n))],
    ['UnixMicro', getter(() => floorDivide(nanoseconds, 1000n))],
    ['UnixNano', getter(() => BigInt.asIntN(64, nanoseconds))],
    ['IsZero', getter(() => nanoseconds === ZERO_TIME_NANOSECONDS)],
  ];
}

function relationMethods(nanoseconds: bigint): Methods {
  const relation = (relate: (other: bigint) => GoValue): GoFunction =>
    goFunction(['time.Time'], ([other]) => relate(timeOf(other).nanoseconds));
  return [
    ['Sub', relation((other) => goDuration(nanoseconds - other))],
    ['After', relation((other) => nanoseconds > other)],
    ['Before', relation((other) => nanoseconds < other)],
    ['Equal', relation((other) => nanoseconds === other)],
    ['Compare', relation((other) => (nanoseconds === other ? 0n : nanoseconds < other ? -1n : 1n))],
  ];
}

/** Methods that give another time are of `time.Time` itself, also those of a pointer. */
function changeMethods(nanoseconds: bigint, options: GoTimeOptions, parts: () => TimeParts): Methods {
  const { zone, local } = options;
  const moved = (
    parameters: readonly GoType[],
    move: (args: readonly GoValue[]) => bigint,
    to = zone,
  ): GoFunction =>
    goFunction(parameters, (args, meter) => {
      meter.addSteps(TIME_STEPS);
      return goTime(move(args), { type: 'time.Time', zone: to, local });
    });
  const duration: readonly GoType[] = ['time.Duration'];
  return [
    ['UTC', moved([], () => nanoseconds, UTC_ZONE)],
    ['Local', moved([], () => nanoseconds, local)],
    ['Add', moved(duration, ([span]) => nanoseconds + nanosecondsIn(span))],
    ['AddDate', moved(['int', 'int', 'int'], (change) => addDate(parts(), change, zone))],
    ['Truncate', moved(duration, ([unit]) => truncated(nanoseconds, nanosecondsIn(unit)))],
    ['Round', moved(duration, ([unit]) => rounded(nanoseconds, nanosecondsIn(unit)))],
  ];
}

function addDate(parts: TimeParts, change: readonly GoValue[], zone: GoZone): bigint {
  const [years = 0, months = 0, days = 0] = change.map((amount) => Number(basicOf(amount)));
  return momentOf(
    { ...parts, year: parts.year + years, month: parts.month + months, day: parts.day + days },
    zone,
  );
}

/** Go counts from the zero time, so that days and weeks begin where they should. */
function truncated(nanoseconds: bigint, unit: bigint): bigint {
  return unit <= 0n ? nanoseconds : nanoseconds - ((nanoseconds - ZERO_TIME_NANOSECONDS) % unit);
}

function rounded(nanoseconds: bigint, unit: bigint): bigint {
  if (unit <= 0n) return nanoseconds;
  const below = truncated(nanoseconds, unit);
  return (nanoseconds - below) * 2n >= unit ? below + unit : below;
}

export function timeParts(nanoseconds: bigint, zone: GoZone): TimeParts {
  const seconds = floorDivide(nanoseconds, SECOND);
  const { offsetSeconds, abbreviation } = zone.at(Number(seconds));
  const date = new Date((Number(seconds) + offsetSeconds) * 1000);
  const year = date.getUTCFullYear();
  return {
    year,
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    yearDay: Math.round((date.getTime() - startOfYearMs(year)) / 86_400_000 - 0.5) + 1,
    weekday: date.getUTCDay(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    nanosecond: Number(nanoseconds - seconds * SECOND),
    offsetSeconds,
    abbreviation,
  };
}

function startOfYearMs(year: number): number {
  return new Date(0).setUTCFullYear(year, 0, 1);
}

type Civil = Pick<TimeParts, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'nanosecond'>;

/** The moment of a date and time of day in a zone; months and days beyond their range carry on, as in Go. */
export function momentOf(civil: Civil, zone: GoZone): bigint {
  const date = new Date(0);
  // Date.UTC takes years below 100 for those of the last century.
  date.setUTCFullYear(civil.year, civil.month - 1, civil.day);
  const ms = date.setUTCHours(civil.hour, civil.minute, civil.second);
  if (Number.isNaN(ms)) throw new CallError('time is out of range');
  const local = ms / 1000;
  // The offset at the moment itself; the first guess is off around a change of the clocks only.
  const guess = local - zone.at(local).offsetSeconds;
  const seconds = local - zone.at(guess).offsetSeconds;
  return BigInt(seconds) * SECOND + BigInt(civil.nanosecond);
}

function floorDivide(left: bigint, right: bigint): bigint {
  const quotient = left / right;
  return left < 0n && quotient * right !== left ? quotient - 1n : quotient;
}
