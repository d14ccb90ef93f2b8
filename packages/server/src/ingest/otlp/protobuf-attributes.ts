import { InputError } from '@vedette/model';
import type { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { textOfValue, type AttributeValue } from './attribute-value.ts';
import type { DecodeScope } from './decode-scope.ts';
import { OTLP_LIMITS } from './limits.ts';
import type { OtlpExemplar } from './otlp-metrics.ts';

/** Groups ended with protobuf 2; one in a body of today is damage, and would be walked over without a pause. */
const WIRE_GROUP_START = 3;

/** Steps over a field that nobody here knows. */
export function skipField(reader: ProtobufReader): void {
  if (reader.wire === WIRE_GROUP_START) throw invalidAt(reader.position, 'groups are not part of OTLP');
  reader.skip();
}

const TEXT = new TextDecoder('utf-8', { fatal: true });

/** A name, unit, description or URL; one longer than a part may be is refused before it is decoded. */
export function readShortText(reader: ProtobufReader): string {
  const at = reader.position;
  const bytes = reader.bytes();
  if (bytes.length > OTLP_LIMITS.partBytesMax)
    throw invalidAt(at, `a text has ${bytes.length} bytes, limit is ${OTLP_LIMITS.partBytesMax}`);
  try {
    return TEXT.decode(bytes);
  } catch {
    throw invalidAt(at, 'a text is not UTF-8');
  }
}

function invalidAt(position: number, reason: string): InputError {
  return new InputError('VED_BODY_INVALID', `cannot read protobuf at byte ${position}: ${reason}`);
}

/** Reads a KeyValue: key and value as text are appended to `attributes`. */
export function readAttribute(reader: ProtobufReader, attributes: string[], scope: DecodeScope): void {
  scope.count();
  let key = '';
  let value: AttributeValue;
  while (reader.next()) {
    if (reader.field === 1) key = reader.string();
    else if (reader.field === 2) value = readValue(reader.message(), scope, 0);
    else skipField(reader);
  }
  attributes.push(key, textOfValue(value));
}

/** Reads an AnyValue; of several values the last one counts, as protobuf wants it of a oneof. */
function readValue(reader: ProtobufReader, scope: DecodeScope, depth: number): AttributeValue {
  if (depth > OTLP_LIMITS.valueDepthMax)
    throw invalidAt(
      reader.position,
      `the value of an attribute is nested deeper than ${OTLP_LIMITS.valueDepthMax}`,
    );
  let value: AttributeValue;
  while (reader.next()) {
    if (reader.field === 1) value = reader.string();
    else if (reader.field === 2) value = reader.bool();
    else if (reader.field === 3) value = reader.exactInt();
    else if (reader.field === 4) value = reader.double();
    else if (reader.field === 5) value = readList(reader.message(), scope, depth);
    else if (reader.field === 6) value = readMap(reader.message(), scope, depth);
    else if (reader.field === 7) value = reader.bytes();
    else skipField(reader);
  }
  return value;
}

function readList(reader: ProtobufReader, scope: DecodeScope, depth: number): AttributeValue[] {
  const values: AttributeValue[] = [];
  while (reader.next()) {
    scope.count();
    if (reader.field === 1) values.push(readValue(reader.message(), scope, depth + 1));
    else skipField(reader);
  }
  return values;
}

function readMap(reader: ProtobufReader, scope: DecodeScope, depth: number): Map<string, AttributeValue> {
  const entries = new Map<string, AttributeValue>();
  while (reader.next()) {
    scope.count();
    if (reader.field !== 1) {
      skipField(reader);
      continue;
    }
    const entry = reader.message();
    let key = '';
    let value: AttributeValue;
    while (entry.next()) {
      if (entry.field === 1) key = entry.string();
      else if (entry.field === 2) value = readValue(entry.message(), scope, depth + 1);
      else skipField(entry);
    }
    entries.set(key, value);
  }
  return entries;
}

/** Reads an Exemplar; those beyond the limit of a point are counted as read and left out. */
export function readExemplar(reader: ProtobufReader, exemplars: OtlpExemplar[], scope: DecodeScope): void {
  scope.count();
  const found = { timestampMs: 0, value: 0, traceId: '', spanId: '', attributes: [] as string[] };
  while (reader.next()) {
    if (reader.field === 2) found.timestampMs = readTimeMs(reader);
    else if (reader.field === 3) found.value = reader.double();
    else if (reader.field === 4) found.spanId = hexOf(reader.bytes());
    else if (reader.field === 5) found.traceId = hexOf(reader.bytes());
    else if (reader.field === 6) found.value = reader.sfixed64();
    else if (reader.field === 7) readAttribute(reader.message(), found.attributes, scope);
    else skipField(reader);
  }
  if (exemplars.length < OTLP_LIMITS.exemplarCountMax) exemplars.push(found);
}

/** fixed64 of nanoseconds as whole milliseconds. */
export function readTimeMs(reader: ProtobufReader): number {
  return reader.fixed64Quotient(1_000_000);
}

/** Ids are 16 or 8 bytes; what is only zeros, or has another length, is none. */
function hexOf(bytes: Uint8Array): string {
  if ((bytes.length !== 16 && bytes.length !== 8) || bytes.every((byte) => byte === 0)) return '';
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('hex');
}
