/** Reads a JSON body field by field; what is not as it must be is told with place, got and want. */
import { InputError, labelsFromPairs, type Labels } from '@vedette/model';
import { ALERT_CHARS_MAX } from '../alert-book.ts';
import type { AlertTime } from '../alert.ts';
import { isZeroTime, parseRfc3339 } from '../rfc3339.ts';

/** Labels or annotations of one alert: Prometheus' own alerts have about ten. */
export const PAIRS_PER_ALERT_MAX = 256;

export class BodyFields {
  readonly #place: string;
  readonly #fields: Readonly<Record<string, unknown>>;

  /** `place` is where the object stands: `alerts[3]`, or nothing for the body. Throws `InputError`. */
  constructor(value: unknown, place = '') {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw wrongKind(place === '' ? 'the body' : place, value, 'an object');
    this.#place = place;
    this.#fields = value as Record<string, unknown>;
  }

  has(key: string): boolean {
    return Object.hasOwn(this.#fields, key);
  }

  /** Absent and null: the empty text. */
  text(key: string): string {
    const value = this.#valueOf(key) ?? '';
    if (typeof value !== 'string') throw wrongKind(this.#pathOf(key), value, 'a string');
    if (!value.isWellFormed()) throw wrong(this.#pathOf(key), 'broken text', 'well-formed Unicode');
    return value;
  }

  oneOf<T extends string>(key: string, choices: readonly T[]): T {
    const text = this.text(key);
    const found = choices.find((choice) => choice === text);
    if (found === undefined)
      throw wrong(
        this.#pathOf(key),
        JSON.stringify(shortened(text)),
        choices.map((one) => `"${one}"`).join(' or '),
      );
    return found;
  }

  /** Absent and null: 0. */
  count(key: string): number {
    const value = this.#valueOf(key) ?? 0;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
      throw wrongKind(this.#pathOf(key), value, 'a whole number from 0');
    return value;
  }

  /** `undefined` when absent, null, empty or Go's zero time. */
  time(key: string): AlertTime | undefined {
    const text = this.text(key);
    if (text === '') return undefined;
    const time = parseRfc3339(text);
    if (time === undefined)
      throw wrong(
        this.#pathOf(key),
        JSON.stringify(shortened(text)),
        'a time such as "2026-11-21T03:54:32Z"',
      );
    return isZeroTime(time) ? undefined : time;
  }

  /** A number as text; Grafana writes null for what JSON cannot express. */
  numberText(key: string): string {
    const value = this.#valueOf(key);
    if (value === undefined) return 'NaN';
    if (typeof value !== 'number') throw wrongKind(this.#pathOf(key), value, 'a number');
    return String(value);
  }

  list(key: string): readonly unknown[] {
    const value = this.#valueOf(key) ?? [];
    if (!Array.isArray(value)) throw wrongKind(this.#pathOf(key), value, 'an array');
    return value;
  }

  /** Names to anything; absent and null: none. At most as many as an alert may have labels. */
  record(key: string): Readonly<Record<string, unknown>> {
    const path = this.#pathOf(key);
    const value = this.#valueOf(key) ?? {};
    if (typeof value !== 'object' || Array.isArray(value)) throw wrongKind(path, value, 'an object');
    const count = Object.keys(value).length;
    if (count > PAIRS_PER_ALERT_MAX) throw wrong(path, `${count} pairs`, `at most ${PAIRS_PER_ALERT_MAX}`);
    return value as Record<string, unknown>;
  }

  /** Pairs of names and texts, empty texts left out; absent and null: none. */
  pairs(key: string): readonly (readonly [string, string])[] {
    const path = this.#pathOf(key);
    const fields = new BodyFields(this.record(key), path);
    return Object.keys(fields.#fields).flatMap((name): [string, string][] => {
      if (name === '' || !name.isWellFormed())
        throw wrong(path, `the name ${JSON.stringify(name)}`, 'a name');
      const text = fields.text(name);
      return text === '' ? [] : [[name, text]];
    });
  }

  #valueOf(key: string): unknown {
    return Object.hasOwn(this.#fields, key) ? (this.#fields[key] ?? undefined) : undefined;
  }

  #pathOf(key: string): string {
    if (this.#place === '') return key;
    return /^[A-Za-z_]\w*$/.test(key)
      ? `${this.#place}.${key}`
      : `${this.#place}[${JSON.stringify(shortened(key))}]`;
  }
}

/** The labels of an alert: one at least, and not more text than the alert stage holds. Throws `InputError`. */
export function alertLabels(
  place: string,
  labels: readonly (readonly [string, string])[],
  annotations: readonly (readonly [string, string])[],
): { readonly labels: Labels; readonly annotations: Labels } {
  if (labels.length === 0) throw wrong(`${place}.labels`, 'no label with a value', 'at least one');
  const chars = [...labels, ...annotations].reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  if (chars > ALERT_CHARS_MAX)
    throw wrong(place, `${chars} characters of labels and annotations`, `at most ${ALERT_CHARS_MAX}`);
  return { labels: labelsFromPairs(labels), annotations: labelsFromPairs(annotations) };
}

/** VED_BODY_INVALID with where, got and want. */
export function wrong(where: string, got: string, want: string): InputError {
  return new InputError(
    'VED_BODY_INVALID',
    `cannot take the alerts: ${where} is wrong; got ${got}, want ${want}`,
  );
}

function wrongKind(where: string, value: unknown, want: string): InputError {
  return wrong(where, kindOf(value), want);
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  if (typeof value === 'object') return 'an object';
  return shortened(`${typeof value} ${JSON.stringify(value)}`);
}

/** Messages quote what was sent, but not pages of it. */
function shortened(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
