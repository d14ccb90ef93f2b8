/**
 * Chunks of native histograms: encoding 2 (counts are whole numbers) and 3 (counts are floats).
 *
 * 1. Two bytes with the number of samples, one byte whose two upper bits say whether the counter was reset before
 *    the first of them, or that it is a gauge.
 * 2. The layout, once per chunk: zero threshold, schema, spans, and with schema -53 the bounds. So all histograms
 *    of a chunk have the same buckets.
 * 3. The samples: of whole numbers the first in full, the second as difference, the rest as differences of
 *    differences (buckets are written as the difference to the bucket before, on top of that); floats as XORs.
 *    A staleness marker is the sum: that of a marker is followed by no buckets, and ends the chunk.
 */
import {
  findHistogramFault,
  InputError,
  SCHEMA_CUSTOM,
  type HistogramBuckets,
  type NativeHistogram,
  type TimeRange,
} from '@vedette/model';
import { BitReader } from './bit-reader.ts';
import { nextTime } from './chunk-time.ts';
import type { SampleBuffer } from './sample-buffer.ts';
import { XorValue } from './xor-value.ts';

type Spans = HistogramBuckets['spans'];

interface Layout {
  readonly schema: number;
  readonly zeroThreshold: number;
  readonly positiveSpans: Spans;
  readonly negativeSpans: Spans;
  readonly positiveCount: number;
  readonly negativeCount: number;
  readonly customBounds: Float64Array;
}

/** What a sample brings: `undefined` for a staleness marker. */
interface Counts {
  readonly count: number;
  readonly zeroCount: number;
  readonly sum: number;
  readonly positive: Float64Array;
  readonly negative: Float64Array;
}

interface Column {
  next(reader: BitReader, isFirst: boolean): Counts | undefined;
}

export function readHistogramChunk(bytes: Uint8Array, range: TimeRange, out: SampleBuffer): void {
  read(bytes, range, out, (layout) => new WholeColumn(layout));
}

export function readFloatHistogramChunk(bytes: Uint8Array, range: TimeRange, out: SampleBuffer): void {
  read(bytes, range, out, (layout) => new FloatColumn(layout));
}

function read(
  bytes: Uint8Array,
  range: TimeRange,
  out: SampleBuffer,
  columnOf: (layout: Layout) => Column,
): void {
  const count = (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0);
  if (count === 0) return;
  const header = (bytes[2] ?? 0) >> 6;
  const reader = new BitReader(bytes, 3);
  const layout = readLayout(reader);
  const column = columnOf(layout);
  let timestampMs = 0;
  let deltaMs = 0;
  for (let i = 0; i < count; i++) {
    if (i === 0) timestampMs = reader.varbitInt();
    else {
      deltaMs = i === 1 ? reader.varbitUint() : deltaMs + reader.varbitInt();
      timestampMs = nextTime(timestampMs, deltaMs);
    }
    const counts = column.next(reader, i === 0);
    if (timestampMs < range.fromMs || timestampMs > range.untilMs) continue;
    if (counts === undefined) out.addFloat(timestampMs, 0, true);
    else out.addHistogram(timestampMs, histogramOf(layout, counts, counterResetOf(header, i)));
  }
}

/** Only the first sample of a chunk can follow a reset: another one begins a new chunk. */
function counterResetOf(header: number, index: number): NativeHistogram['counterReset'] {
  if (header === 3) return 'gauge';
  if (index > 0) return 'not-reset';
  return header === 2 ? 'reset' : 'unknown';
}

function histogramOf(
  { schema, zeroThreshold, positiveSpans, negativeSpans, customBounds }: Layout,
  { count, zeroCount, sum, positive, negative }: Counts,
  counterReset: NativeHistogram['counterReset'],
): NativeHistogram {
  const histogram = {
    schema,
    count,
    sum,
    zeroThreshold,
    zeroCount,
    positive: { spans: positiveSpans, counts: positive },
    negative: { spans: negativeSpans, counts: negative },
    customBounds,
    counterReset,
  };
  const fault = findHistogramFault(histogram);
  if (fault !== undefined) throw new InputError('VED_IMPORT_INVALID', `a histogram is impossible: ${fault}`);
  return histogram;
}

// Upstream refuses what would need more than 2^16 buckets when it merges; scraped ones have 160.
const BUCKETS_MAX = 65_536;

function readLayout(reader: BitReader): Layout {
  const zeroThreshold = readZeroThreshold(reader);
  const schema = reader.varbitInt();
  const positiveSpans = readSpans(reader);
  const negativeSpans = readSpans(reader);
  const customBounds = schema === SCHEMA_CUSTOM ? readCustomBounds(reader) : new Float64Array();
  return {
    schema,
    zeroThreshold,
    positiveSpans,
    negativeSpans,
    positiveCount: bucketCountOf(positiveSpans),
    negativeCount: bucketCountOf(negativeSpans),
    customBounds,
  };
}

/** Powers of two, which nearly all are, in one byte. */
function readZeroThreshold(reader: BitReader): number {
  const byte = reader.bits(8);
  if (byte === 0) return 0;
  return byte === 255 ? reader.float() : 2 ** (byte - 243 - 1);
}

function readSpans(reader: BitReader): Spans {
  const count = boundedCount(reader.varbitUint(), 'spans');
  const spans: { offset: number; length: number }[] = [];
  for (let i = 0; i < count; i++) {
    const length = boundedCount(reader.varbitUint(), 'buckets in a span');
    spans.push({ length, offset: reader.varbitInt() });
  }
  return spans;
}

function bucketCountOf(spans: Spans): number {
  return boundedCount(
    spans.reduce((sum, { length }) => sum + length, 0),
    'buckets',
  );
}

/** Thousandths as whole numbers (plus one), others behind a zero. */
function readCustomBounds(reader: BitReader): Float64Array {
  const bounds = new Float64Array(boundedCount(reader.varbitUint(), 'custom bounds'));
  for (let i = 0; i < bounds.length; i++) {
    const thousandths = reader.varbitUint();
    bounds[i] = thousandths === 0 ? reader.float() : (thousandths - 1) / 1000;
  }
  return bounds;
}

function boundedCount(count: number, what: string): number {
  if (count > BUCKETS_MAX)
    throw new InputError(
      'VED_IMPORT_INVALID',
      `a histogram has ${count} ${what}; the limit is ${BUCKETS_MAX}`,
    );
  return count;
}

class WholeColumn implements Column {
  readonly #sum = new XorValue();
  readonly #positiveCount: number;
  /** Count, zero count, then the buckets of both signs; the last value and the last difference of each. */
  readonly #values: Float64Array;
  readonly #deltas: Float64Array;
  #seen = 0;

  constructor({ positiveCount, negativeCount }: Layout) {
    this.#positiveCount = positiveCount;
    this.#values = new Float64Array(2 + positiveCount + negativeCount);
    this.#deltas = new Float64Array(2 + positiveCount + negativeCount);
  }

  next(reader: BitReader, isFirst: boolean): Counts | undefined {
    if (isFirst) {
      this.#values[0] = reader.varbitUint();
      this.#values[1] = reader.varbitUint();
    } else this.#advance(reader, 0, 2);
    const sum = isFirst ? this.#sum.first(reader) : this.#sum.next(reader);
    if (isFirst) for (let i = 2; i < this.#values.length; i++) this.#values[i] = reader.varbitInt();
    else if (!this.#sum.isStale) this.#advance(reader, 2, this.#values.length);
    this.#seen++;
    if (this.#sum.isStale) return undefined;
    return {
      count: this.#values[0] ?? 0,
      zeroCount: this.#values[1] ?? 0,
      sum,
      positive: this.#absolute(2, 2 + this.#positiveCount),
      negative: this.#absolute(2 + this.#positiveCount, this.#values.length),
    };
  }

  /** The second sample has differences, later ones differences of differences. */
  #advance(reader: BitReader, start: number, end: number): void {
    const [values, deltas] = [this.#values, this.#deltas];
    for (let i = start; i < end; i++) {
      const change = reader.varbitInt();
      deltas[i] = this.#seen === 1 ? change : (deltas[i] ?? 0) + change;
      values[i] = (values[i] ?? 0) + (deltas[i] ?? 0);
    }
  }

  /** Buckets hold differences to the bucket before. */
  #absolute(start: number, end: number): Float64Array {
    const counts = new Float64Array(end - start);
    let running = 0;
    for (let i = start; i < end; i++) {
      running += this.#values[i] ?? 0;
      counts[i - start] = running;
    }
    return counts;
  }
}

class FloatColumn implements Column {
  readonly #count = new XorValue();
  readonly #zeroCount = new XorValue();
  readonly #sum = new XorValue();
  readonly #positive: readonly XorValue[];
  readonly #negative: readonly XorValue[];

  constructor({ positiveCount, negativeCount }: Layout) {
    this.#positive = Array.from({ length: positiveCount }, () => new XorValue());
    this.#negative = Array.from({ length: negativeCount }, () => new XorValue());
  }

  next(reader: BitReader, isFirst: boolean): Counts | undefined {
    const read = (value: XorValue): number => (isFirst ? value.first(reader) : value.next(reader));
    const count = read(this.#count);
    const zeroCount = read(this.#zeroCount);
    const sum = read(this.#sum);
    if (this.#sum.isStale && !isFirst) return undefined;
    const positive = Float64Array.from(this.#positive, read);
    const negative = Float64Array.from(this.#negative, read);
    return this.#sum.isStale ? undefined : { count, zeroCount, sum, positive, negative };
  }
}
