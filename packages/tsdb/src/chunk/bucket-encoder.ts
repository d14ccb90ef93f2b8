import { bug } from '@vedette/model';
import { PLANES_MAX, widthOf, writePlanes } from './byte-planes.ts';
import { HAS_STALE_COLUMN, SAME_AS, STORED_COLUMNS, type BucketColumns } from './bucket-chunk.ts';
import { CHUNK_SAMPLES_MAX, CHUNK_VERSION, ENCODING_BUCKETS, POWERS_OF_TEN } from './chunk.ts';
import { scaleToDecimals } from './decimals.ts';
import { columnBytesMax, ValueColumnWriter } from './value-column.ts';
import { writeVarint, writeZigzag } from './varint.ts';

// Each of n values is off by up to 2^-53 of itself from the decimal that was meant, and so is their sum in relation to
// n times the largest, more or less. Within eight times that it may as well be the decimal: three bytes, not eight.
const SUM_TOLERANCE = 2 ** -50;

/** Header, gaps between buckets, ten columns. */
const BYTES_MAX =
  64 + CHUNK_SAMPLES_MAX * PLANES_MAX + STORED_COLUMNS.length * columnBytesMax(CHUNK_SAMPLES_MAX);

/** Encodes chunks of buckets, one after the other, with buffers of its own. */
export class BucketEncoder {
  readonly #bytes = new Uint8Array(BYTES_MAX);
  readonly #writer = new ValueColumnWriter(CHUNK_SAMPLES_MAX);
  readonly #gaps = new Float64Array(CHUNK_SAMPLES_MAX);
  readonly #scratch = new Float64Array(CHUNK_SAMPLES_MAX);
  /** The columns as they are written. */
  readonly #written = STORED_COLUMNS.map(() => new Float64Array(CHUNK_SAMPLES_MAX));

  /** The chunk of the buckets [from, until); valid until the next call. */
  encode(columns: BucketColumns, from: number, until: number, resolutionMs: number): Uint8Array {
    const count = until - from;
    if (count < 1 || count > CHUNK_SAMPLES_MAX)
      bug(`a chunk holds 1 to ${CHUNK_SAMPLES_MAX} buckets; got ${count}`);
    const bytes = this.#bytes;
    const hasStale = columns.stalesMs.subarray(from, until).some((timestampMs) => timestampMs !== 0);
    bytes[0] = (CHUNK_VERSION << 4) | ENCODING_BUCKETS;
    bytes[1] = hasStale ? HAS_STALE_COLUMN : 0;
    let at = writeVarint(bytes, writeVarint(bytes, 2, count), resolutionMs);
    at = this.#writeEnds(columns.endsMs.subarray(from, until), resolutionMs, at);
    this.#gather(columns, from, until, resolutionMs);
    const columnCount = hasStale ? STORED_COLUMNS.length : STORED_COLUMNS.length - 1;
    for (let column = 0; column < columnCount; column++) at = this.#writeColumn(column, count, at);
    return bytes.subarray(0, at);
  }

  /** The number of the first bucket since the epoch, then how many were left out before each other one. */
  #writeEnds(endsMs: Float64Array, resolutionMs: number, offset: number): number {
    const count = endsMs.length;
    let largest = 0;
    for (let i = 1; i < count; i++) {
      const gap = ((endsMs[i] ?? 0) - (endsMs[i - 1] ?? 0)) / resolutionMs - 1;
      if (!(gap >= 0 && Number.isInteger(gap)))
        bug(`ends of buckets are increasing multiples; got a gap of ${gap}`);
      this.#gaps[i - 1] = gap;
      if (gap > largest) largest = gap;
    }
    const width = widthOf(largest);
    const at = writeZigzag(this.#bytes, offset, (endsMs[0] ?? 0) / resolutionMs);
    this.#bytes[at] = width;
    return writePlanes(this.#bytes, at + 1, this.#gaps, { count: count - 1, width });
  }

  /** Times become distances from the borders of their bucket; what has no meaning repeats the bucket before. */
  #gather(columns: BucketColumns, from: number, until: number, resolutionMs: number): void {
    for (const [column, name] of STORED_COLUMNS.entries()) {
      const source = columns[name];
      const target = this.#written[column] ?? bug('a column for each');
      target.set(source.subarray(from, until));
      for (let i = 0; i < until - from; i++) {
        const endMs = columns.endsMs[from + i] ?? 0;
        const timestampMs = target[i] ?? 0;
        if (name === 'firstsMs') target[i] = timestampMs - (endMs - resolutionMs) - 1;
        else if (name === 'lastsMs') target[i] = endMs - timestampMs;
        else if (name === 'stalesMs') target[i] = timestampMs === 0 ? 0 : endMs - timestampMs + 1;
        if (name !== 'counts' && name !== 'stalesMs' && columns.counts[from + i] === 0)
          target[i] = i === 0 ? 0 : (target[i - 1] ?? 0);
      }
    }
    this.#roundSums(until - from);
  }

  /** Sums of decimals are decimals, but for the rounding of the addition. */
  #roundSums(count: number): void {
    const [counts, , , sums, , , mins, maxs, losses] = this.#written;
    if (counts === undefined || mins === undefined || maxs === undefined) return;
    const least = scaleToDecimals(mins, count, this.#scratch);
    const most = scaleToDecimals(maxs, count, this.#scratch);
    if (least < 0 || most < 0) return;
    const scale = POWERS_OF_TEN[Math.max(least, most)] ?? 1;
    for (let i = 0; i < count; i++) {
      const added = (counts[i] ?? 0) * Math.max(Math.abs(mins[i] ?? 0), Math.abs(maxs[i] ?? 0));
      roundAt(sums, i, scale, added * SUM_TOLERANCE);
      roundAt(losses, i, scale, added * SUM_TOLERANCE);
    }
  }

  #writeColumn(column: number, count: number, offset: number): number {
    const values = this.#written[column] ?? bug('a column for each');
    const same = this.#findSame(column, count);
    if (same < 0) return this.#writer.write(values, count, this.#bytes, offset);
    this.#bytes[offset] = SAME_AS;
    this.#bytes[offset + 1] = same;
    return offset + 2;
  }

  /** An earlier column with the same bits; -1 when there is none. */
  #findSame(column: number, count: number): number {
    const words = wordsOf(this.#written[column], count);
    for (let other = 0; other < column; other++) {
      const otherWords = wordsOf(this.#written[other], count);
      let i = 0;
      while (i < words.length && words[i] === otherWords[i]) i++;
      if (i === words.length) return other;
    }
    return -1;
  }
}

function roundAt(column: Float64Array | undefined, i: number, scale: number, tolerance: number): void {
  const value = column?.[i] ?? 0;
  const rounded = Math.round(value * scale) / scale;
  if (column !== undefined && Math.abs(rounded - value) <= tolerance) column[i] = rounded;
}

function wordsOf(column: Float64Array | undefined, count: number): Uint32Array {
  return column === undefined ? new Uint32Array(0) : new Uint32Array(column.buffer, 0, 2 * count);
}
