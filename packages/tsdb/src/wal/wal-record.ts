import { crc32 } from 'node:zlib';
import { compareUtf8, labelsFromSorted, seriesKeyOf, type Exemplar, type Labels } from '@vedette/model';
import { ByteCursor, corrupt, writeVarint, writeZigzag } from '../chunk/varint.ts';
import { HistogramDecoder } from '../chunk/histogram-decoder.ts';
import { ZERO_FLAG, type IncomingSamples, type LastSample } from '../head/head.ts';

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

/** The word of a definition: series without samples are not written. */
const WORD_DEFINITION = 0;
/** The word of histograms: no samples, some stale, which cannot be. */
const WORD_HISTOGRAMS = 1;

const FLAG_HAS_LAST = 1;
const FLAG_IS_STALE = 2;

/** Builds records one behind the other in a buffer that is used again. */
export class WalRecordWriter {
  #bytes = new Uint8Array(2 ** 16);
  #view = new DataView(this.#bytes.buffer);
  #offset = 0;
  #recordStart = 0;
  /** Where the record of the last batch begins; its exemplars stand in records behind it. */
  #batchStart = 0;
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
    this.#batchStart = this.#offset;
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
    let at = writeVarint(this.#bytes, this.#offset, reference);
    at = writeVarint(this.#bytes, at, WORD_DEFINITION);
    at = writeVarint(this.#bytes, at, key.length);
    this.#bytes.set(key, at);
    at += key.length;
    const isFloat = last !== undefined && last.histogram === undefined;
    this.#bytes[at++] = isFloat ? FLAG_HAS_LAST | (last.isStale ? FLAG_IS_STALE : 0) : 0;
    if (isFloat) {
      at = writeZigzag(this.#bytes, at, last.timestampMs);
      this.#view.setFloat64(at, last.value, true);
      at += 8;
    }
    this.#offset = at;
    if (last?.histogram === undefined) return;
    this.#writeHistogramWord(reference, 0);
    this.#writeHistogram(last.histogram);
  }

  /** The samples [from, until) of the source, at least one. */
  addSamples(reference: number, source: IncomingSamples, from: number, until: number): void {
    if (source.histograms !== undefined) this.#addHistograms(reference, source.histograms, from, until);
    const count = until - from;
    this.#reserve(20 + count * 17);
    const { timestampsMs, values, staleFlags } = source;
    const bytes = this.#bytes;
    let hasFlags = 0;
    for (let i = from; i < until; i++) hasFlags |= staleFlags[i] ?? 0;
    let at = writeVarint(bytes, this.#offset, reference);
    at = writeVarint(bytes, at, count * 2 + (hasFlags === 0 ? 0 : 1));
    let previousMs = this.#previousMs;
    for (let i = from; i < until; i++) {
      const timestampMs = timestampsMs[i] ?? 0;
      at = writeZigzag(bytes, at, timestampMs - previousMs);
      previousMs = timestampMs;
    }
    this.#previousMs = previousMs;
    for (let i = from; i < until; i++, at += 8) this.#view.setFloat64(at, values[i] ?? 0, true);
    if (hasFlags !== 0) {
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

  /** Says which of the samples that come next are histograms. */
  #addHistograms(
    reference: number,
    histograms: ReadonlyMap<number, Uint8Array>,
    from: number,
    until: number,
  ): void {
    let count = 0;
    for (let i = from; i < until; i++) if (histograms.has(i)) count++;
    if (count === 0) return;
    this.#writeHistogramWord(reference, count);
    for (let i = from; i < until; i++) {
      const chunk = histograms.get(i);
      if (chunk === undefined) continue;
      this.#reserve(10);
      this.#offset = writeVarint(this.#bytes, this.#offset, i - from);
      this.#writeHistogram(chunk);
    }
  }

  #writeHistogramWord(reference: number, count: number): void {
    this.#reserve(30);
    const at = writeVarint(this.#bytes, this.#offset, reference);
    this.#offset = writeVarint(this.#bytes, writeVarint(this.#bytes, at, WORD_HISTOGRAMS), count);
  }

  #writeHistogram(chunk: Uint8Array): void {
    this.#reserve(10 + chunk.length);
    const at = writeVarint(this.#bytes, this.#offset, chunk.length);
    this.#bytes.set(chunk, at);
    this.#offset = at + chunk.length;
  }

  /** Ends the record: writes its frame. */
  finish(): void {
    const start = this.#recordStart + FRAME_BYTES;
    this.#view.setUint32(this.#recordStart, this.#offset - start, true);
    this.#view.setUint32(this.#recordStart + 4, crc32(this.#bytes.subarray(start, this.#offset)), true);
    this.#view.setUint32(start - 4, crc32(this.#bytes.subarray(this.#recordStart, start - 4)), true);
  }

  /** Takes the batch that was begun last back, with its exemplars. */
  abandon(): void {
    this.#offset = this.#batchStart;
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
  /** After `define`: the newest sample of that series is this histogram, as a chunk of one. */
  newestHistogram(reference: number, last: LastSample): void;
  samples(reference: number, columns: ReplayColumns, count: number): void;
  /** The key is valid during the call. */
  exemplar(key: Uint8Array, exemplar: Exemplar): void;
}

/** Columns that `readRecord` fills anew for each series. */
export interface ReplayColumns extends IncomingSamples {
  timestampsMs: Float64Array;
  values: Float64Array;
  staleFlags: Uint8Array;
  histograms: ReadonlyMap<number, Uint8Array> | undefined;
  hasZeros: boolean;
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
  let previousMs = 0;
  let decoder: HistogramDecoder | undefined;
  columns.histograms = undefined;
  while (cursor.remaining > 0) {
    const reference = cursor.varint();
    const word = cursor.varint();
    if (word === WORD_DEFINITION) readDefinition(cursor, reference, visitor);
    else if (word === WORD_HISTOGRAMS)
      columns.histograms = readHistograms(cursor, (decoder ??= new HistogramDecoder()), (last) =>
        visitor.newestHistogram(reference, last),
      );
    else {
      const count = Math.floor(word / 2);
      previousMs = readSamples(cursor, { count, hasFlags: word % 2 === 1 }, previousMs, columns);
      visitor.samples(reference, columns, count);
      columns.histograms = undefined;
    }
  }
}

/** Fills the columns; returns the time of the last sample. */
function readSamples(
  cursor: ByteCursor,
  { count, hasFlags }: { count: number; hasFlags: boolean },
  beforeMs: number,
  columns: ReplayColumns,
): number {
  if (count * 9 > cursor.remaining) throw corrupt(`a log record ends inside its samples`);
  for (const index of columns.histograms?.keys() ?? [])
    if (index >= count) throw corrupt(`a log record has histogram ${index} of ${count} samples`);
  reserveColumns(columns, count);
  let timestampMs = beforeMs;
  for (let i = 0; i < count; i++) {
    timestampMs += cursor.zigzag();
    columns.timestampsMs[i] = timestampMs;
  }
  const { bytes } = cursor;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const valuesAt = cursor.skip(count * 8);
  for (let i = 0; i < count; i++) columns.values[i] = view.getFloat64(valuesAt + i * 8, true);
  columns.hasZeros = false;
  if (hasFlags) {
    const flagsAt = cursor.skip(count);
    columns.staleFlags.set(bytes.subarray(flagsAt, flagsAt + count));
    columns.hasZeros = bytes.subarray(flagsAt, flagsAt + count).includes(ZERO_FLAG);
  } else columns.staleFlags.fill(0, 0, count);
  return timestampMs;
}

/** By index into the samples that follow; `undefined` when it is the newest one of a definition. */
function readHistograms(
  cursor: ByteCursor,
  decoder: HistogramDecoder,
  onNewest: (last: LastSample) => void,
): ReadonlyMap<number, Uint8Array> | undefined {
  const readChunk = (): Uint8Array => {
    const at = cursor.skip(cursor.varint());
    // A copy, or each histogram would keep the megabytes that were read at once.
    const chunk = new Uint8Array(cursor.bytes.subarray(at, cursor.offset));
    // Decoded for the check alone: what cannot be read must not wait in the head for the first query.
    if (decoder.decode(chunk).length !== 1)
      throw corrupt('a log record has more than one histogram in a chunk');
    return chunk;
  };
  const count = cursor.varint();
  if (count === 0) {
    const histogram = readChunk();
    const timestampMs = decoder.timestampsMs[0] ?? 0;
    onNewest({ timestampMs, value: 0, isStale: false, histogram });
    return undefined;
  }
  const histograms = new Map<number, Uint8Array>();
  for (let i = 0; i < count; i++) histograms.set(cursor.varint(), readChunk());
  return histograms;
}

function readDefinition(cursor: ByteCursor, reference: number, visitor: WalRecordVisitor): void {
  const keyAt = cursor.skip(cursor.varint());
  const key = cursor.bytes.subarray(keyAt, cursor.offset);
  if (readLabels(key).length === 0) throw corrupt('a log record defines a series without a label');
  const flags = cursor.byte();
  if ((flags & FLAG_HAS_LAST) === 0) return visitor.define(reference, key, undefined);
  const timestampMs = cursor.zigzag();
  const value = cursor.double();
  const isStale = (flags & FLAG_IS_STALE) !== 0;
  visitor.define(reference, key, { timestampMs, value, isStale, histogram: undefined });
}

function readExemplars(cursor: ByteCursor, visitor: WalRecordVisitor): void {
  const part = (): Uint8Array => {
    const start = cursor.skip(cursor.varint());
    return cursor.bytes.subarray(start, cursor.offset);
  };
  let timestampMs = 0;
  while (cursor.remaining > 0) {
    const key = part();
    if (readLabels(key).length === 0) throw corrupt('a log record has an exemplar of no series');
    const labels = readLabels(part());
    timestampMs += cursor.zigzag();
    visitor.exemplar(key, { labels, value: cursor.double(), timestampMs });
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The labels of a key as the log has it: not trusted, since whoever takes it in trusts that it is the one key of them. */
function readLabels(key: Uint8Array): Labels {
  const cursor = new ByteCursor().open(key);
  const parts: string[] = [];
  while (cursor.remaining > 0) {
    const at = cursor.skip(cursor.varint());
    parts.push(decoder.decode(key.subarray(at, cursor.offset)));
  }
  for (let i = 0; i < parts.length; i += 2) {
    const isSorted = i === 0 || compareUtf8(parts[i - 2] ?? '', parts[i] ?? '') < 0;
    if ((parts[i + 1] ?? '') === '' || !isSorted)
      throw corrupt('a log record has labels that are not sorted, or one without a value');
  }
  const labels = labelsFromSorted(parts);
  if (Buffer.compare(seriesKeyOf(labels), key) !== 0)
    throw corrupt('a log record has labels that are not written as this version writes them');
  return labels;
}

function reserveColumns(columns: ReplayColumns, count: number): void {
  if (columns.values.length >= count) return;
  const size = Math.max(count, columns.values.length * 2);
  columns.timestampsMs = new Float64Array(size);
  columns.values = new Float64Array(size);
  columns.staleFlags = new Uint8Array(size);
}
