import type { HistogramBuckets, NativeHistogram } from '@vedette/model';
import { PLANES_MAX, readDoublePlanes, readRunningSum } from './byte-planes.ts';
import { ENCODING_HISTOGRAM, HAS_STALE_BITMAP } from './chunk.ts';
import { assertEncoding, readStaleFlags, readValueHeader, readValues } from './chunk-decoder.ts';
import {
  COLUMNS_BEFORE_BUCKETS,
  COUNTER_RESETS,
  HAS_OWN_HINTS,
  HAS_WHOLE_COUNTS,
  HISTOGRAM_BUCKETS_MAX,
  HISTOGRAM_SAMPLES_MAX,
  samplesMaxOf,
} from './histogram-chunk.ts';
import { ByteCursor, corrupt } from './varint.ts';

/** What all samples of a chunk share. */
type Layout = Pick<NativeHistogram, 'schema' | 'zeroThreshold' | 'customBounds'> & {
  readonly positiveSpans: HistogramBuckets['spans'];
  readonly positiveCount: number;
  readonly negativeSpans: HistogramBuckets['spans'];
  readonly negativeCount: number;
};

const NO_BOUNDS = new Float64Array(0);

/**
 * Decodes histogram chunks. The histograms are new and may be kept; times and flags stand in columns of the
 * decoder until the next call. What the bytes claim is checked before memory is reserved for it: a chunk has
 * at most 16,384 counts or a single sample.
 */
export class HistogramDecoder {
  readonly timestampsMs = new Float64Array(HISTOGRAM_SAMPLES_MAX);
  readonly staleFlags = new Uint8Array(HISTOGRAM_SAMPLES_MAX);
  readonly #sums = new Float64Array(HISTOGRAM_SAMPLES_MAX);
  readonly #column = new Float64Array(HISTOGRAM_SAMPLES_MAX);
  readonly #cursor = new ByteCursor();

  /** The histograms of the chunk that fills [offset, end) of `bytes`; under a staleness marker one that means nothing. */
  decode(bytes: Uint8Array, offset = 0, end = bytes.length): NativeHistogram[] {
    const cursor = this.#cursor.open(bytes, offset, end);
    assertEncoding(cursor.byte(), ENCODING_HISTOGRAM);
    const shape = cursor.byte();
    const count = cursor.varint();
    const firstMs = cursor.zigzag();
    const intervalMs = count > 1 ? cursor.varint() : 0;
    const layout = readLayout(cursor);
    const columnCount = COLUMNS_BEFORE_BUCKETS + layout.positiveCount + layout.negativeCount;
    if (count < 1 || count > samplesMaxOf(columnCount))
      throw corrupt(`a chunk has ${count} histograms, want 1 to ${samplesMaxOf(columnCount)}`);
    const width = shape & 7;
    if (width > PLANES_MAX) throw corrupt(`a column is at most ${PLANES_MAX} bytes wide`);
    readRunningSum(
      bytes,
      cursor.skip(width * (count - 1)),
      { count: count - 1, width },
      { first: firstMs, step: intervalMs, factor: 1 },
      this.timestampsMs,
      0,
    );
    const kind = cursor.byte();
    readValues(cursor, readValueHeader(cursor, kind, readValueShape(cursor)), count, this.#sums, 0);
    const cells = new Float64Array(count * columnCount);
    if ((shape & HAS_WHOLE_COUNTS) === 0) readRaw(cursor, count, columnCount, cells);
    else this.#readWhole(cursor, count, columnCount, cells);
    const hints = (shape & HAS_OWN_HINTS) === 0 ? undefined : cursor.skip((count + 3) >> 2);
    readStaleFlags(cursor, (shape & HAS_STALE_BITMAP) !== 0, count, this.staleFlags, 0);
    if (cursor.remaining !== 0) throw corrupt(`a chunk has ${cursor.remaining} bytes too many`);
    const histograms: NativeHistogram[] = [];
    for (let i = 0; i < count; i++) {
      const hint = hints === undefined ? shape >> 6 : ((bytes[hints + (i >> 2)] ?? 0) >> ((i & 3) * 2)) & 3;
      const row = cells.subarray(i * columnCount, (i + 1) * columnCount);
      histograms.push(histogramOf(layout, row, this.#sums[i] ?? 0, hint));
    }
    return histograms;
  }

  /** Into rows, one per sample. */
  #readWhole(cursor: ByteCursor, count: number, columnCount: number, rows: Float64Array): void {
    let number = 0;
    for (let column = 0; column < columnCount; column++) {
      number += cursor.zigzag();
      if (number < 0) throw corrupt(`a count is not negative; got ${number}`);
      rows[column] = number;
    }
    if (count === 1) return;
    const words = new Float64Array(columnCount);
    for (let column = 0; column < columnCount; column++) words[column] = cursor.varint();
    for (let column = 0; column < columnCount; column++) {
      const word = words[column] ?? 0;
      const width = word % 8;
      if (width > PLANES_MAX) throw corrupt(`a column is at most ${PLANES_MAX} bytes wide`);
      const zigzag = Math.floor(word / 8);
      const step = zigzag % 2 === 1 ? -(zigzag + 1) / 2 : zigzag / 2;
      const rule = { first: rows[column] ?? 0, step, factor: 1 };
      const deltas = { count: count - 1, width };
      readRunningSum(cursor.bytes, cursor.skip(width * (count - 1)), deltas, rule, this.#column, 0);
      for (let i = 1, at = column + columnCount; i < count; i++, at += columnCount)
        rows[at] = this.#column[i] ?? 0;
    }
  }
}

function readValueShape(cursor: ByteCursor): number {
  const shape = cursor.byte();
  if ((shape & 7) > PLANES_MAX) throw corrupt(`a column is at most ${PLANES_MAX} bytes wide`);
  return shape;
}

function readLayout(cursor: ByteCursor): Layout {
  const schema = cursor.zigzag();
  const zeroThreshold = cursor.double();
  const positiveSpans = readSpans(cursor);
  const negativeSpans = readSpans(cursor);
  const boundCount = cursor.varint();
  if (boundCount > HISTOGRAM_BUCKETS_MAX)
    throw corrupt(`a histogram has ${boundCount} custom bounds, want at most ${HISTOGRAM_BUCKETS_MAX}`);
  const customBounds = boundCount === 0 ? NO_BOUNDS : new Float64Array(boundCount);
  for (let i = 0; i < boundCount; i++) customBounds[i] = cursor.double();
  const positiveCount = bucketCountOf(positiveSpans);
  const negativeCount = bucketCountOf(negativeSpans);
  if (positiveCount + negativeCount > HISTOGRAM_BUCKETS_MAX)
    throw corrupt(`a histogram has more than ${HISTOGRAM_BUCKETS_MAX} buckets`);
  return { schema, zeroThreshold, customBounds, positiveSpans, positiveCount, negativeSpans, negativeCount };
}

function readSpans(cursor: ByteCursor): HistogramBuckets['spans'] {
  const spanCount = cursor.varint();
  if (spanCount > HISTOGRAM_BUCKETS_MAX)
    throw corrupt(`a histogram has ${spanCount} spans, want at most ${HISTOGRAM_BUCKETS_MAX}`);
  const spans: { offset: number; length: number }[] = [];
  for (let i = 0; i < spanCount; i++) spans.push({ offset: cursor.zigzag(), length: cursor.varint() });
  return spans;
}

function bucketCountOf(spans: HistogramBuckets['spans']): number {
  let count = 0;
  for (const { length } of spans) count += length;
  return count;
}

/** Columns of raw doubles into rows; by words, so that the bits stay as they are. */
function readRaw(cursor: ByteCursor, count: number, columnCount: number, rows: Float64Array): void {
  const cells = count === 1 ? rows : new Float64Array(rows.length);
  readDoublePlanes(cursor.bytes, cursor.skip(8 * rows.length), rows.length, new Uint32Array(cells.buffer), 0);
  if (count === 1) return;
  for (let column = 0, cell = 0; column < columnCount; column++)
    for (let i = 0; i < count; i++, cell++) rows[i * columnCount + column] = cells[cell] ?? 0;
}

function histogramOf(layout: Layout, row: Float64Array, sum: number, hint: number): NativeHistogram {
  const { schema, zeroThreshold, customBounds, positiveSpans, positiveCount, negativeSpans } = layout;
  const negativeAt = COLUMNS_BEFORE_BUCKETS + positiveCount;
  return {
    schema,
    count: row[0] ?? 0,
    sum,
    zeroThreshold,
    zeroCount: row[1] ?? 0,
    positive: { spans: positiveSpans, counts: row.subarray(COLUMNS_BEFORE_BUCKETS, negativeAt) },
    negative: { spans: negativeSpans, counts: row.subarray(negativeAt) },
    customBounds,
    counterReset: COUNTER_RESETS[hint] ?? 'unknown',
  };
}
