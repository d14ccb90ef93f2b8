import { InputError, type MetricType, type NativeHistogram, type Slicer } from '@vedette/model';
import type { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { clampTimestamp } from './exposition-reader.ts';

/**
 * The messages of Prometheus' protobuf exposition (`io.prometheus.client`), as far as a scrape reads them. Each
 * `read…` reads one message to its end; fields that are not known are stepped over, those left out are 0 or empty.
 * A field that is given twice has its last value, lists go on. Faults are `InputError`s with their byte.
 */
export interface FamilyHead {
  readonly name: string;
  readonly help: string;
  readonly unit: string;
  readonly type: FamilyType;
  readonly metricCount: number;
}

export type FamilyType = Extract<
  MetricType,
  'counter' | 'gauge' | 'summary' | 'unknown' | 'histogram' | 'gaugehistogram'
>;

/** Counter, gauge and untyped. */
export interface ClientValue {
  readonly value: number;
  readonly startMs: number;
  readonly exemplar: ClientExemplar | undefined;
}

export interface ClientSummary {
  readonly count: number;
  readonly sum: number;
  readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
  readonly startMs: number;
}

export interface ClientHistogram {
  readonly count: number;
  readonly sum: number;
  readonly buckets: readonly ClientBucket[];
  readonly startMs: number;
  /** Of the native form. */
  readonly exemplars: readonly ClientExemplar[];
  readonly native: NativeHistogram | undefined;
}

export interface ClientBucket {
  readonly bound: number;
  readonly count: number;
  readonly exemplar: ClientExemplar | undefined;
}

export interface ClientExemplar {
  /** Flat, in the order of the message. */
  readonly labels: readonly string[];
  readonly value: number;
  /** NaN when it has none. */
  readonly timestampMs: number;
}

/** Fields of `MetricFamily` and `Metric` that are walked over where they stand. */
export const FAMILY_METRIC = 4;
export const METRIC_LABEL = 1;
export const METRIC_TIMESTAMP = 6;

/** The field of `Metric` that holds the values of a family of this type. */
export const VALUE_FIELDS: Readonly<Record<FamilyType, number>> = {
  gauge: 2,
  counter: 3,
  summary: 4,
  unknown: 5,
  histogram: 7,
  gaugehistogram: 7,
};

const FAMILY_TYPES: readonly FamilyType[] = [
  'counter',
  'gauge',
  'summary',
  'unknown',
  'histogram',
  'gaugehistogram',
];

/** Everything of a family but its metrics, which may stand before or behind; in slices, as there may be millions. */
export async function readFamilyHead(reader: ProtobufReader, slicer: Slicer): Promise<FamilyHead> {
  const head = { name: '', help: '', unit: '', type: 0, metricCount: 0 };
  while (reader.next()) {
    if (reader.field === 1) head.name = reader.string();
    else if (reader.field === 2) head.help = reader.string();
    else if (reader.field === 3) head.type = reader.uint();
    else if (reader.field === 5) head.unit = reader.string();
    else {
      if (reader.field === FAMILY_METRIC && (++head.metricCount & 1023) === 0 && slicer.shouldYield())
        await slicer.yield();
      reader.skip();
    }
  }
  const type = FAMILY_TYPES[head.type];
  if (type === undefined)
    throw fault(`unknown metric type for metric "${head.name.slice(0, 50)}": ${head.type}`);
  return { ...head, type };
}

/** Name and value of a `LabelPair`, appended to `flat`. */
export function readLabelPair(reader: ProtobufReader, flat: string[]): void {
  let name = '';
  let value = '';
  while (reader.next()) {
    if (reader.field === 1) name = reader.string();
    else if (reader.field === 2) value = reader.string();
    else reader.skip();
  }
  flat.push(name, value);
}

/** `Counter`, `Gauge` and `Untyped` have their value in the same place; only a counter has more. */
export function readValue(reader: ProtobufReader, isCounter: boolean): ClientValue {
  let value = 0;
  let startMs = 0;
  let exemplar: ClientExemplar | undefined;
  while (reader.next()) {
    if (reader.field === 1) value = reader.double();
    else if (isCounter && reader.field === 2) exemplar = readExemplar(reader.message());
    else if (isCounter && reader.field === 3) startMs = readTimestamp(reader.message());
    else reader.skip();
  }
  return { value, startMs, exemplar };
}

export function readSummary(reader: ProtobufReader): ClientSummary {
  const summary = { count: 0, sum: 0, quantiles: [] as { quantile: number; value: number }[], startMs: 0 };
  while (reader.next()) {
    if (reader.field === 1) summary.count = reader.uint();
    else if (reader.field === 2) summary.sum = reader.double();
    else if (reader.field === 3) summary.quantiles.push(readQuantile(reader.message()));
    else if (reader.field === 4) summary.startMs = readTimestamp(reader.message());
    else reader.skip();
  }
  return summary;
}

function readQuantile(reader: ProtobufReader): { quantile: number; value: number } {
  const read = { quantile: 0, value: 0 };
  while (reader.next()) {
    if (reader.field === 1) read.quantile = reader.double();
    else if (reader.field === 2) read.value = reader.double();
    else reader.skip();
  }
  return read;
}

/** What a `Histogram` message holds before it is known whether it counts in integers. */
class HistogramFields {
  count = 0;
  countFloat = 0;
  sum = 0;
  readonly buckets: ClientBucket[] = [];
  schema = 0;
  zeroThreshold = 0;
  zeroCount = 0;
  zeroCountFloat = 0;
  readonly positive = new SideFields();
  readonly negative = new SideFields();
  startMs = 0;
  readonly exemplars: ClientExemplar[] = [];
}

class SideFields {
  readonly spans: { offset: number; length: number }[] = [];
  /** Differences between neighbouring buckets. */
  readonly deltas: number[] = [];
  readonly counts: number[] = [];
}

export function readHistogram(reader: ProtobufReader, isGauge: boolean): ClientHistogram {
  const fields = new HistogramFields();
  while (reader.next()) readHistogramField(reader, fields);
  const { sum, buckets, startMs, exemplars } = fields;
  // A count of 0 in floats is no count in floats: the field was left out.
  const count = fields.countFloat || fields.count;
  return { count, sum, buckets, startMs, exemplars, native: nativeOf(fields, isGauge) };
}

function readHistogramField(reader: ProtobufReader, fields: HistogramFields): void {
  switch (reader.field) {
    case 1:
      fields.count = reader.uint();
      break;
    case 2:
      fields.sum = reader.double();
      break;
    case 3:
      fields.buckets.push(readBucket(reader.message()));
      break;
    case 4:
      fields.countFloat = reader.double();
      break;
    case 5:
      fields.schema = reader.sint();
      break;
    case 6:
      fields.zeroThreshold = reader.double();
      break;
    case 7:
      fields.zeroCount = reader.uint();
      break;
    case 8:
      fields.zeroCountFloat = reader.double();
      break;
    case 15:
      fields.startMs = readTimestamp(reader.message());
      break;
    case 16:
      fields.exemplars.push(readExemplar(reader.message()));
      break;
    default:
      if (reader.field >= 9 && reader.field <= 11) readSideField(reader, fields.negative, reader.field - 9);
      else if (reader.field >= 12 && reader.field <= 14)
        readSideField(reader, fields.positive, reader.field - 12);
      else reader.skip();
  }
}

/** Spans, deltas and counts have neighbouring numbers on both sides. */
function readSideField(reader: ProtobufReader, side: SideFields, place: number): void {
  if (place === 0) side.spans.push(readSpan(reader.message()));
  else if (place === 1) reader.sints(side.deltas);
  else reader.doubles(side.counts);
}

function readSpan(reader: ProtobufReader): { offset: number; length: number } {
  const span = { offset: 0, length: 0 };
  while (reader.next()) {
    if (reader.field === 1) span.offset = reader.sint();
    else if (reader.field === 2) span.length = reader.uint();
    else reader.skip();
  }
  return span;
}

function readBucket(reader: ProtobufReader): ClientBucket {
  let count = 0;
  let countFloat = 0;
  let bound = 0;
  let exemplar: ClientExemplar | undefined;
  while (reader.next()) {
    if (reader.field === 1) count = reader.uint();
    else if (reader.field === 2) bound = reader.double();
    else if (reader.field === 3) exemplar = readExemplar(reader.message());
    else if (reader.field === 4) countFloat = reader.double();
    else reader.skip();
  }
  return { bound, count: countFloat || count, exemplar };
}

/** No span, no zero bucket: the message is that of a classic histogram. A client marks an empty native one with an empty span. */
function nativeOf(fields: HistogramFields, isGauge: boolean): NativeHistogram | undefined {
  const { positive, negative, zeroThreshold, zeroCount, zeroCountFloat } = fields;
  const isNative =
    positive.spans.length > 0 ||
    negative.spans.length > 0 ||
    zeroThreshold > 0 ||
    zeroCount > 0 ||
    zeroCountFloat > 0;
  if (!isNative) return undefined;
  const isFloat = fields.countFloat > 0 || zeroCountFloat > 0;
  const bucketsOf = ({ spans, deltas, counts }: SideFields): NativeHistogram['positive'] => ({
    spans,
    counts: isFloat ? Float64Array.from(counts) : runningSums(deltas),
  });
  return {
    schema: fields.schema,
    count: isFloat ? fields.countFloat : fields.count,
    sum: fields.sum,
    zeroThreshold,
    zeroCount: isFloat ? zeroCountFloat : zeroCount,
    positive: bucketsOf(positive),
    negative: bucketsOf(negative),
    customBounds: new Float64Array(0),
    counterReset: isGauge ? 'gauge' : 'unknown',
  };
}

function runningSums(deltas: readonly number[]): Float64Array {
  let count = 0;
  return Float64Array.from(deltas, (delta) => (count += delta));
}

function readExemplar(reader: ProtobufReader): ClientExemplar {
  const labels: string[] = [];
  let value = 0;
  let timestampMs = NaN;
  while (reader.next()) {
    if (reader.field === 1) readLabelPair(reader.message(), labels);
    else if (reader.field === 2) value = reader.double();
    else if (reader.field === 3) timestampMs = readTimestamp(reader.message());
    else reader.skip();
  }
  return { labels, value, timestampMs };
}

/** `google.protobuf.Timestamp` in whole milliseconds. */
function readTimestamp(reader: ProtobufReader): number {
  let seconds = 0;
  let nanos = 0;
  while (reader.next()) {
    if (reader.field === 1) seconds = reader.int();
    else if (reader.field === 2) nanos = reader.int();
    else reader.skip();
  }
  return clampTimestamp(seconds * 1000 + Math.trunc(nanos / 1e6));
}

function fault(message: string): InputError {
  return new InputError('VED_SCRAPE_FAILED', message);
}
