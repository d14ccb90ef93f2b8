/**
 * The notations inside a time interval: `monday:friday`, `-3:-1`, `may:august`, `2020:2022`, `09:00`. Both
 * ends of a range belong to it. Errors are Alertmanager's, so that its documentation helps with ours.
 */
import { InputError } from '@vedette/model';

/** Both ends inclusive. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

const WEEKDAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const MONTHS = [
  'january',
  'february',
  'march',
  'april',
  'may',
  'june',
  'july',
  'august',
  'september',
  'october',
  'november',
  'december',
];

/** Days of the week, Sunday is 0; the week does not wrap around. Throws `InputError` (VED_ALERTING_INVALID). */
export function parseWeekdayRange(text: string): Range {
  const range = parseRange(text, (member) => {
    const day = WEEKDAYS.indexOf(member);
    return day < 0 ? fail(`${member} is not a valid weekday`) : day;
  });
  return range.first > range.last ? fail('start day cannot be before end day') : range;
}

// The shortest month: what is empty there with negative days is empty by mistake.
const DAYS_OF_SHORTEST_MONTH = 28;

/** Days of the month from 1, or from -1 backwards from its end. Throws `InputError` (VED_ALERTING_INVALID). */
export function parseDayOfMonthRange(text: string): Range {
  const range = parseRange(text, parseWhole);
  const { first, last } = range;
  for (const day of [first, last])
    if (day === 0 || Math.abs(day) > 31) fail(`${day} is not a valid day of the month: out of range`);
  if (first < 0 && last > 0) fail('end day must be negative if start day is negative');
  const fromStart = (day: number): number => (day < 0 ? DAYS_OF_SHORTEST_MONTH + day : day);
  if (fromStart(first) > fromStart(last)) fail(`end day ${last} is always before start day ${first}`);
  return range;
}

/** Months by name or number, January is 1. Throws `InputError` (VED_ALERTING_INVALID). */
export function parseMonthRange(text: string): Range {
  const range = parseRange(text, (member) => {
    const month = MONTHS.indexOf(member) + 1;
    if (month > 0) return month;
    return /^[+-]?\d+$/.test(member) ? Number(member) : fail(`${member} is not a valid month`);
  });
  for (const month of [range.first, range.last])
    if (month < 1 || month > 12) fail(`${month} is not a valid month: out of range`);
  if (range.first > range.last)
    fail(`end month ${MONTHS[range.last - 1]} is before start month ${MONTHS[range.first - 1]}`);
  return range;
}

/** Throws `InputError` (VED_ALERTING_INVALID). */
export function parseYearRange(text: string): Range {
  const range = parseRange(text, parseWhole);
  if (range.first > range.last) fail(`end year ${range.last} is before start year ${range.first}`);
  return range;
}

/** Minutes from midnight of `HH:MM`, up to `24:00`. Throws `InputError` (VED_ALERTING_INVALID). */
export function parseMinuteOfDay(text: string): number {
  if (!/^(?:(?:[01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text))
    return fail(`couldn't parse timestamp ${text}, invalid format`);
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3));
}

/** `monday:friday`, or one name when both ends are the same. */
export function formatWeekdayRange({ first, last }: Range): string {
  return first === last ? `${WEEKDAYS[first]}` : `${WEEKDAYS[first]}:${WEEKDAYS[last]}`;
}

/** `4:6`, or `4`; months are printed by number, too. */
export function formatRange({ first, last }: Range): string {
  return first === last ? String(first) : `${first}:${last}`;
}

export function formatMinuteOfDay(minutes: number): string {
  const two = (count: number): string => String(count).padStart(2, '0');
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

function parseRange(text: string, parseMember: (member: string) => number): Range {
  const [first, last, ...more] = text.toLowerCase().split(':');
  if (first === undefined || more.length > 0) return fail(`couldn't parse range ${text}, invalid format`);
  const begin = parseMember(first);
  return { first: begin, last: last === undefined ? begin : parseMember(last) };
}

function parseWhole(text: string): number {
  return /^[+-]?\d{1,9}$/.test(text)
    ? Number(text)
    : fail(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
}

function fail(message: string): never {
  throw new InputError('VED_ALERTING_INVALID', message);
}
