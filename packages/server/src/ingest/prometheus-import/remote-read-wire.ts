/** The messages of Prometheus' remote read protocol, as far as a client needs them. */
import type { Matcher, MatcherOp, TimeRange } from '@vedette/model';
import { crc32c } from '../../lib/crc32c.ts';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { compressSnappy } from '../../lib/snappy.ts';
import { invalid } from './byte-reader.ts';
import type { CollectedSeries } from './collected-series.ts';
import type { MatcherSets } from './source.ts';
import { assertChecksum } from './window-file.ts';

const MATCHER_TYPES: Readonly<Record<MatcherOp, number>> = { '=': 0, '!=': 1, '=~': 2, '!~': 3 };

/** Kinds of answers, the preferred one first: 1 streams chunks, 0 sends samples at once. */
const ACCEPTED = [1, 0];

/** Every series has a name, so this matches all. */
const ANY_SERIES: Pick<Matcher, 'name' | 'op' | 'value'> = { name: '__name__', op: '!=', value: '' };

/** One question per set of matchers, in snappy. */
export function encodeReadRequest(range: TimeRange, sets: MatcherSets): Uint8Array<ArrayBuffer> {
  const request = new ProtobufWriter();
  for (const set of sets.length === 0 ? [[ANY_SERIES]] : sets) {
    const query = new ProtobufWriter();
    query.int(1, range.fromMs);
    query.int(2, range.untilMs);
    for (const { name, op, value } of set) {
      const matcher = new ProtobufWriter();
      matcher.uint(1, MATCHER_TYPES[op]);
      matcher.string(2, name);
      matcher.string(3, value);
      query.message(3, matcher);
    }
    request.message(1, query);
  }
  request.packedUints(2, ACCEPTED);
  return compressSnappy(request.finish());
}

/** A `ReadResponse`, decompressed. */
export function collectSamples(bytes: Uint8Array, into: CollectedSeries): void {
  const response = new ProtobufReader(bytes);
  let query = 0;
  while (response.next()) {
    if (response.field !== 1) {
      response.skip();
      continue;
    }
    const result = response.message();
    while (result.next()) {
      if (result.field === 1) into.addSamples(result.bytes(), query);
      else result.skip();
    }
    query++;
  }
}

/** A `ChunkedReadResponse`: one frame of the stream. */
export function collectFrame(bytes: Uint8Array, into: CollectedSeries): void {
  // The number of the question stands behind the series.
  let query = 0;
  const head = new ProtobufReader(bytes);
  while (head.next()) {
    if (head.field === 2) query = head.int();
    else head.skip();
  }
  const frame = new ProtobufReader(bytes);
  while (frame.next()) {
    if (frame.field === 1) into.addChunked(frame.message(), query);
    else frame.skip();
  }
}

// Servers send frames of 1 MiB, or of one series when that alone is more.
const FRAME_BYTES_MAX = 64 * 1024 * 1024;

/** Cuts a stream into frames: length as a varint, CRC-32C in four bytes, content. */
export class FrameSplitter {
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  /** How much must be there before the next frame is whole, as far as known. */
  #wantedBytes = 0;

  /** The frames that are whole with these bytes; `InputError` (VED_IMPORT_INVALID) for damage. */
  *push(bytes: Uint8Array): Generator<Uint8Array> {
    this.#pending.push(bytes);
    this.#pendingBytes += bytes.length;
    if (this.#pendingBytes < this.#wantedBytes) return;
    let rest = this.#pending.length === 1 ? bytes : Buffer.concat(this.#pending);
    for (let frame = frameOf(rest); frame !== undefined; frame = frameOf(rest)) {
      this.#wantedBytes = frame.end;
      if (rest.length < frame.end) break;
      const content = rest.subarray(frame.start, frame.end);
      assertChecksum(frame.checksum(), crc32c(content));
      yield content;
      rest = rest.subarray(frame.end);
      this.#wantedBytes = 0;
    }
    this.#pending = [rest];
    this.#pendingBytes = rest.length;
  }

  /** Throws when the stream ended within a frame. */
  assertEnd(): void {
    if (this.#pendingBytes > 0) throw invalid('the stream is cut off within a frame');
  }
}

/** Where the first frame begins and ends; `undefined` when not even its length is there. */
function frameOf(
  bytes: Uint8Array,
): { readonly start: number; readonly end: number; readonly checksum: () => number } | undefined {
  let length = 0;
  for (let i = 0, scale = 1; i < bytes.length; i++, scale *= 128) {
    const byte = bytes[i] ?? 0;
    length += (byte & 127) * scale;
    if (length > FRAME_BYTES_MAX || i > 8) throw invalid(`a frame takes more than ${FRAME_BYTES_MAX} bytes`);
    if (byte >= 128) continue;
    const start = i + 5;
    const checksum = (): number => new DataView(bytes.buffer, bytes.byteOffset + i + 1, 4).getUint32(0);
    return { start, end: start + length, checksum };
  }
  return undefined;
}
