import { numberText } from './number-text.ts';

/** A decoded AnyValue. Integers beyond 2^53 are BigInts, absence is `undefined`. */
export type AttributeValue =
  | string
  | boolean
  | number
  | bigint
  | Uint8Array
  | undefined
  | readonly AttributeValue[]
  | ReadonlyMap<string, AttributeValue>;

/**
 * The text that an attribute's value has as a label: strings as they are, numbers with the shortest digits, bytes
 * as base64, lists and maps as JSON with sorted keys. Absence is the empty text. Floats that JSON cannot hold are
 * NaN, +Inf and -Inf, as everywhere in Prometheus (Prometheus itself puts an error message of Go into the label).
 */
export function textOfValue(value: AttributeValue): string {
  if (typeof value === 'string') return value;
  if (value === undefined) return '';
  if (typeof value === 'number') return numberText(value);
  if (value instanceof Uint8Array) return base64Of(value);
  if (typeof value === 'object') return jsonOf(value);
  return String(value);
}

function jsonOf(value: AttributeValue): string {
  if (typeof value === 'string') return quote(value);
  if (value instanceof Uint8Array) return quote(base64Of(value));
  if (value instanceof Map) {
    const entries = [...value].sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, inner]) => `${quote(key)}:${jsonOf(inner)}`).join(',')}}`;
  }
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(',')}]`;
  if (typeof value === 'number') return Number.isFinite(value) ? numberText(value) : 'null';
  return typeof value === 'boolean' || typeof value === 'bigint' ? String(value) : 'null';
}

/** As Go's encoder writes strings: the characters of HTML are escaped, too. */
function quote(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function base64Of(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64');
}
