import type { ProtobufReader } from '../../lib/protobuf-reader.ts';
import type { DecodeScope } from './decode-scope.ts';
import {
  NO_BUCKETS,
  type ExponentialBuckets,
  type ExponentialPoint,
  type HistogramPoint,
  type NumberPoint,
  type OtlpExemplar,
  type SummaryPoint,
} from './otlp-metrics.ts';
import { readAttribute, readExemplar, readTimeMs, skipField } from './protobuf-attributes.ts';

/** The bit NO_RECORDED_VALUE of a point's flags. */
const NO_RECORDED_VALUE = 1;

interface OpenPoint {
  attributes: string[];
  startMs: number;
  timestampMs: number;
  isStale: boolean;
}

const openPoint = (): OpenPoint => ({ attributes: [], startMs: 0, timestampMs: 0, isStale: false });

/** Start and time have the same field numbers in every kind of point, attributes and flags their own in each. */
function readHead(
  reader: ProtobufReader,
  point: OpenPoint,
  fields: { readonly attributes: number; readonly flags: number; readonly scope: DecodeScope },
): void {
  if (reader.field === fields.attributes) readAttribute(reader.message(), point.attributes, fields.scope);
  else if (reader.field === 2) point.startMs = readTimeMs(reader);
  else if (reader.field === 3) point.timestampMs = readTimeMs(reader);
  else if (reader.field === fields.flags) point.isStale = reader.uint() % 2 === NO_RECORDED_VALUE;
  else skipField(reader);
}

export function readNumberPoint(reader: ProtobufReader, scope: DecodeScope): NumberPoint {
  const fields = { attributes: 7, flags: 8, scope };
  const exemplars: OtlpExemplar[] = [];
  const point = { ...openPoint(), value: 0, exemplars };
  while (reader.next()) {
    if (reader.field === 4) point.value = reader.double();
    else if (reader.field === 5) readExemplar(reader.message(), exemplars, scope);
    else if (reader.field === 6) point.value = reader.sfixed64();
    else readHead(reader, point, fields);
  }
  return point;
}

export function readHistogramPoint(reader: ProtobufReader, scope: DecodeScope): HistogramPoint {
  const fields = { attributes: 9, flags: 10, scope };
  const exemplars: OtlpExemplar[] = [];
  const bucketCounts: number[] = [];
  const bounds: number[] = [];
  const point = { ...openPoint(), count: 0, sum: sumUnset(), bucketCounts, bounds, exemplars };
  while (reader.next()) {
    if (reader.field === 4) point.count = reader.fixed64();
    else if (reader.field === 5) point.sum = reader.double();
    else if (reader.field === 6) reader.fixed64s(bucketCounts);
    else if (reader.field === 7) reader.doubles(bounds);
    else if (reader.field === 8) readExemplar(reader.message(), exemplars, scope);
    else readHead(reader, point, fields);
  }
  return point;
}

export function readExponentialPoint(reader: ProtobufReader, scope: DecodeScope): ExponentialPoint {
  const fields = { attributes: 1, flags: 10, scope };
  const exemplars: OtlpExemplar[] = [];
  const point = {
    ...openPoint(),
    count: 0,
    sum: sumUnset(),
    scale: 0,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
    exemplars,
  };
  while (reader.next()) {
    if (reader.field === 4) point.count = reader.fixed64();
    else if (reader.field === 5) point.sum = reader.double();
    else if (reader.field === 6) point.scale = reader.sint();
    else if (reader.field === 7) point.zeroCount = reader.fixed64();
    else if (reader.field === 8) point.positive = readBuckets(reader.message());
    else if (reader.field === 9) point.negative = readBuckets(reader.message());
    else if (reader.field === 11) readExemplar(reader.message(), exemplars, scope);
    else if (reader.field === 14) point.zeroThreshold = reader.double();
    else readHead(reader, point, fields);
  }
  return point;
}

/** One object shape for points with a sum and without. */
function sumUnset(): number | undefined {
  return undefined;
}

function readBuckets(reader: ProtobufReader): ExponentialBuckets {
  let offset = 0;
  const counts: number[] = [];
  while (reader.next()) {
    if (reader.field === 1) offset = reader.sint();
    else if (reader.field === 2) reader.uints(counts);
    else skipField(reader);
  }
  return { offset, counts };
}

export function readSummaryPoint(reader: ProtobufReader, scope: DecodeScope): SummaryPoint {
  const fields = { attributes: 7, flags: 8, scope };
  const quantiles: number[] = [];
  const point = { ...openPoint(), count: 0, sum: 0, quantiles };
  while (reader.next()) {
    if (reader.field === 4) point.count = reader.fixed64();
    else if (reader.field === 5) point.sum = reader.double();
    else if (reader.field === 6) readQuantile(reader.message(), quantiles, scope);
    else readHead(reader, point, fields);
  }
  return point;
}

function readQuantile(reader: ProtobufReader, quantiles: number[], scope: DecodeScope): void {
  scope.count();
  let quantile = 0;
  let value = 0;
  while (reader.next()) {
    if (reader.field === 1) quantile = reader.double();
    else if (reader.field === 2) value = reader.double();
    else skipField(reader);
  }
  quantiles.push(quantile, value);
}
