import type { HistogramBuckets, NativeHistogram } from '@vedette/model';

/**
 * A chunk of native histograms (encoding 2): samples of one series that share a layout, as columns. Every byte is
 * described in `docs/formats/chunk.md`; this is the idea.
 *
 * 1. The layout stands once: schema, zero threshold, spans, custom bounds. A sample of another layout begins
 *    another chunk; that happens when a bucket is met for the first time, so rarely after the first minutes.
 * 2. Times are those of a float chunk. Sums are one column of values as in a float chunk.
 * 3. Count, zero count and the count of each bucket are a column each. When all of them are whole (nearly
 *    always), the first sample is written as differences from one bucket to the next, since neighbours are of
 *    one size, and the others as deltas in time, each column in as many bytes as its largest delta needs: most
 *    buckets of a histogram grow by 0 to 255 between two scrapes and take one byte, idle ones none. Histograms
 *    with fractions, as recording rules make them, are raw doubles.
 * 4. Staleness markers are a bitmap, as in float chunks; under them the sample before is repeated.
 *
 * A chunk of one sample has no deltas and no columns' headers: it is also the form of a single histogram in the
 * log and in the head's tail. It is canonical: equal histograms give equal bytes, so that a repeated sample is
 * found by comparing. Rejected: bit streams of differences of differences (slow in V8, as for floats), and
 * one form for the log and another for chunks (twice the code to fuzz).
 */

// 128 samples are half an hour at 15 s; an instant query has to decode one such chunk per series.
export const HISTOGRAM_SAMPLES_MAX = 128;

// Counts in one chunk, 64 KiB of doubles: 60 buckets fill a chunk of 128 samples to the half, and no chunk makes its
// reader reserve more.
export const HISTOGRAM_CELLS_MAX = 2 ** 14;

// OpenTelemetry's exponential histograms have at most 320 buckets by default, Prometheus' clients 160. With 4,096 one
// histogram is 32 KiB and a batch of thousands of them still fits in memory.
export const HISTOGRAM_BUCKETS_MAX = 4096;

/** Bit 4 of the second byte: all counts are whole numbers. */
export const HAS_WHOLE_COUNTS = 16;
/** Bit 5: each sample has a hint of its own, behind the counts. */
export const HAS_OWN_HINTS = 32;
/** Whole counts are below; deltas of two of them fit six bytes or the chunk is raw. */
export const WHOLE_COUNT_END = 2 ** 48;
/** Column 0 is the count, 1 the zero count; then the positive and the negative buckets. */
export const COLUMNS_BEFORE_BUCKETS = 2;

/** By their number in chunks. */
export const COUNTER_RESETS: readonly NativeHistogram['counterReset'][] = [
  'unknown',
  'reset',
  'not-reset',
  'gauge',
];

/** Columns of counts that a histogram has. */
export function columnCountOf({ positive, negative }: NativeHistogram): number {
  return COLUMNS_BEFORE_BUCKETS + positive.counts.length + negative.counts.length;
}

/** Samples with that many columns that one chunk may hold. */
export function samplesMaxOf(columnCount: number): number {
  return Math.max(1, Math.min(HISTOGRAM_SAMPLES_MAX, Math.floor(HISTOGRAM_CELLS_MAX / columnCount)));
}

/** Whether the two can stand in one chunk. */
export function isSameLayout(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a.schema === b.schema &&
    Object.is(a.zeroThreshold, b.zeroThreshold) &&
    isSameSpans(a.positive, b.positive) &&
    isSameSpans(a.negative, b.negative) &&
    isSameBounds(a.customBounds, b.customBounds)
  );
}

function isSameSpans(a: HistogramBuckets, b: HistogramBuckets): boolean {
  if (a.spans === b.spans) return true;
  if (a.spans.length !== b.spans.length) return false;
  for (const [i, { offset, length }] of a.spans.entries()) {
    const other = b.spans[i];
    if (other?.offset !== offset || other.length !== length) return false;
  }
  return true;
}

function isSameBounds(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false;
  return true;
}

/** Whether two chunks of one sample each hold the same histogram; what they hint of resets does not count. */
export function isSameHistogramChunk(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++)
    if (a[i] !== b[i] && (i !== 1 || (((a[1] ?? 0) ^ (b[1] ?? 0)) & 0x3f) !== 0)) return false;
  return true;
}
