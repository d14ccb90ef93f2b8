import { createMatcher, InputError, type Matcher, type TimeRange } from '@vedette/model';
import { ProtobufReader } from '../../../lib/protobuf-reader.ts';
import { decompressSnappy } from '../../../lib/snappy.ts';

/** What a client asks for. */
export interface ReadRequest {
  readonly queries: readonly ReadQuery[];
  readonly kind: 'samples' | 'chunks';
}

export interface ReadQuery {
  readonly matchers: readonly Matcher[];
  readonly range: TimeRange;
  /** The client wants to know which series there are, and not their samples. */
  readonly isLabelsOnly: boolean;
}

// A selector with a list of thousands of values takes some 100 kB; a client sends one to a few of them.
const REQUEST_BYTES_MAX = 4 * 1024 * 1024;

// Prometheus sends one; each is answered in full before the next.
const QUERIES_MAX = 100;

const OPS = ['=', '!=', '=~', '!~'] as const;

/** The kinds of answers as the protocol numbers them. */
const KINDS = ['samples', 'chunks'] as const;

// Beyond what a date can hold there are no samples, and arithmetic would not be exact.
const TIME_MS_MAX = 8.64e15;

/** Throws `InputError` (VED_BODY_INVALID, VED_BODY_TOO_LARGE, VED_QUERY_INVALID). */
export function decodeReadRequest(body: Uint8Array): ReadRequest {
  const reader = new ProtobufReader(decompressSnappy(body, REQUEST_BYTES_MAX));
  const queries: ReadQuery[] = [];
  const accepted: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) queries.push(decodeQuery(reader.message()));
    else if (reader.field === 2) reader.uints(accepted);
    else reader.skip();
    if (queries.length > QUERIES_MAX)
      throw new InputError(
        'VED_QUERY_INVALID',
        `cannot read: more than ${QUERIES_MAX} queries in one request`,
      );
  }
  return { queries, kind: kindOf(accepted) };
}

/** The first accepted kind that there is; a client that names none wants samples. */
function kindOf(accepted: readonly number[]): ReadRequest['kind'] {
  if (accepted.length === 0) return 'samples';
  for (const number of accepted) {
    const kind = KINDS[number];
    if (kind !== undefined) return kind;
  }
  throw new InputError(
    'VED_QUERY_INVALID',
    `server does not support any of the requested response types: [${accepted.join(' ')}]; supported: SAMPLES (0), STREAMED_XOR_CHUNKS (1)`,
  );
}

function decodeQuery(reader: ProtobufReader): ReadQuery {
  const range = { fromMs: 0, untilMs: 0 };
  let hints = NO_HINTS;
  const matchers: Matcher[] = [];
  while (reader.next()) {
    if (reader.field === 1) range.fromMs = clamped(reader.int());
    else if (reader.field === 2) range.untilMs = clamped(reader.int());
    else if (reader.field === 3) matchers.push(decodeMatcher(reader.message()));
    else if (reader.field === 4) hints = decodeHints(reader.message());
    else reader.skip();
  }
  // The query names all that its expression touches, the hints what this selector needs of it.
  const isNarrowed = hints.fromMs !== 0 && hints.untilMs !== 0;
  return {
    matchers,
    range: isNarrowed
      ? { fromMs: Math.max(range.fromMs, hints.fromMs), untilMs: Math.min(range.untilMs, hints.untilMs) }
      : range,
    isLabelsOnly: hints.func === 'series',
  };
}

function decodeMatcher(reader: ProtobufReader): Matcher {
  let type = 0;
  let name = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) type = reader.uint();
    else if (reader.field === 2) name = reader.string();
    else if (reader.field === 3) value = reader.string();
    else reader.skip();
  }
  const op = OPS[type];
  if (op === undefined) throw new InputError('VED_QUERY_INVALID', 'invalid matcher type');
  return createMatcher(name, op, value);
}

interface Hints {
  readonly func: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

const NO_HINTS: Hints = { func: '', fromMs: 0, untilMs: 0 };

function decodeHints(reader: ProtobufReader): Hints {
  const hints = { ...NO_HINTS };
  while (reader.next()) {
    if (reader.field === 2) hints.func = reader.string();
    else if (reader.field === 3) hints.fromMs = clamped(reader.int());
    else if (reader.field === 4) hints.untilMs = clamped(reader.int());
    else reader.skip();
  }
  return hints;
}

function clamped(timestampMs: number): number {
  return Math.max(-TIME_MS_MAX, Math.min(TIME_MS_MAX, timestampMs));
}
