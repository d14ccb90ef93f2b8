import { FatalError } from '@vedette/model';
import {
  canSkip,
  countBelow,
  PLANES_MAX,
  readDoublePlanes,
  readPlanes,
  readRunningSum,
  SKIPPABLE_PLANES_MAX,
  type RunningSum,
} from './byte-planes.ts';
import {
  CHUNK_SAMPLES_MAX,
  CHUNK_VERSION,
  ENCODING_FLOAT,
  HAS_STALE_BITMAP,
  POWERS_OF_TEN,
  VALUES_CONSTANT,
  VALUES_DELTAS,
  VALUES_DOUBLES,
  VALUES_OFFSETS,
} from './chunk.ts';
import { RepeatedTimes } from './repeated-times.ts';
import type { SampleColumns } from './sample-columns.ts';
import { ByteCursor, corrupt } from './varint.ts';

/**
 * Decodes chunks into columns. The bytes are trusted to be what was written (their checksum held), but
 * not blindly: a length that does not add up is corruption, another version is refused with a remedy.
 */
export class ChunkDecoder {
  readonly #cursor = new ByteCursor();
  readonly #repeats = new RepeatedTimes();

  /** Samples in the chunk at `offset`, without decoding them. */
  countOf(bytes: Uint8Array, offset: number, end: number): number {
    const cursor = this.#cursor.open(bytes, offset, end);
    assertFloatChunk(cursor.byte());
    cursor.skip(2);
    return readCount(cursor);
  }

  /**
   * Decodes the chunk that fills [offset, end) of `bytes` into `target` from index `at` on, which must
   * have room for `CHUNK_SAMPLES_MAX` more. Returns the number of samples. Of those before `fromMs` it leaves out
   * what costs less to pass over than to decode: a query of now needs 20 samples of 1,000.
   */
  decode(
    bytes: Uint8Array,
    offset: number,
    end: number,
    target: SampleColumns,
    at: number,
    fromMs = -Infinity,
  ): number {
    const cursor = this.#cursor.open(bytes, offset, end);
    assertFloatChunk(cursor.byte());
    const shape = cursor.byte();
    const valueShape = cursor.byte();
    const count = readCount(cursor);
    const firstMs = cursor.zigzag();
    const intervalMs = count > 1 ? cursor.varint() : 0;
    const timestampWidth = shape & 7;
    const kind = shape >> 4;
    if (timestampWidth > PLANES_MAX || (valueShape & 7) > PLANES_MAX)
      throw corrupt(`a column is at most ${PLANES_MAX} bytes wide`);

    const values = readValueHeader(cursor, kind, valueShape);
    const timestampsAt = cursor.skip(timestampWidth * (count - 1));
    const jitter = { count: count - 1, width: timestampWidth };
    const times = { first: firstMs, step: intervalMs, factor: 1 };
    const skipped =
      fromMs > firstMs && canSkip(jitter, times) && canSkipValues(values)
        ? countBelow(jitter, times, fromMs)
        : 0;
    const column = { firstMs, intervalMs, count, width: timestampWidth, skipped };
    if (!this.#repeats.copy(column, bytes, timestampsAt, target.timestampsMs, at)) {
      readRunningSum(bytes, timestampsAt, jitter, times, target.timestampsMs, at, skipped);
      this.#repeats.keep(column, bytes, timestampsAt, target.timestampsMs, at);
    }
    readValues(cursor, values, count, target.values, at, skipped);
    readStaleFlags(cursor, (shape & HAS_STALE_BITMAP) !== 0, count, target.staleFlags, at, skipped);
    if (cursor.remaining !== 0) throw corrupt(`a chunk has ${cursor.remaining} bytes too many`);
    return count - skipped;
  }
}

/** As a running sum of deltas; offsets have no `first`, a constant has there where its bytes stand. */
export interface ValueHeader extends RunningSum {
  readonly kind: number;
  readonly width: number;
  readonly scale: number;
}

export function readValueHeader(cursor: ByteCursor, kind: number, valueShape: number): ValueHeader {
  const width = valueShape & 7;
  const scale = POWERS_OF_TEN[valueShape >> 3] ?? 0;
  if (scale === 0) throw corrupt(`a chunk has ${valueShape >> 3} decimals, want at most 17`);
  switch (kind) {
    case VALUES_CONSTANT:
      return { kind, width, scale, first: cursor.skip(8), step: 0, factor: 1 };
    case VALUES_OFFSETS:
      return { kind, width, scale, first: 0, step: cursor.zigzag(), factor: cursor.varint() };
    case VALUES_DELTAS:
      return { kind, width, scale, first: cursor.zigzag(), step: cursor.zigzag(), factor: cursor.varint() };
    case VALUES_DOUBLES:
      return { kind, width, scale, first: 0, step: 0, factor: 1 };
    default:
      throw corrupt(`a chunk has values of kind ${kind}, want 0 to 3`);
  }
}

/** Whether the first values need not be decoded for the others. */
function canSkipValues(header: ValueHeader): boolean {
  if (header.kind === VALUES_DELTAS) return canSkip(header, header);
  return header.kind !== VALUES_OFFSETS || header.width <= SKIPPABLE_PLANES_MAX;
}

/** Reads the `count` values of the planes behind the header, but for the first `skipped` ones, into `values` from `at` on. */
export function readValues(
  cursor: ByteCursor,
  header: ValueHeader,
  count: number,
  values: Float64Array,
  at: number,
  skipped = 0,
): void {
  const { bytes } = cursor;
  const { kind, width, scale, step, factor } = header;
  const rest = count - skipped;
  if (kind === VALUES_CONSTANT) return fillConstant(bytes, header.first, values, at, rest);
  if (kind === VALUES_DOUBLES) {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
    return readDoublePlanes(bytes, cursor.skip(8 * count), count, words, at, skipped);
  }
  if (kind === VALUES_OFFSETS) {
    readPlanes(bytes, cursor.skip(width * count), { count, width }, values, at, skipped);
    if (step !== 0 || factor !== 1) addBase(values, at, rest, step, factor);
  } else {
    const deltas = { count: count - 1, width };
    readRunningSum(bytes, cursor.skip(width * (count - 1)), deltas, header, values, at, skipped);
  }
  if (scale !== 1) divide(values, at, rest, scale);
}

/** By bytes, so that a constant NaN keeps its payload. */
function fillConstant(
  bytes: Uint8Array,
  offset: number,
  values: Float64Array,
  at: number,
  count: number,
): void {
  new Uint8Array(values.buffer, values.byteOffset + at * 8, 8).set(bytes.subarray(offset, offset + 8));
  for (let done = 1; done < count; done *= 2)
    values.copyWithin(at + done, at, at + Math.min(done, count - done));
}

function addBase(numbers: Float64Array, at: number, count: number, base: number, factor: number): void {
  for (let i = at; i < at + count; i++) numbers[i] = base + (numbers[i] ?? 0) * factor;
}

function divide(numbers: Float64Array, at: number, count: number, scale: number): void {
  for (let i = at; i < at + count; i++) numbers[i] = (numbers[i] ?? 0) / scale;
}

export function readStaleFlags(
  cursor: ByteCursor,
  hasBitmap: boolean,
  count: number,
  flags: Uint8Array,
  at: number,
  skipped = 0,
): void {
  if (!hasBitmap) {
    flags.fill(0, at, at + count - skipped);
    return;
  }
  const offset = cursor.skip((count + 7) >> 3);
  const start = at - skipped;
  for (let i = skipped; i < count; i++)
    flags[start + i] = ((cursor.bytes[offset + (i >> 3)] ?? 0) >> (i & 7)) & 1;
}

function readCount(cursor: ByteCursor): number {
  const count = cursor.varint();
  if (count < 1 || count > CHUNK_SAMPLES_MAX)
    throw corrupt(`a chunk has ${count} samples, want 1 to ${CHUNK_SAMPLES_MAX}`);
  return count;
}

function assertFloatChunk(head: number): void {
  assertEncoding(head, ENCODING_FLOAT);
}

/** Refuses a chunk whose first byte says that it is not of `wanted`. */
export function assertEncoding(head: number, wanted: number): void {
  if (head === ((CHUNK_VERSION << 4) | wanted)) return;
  throw new FatalError(
    'VED_FORMAT_UNKNOWN',
    `cannot read a chunk: it has version ${head >> 4}, encoding ${head & 15}, want version ${CHUNK_VERSION}, encoding ${wanted}; run the version of Vedette that wrote it, or a newer one`,
  );
}
