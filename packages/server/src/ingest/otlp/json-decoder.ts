import { InputError } from '@vedette/model';
import { assertPartLength, pausesFor, type DecodeScope, type Decoding, type Steps } from './decode-scope.ts';
import { attributesOf, enumOf, isRecord, memberOf, textOf, type JsonRecord } from './json-fields.ts';
import { exponentialPointOf, histogramPointOf, numberPointOf, summaryPointOf } from './json-points.ts';
import { JsonReader, parseSpan, type JsonSpan } from './json-reader.ts';
import { OTLP_LIMITS } from './limits.ts';
import {
  temporalityOf,
  type Attributes,
  type Metric,
  type MetricContent,
  type ResourceMetrics,
  type ScopeMetrics,
  type Temporality,
} from './otlp-metrics.ts';

/**
 * Reads an ExportMetricsServiceRequest in JSON: protobuf's JSON mapping with OTLP's exceptions.
 *
 * 1. The long levels (request, resources, scopes, metrics, points) are walked over with `JsonReader`, in slices;
 *    resources, scopes and points are short and go through `JSON.parse` one by one.
 * 2. 64-bit integers are strings or numbers, enums numbers or names, ids hexadecimal; keys are in camel case as
 *    OTLP wants them, or as in the schema, which senders write all the same; `null` is absence; unknown keys are
 *    stepped over.
 * 3. Members may come in any order, as in protobuf.
 */
export function* decodeJson(bytes: Uint8Array, scope: DecodeScope): Decoding {
  const walk = new Walk(bytes, scope);
  const { reader } = walk;
  reader.openObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    if (key === 'resourceMetrics' || key === 'resource_metrics') {
      if (yield* walk.isNull()) continue;
      reader.openArray();
      while (reader.nextElement()) yield yield* readResourceMetrics(walk);
    } else yield* reader.span();
  }
  reader.end();
}

class Walk {
  readonly reader: JsonReader;
  readonly scope: DecodeScope;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, scope: DecodeScope) {
    this.reader = new JsonReader(bytes);
    this.scope = scope;
    this.#bytes = bytes;
  }

  /** Whether null stands next; it is stepped over then. */
  *isNull(): Steps<boolean> {
    if (this.reader.peek() !== LETTER_N) return false;
    yield* this.reader.span();
    return true;
  }

  parse(span: JsonSpan): unknown {
    return parseSpan(this.#bytes, span);
  }

  /** A string, number or other scalar that is short. */
  *scalar(): Steps<unknown> {
    const span = yield* this.reader.span();
    if (span.end - span.start > OTLP_LIMITS.partBytesMax)
      throw new InputError(
        'VED_BODY_INVALID',
        `cannot read JSON at byte ${span.start}: a value of ${span.end - span.start} bytes, limit is ${OTLP_LIMITS.partBytesMax}`,
      );
    return this.parse(span);
  }

  /** A resource or scope. */
  *part(what: 'resource' | 'scope'): Steps<JsonRecord> {
    const span = yield* this.reader.span();
    assertPartLength(what, span.end - span.start);
    const part = this.parse(span);
    return isRecord(part) ? part : {};
  }
}

const LETTER_N = 0x6e;

function* readResourceMetrics(walk: Walk): Steps<ResourceMetrics> {
  const { reader, scope } = walk;
  let resource: Attributes = [];
  const scopes: ScopeMetrics[] = [];
  scope.count();
  reader.openObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    yield undefined;
    if (key === 'resource')
      resource = attributesOf(memberOf(yield* walk.part('resource'), 'attributes'), scope);
    else if (key === 'scopeMetrics' || key === 'scope_metrics') {
      if (yield* walk.isNull()) continue;
      reader.openArray();
      while (reader.nextElement()) scopes.push(yield* readScopeMetrics(walk));
    } else yield* reader.span();
  }
  return { resource, scopes };
}

function* readScopeMetrics(walk: Walk): Steps<ScopeMetrics> {
  const { reader, scope } = walk;
  let named: JsonRecord = {};
  let schemaUrl = '';
  const metrics: Metric[] = [];
  scope.count();
  reader.openObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    yield undefined;
    if (key === 'scope') named = yield* walk.part('scope');
    else if (key === 'schemaUrl' || key === 'schema_url') schemaUrl = textOf(yield* walk.scalar());
    else if (key === 'metrics') {
      if (yield* walk.isNull()) continue;
      reader.openArray();
      while (reader.nextElement()) metrics.push(yield* readMetric(walk));
    } else yield* reader.span();
  }
  return {
    name: textOf(named['name']),
    version: textOf(named['version']),
    schemaUrl,
    attributes: attributesOf(named['attributes'], scope),
    metrics,
  };
}

function* readMetric(walk: Walk): Steps<Metric> {
  const { reader } = walk;
  let name = '';
  let description = '';
  let unit = '';
  let content: MetricContent = { kind: 'none' };
  walk.scope.count();
  reader.openObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    yield undefined;
    if (key === 'name') name = textOf(yield* walk.scalar());
    else if (key === 'description') description = textOf(yield* walk.scalar());
    else if (key === 'unit') unit = textOf(yield* walk.scalar());
    else content = (yield* readContent(walk, key)) ?? content;
  }
  return { name, description, unit, content };
}

/** The oneof of a metric; `undefined` for null and for any other key, which is stepped over. */
function* readContent(walk: Walk, key: string): Steps<MetricContent | undefined> {
  switch (key) {
    case 'gauge': {
      const found = yield* readPoints(walk, numberPointOf);
      return found && { kind: 'gauge', points: found.points };
    }
    case 'sum': {
      const found = yield* readPoints(walk, numberPointOf);
      return found && { kind: 'sum', ...found };
    }
    case 'histogram': {
      const found = yield* readPoints(walk, histogramPointOf);
      return found && { kind: 'histogram', points: found.points, temporality: found.temporality };
    }
    case 'exponentialHistogram':
    case 'exponential_histogram': {
      const found = yield* readPoints(walk, exponentialPointOf);
      return found && { kind: 'exponential', points: found.points, temporality: found.temporality };
    }
    case 'summary': {
      const found = yield* readPoints(walk, summaryPointOf);
      return found && { kind: 'summary', points: found.points };
    }
    default:
      yield* walk.reader.span();
      return undefined;
  }
}

interface Points<T> {
  readonly points: T[];
  temporality: Temporality;
  isMonotonic: boolean;
}

const TEMPORALITY_NAMES = [
  'AGGREGATION_TEMPORALITY_UNSPECIFIED',
  'AGGREGATION_TEMPORALITY_DELTA',
  'AGGREGATION_TEMPORALITY_CUMULATIVE',
];

function* readPoints<T>(
  walk: Walk,
  pointOf: (record: JsonRecord, scope: DecodeScope) => T,
): Steps<Points<T> | undefined> {
  if (yield* walk.isNull()) return undefined;
  const { reader } = walk;
  const found: Points<T> = { points: [], temporality: 'unspecified', isMonotonic: false };
  reader.openObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    yield undefined;
    if (key === 'dataPoints' || key === 'data_points') {
      if (yield* walk.isNull()) continue;
      reader.openArray();
      while (reader.nextElement()) yield* readPoint(walk, found.points, pointOf);
    } else if (key === 'aggregationTemporality' || key === 'aggregation_temporality')
      found.temporality = temporalityOf(enumOf(yield* walk.scalar(), TEMPORALITY_NAMES));
    else if (key === 'isMonotonic' || key === 'is_monotonic')
      found.isMonotonic = (yield* walk.scalar()) === true;
    else yield* reader.span();
  }
  return found;
}

/** A point that is malformed is refused alone: its neighbours are as good as before. */
function* readPoint<T>(
  walk: Walk,
  points: T[],
  pointOf: (record: JsonRecord, scope: DecodeScope) => T,
): Steps {
  const { reader, scope } = walk;
  const span = yield* reader.span();
  yield* pausesFor(span.end - span.start);
  scope.count();
  if (scope.refuseLong(span.end - span.start)) return;
  const record = walk.parse(span);
  try {
    if (!isRecord(record))
      throw new InputError('VED_BODY_INVALID', 'cannot read JSON: want a data point, got something else');
    points.push(pointOf(record, scope));
  } catch (error) {
    if (!(error instanceof InputError) || error.code !== 'VED_BODY_INVALID') throw error;
    scope.refused.add('invalid', 1, error.message);
  }
}
