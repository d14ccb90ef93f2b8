import { InputError } from '@vedette/model';
import { textOfValue, type AttributeValue } from './attribute-value.ts';
import type { DecodeScope } from './decode-scope.ts';
import { OTLP_LIMITS } from './limits.ts';
import type { Attributes } from './otlp-metrics.ts';

/** An object as `JSON.parse` makes it. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/** Fields of protobuf's JSON mapping: what each kind may look like. A value of another kind is an `InputError`. */

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member by its name in camel case, or by the one of the schema. */
export function memberOf(record: JsonRecord, name: string): unknown {
  if (Object.hasOwn(record, name)) return record[name];
  const schemaName = SCHEMA_NAMES.get(name) ?? schemaNameOf(name);
  return Object.hasOwn(record, schemaName) ? record[schemaName] : undefined;
}

const SCHEMA_NAMES = new Map<string, string>();

/** `timeUnixNano` → `time_unix_nano`. Names come from the code, so that there are few. */
function schemaNameOf(name: string): string {
  const schemaName = name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  SCHEMA_NAMES.set(name, schemaName);
  return schemaName;
}

export function textOf(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value !== 'string') throw wrong('a text', value);
  return value.isWellFormed() ? value : value.toWellFormed();
}

/** A float or an integer: a number, its digits in a string, or the names of what JSON has no digits for. */
export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'string') throw wrong('a number', value);
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)) throw wrong('a number', value);
  return Number(value);
}

/** A uint64 of nanoseconds as whole milliseconds, rounded down; exact when it comes as digits. */
export function timeMsOf(value: unknown): number {
  if (typeof value === 'string' && /^\d{7,20}$/.test(value)) return Number(value.slice(0, -6));
  const nanos = numberOf(value);
  if (!(nanos >= 0 && nanos < 2 ** 64)) throw wrong('nanoseconds since 1970', value);
  return Math.floor(nanos / 1_000_000);
}

/** The number of an enum, of which the name is accepted too; 0 for a name that nobody knows. */
export function enumOf(value: unknown, names: readonly string[]): number {
  if (typeof value === 'string' && !/^\d+$/.test(value)) return Math.max(0, names.indexOf(value));
  return numberOf(value);
}

export function listOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw wrong('a list', value);
  return value;
}

/** A list of KeyValue. */
export function attributesOf(value: unknown, scope: DecodeScope): Attributes {
  const attributes: string[] = [];
  for (const entry of listOf(value)) {
    scope.count();
    if (!isRecord(entry)) throw wrong('an attribute with key and value', entry);
    attributes.push(textOf(entry['key']), textOfValue(anyValueOf(entry['value'], scope, 0)));
  }
  return attributes;
}

/** An AnyValue: an object with one member, whose name tells the type. */
function anyValueOf(value: unknown, scope: DecodeScope, depth: number): AttributeValue {
  if (value === undefined || value === null) return undefined;
  if (depth > OTLP_LIMITS.valueDepthMax)
    throw new InputError(
      'VED_BODY_INVALID',
      `cannot read JSON: the value of an attribute is nested deeper than ${OTLP_LIMITS.valueDepthMax}`,
    );
  if (!isRecord(value)) throw wrong('the value of an attribute', value);
  for (const [type, content] of Object.entries(value)) {
    if (content === null) continue;
    switch (type) {
      case 'stringValue':
      case 'string_value':
        return textOf(content);
      case 'boolValue':
      case 'bool_value':
        if (typeof content !== 'boolean') throw wrong('true or false', content);
        return content;
      case 'intValue':
      case 'int_value':
        return integerOf(content);
      case 'doubleValue':
      case 'double_value':
        return numberOf(content);
      case 'bytesValue':
      case 'bytes_value':
        return Buffer.from(textOf(content), 'base64');
      case 'arrayValue':
      case 'array_value':
        return valuesOf(content).map((entry) => anyValueOf(counted(entry, scope), scope, depth + 1));
      case 'kvlistValue':
      case 'kvlist_value':
        return mapOf(content, scope, depth);
      default:
    }
  }
  return undefined;
}

function counted(entry: unknown, scope: DecodeScope): unknown {
  scope.count();
  return entry;
}

function valuesOf(content: unknown): readonly unknown[] {
  return listOf(isRecord(content) ? content['values'] : content);
}

function mapOf(content: unknown, scope: DecodeScope, depth: number): Map<string, AttributeValue> {
  const entries = new Map<string, AttributeValue>();
  for (const entry of valuesOf(content)) {
    scope.count();
    if (!isRecord(entry)) throw wrong('an entry with key and value', entry);
    entries.set(textOf(entry['key']), anyValueOf(entry['value'], scope, depth + 1));
  }
  return entries;
}

function integerOf(value: unknown): number | bigint {
  if (typeof value === 'string' && /^-?\d{1,20}$/.test(value)) {
    const exact = BigInt.asIntN(64, BigInt(value));
    const short = Number(exact);
    return Number.isSafeInteger(short) ? short : exact;
  }
  return numberOf(value);
}

function wrong(want: string, got: unknown): InputError {
  const text = JSON.stringify(got) ?? 'nothing';
  const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text;
  return new InputError('VED_BODY_INVALID', `cannot read JSON: want ${want}, got ${shown}`);
}

const SHOWN_CHARACTERS = 60;
