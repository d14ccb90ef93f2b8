import { crc32 } from 'node:zlib';
import { labelsOfSeriesKey, seriesKeyOf, type Exemplar, type SampleBatch } from '@vedette/model';
import { ByteCursor, corrupt, writeVarint, writeZigzag } from '../chunk/varint.ts';
import type { LastSample } from '../head/head.ts';

/**
 * One record of the write-ahead log is one batch, so that after a crash a batch is there as a whole or not
 * at all. Every byte is described in `docs/formats/wal.md`. A record names series by reference; the first
 * batch that writes to a series in an epoch defines the reference, so that the segments of an epoch can
 * be read without those before. It holds what was asked to be appended within the times that were writable
 * then: replaying takes the same decisions again.
 */
/** In front of each payload: its length, its CRC-32, and the CRC-32 of these two. */
export const FRAME_BYTES = 12;
const RECORD_BATCH = 1;
/** Exemplars, each with the key of its series: they outlive the references of an epoch. */
const RECORD_EXEMPLARS = 4;
/** Added to the kind: the window of late samples was open, and its beginning follows the writable times. */
const FLAG_HAS_LATE_WINDOW = 0x80;

const FLAG_HAS_LAST = 1;
const FLAG_IS_STALE = 2;

/** Builds records one behind the other in a buffer that is used again. */
export class WalRecordWriter {
  #bytes = new Uint8Array(2 ** 16);
  #view = new DataView(this.#bytes.buffer);
  #offset = 0;
  #recordStart = 0;
  #previousMs = 0;

  /** The finished records; valid until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#offset);
  }

  clear(): void {
    this.#offset = 0;
  }

  /** `lateMinMs` is Infinity when late samples were refused. */
  begin(window: { minMs: number; maxMs: number; lateMinMs: number }): void {
    this.#reserve(FRAME_BYTES + 25);
    this.#recordStart = this.#offset;
    this.#offset += FRAME_BYTES;
    this.#bytes[this.#offset] = RECORD_BATCH;
    this.#view.setFloat64(this.#offset + 1, window.minMs, true);
    this.#view.setFloat64(this.#offset + 9, window.maxMs, true);
    this.#offset += 17;
    if (window.lateMinMs !== Infinity) {
      this.#bytes[this.#offset - 17] = RECORD_BATCH | FLAG_HAS_LATE_WINDOW;
      this.#view.setFloat64(this.#offset, window.lateMinMs, true);
      this.#offset += 8;
    }
    this.#previousMs = 0;
  }

  /** Says what `reference` is from here on, and the newest sample of the series so far. */
  defineSeries(reference: number, key: Uint8Array, last: LastSample | undefined): void {
    this.#reserve(key.length + 40);
    // A sample count of 0 marks a definition: series without samples are not written.
    let at = writeVarint(this.#bytes, this.#offset, reference);
    at = writeVarint(this.#bytes, at, 0);
    at = writeVarint(this.#bytes, at, key.length);
    this.#bytes.set(key, at);
    at += key.length;
    this.#bytes[at++] = last === undefined ? 0 : FLAG_HAS_LAST | (last.isStale ? FLAG_IS_STALE : 0);
    if (last !== undefined) {
      at = writeZigzag(this.#bytes, at, last.timestampMs);
      this.#view.setFloat64(at, last.value, true);
      at += 8;
    }
    this.#offset = at;
  }

  /** The samples [from, until) of the batch, at least one. */
  addSamples(reference: number, batch: SampleBatch, from: number, until: number): void {
    const count = until - from;
    this.#reserve(20 + count * 17);
    const { timestampsMs, values, staleFlags } = batch;
    const bytes = this.#bytes;
    let hasStale = 0;
    for (let i = from; i < until; i++) hasStale |= staleFlags[i] ?? 0;
    let at = writeVarint(bytes, this.#offset, reference);
    at = writeVarint(bytes, at, count * 2 + hasStale);
    let previousMs = this.#previousMs;
    for (let i = from; i < until; i++) {
      const timestampMs = timestampsMs[i] ?? 0;
      at = writeZigzag(bytes, at, timestampMs - previousMs);
      previousMs = timestampMs;
    }
    this.#previousMs = previousMs;
    for (let i = from; i < until; i++, at += 8) this.#view.setFloat64(at, values[i] ?? 0, true);
    if (hasStale === 1) {
      bytes.set(staleFlags.subarray(from, until), at);
      at += count;
    }
    this.#offset = at;
  }

  /** Begins a record of exemplars. */
  beginExemplars(): void {
    this.#reserve(FRAME_BYTES + 1);
    this.#recordStart = this.#offset;
    this.#offset += FRAME_BYTES;
    this.#bytes[this.#offset++] = RECORD_EXEMPLARS;
    this.#previousMs = 0;
  }

  addExemplar(key: Uint8Array, { labels, value, timestampMs }: Exemplar): void {
    const said = seriesKeyOf(labels);
    this.#reserve(key.length + said.length + 40);
    let at = this.#offset;
    for (const part of [key, said]) {
      at = writeVarint(this.#bytes, at, part.length);
      this.#bytes.set(part, at);
      at += part.length;
    }
    at = writeZigzag(this.#bytes, at, timestampMs - this.#previousMs);
    this.#previousMs = timestampMs;
    this.#view.setFloat64(at, value, true);
    this.#offset = at + 8;
  }

  /** Ends the record: writes its frame. */
  finish(): void {
    const start = this.#recordStart + FRAME_BYTES;
    this.#view.setUint32(this.#recordStart, this.#offset - start, true);
    this.#view.setUint32(this.#recordStart + 4, crc32(this.#bytes.subarray(start, this.#offset)), true);
    this.#view.setUint32(start - 4, crc32(this.#bytes.subarray(this.#recordStart, start - 4)), true);
  }

  /** Takes the record that was begun back. */
  abandon(): void {
    this.#offset = this.#recordStart;
  }

  #reserve(lengthBytes: number): void {
    if (this.#offset + lengthBytes <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#offset + lengthBytes));
    larger.set(this.#bytes.subarray(0, this.#offset));
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Who is told what a record says, in its order. Columns are valid during the call. */
export interface WalRecordVisitor {
  window(window: { minMs: number; maxMs: number; lateMinMs: number }): void;
  define(reference: number, key: Uint8Array, last: LastSample | undefined): void;
  samples(reference: number, columns: ReplayColumns, count: number): void;
  /** The key is valid during the call. */
  exemplar(key: Uint8Array, exemplar: Exemplar): void;
}

/** Columns that `readRecord` fills anew for each series. */
export interface ReplayColumns {
  timestampsMs: Float64Array;
  values: Float64Array;
  staleFlags: Uint8Array;
}

/** Reads one payload whose checksum held. A content that cannot be is corruption. */
export function readRecord(payload: Uint8Array, columns: ReplayColumns, visitor: WalRecordVisitor): void {
  const cursor = new ByteCursor().open(payload);
  const head = cursor.byte();
  if (head === RECORD_EXEMPLARS) return readExemplars(cursor, visitor);
  const kind = head & ~FLAG_HAS_LATE_WINDOW;
  if (kind !== RECORD_BATCH)
    throw corrupt(`a log record is of kind ${kind}, want ${RECORD_BATCH} or ${RECORD_EXEMPLARS}`);
  const minMs = cursor.double();
  const maxMs = cursor.double();
  const lateMinMs = head === kind ? Infinity : cursor.double();
  visitor.window({ minMs, maxMs, lateMinMs });
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let previousMs = 0;
  while (cursor.remaining > 0) {
    const reference = cursor.varint();
    const word = cursor.varint();
    if (word === 0) {
      readDefinition(cursor, reference, visitor);
      continue;
    }
    const count = Math.floor(word / 2);
    if (count < 1 || count * 9 > cursor.remaining) throw corrupt(`a log record ends inside its samples`);
    reserveColumns(columns, count);
    for (let i = 0; i < count; i++) {
      previousMs += cursor.zigzag();
      columns.timestampsMs[i] = previousMs;
    }
    const valuesAt = cursor.skip(count * 8);
    for (let i = 0; i < count; i++) columns.values[i] = view.getFloat64(valuesAt + i * 8, true);
    if (word % 2 === 1) {
      const flagsAt = cursor.skip(count);
      for (let i = 0; i < count; i++) columns.staleFlags[i] = payload[flagsAt + i] ?? 0;
    } else columns.staleFlags.fill(0, 0, count);
    visitor.samples(reference, columns, count);
  }
}

function readDefinition(cursor: ByteCursor, reference: number, visitor: WalRecordVisitor): void {
  const keyAt = cursor.skip(cursor.varint());
  const key = cursor.bytes.subarray(keyAt, cursor.offset);
  const flags = cursor.byte();
  if ((flags & FLAG_HAS_LAST) === 0) return visitor.define(reference, key, undefined);
  const timestampMs = cursor.zigzag();
  const value = cursor.double();
  visitor.define(reference, key, { timestampMs, value, isStale: (flags & FLAG_IS_STALE) !== 0 });
}

function readExemplars(cursor: ByteCursor, visitor: WalRecordVisitor): void {
  const part = (): Uint8Array => {
    const start = cursor.skip(cursor.varint());
    return cursor.bytes.subarray(start, cursor.offset);
  };
  let timestampMs = 0;
  while (cursor.remaining > 0) {
    const key = part();
    const labels = labelsOfSeriesKey(part());
    timestampMs += cursor.zigzag();
    visitor.exemplar(key, { labels, value: cursor.double(), timestampMs });
  }
}

function reserveColumns(columns: ReplayColumns, count: number): void {
  if (columns.values.length >= count) return;
  const size = Math.max(count, columns.values.length * 2);
  columns.timestampsMs = new Float64Array(size);
  columns.values = new Float64Array(size);
  columns.staleFlags = new Uint8Array(size);
}
