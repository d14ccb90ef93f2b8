import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { assertPartLength, pausesFor, type DecodeScope, type Decoding, type Steps } from './decode-scope.ts';
import {
  temporalityOf,
  type Attributes,
  type Metric,
  type MetricContent,
  type ScopeMetrics,
  type Temporality,
} from './otlp-metrics.ts';
import { readAttribute, readShortText, skipField } from './protobuf-attributes.ts';
import {
  readExponentialPoint,
  readHistogramPoint,
  readNumberPoint,
  readSummaryPoint,
} from './protobuf-points.ts';

/**
 * Reads an ExportMetricsServiceRequest in protobuf (opentelemetry/proto/metrics/v1, version 1).
 *
 * Fields may come in any order, so that a metric's temporality may stand behind its points, and a resource behind
 * its metrics: one resource is read whole before it is handed out. Messages that can be long are generators and
 * pause between their fields; points, resources and scopes are short (`partBytesMax`) and read in one go.
 */
export function* decodeProtobuf(bytes: Uint8Array, scope: DecodeScope): Decoding {
  const reader = new ProtobufReader(bytes);
  while (reader.next()) {
    yield undefined;
    if (reader.field !== 1) {
      skipField(reader);
      continue;
    }
    yield yield* readResourceMetrics(reader.message(), scope);
  }
}

function* readResourceMetrics(
  reader: ProtobufReader,
  scope: DecodeScope,
): Steps<{ resource: Attributes; scopes: ScopeMetrics[] }> {
  const resource: string[] = [];
  const scopes: ScopeMetrics[] = [];
  while (reader.next()) {
    yield undefined;
    scope.count();
    if (reader.field === 1) readResource(shortMessage(reader, 'resource'), resource, scope);
    else if (reader.field === 2) scopes.push(yield* readScopeMetrics(reader.message(), scope));
    else skipField(reader);
  }
  return { resource, scopes };
}

function readResource(reader: ProtobufReader, resource: string[], scope: DecodeScope): void {
  while (reader.next()) {
    if (reader.field === 1) readAttribute(reader.message(), resource, scope);
    else skipField(reader);
  }
}

function* readScopeMetrics(reader: ProtobufReader, scope: DecodeScope): Steps<ScopeMetrics> {
  const found = { name: '', version: '', schemaUrl: '', attributes: [] as string[], metrics: [] as Metric[] };
  while (reader.next()) {
    yield undefined;
    scope.count();
    if (reader.field === 1) readScope(shortMessage(reader, 'scope'), found, scope);
    else if (reader.field === 2) found.metrics.push(yield* readMetric(reader.message(), scope));
    else if (reader.field === 3) found.schemaUrl = readShortText(reader);
    else skipField(reader);
  }
  return found;
}

function readScope(
  reader: ProtobufReader,
  found: { name: string; version: string; attributes: string[] },
  scope: DecodeScope,
): void {
  while (reader.next()) {
    if (reader.field === 1) found.name = reader.string();
    else if (reader.field === 2) found.version = reader.string();
    else if (reader.field === 3) readAttribute(reader.message(), found.attributes, scope);
    else skipField(reader);
  }
}

function* readMetric(reader: ProtobufReader, scope: DecodeScope): Steps<Metric> {
  let name = '';
  let description = '';
  let unit = '';
  let content: MetricContent = { kind: 'none' };
  while (reader.next()) {
    yield undefined;
    if (reader.field === 1) name = readShortText(reader);
    else if (reader.field === 2) description = readShortText(reader);
    else if (reader.field === 3) unit = readShortText(reader);
    else content = (yield* readContent(reader, scope)) ?? content;
  }
  return { name, description, unit, content };
}

/** The oneof of a metric; `undefined` for any other field, which is stepped over. */
function* readContent(reader: ProtobufReader, scope: DecodeScope): Steps<MetricContent | undefined> {
  switch (reader.field) {
    case 5: {
      const { points } = yield* readPoints(reader.message(), scope, readNumberPoint);
      return { kind: 'gauge', points };
    }
    case 7: {
      const sum = yield* readPoints(reader.message(), scope, readNumberPoint);
      return { kind: 'sum', ...sum };
    }
    case 9: {
      const { points, temporality } = yield* readPoints(reader.message(), scope, readHistogramPoint);
      return { kind: 'histogram', points, temporality };
    }
    case 10: {
      const { points, temporality } = yield* readPoints(reader.message(), scope, readExponentialPoint);
      return { kind: 'exponential', points, temporality };
    }
    case 11: {
      const { points } = yield* readPoints(reader.message(), scope, readSummaryPoint);
      return { kind: 'summary', points };
    }
    default:
      skipField(reader);
      return undefined;
  }
}

interface Points<T> {
  points: T[];
  temporality: Temporality;
  isMonotonic: boolean;
}

/** Gauge, Sum, Histogram… all are points, a temporality and, for sums, whether they only grow. */
function* readPoints<T>(
  reader: ProtobufReader,
  scope: DecodeScope,
  readPoint: (reader: ProtobufReader, scope: DecodeScope) => T,
): Steps<Points<T>> {
  const found: Points<T> = { points: [], temporality: 'unspecified', isMonotonic: false };
  while (reader.next()) {
    if (reader.field === 1) {
      const before = reader.position;
      const point = reader.message();
      const byteCount = reader.position - before;
      yield* pausesFor(byteCount);
      scope.count();
      if (!scope.refuseLong(byteCount)) found.points.push(readPoint(point, scope));
      continue;
    }
    yield undefined;
    if (reader.field === 2) found.temporality = temporalityOf(reader.uint());
    else if (reader.field === 3) found.isMonotonic = reader.bool();
    else skipField(reader);
  }
  return found;
}

function shortMessage(reader: ProtobufReader, what: 'resource' | 'scope'): ProtobufReader {
  const before = reader.position;
  const message = reader.message();
  assertPartLength(what, reader.position - before);
  return message;
}
