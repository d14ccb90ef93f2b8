/**
 * Native histograms as remote write carries them, with the same field numbers in 1.0 and 2.0. Integer histograms
 * hold each count as the difference to the one before; ours are absolute.
 */
import {
  findHistogramFault,
  isStaleAt,
  SCHEMA_CUSTOM,
  type HistogramBuckets,
  type NativeHistogram,
} from '@vedette/model';
import { WIRE_BYTES, WIRE_FIXED64, WIRE_VARINT, type ProtobufReader } from '../../lib/protobuf-reader.ts';
import { HISTOGRAM_CELLS_MAX, HISTOGRAM_CELLS_FIXED } from './limits.ts';

export interface HistogramSample {
  timestampMs: number;
  /** 0: not told. */
  startMs: number;
  /** The sum is the staleness marker: the sample says that its series ended. */
  isStale: boolean;
  /** Absent when it is a staleness marker, or has more numbers than the limit. */
  histogram: NativeHistogram | undefined;
  /** What contradicts itself, as a sentence. */
  fault: string | undefined;
  /** What it costs of a request's cells. */
  cellCount: number;
}

type CounterReset = NativeHistogram['counterReset'];

/** By the number of `ResetHint`. */
const RESET_HINTS: readonly CounterReset[] = ['unknown', 'reset', 'not-reset', 'gauge'];

/** Reads the message that `reader` walks over, to its end. `body` is a view of the whole buffer. */
export function readHistogram(reader: ProtobufReader, body: DataView): HistogramSample {
  const fields = new HistogramFields();
  let timestampMs = 0;
  let startMs = 0;
  let isStale = false;
  while (reader.next()) {
    switch (reader.field) {
      case 3:
        isStale = reader.wire === WIRE_FIXED64 && isStaleAtSafely(body, reader.position);
        fields.sum = reader.double();
        break;
      case 15:
        timestampMs = reader.int();
        break;
      case 17:
        startMs = reader.int();
        break;
      default:
        fields.read(reader);
    }
  }
  const histogram = fields.isTooLarge || isStale ? undefined : fields.histogram();
  const fault =
    histogram === undefined
      ? undefined
      : (findHistogramFault(histogram) ?? (fields.isFloat ? undefined : findCountFault(histogram)));
  return { timestampMs, startMs, isStale, histogram, fault, cellCount: fields.cellCount };
}

/** Whole observations are counted exactly; those that are NaN are in the count alone. */
function findCountFault({ count, sum, zeroCount, positive, negative }: NativeHistogram): string | undefined {
  let total = zeroCount;
  for (const bucket of positive.counts) total += bucket;
  for (const bucket of negative.counts) total += bucket;
  if (Number.isNaN(sum) ? total <= count : total === count) return undefined;
  return `${total} observations are in its buckets, its count is ${count}`;
}

function isStaleAtSafely(body: DataView, position: number): boolean {
  return position + 8 <= body.byteLength && isStaleAt(body, position);
}

/** The fields of one message, as they come. */
class HistogramFields {
  sum = 0;
  isTooLarge = false;
  isFloat = false;
  #count = 0;
  #schema = 0;
  #zeroThreshold = 0;
  #zeroCount = 0;
  #counterReset: CounterReset = 'unknown';
  readonly #negative = new BucketFields();
  readonly #positive = new BucketFields();
  readonly #customBounds: number[] = [];

  get cellCount(): number {
    return (
      HISTOGRAM_CELLS_FIXED + this.#negative.cellCount + this.#positive.cellCount + this.#customBounds.length
    );
  }

  read(reader: ProtobufReader): void {
    switch (reader.field) {
      case 1:
        this.#count = reader.uint();
        this.isFloat = false;
        break;
      case 2:
        this.#count = reader.double();
        this.isFloat = true;
        break;
      case 4:
        this.#schema = reader.sint();
        break;
      case 5:
        this.#zeroThreshold = reader.double();
        break;
      case 6:
        this.#zeroCount = reader.uint();
        break;
      case 7:
        this.#zeroCount = reader.double();
        break;
      case 14:
        this.#counterReset = RESET_HINTS[reader.uint()] ?? 'unknown';
        break;
      default:
        this.#readRepeated(reader);
    }
  }

  #readRepeated(reader: ProtobufReader): void {
    const { field } = reader;
    if (!(field >= 8 && field <= 13) && field !== 16) {
      reader.skip();
      return;
    }
    if (this.#isOver(reader)) return;
    const side = field <= 10 ? this.#negative : this.#positive;
    if (field === 16) reader.doubles(this.#customBounds);
    else if (field === 8 || field === 11) side.readSpan(reader);
    else if (field === 9 || field === 12) reader.sints(side.deltas);
    else reader.doubles(side.counts);
  }

  /** Steps over what would pass the limit, before memory is taken for it. */
  #isOver(reader: ProtobufReader): boolean {
    const { position } = reader;
    reader.skip();
    // A packed count has at least one byte: what is no longer than the limit cannot hold more counts.
    const isOver = this.isTooLarge || this.cellCount + countMaxOf(reader, position) > HISTOGRAM_CELLS_MAX;
    if (!isOver) reader.rewind(position);
    this.isTooLarge ||= isOver;
    return isOver;
  }

  histogram(): NativeHistogram {
    const positive = this.#positive.buckets(this.isFloat);
    const negative = this.#negative.buckets(this.isFloat);
    return {
      schema: this.#schema,
      count: this.#count,
      sum: this.sum,
      zeroThreshold: this.#zeroThreshold,
      zeroCount: this.#zeroCount,
      positive,
      negative,
      customBounds:
        this.#schema === SCHEMA_CUSTOM || this.#customBounds.length > 0
          ? Float64Array.from(this.#customBounds)
          : NO_BOUNDS,
      counterReset: this.#counterReset,
    };
  }
}

const NO_BOUNDS = new Float64Array(0);

/** How many numbers the field that was just stepped over can hold, from its length. */
function countMaxOf(reader: ProtobufReader, position: number): number {
  const bytes = reader.position - position;
  if (reader.wire !== WIRE_BYTES) return 1;
  const isDoubles = reader.field === 10 || reader.field === 13 || reader.field === 16;
  return isDoubles ? Math.ceil(bytes / 8) : bytes;
}

/** Spans and counts of one side. */
class BucketFields {
  readonly spans: { offset: number; length: number }[] = [];
  readonly deltas: number[] = [];
  readonly counts: number[] = [];

  get cellCount(): number {
    // A span is an object of two numbers.
    return this.spans.length * 4 + this.deltas.length + this.counts.length;
  }

  readSpan(reader: ProtobufReader): void {
    const span = { offset: 0, length: 0 };
    const outer = reader.enter();
    while (reader.next()) {
      if (reader.field === 1 && reader.wire === WIRE_VARINT) span.offset = reader.sint();
      else if (reader.field === 2 && reader.wire === WIRE_VARINT) span.length = reader.uint();
      else reader.skip();
    }
    reader.leave(outer);
    this.spans.push(span);
  }

  buckets(isFloat: boolean): HistogramBuckets {
    if (isFloat) return { spans: this.spans, counts: Float64Array.from(this.counts) };
    const counts = new Float64Array(this.deltas.length);
    let sum = 0;
    for (let i = 0; i < counts.length; i++) counts[i] = sum += this.deltas[i] ?? 0;
    return { spans: this.spans, counts };
  }
}
