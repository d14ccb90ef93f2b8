import { parseDurationMs, type Matcher, type TimeRange } from '@vedette/model';
import { badData, invalidParameter } from './api-error.ts';
import { parseGoFloat, quote } from './go-text.ts';

/** Parameters of the API, read and refused with Prometheus' words. */

// The ends of time for requests that name none: what a JavaScript date can hold, so that arithmetic stays exact.
const TIME_MS_MAX = 8.64e15;

/** What upstream prints for its own first and last instant; clients send it back. */
const TIME_WORDS: ReadonlyMap<string, number> = new Map([
  ['-292273086-05-16T16:47:06Z', -TIME_MS_MAX],
  ['292277025-08-18T07:12:54.999999999Z', TIME_MS_MAX],
]);

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** Seconds with a fraction, or RFC 3339 → milliseconds. */
export function parseTimeMs(text: string): number {
  const seconds = parseGoFloat(text);
  if (seconds !== undefined && Math.abs(seconds) * 1000 <= TIME_MS_MAX) return Math.round(seconds * 1000);
  if (RFC3339.test(text)) {
    // Below a millisecond nothing is stored, so more digits are cut.
    const parsedMs = Date.parse(text.replace(/(\.\d{3})\d+/, '$1'));
    if (!Number.isNaN(parsedMs)) return parsedMs;
  }
  const known = TIME_WORDS.get(text);
  if (known !== undefined) return known;
  throw badData(`cannot parse ${quote(text)} to a valid timestamp`);
}

/** Seconds with a fraction, or `1h30m` → milliseconds; may be negative as upstream's. */
export function parseApiDurationMs(text: string): number {
  const seconds = parseGoFloat(text);
  if (seconds !== undefined) {
    // Go counts durations in int64 nanoseconds.
    if (Math.abs(seconds) * 1e9 > 2 ** 63 || Number.isNaN(seconds))
      throw badData(`cannot parse ${quote(text)} to a valid duration. It overflows int64`);
    return seconds * 1000;
  }
  const durationMs = parseDurationMs(text);
  if (durationMs === undefined) throw badData(`cannot parse ${quote(text)} to a valid duration`);
  return durationMs;
}

/** The time named by the parameter, or `otherwiseMs`. */
export function timeParameter(form: URLSearchParams, name: string, otherwiseMs: number): number {
  const text = form.get(name) ?? '';
  if (text === '') return otherwiseMs;
  return inParameter(name, () => {
    try {
      return parseTimeMs(text);
    } catch (error) {
      throw badData(`Invalid time value for '${name}': ${messageOf(error)}`);
    }
  });
}

/** Like `timeParameter`, for parameters that must be there. */
export function requiredTimeParameter(form: URLSearchParams, name: string): number {
  return inParameter(name, () => parseTimeMs(form.get(name) ?? ''));
}

export function durationParameter(form: URLSearchParams, name: string): number | undefined {
  const text = form.get(name) ?? '';
  return text === '' ? undefined : inParameter(name, () => parseApiDurationMs(text));
}

/** `start` and `end`, all of time by default. */
export function rangeParameters(form: URLSearchParams): TimeRange {
  return {
    fromMs: timeParameter(form, 'start', -TIME_MS_MAX),
    untilMs: timeParameter(form, 'end', TIME_MS_MAX),
  };
}

/** `limit`: `undefined` is none, as is 0. */
export function limitParameter(form: URLSearchParams): number | undefined {
  const text = form.get('limit') ?? '';
  if (text === '') return undefined;
  const limit = inParameter('limit', () => parseGoInteger(text));
  if (limit < 0) throw invalidParameter('limit', 'limit must be non-negative');
  return limit === 0 ? undefined : limit;
}

/** Reads a selector such as `up{job="a"}`; throws `InputError` with upstream's text. */
export type SelectorParser = (text: string) => readonly Matcher[];

/** `match[]`: each a selector that must not match everything. */
export function matcherSetsParameter(
  form: URLSearchParams,
  parseSelector: SelectorParser,
): readonly (readonly Matcher[])[] {
  const sets = form.getAll('match[]').map((text) => parseSelector(text));
  for (const set of sets) {
    if (set.every((matcher) => matcher.matches('')))
      throw badData('match[] must contain at least one non-empty matcher');
  }
  return sets;
}

/** Decimal digits with a sign, as `strconv.Atoi`. */
export function parseGoInteger(text: string, call = 'Atoi'): number {
  if (!/^[+-]?\d+$/.test(text)) throw badData(`strconv.${call}: parsing ${quote(text)}: invalid syntax`);
  const value = Number(text);
  if (!Number.isSafeInteger(value))
    throw badData(`strconv.${call}: parsing ${quote(text)}: value out of range`);
  return value;
}

/** Runs `read` and says in which parameter it failed. */
export function inParameter<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw invalidParameter(name, messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
