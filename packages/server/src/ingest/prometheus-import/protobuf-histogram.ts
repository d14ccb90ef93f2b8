import { findHistogramFault, isStaleAt, type HistogramBuckets, type NativeHistogram } from '@vedette/model';
import type { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { invalid } from './byte-reader.ts';

const RESET_HINTS = ['unknown', 'reset', 'not-reset', 'gauge'] as const;

export interface TimedHistogram {
  readonly timestampMs: number;
  /** `undefined`: a staleness marker, which is told by the bits of the sum. */
  readonly histogram: NativeHistogram | undefined;
}

/** Buckets as they come: whole numbers as differences to the bucket before, or floats as they are. */
class Buckets {
  readonly spans: { offset: number; length: number }[] = [];
  readonly deltas: number[] = [];
  readonly counts: number[] = [];

  span(reader: ProtobufReader): void {
    const span = { offset: 0, length: 0 };
    while (reader.next()) {
      if (reader.field === 1) span.offset = reader.sint();
      else if (reader.field === 2) span.length = reader.uint();
      else reader.skip();
    }
    this.spans.push(span);
  }

  finish(): HistogramBuckets {
    let running = 0;
    const counts = this.counts.length > 0 ? this.counts : this.deltas.map((delta) => (running += delta));
    return { spans: this.spans, counts: Float64Array.from(counts) };
  }
}

/** The message `Histogram` of `prometheus/types.proto`, which stands in `bytes`; `InputError` (VED_IMPORT_INVALID) when it contradicts itself. */
export function readHistogram(reader: ProtobufReader, bytes: Uint8Array): TimedHistogram {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let isStale = false;
  const head = { count: 0, sum: 0, schema: 0, zeroThreshold: 0, zeroCount: 0, hint: 0, timestampMs: 0 };
  const [positive, negative] = [new Buckets(), new Buckets()];
  const bounds: number[] = [];
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        head.count = reader.uint();
        break;
      case 2:
        head.count = reader.double();
        break;
      case 3:
        head.sum = reader.double();
        isStale = isStaleAt(view, reader.position - 8);
        break;
      case 4:
        head.schema = reader.sint();
        break;
      case 5:
        head.zeroThreshold = reader.double();
        break;
      case 6:
        head.zeroCount = reader.uint();
        break;
      case 7:
        head.zeroCount = reader.double();
        break;
      case 14:
        head.hint = reader.uint();
        break;
      case 15:
        head.timestampMs = reader.int();
        break;
      case 16:
        reader.doubles(bounds);
        break;
      default:
        readBuckets(reader, positive, negative);
    }
  }
  const { timestampMs, hint, ...rest } = head;
  if (isStale) return { timestampMs, histogram: undefined };
  const histogram: NativeHistogram = {
    ...rest,
    positive: positive.finish(),
    negative: negative.finish(),
    customBounds: Float64Array.from(bounds),
    counterReset: RESET_HINTS[hint] ?? 'unknown',
  };
  const fault = findHistogramFault(histogram);
  if (fault !== undefined) throw invalid(`a histogram is impossible: ${fault}`);
  return { timestampMs, histogram };
}

function readBuckets(reader: ProtobufReader, positive: Buckets, negative: Buckets): void {
  if (reader.field === 8) negative.span(reader.message());
  else if (reader.field === 9) reader.sints(negative.deltas);
  else if (reader.field === 10) reader.doubles(negative.counts);
  else if (reader.field === 11) positive.span(reader.message());
  else if (reader.field === 12) reader.sints(positive.deltas);
  else if (reader.field === 13) reader.doubles(positive.counts);
  else reader.skip();
}
