/**
 * Go's layouts of times: the reference time `Mon Jan 2 15:04:05 MST 2006`, written as one wants to see it.
 * A layout is cut into elements and the literal text between them; formatting and parsing walk the same list.
 */
import { offsetText } from './go-zone.ts';

/** A time as a clock and calendar in its zone show it. */
export interface TimeParts {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  /** From 1. */
  readonly yearDay: number;
  /** Sunday is 0. */
  readonly weekday: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly nanosecond: number;
  readonly offsetSeconds: number;
  readonly abbreviation: string;
}

// oxfmt-ignore
export const MONTHS = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December',
];
export const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|002|0[1-6]|15|1|2006|2|__2|_2(?!006)|[345]|PM|pm|[-Z](?:07:00:00|070000|07:00|0700|07)|[.,](?:0+|9+)(?!\d)/g;

/** `element` is empty after the last one. */
export interface LayoutPiece {
  readonly literal: string;
  readonly element: string;
}

export function* layoutPieces(layout: string): Generator<LayoutPiece> {
  let index = 0;
  for (const match of layout.matchAll(ELEMENT)) {
    yield { literal: layout.slice(index, match.index), element: match[0] };
    index = match.index + match[0].length;
  }
  yield { literal: layout.slice(index), element: '' };
}

/** Go's `Time.Format`. */
export function formatTime(parts: TimeParts, layout: string): string {
  let text = '';
  for (const { literal, element } of layoutPieces(layout)) {
    text += literal + (element === '' ? '' : elementText(parts, element));
  }
  return text;
}

function elementText(parts: TimeParts, element: string): string {
  const first = element.charAt(0);
  if (first === '-' || first === 'Z') return zoneText(parts, element);
  if (first === '.' || first === ',') return fractionText(parts.nanosecond, element);
  return dateText(parts, element) ?? clockText(parts, element);
}

const two = (value: number, filler = '0'): string => String(value).padStart(2, filler);

function dateText(parts: TimeParts, element: string): string | undefined {
  const { year, month, day, yearDay, weekday } = parts;
  switch (element) {
    case '2006':
      return (year < 0 ? '-' : '') + String(Math.abs(year)).padStart(4, '0');
    case '06':
      return two(Math.abs(year) % 100);
    case 'January':
      return MONTHS[month - 1];
    case 'Jan':
      return MONTHS[month - 1]?.slice(0, 3);
    case '01':
      return two(month);
    case '1':
      return String(month);
    case 'Monday':
      return WEEKDAYS[weekday];
    case 'Mon':
      return WEEKDAYS[weekday]?.slice(0, 3);
    case '02':
      return two(day);
    case '_2':
      return two(day, ' ');
    case '2':
      return String(day);
    case '002':
      return String(yearDay).padStart(3, '0');
    case '__2':
      return String(yearDay).padStart(3, ' ');
    default:
      return undefined;
  }
}

function clockText({ hour, minute, second, abbreviation }: TimeParts, element: string): string {
  const hour12 = hour % 12 === 0 ? 12 : hour % 12;
  switch (element) {
    case '15':
      return two(hour);
    case '03':
      return two(hour12);
    case '3':
      return String(hour12);
    case '04':
      return two(minute);
    case '4':
      return String(minute);
    case '05':
      return two(second);
    case '5':
      return String(second);
    case 'PM':
      return hour >= 12 ? 'PM' : 'AM';
    case 'pm':
      return hour >= 12 ? 'pm' : 'am';
    default:
      return abbreviation;
  }
}

function zoneText({ offsetSeconds }: TimeParts, element: string): string {
  if (element.startsWith('Z') && offsetSeconds === 0) return 'Z';
  if (element.length === 3) return offsetText(offsetSeconds, '').slice(0, 3);
  const separator = element.includes(':') ? ':' : '';
  return offsetText(offsetSeconds, separator, element.length > 6);
}

/** `.000` keeps its digits, `.999` drops zeros at the end. */
function fractionText(nanosecond: number, element: string): string {
  const digits = String(nanosecond)
    .padStart(9, '0')
    .slice(0, element.length - 1)
    .padEnd(element.length - 1, '0');
  const wanted = element.endsWith('9') ? digits.replace(/0+$/, '') : digits;
  return wanted === '' ? '' : element.charAt(0) + wanted;
}
