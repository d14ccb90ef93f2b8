import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import { z } from 'zod';
import { sharedFile, sharedSkip } from '../shared-fixture.ts';
import { timeIntervalConfig } from './config.ts';
import { TimeInterval } from './time-interval.ts';
import { TimeZone } from './time-zone.ts';

const parseAll = (yaml: string): readonly TimeInterval[] =>
  z.array(timeIntervalConfig).parse(parse(yaml, { schema: 'failsafe' }));

const faultOf = (yaml: string): string => {
  const result = z.array(timeIntervalConfig).safeParse(parse(yaml, { schema: 'failsafe' }));
  return result.success ? 'accepted' : result.error.issues.map(({ message }) => message).join('; ');
};

test('the recorded time intervals hold the recorded times', { skip: sharedSkip() }, () => {
  interface Case {
    readonly yaml: string;
    readonly contains: readonly string[];
    readonly excludes: readonly string[];
    readonly error?: string;
  }
  const cases = JSON.parse(readFileSync(sharedFile('time-interval-cases.json'), 'utf8')) as Case[];
  assert.equal(cases.length, 17);
  for (const { yaml, contains, excludes, error } of cases) {
    if (error !== undefined) {
      assert.equal(faultOf(yaml), error, yaml);
      continue;
    }
    const intervals = parseAll(yaml);
    const isIn = (text: string): boolean => intervals.some((one) => one.contains(Date.parse(text)));
    for (const text of contains) assert.ok(isIn(text), `${yaml} holds ${text}`);
    for (const text of excludes) assert.ok(!isIn(text), `${yaml} does not hold ${text}`);
  }
});

const checkIn = (yaml: string, text: string, want: boolean): void =>
  assert.equal(parseAll(yaml)[0]?.contains(Date.parse(text)), want, `${yaml} ${text}`);

test('the last minute of a range does not belong to it, and 24:00 is the end of the day', () => {
  const evening = "- times: [{start_time: '17:00', end_time: '24:00'}]";
  checkIn(evening, '2026-11-21T16:59:59.999Z', false);
  checkIn(evening, '2026-11-21T17:00:00Z', true);
  checkIn(evening, '2026-11-21T23:59:59.999Z', true);
  checkIn(evening, '2026-11-22T00:00:00Z', false);
  const morning = "- times: [{start_time: '00:00', end_time: '09:00'}]";
  checkIn(morning, '2026-11-21T08:59:59Z', true);
  checkIn(morning, '2026-11-21T09:00:00Z', false);
});

test('the hour that summer time skips is never there, the one that it repeats is there twice', () => {
  const night = "- {times: [{start_time: '02:00', end_time: '03:00'}], location: Europe/Berlin}";
  checkIn(night, '2026-03-29T00:59:59Z', false);
  checkIn(night, '2026-03-29T01:00:00Z', false);
  checkIn(night, '2026-10-25T00:00:00Z', true);
  checkIn(night, '2026-10-25T01:30:00Z', true);
  checkIn(night, '2026-10-25T02:00:00Z', false);
  const halfHour = "- {times: [{start_time: '02:00', end_time: '02:30'}], location: Australia/Lord_Howe}";
  checkIn(halfHour, '2026-10-03T15:29:00Z', false);
  checkIn(halfHour, '2026-10-03T15:30:00Z', false);
});

test('days count in the place of the interval', () => {
  checkIn('- {weekdays: [Sunday], location: Pacific/Kiritimati}', '2026-11-21T10:00:00Z', true);
  checkIn('- {weekdays: [sunday], location: Pacific/Kiritimati}', '2026-11-21T09:59:00Z', false);
  checkIn("- {days_of_month: ['-1'], months: [february]}", '2028-02-29T12:00:00Z', true);
  checkIn("- {days_of_month: ['-1'], months: [february]}", '2027-02-28T12:00:00Z', true);
  checkIn("- {days_of_month: ['30:31']}", '2027-02-28T12:00:00Z', false);
  checkIn("- {days_of_month: ['1:31'], months: ['2']}", '2027-02-28T12:00:00Z', true);
  checkIn("- {days_of_month: ['-31:-28']}", '2027-02-01T12:00:00Z', true);
  checkIn('- {years: []}', '2027-02-01T12:00:00Z', false);
});

test('what is none is refused with the words of Alertmanager', () => {
  const check = (yaml: string, want: string): void => assert.equal(faultOf(yaml), want, yaml);
  check('- {location: Mars/Olympus}', 'unknown time zone Mars/Olympus');
  check("- {location: '+01:00'}", 'unknown time zone +01:00');
  check('- {months: [13]}', '13 is not a valid month: out of range');
  check("- {months: ['may:march']}", 'end month march is before start month may');
  check("- {years: ['2022:2020']}", 'end year 2020 is before start year 2022');
  check("- {years: ['mmxx']}", 'strconv.Atoi: parsing "mmxx": invalid syntax');
  check("- {years: ['1:2:3']}", "couldn't parse range 1:2:3, invalid format");
  check("- {days_of_month: ['5:-25']}", 'end day -25 is always before start day 5');
  check("- {times: [{start_time: '09:00'}]}", 'both start and end times must be provided');
  check(
    "- {times: [{start_time: '09:00', end_time: '09:00'}]}",
    'start time cannot be equal or greater than end time',
  );
  check(
    "- {times: [{start_time: '9:00', end_time: '24:01'}]}",
    "couldn't parse timestamp 9:00, invalid format",
  );
  check('- {day: monday}', 'Unrecognized key: "day"');
});

test('the kept offset says what Intl says, at every time of two years', () => {
  const zones = [
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kathmandu',
    'America/Sao_Paulo',
  ];
  const formats = new Map(
    zones.map((timeZone) => [
      timeZone,
      new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' }),
    ]),
  );
  const kept = new Map(zones.map((zone) => [zone, new TimeZone(zone)]));
  const two = (count: number): string => String(count).padStart(2, '0');
  const startMs = Date.UTC(2026, 0, 1);
  fc.assert(
    fc.property(
      fc.constantFrom(...zones),
      fc.integer({ min: 0, max: 2 * 366 * 86_400_000 }),
      (zone, afterMs) => {
        const { year, month, day, minuteOfDay } = kept.get(zone)!.wallTimeOf(startMs + afterMs);
        const clock = `${two(Math.floor(minuteOfDay / 60))}:${two(minuteOfDay % 60)}`;
        assert.equal(
          `${year}-${two(month)}-${two(day)} ${clock}`,
          formats.get(zone)!.format(startMs + afterMs),
        );
      },
    ),
    { numRuns: 2000 },
  );
});

test('an interval holds a time exactly when each of its fields does', () => {
  const range = (min: number, max: number) =>
    fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map((ends) => {
      const [first, last] = ends.sort((a, b) => a - b);
      return { first, last };
    });
  const some = <T>(arbitrary: fc.Arbitrary<T>) =>
    fc.option(fc.array(arbitrary, { minLength: 1, maxLength: 3 }), { nil: undefined });
  const anyFields = fc.record({
    weekdays: some(range(0, 6)),
    daysOfMonth: some(range(1, 31)),
    months: some(range(1, 12)),
    years: some(range(2026, 2028)),
  });
  fc.assert(
    fc.property(anyFields, fc.integer({ min: 0, max: 1200 }), (all, days) => {
      const at = new Date(Date.UTC(2026, 0, 1 + days, 12));
      const values: Record<keyof typeof all, number> = {
        weekdays: at.getUTCDay(),
        daysOfMonth: at.getUTCDate(),
        months: at.getUTCMonth() + 1,
        years: at.getUTCFullYear(),
      };
      const want = (Object.keys(values) as (keyof typeof all)[]).every(
        (name) =>
          all[name] === undefined ||
          all[name].some(({ first, last }) => first <= values[name] && values[name] <= last),
      );
      assert.equal(new TimeInterval(all).contains(at.getTime()), want);
    }),
  );
});
