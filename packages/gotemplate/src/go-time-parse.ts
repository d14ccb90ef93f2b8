/** Go's `time.Parse`: reads a time by its layout. Messages are Go's. */
import { layoutPieces, MONTHS, WEEKDAYS } from './go-layout.ts';
import { goTime, type GoTime, momentOf } from './go-time.ts';
import { fixedZone, type GoZone, UTC_ZONE } from './go-zone.ts';
import { quoteGo } from './quote.ts';
import { CallError } from './template-error.ts';

/** Layout of RFC 3339, which JSON has. */
export const RFC3339 = '2006-01-02T15:04:05Z07:00';

/** What was read so far. */
interface Found {
  year: number;
  month: number;
  day: number;
  yearDay: number;
  hour: number;
  isAfternoon: boolean | undefined;
  minute: number;
  second: number;
  nanosecond: number;
  zone: GoZone | undefined;
}

/** Times without zone are in `zone`. Throws `CallError`. */
export function parseGoTime(layout: string, text: string, zone: GoZone): GoTime {
  const reader = new TimeReader(layout, text);
  const found = reader.read();
  const { month, day } = monthAndDay(found, reader);
  const moment = momentOf({ ...found, month, day, hour: hourOf(found) }, found.zone ?? zone);
  const options = { type: 'time.Time', zone: found.zone ?? zone, local: zone } as const;
  return goTime(moment, options);
}

function hourOf({ hour, isAfternoon }: Found): number {
  if (isAfternoon === true && hour < 12) return hour + 12;
  return isAfternoon === false && hour === 12 ? 0 : hour;
}

function monthAndDay(found: Found, reader: TimeReader): { readonly month: number; readonly day: number } {
  const { year, yearDay } = found;
  if (yearDay >= 0) {
    const isLeap = daysIn(year, 2) === 29;
    if (yearDay < 1 || yearDay > (isLeap ? 366 : 365)) reader.failRange('day-of-year');
    return { month: 1, day: yearDay };
  }
  const month = found.month < 0 ? 1 : found.month;
  const day = found.day < 0 ? 1 : found.day;
  if (day < 1 || day > daysIn(year, month)) reader.failRange('day');
  return { month, day };
}

function daysIn(year: number, month: number): number {
  const date = new Date(0);
  date.setUTCFullYear(year, month, 0);
  return date.getUTCDate();
}

class TimeReader {
  readonly #layout: string;
  readonly #text: string;
  #rest: string;
  readonly #found: Found = {
    year: 0,
    month: -1,
    day: -1,
    yearDay: -1,
    hour: 0,
    isAfternoon: undefined,
    minute: 0,
    second: 0,
    nanosecond: 0,
    zone: undefined,
  };

  constructor(layout: string, text: string) {
    this.#layout = layout;
    this.#text = text;
    this.#rest = text;
  }

  read(): Found {
    const pieces = [...layoutPieces(this.#layout)];
    for (const [i, { literal, element }] of pieces.entries()) {
      this.#skip(literal);
      if (element !== '') this.#element(element);
      if (element !== '05' && element !== '5') continue;
      // A fraction is read after seconds also where the layout has none.
      const next = pieces[i + 1];
      if (!(next?.literal === '' && /^[.,]/.test(next.element))) this.#fraction(/^[.,]\d+/);
    }
    if (this.#rest !== '') this.#fail(`: extra text: ${quoteGo(this.#rest)}`);
    return this.#found;
  }

  failRange(what: string): never {
    return this.#fail(`: ${what} out of range`);
  }

  #fail(why: string): never {
    throw new CallError(`parsing time ${quoteGo(this.#text)}${why}`);
  }

  #failElement(element: string, at = this.#rest): never {
    return this.#fail(` as ${quoteGo(this.#layout)}: cannot parse ${quoteGo(at)} as ${quoteGo(element)}`);
  }

  /** A space of the layout stands for any number of them. */
  #skip(literal: string): void {
    const at = this.#rest;
    for (const part of literal.match(/ +|[^ ]+/g) ?? []) {
      if (part.startsWith(' ')) {
        if (this.#rest !== '' && !this.#rest.startsWith(' ')) this.#failElement(literal, at);
        this.#rest = this.#rest.replace(/^ +/, '');
      } else {
        if (!this.#rest.startsWith(part)) this.#failElement(literal, at);
        this.#rest = this.#rest.slice(part.length);
      }
    }
  }

  #take(pattern: RegExp, element: string): string {
    const taken = pattern.exec(this.#rest)?.[0];
    if (taken === undefined) return this.#failElement(element);
    this.#rest = this.#rest.slice(taken.length);
    return taken;
  }

  #number(
    pattern: RegExp,
    element: string,
    range?: { readonly what: string; readonly max: number; readonly min?: number },
  ): number {
    const value = Number(this.#take(pattern, element));
    if (range !== undefined && (value > range.max || value < (range.min ?? 0))) this.failRange(range.what);
    return value;
  }

  #name(names: readonly string[], element: string, length?: number): number {
    const index = names.findIndex((name) => {
      const wanted = name.slice(0, length);
      return this.#rest.slice(0, wanted.length).toLowerCase() === wanted.toLowerCase();
    });
    if (index < 0) return this.#failElement(element);
    this.#rest = this.#rest.slice((names[index] ?? '').slice(0, length).length);
    return index;
  }

  #fraction(pattern: RegExp): void {
    const digits = pattern.exec(this.#rest)?.[0];
    if (digits === undefined) return;
    this.#rest = this.#rest.slice(digits.length);
    this.#found.nanosecond = Number(digits.slice(1, 10).padEnd(9, '0'));
  }

  #element(element: string): void {
    const first = element.charAt(0);
    if (first === '-' || first === 'Z') return this.#offset(element);
    if (first === '.' || first === ',') return this.#fractionElement(element);
    if (!this.#dateElement(element)) this.#clockElement(element);
  }

  #dateElement(element: string): boolean {
    const found = this.#found;
    switch (element) {
      case '2006':
        found.year = this.#number(/^\d{4}/, element);
        return true;
      case '06': {
        const year = this.#number(/^\d{2}/, element);
        // As everywhere in Unix: from 1969 on.
        found.year = year + (year >= 69 ? 1900 : 2000);
        return true;
      }
      case 'January':
      case 'Jan':
        found.month = this.#name(MONTHS, element, element === 'Jan' ? 3 : undefined) + 1;
        return true;
      case '01':
      case '1':
        found.month = this.#number(digits(element), element, { what: 'month', min: 1, max: 12 });
        return true;
      case 'Monday':
      case 'Mon':
        this.#name(WEEKDAYS, element, element === 'Mon' ? 3 : undefined);
        return true;
      case '02':
      case '2':
      case '_2':
        if (element === '_2') this.#rest = this.#rest.replace(/^ /, '');
        found.day = this.#number(digits(element), element);
        return true;
      case '002':
      case '__2':
        if (element === '__2') this.#rest = this.#rest.replace(/^ {1,2}/, '');
        found.yearDay = this.#number(element === '002' ? /^\d{3}/ : /^\d{1,3}/, element);
        return true;
      default:
        return false;
    }
  }

  #clockElement(element: string): void {
    const found = this.#found;
    switch (element) {
      case '15':
        found.hour = this.#number(/^\d{1,2}/, element, { what: 'hour', max: 23 });
        break;
      case '03':
      case '3':
        found.hour = this.#number(digits(element), element, { what: 'hour', max: 12 });
        break;
      case '04':
      case '4':
        found.minute = this.#number(digits(element), element, { what: 'minute', max: 59 });
        break;
      case '05':
      case '5':
        found.second = this.#number(digits(element), element, { what: 'second', max: 59 });
        break;
      case 'PM':
      case 'pm':
        found.isAfternoon =
          this.#take(element === 'PM' ? /^[AP]M/ : /^[ap]m/, element).toLowerCase() === 'pm';
        break;
      default:
        this.#abbreviation(element);
    }
  }

  #fractionElement(element: string): void {
    if (element.endsWith('9')) return this.#fraction(/^[.,]\d{1,9}(?!\d)/);
    const wanted = new RegExp(`^[.,]\\d{${element.length - 1}}`);
    if (!wanted.test(this.#rest)) this.#failElement(element);
    this.#fraction(wanted);
  }

  #offset(element: string): void {
    if (element.startsWith('Z') && this.#rest.startsWith('Z')) {
      this.#rest = this.#rest.slice(1);
      this.#found.zone = UTC_ZONE;
      return;
    }
    const pattern = new RegExp(`^[+-]${element.slice(1).replace(/\d/g, '\\d')}`);
    const taken = this.#take(pattern, element);
    const [hours = 0, minutes = 0, seconds = 0] = (taken.match(/\d\d/g) ?? []).map(Number);
    if (hours > 24 || minutes > 59 || seconds > 59) this.failRange('time zone offset');
    const sign = taken.startsWith('-') ? -1 : 1;
    const offsetSeconds = sign * (hours * 3600 + minutes * 60 + seconds);
    this.#found.zone = offsetSeconds === 0 ? UTC_ZONE : fixedZone(offsetSeconds);
  }

  /** Letters alone name no offset: but for UTC and `GMT+3` it is taken for zero, as in Go. */
  #abbreviation(element: string): void {
    const name = this.#take(/^(?:UTC|GMT[+-]\d{1,2}|ChST|MeST|[A-Z]{3}(?:[A-Z]?T)?|[+-]\d\d)/, element);
    const hours = /^(?:GMT)?([+-]\d+)$/.exec(name)?.[1];
    this.#found.zone ??= name === 'UTC' ? UTC_ZONE : fixedZone(Number(hours ?? 0) * 3600, name);
  }
}

/** Elements with a zero in front have two digits, others one or two. */
function digits(element: string): RegExp {
  return element.startsWith('0') ? /^\d{2}/ : /^\d{1,2}/;
}
