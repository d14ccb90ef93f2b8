import { bug, type HistogramBuckets, type NativeHistogram } from '@vedette/model';
import { PLANES_MAX, widthOf, writeDoublePlanes, writePlanes } from './byte-planes.ts';
import { CHUNK_VERSION, ENCODING_HISTOGRAM, HAS_STALE_BITMAP } from './chunk.ts';
import {
  columnCountOf,
  COLUMNS_BEFORE_BUCKETS,
  COUNTER_RESETS,
  HAS_OWN_HINTS,
  HAS_WHOLE_COUNTS,
  HISTOGRAM_SAMPLES_MAX,
  samplesMaxOf,
  WHOLE_COUNT_END,
} from './histogram-chunk.ts';
import { largestOf, subtractSmallestInterval } from './intervals.ts';
import { ValueColumnWriter } from './value-column.ts';
import { writeVarint, writeZigzag } from './varint.ts';

/** What one chunk is made of: columns of equal length, all histograms of one layout (`isSameLayout`). */
export interface HistogramRun {
  /** Increasing, whole milliseconds. */
  readonly timestampsMs: Float64Array;
  /** Under a staleness marker: the histogram before it. */
  readonly histograms: readonly NativeHistogram[];
  /** 1 where the sample is a staleness marker. */
  readonly staleFlags: Uint8Array;
}

// Beside cells, spans and bounds: header, sum, time, flags; generous.
const FIXED_BYTES_MAX = 128;

/** Encodes histogram chunks, one after the other, with buffers of its own. */
export class HistogramEncoder {
  readonly #sums = new Float64Array(HISTOGRAM_SAMPLES_MAX);
  readonly #columns = new ValueColumnWriter(HISTOGRAM_SAMPLES_MAX);
  readonly #numbers = new Float64Array(HISTOGRAM_SAMPLES_MAX);
  #cells = new Float64Array(1024);
  #widths = new Uint8Array(64);
  #bases = new Float64Array(64);
  #bytes = new Uint8Array(4096);
  #view = new DataView(this.#bytes.buffer);

  /** The bytes of a single sample, in an array of their own. */
  encodeOne(timestampMs: number, histogram: NativeHistogram): Uint8Array {
    const timestampsMs = Float64Array.of(timestampMs);
    return this.encode({ timestampsMs, histograms: [histogram], staleFlags: NONE_STALE }).slice();
  }

  /** The chunk's bytes; valid until the next call. */
  encode(run: HistogramRun): Uint8Array {
    const [first] = run.histograms;
    const count = run.histograms.length;
    if (first === undefined) bug('a histogram chunk has at least one sample');
    const columnCount = columnCountOf(first);
    if (count > samplesMaxOf(columnCount))
      bug(`a chunk holds at most ${samplesMaxOf(columnCount)} histograms of its kind; got ${count}`);
    this.#reserve(first, count, columnCount);
    gatherCells(run.histograms, columnCount, this.#cells);
    const isWhole = areWhole(this.#cells, count * columnCount) && this.#chooseWidths(count, columnCount);
    const hasStale = run.staleFlags.includes(1);
    const hint = COUNTER_RESETS.indexOf(first.counterReset);
    const hasOwnHints = run.histograms.some(({ counterReset }) => counterReset !== first.counterReset);

    const intervalMs = count > 1 ? subtractSmallestInterval(run.timestampsMs, count, this.#numbers) : 0;
    const timestampWidth = widthOf(largestOf(this.#numbers, count - 1));
    if (timestampWidth > PLANES_MAX) bug('timestamps of one chunk must lie within 2^48 ms');
    const bytes = this.#bytes;
    bytes[0] = (CHUNK_VERSION << 4) | ENCODING_HISTOGRAM;
    bytes[1] =
      timestampWidth |
      (hasStale ? HAS_STALE_BITMAP : 0) |
      (isWhole ? HAS_WHOLE_COUNTS : 0) |
      (hasOwnHints ? HAS_OWN_HINTS : hint << 6);
    let at = writeZigzag(bytes, writeVarint(bytes, 2, count), run.timestampsMs[0] ?? 0);
    if (count > 1) at = writeVarint(bytes, at, intervalMs);
    at = this.#writeLayout(first, at);
    at = writePlanes(bytes, at, this.#numbers, { count: count - 1, width: timestampWidth });
    at = this.#writeSums(run.histograms, at);
    at = isWhole
      ? this.#writeWhole(count, columnCount, at)
      : writeDoublePlanes(bytes, at, new Uint32Array(this.#cells.buffer), count * columnCount);
    if (hasOwnHints) at = writeHints(run.histograms, bytes, at);
    return bytes.subarray(0, hasStale ? writeBitmap(run.staleFlags, count, bytes, at) : at);
  }

  #writeLayout(histogram: NativeHistogram, offset: number): number {
    const { schema, zeroThreshold, positive, negative, customBounds } = histogram;
    let at = writeZigzag(this.#bytes, offset, schema);
    this.#view.setFloat64(at, zeroThreshold, true);
    at = writeSpans(this.#bytes, writeSpans(this.#bytes, at + 8, positive), negative);
    at = writeVarint(this.#bytes, at, customBounds.length);
    for (let i = 0; i < customBounds.length; i++, at += 8)
      this.#view.setFloat64(at, customBounds[i] ?? 0, true);
    return at;
  }

  #writeSums(histograms: readonly NativeHistogram[], offset: number): number {
    for (const [i, { sum }] of histograms.entries()) this.#sums[i] = sum;
    return this.#columns.write(this.#sums, histograms.length, this.#bytes, offset);
  }

  /** Smallest delta and width of each column; false when some delta needs more than six bytes. */
  #chooseWidths(count: number, columnCount: number): boolean {
    if (count === 1) return true;
    for (let column = 0, at = 0; column < columnCount; column++, at += count) {
      let smallest = Infinity;
      let largest = -Infinity;
      for (let i = at + 1; i < at + count; i++) {
        const delta = (this.#cells[i] ?? 0) - (this.#cells[i - 1] ?? 0);
        if (delta < smallest) smallest = delta;
        if (delta > largest) largest = delta;
      }
      const width = widthOf(largest - smallest);
      if (width > PLANES_MAX) return false;
      this.#bases[column] = smallest;
      this.#widths[column] = width;
    }
    return true;
  }

  /** The first sample across the columns, a word for each column, the planes of each column. */
  #writeWhole(count: number, columnCount: number, offset: number): number {
    const bytes = this.#bytes;
    const cells = this.#cells;
    let at = offset;
    let previous = 0;
    for (let column = 0; column < columnCount; column++) {
      const number = cells[column * count] ?? 0;
      at = writeZigzag(bytes, at, number - previous);
      previous = number;
    }
    if (count === 1) return at;
    for (let column = 0; column < columnCount; column++) {
      const base = this.#bases[column] ?? 0;
      const zigzag = base < 0 ? -2 * base - 1 : 2 * base;
      at = writeVarint(bytes, at, zigzag * 8 + (this.#widths[column] ?? 0));
    }
    for (let column = 0, cell = 0; column < columnCount; column++, cell += count) {
      const width = this.#widths[column] ?? 0;
      if (width === 0) continue;
      const base = this.#bases[column] ?? 0;
      for (let i = 1; i < count; i++)
        this.#numbers[i - 1] = (cells[cell + i] ?? 0) - (cells[cell + i - 1] ?? 0) - base;
      at = writePlanes(bytes, at, this.#numbers, { count: count - 1, width });
    }
    return at;
  }

  #reserve(first: NativeHistogram, count: number, columnCount: number): void {
    const cellCount = count * columnCount;
    if (this.#cells.length < cellCount) this.#cells = new Float64Array(cellCount * 2);
    if (this.#widths.length < columnCount) {
      this.#widths = new Uint8Array(columnCount * 2);
      this.#bases = new Float64Array(columnCount * 2);
    }
    const spanCount = first.positive.spans.length + first.negative.spans.length;
    const size =
      FIXED_BYTES_MAX +
      count * 24 +
      columnCount * 16 +
      cellCount * 8 +
      spanCount * 16 +
      first.customBounds.length * 8;
    if (this.#bytes.length >= size) return;
    this.#bytes = new Uint8Array(size * 2);
    this.#view = new DataView(this.#bytes.buffer);
  }
}

const NONE_STALE = new Uint8Array(1);

/** Column after column, each with a number per sample. */
function gatherCells(
  histograms: readonly NativeHistogram[],
  columnCount: number,
  target: Float64Array,
): void {
  const count = histograms.length;
  for (let i = 0; i < count; i++) {
    const histogram = histograms[i];
    if (histogram === undefined || columnCountOf(histogram) !== columnCount)
      bug('histograms of one chunk have one layout');
    target[i] = histogram.count;
    target[count + i] = histogram.zeroCount;
    const negativeAt = scatter(histogram.positive.counts, COLUMNS_BEFORE_BUCKETS * count + i, count, target);
    scatter(histogram.negative.counts, negativeAt, count, target);
  }
}

function scatter(counts: Float64Array, offset: number, stride: number, target: Float64Array): number {
  let at = offset;
  for (let i = 0; i < counts.length; i++, at += stride) target[at] = counts[i] ?? 0;
  return at;
}

function areWhole(cells: Float64Array, cellCount: number): boolean {
  for (let i = 0; i < cellCount; i++) {
    const cell = cells[i] ?? 0;
    if (!(cell >= 0 && cell < WHOLE_COUNT_END && Math.floor(cell) === cell)) return false;
    if (cell === 0 && 1 / cell < 0) return false;
  }
  return true;
}

function writeSpans(bytes: Uint8Array, offset: number, { spans }: HistogramBuckets): number {
  let at = writeVarint(bytes, offset, spans.length);
  for (const span of spans) at = writeVarint(bytes, writeZigzag(bytes, at, span.offset), span.length);
  return at;
}

/** Two bits a sample. */
function writeHints(histograms: readonly NativeHistogram[], bytes: Uint8Array, offset: number): number {
  const end = offset + ((histograms.length + 3) >> 2);
  bytes.fill(0, offset, end);
  for (const [i, { counterReset }] of histograms.entries()) {
    const hint = COUNTER_RESETS.indexOf(counterReset);
    bytes[offset + (i >> 2)] = (bytes[offset + (i >> 2)] ?? 0) | (hint << ((i & 3) * 2));
  }
  return end;
}

function writeBitmap(flags: Uint8Array, count: number, bytes: Uint8Array, offset: number): number {
  const end = offset + ((count + 7) >> 3);
  bytes.fill(0, offset, end);
  for (let i = 0; i < count; i++)
    if (flags[i] === 1) bytes[offset + (i >> 3)] = (bytes[offset + (i >> 3)] ?? 0) | (1 << (i & 7));
  return end;
}
