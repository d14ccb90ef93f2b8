/** For tests: a receiver with a store that records, and bodies in both encodings. */
import {
  formatLabels,
  labelsOfSeriesKey,
  UnavailableError,
  VirtualClock,
  type AppendResult,
  type BatchExemplar,
  type MetricMetadata,
  type MetricsWriter,
  type NativeHistogram,
  type Refusal,
  type SampleBatch,
  type Slicer,
} from '@vedette/model';
import { createMetricsRegistry, type MetricsRegistry } from '@vedette/sdk';
import type { IngestAnswer } from '../endpoint.ts';
import { otlpConfig } from './config.ts';
import { createOtlpEndpoints } from './otlp-receiver.ts';

export interface RecordedSample {
  readonly timestampMs: number;
  readonly value: number | 'stale' | NativeHistogram;
  /** 0 where unknown. */
  readonly startMs: number;
}

export class RecordingStore implements MetricsWriter {
  readonly samples = new Map<string, RecordedSample[]>();
  readonly exemplars = new Map<string, Omit<BatchExemplar, 'series'>[]>();
  readonly metadata: MetricMetadata[] = [];
  readonly batches: SampleBatch[] = [];
  refusals: readonly Refusal[] = [];
  isFull = false;

  append(batch: SampleBatch): Promise<AppendResult> {
    if (this.isFull)
      return Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'cannot append: disk is full'));
    this.batches.push(batch);
    const names: string[] = [];
    for (let i = 0; i < batch.seriesCount; i++) {
      const key = batch.keys.subarray(i === 0 ? 0 : batch.keyEnds[i - 1], batch.keyEnds[i]);
      const name = formatLabels(labelsOfSeriesKey(key));
      names.push(name);
      const recorded = this.samples.get(name) ?? [];
      this.samples.set(name, recorded);
      for (let j = i === 0 ? 0 : (batch.sampleEnds[i - 1] ?? 0); j < (batch.sampleEnds[i] ?? 0); j++)
        recorded.push(sampleAt(batch, j));
    }
    for (const { series, ...exemplar } of batch.exemplars ?? []) {
      const name = names[series] ?? '';
      this.exemplars.set(name, [...(this.exemplars.get(name) ?? []), exemplar]);
    }
    this.metadata.push(...(batch.metadata ?? []));
    return Promise.resolve({
      acceptedCount: batch.timestampsMs.length,
      acceptedHistogramCount: batch.histograms?.size ?? 0,
      acceptedExemplarCount: batch.exemplars?.length ?? 0,
      createdSeriesCount: 0,
      refusals: this.refusals,
    });
  }

  /** Series with the values of their samples, in time. */
  values(): Record<string, (number | 'stale' | NativeHistogram)[]> {
    return Object.fromEntries(
      [...this.samples].map(([name, samples]) => [name, samples.map(({ value }) => value)]),
    );
  }
}

function sampleAt(batch: SampleBatch, i: number): RecordedSample {
  const value =
    batch.staleFlags[i] === 1 ? 'stale' : (batch.histograms?.get(i) ?? batch.values[i] ?? Number.NaN);
  return { timestampMs: batch.timestampsMs[i] ?? 0, value, startMs: batch.startsMs?.[i] ?? 0 };
}

export interface Fixture {
  readonly store: RecordingStore;
  readonly clock: VirtualClock;
  readonly metrics: MetricsRegistry;
  /** Sends as JSON: an object, or text as it is. */
  readonly json: (body: object | string, headers?: Record<string, string>) => Promise<IngestAnswer>;
  /** Sends as protobuf: an object in JSON's form, or bytes as they are. */
  readonly protobuf: (body: object, headers?: Record<string, string>) => Promise<IngestAnswer>;
  readonly send: (body: Uint8Array, headers: Record<string, string>, path?: string) => Promise<IngestAnswer>;
}

/** `config` is the section `otlp` of a configuration file. */
export function createFixture(
  config: object = {},
  overrides: { readonly writer?: MetricsWriter; readonly slicer?: Slicer } = {},
): Fixture {
  const store = new RecordingStore();
  const clock = new VirtualClock({ startMs: 1_700_000_000_000 });
  const metrics = createMetricsRegistry();
  const otlp = otlpConfig.parse(config);
  const endpoints = createOtlpEndpoints({
    clock,
    metrics,
    writer: store,
    slicer: { shouldYield: () => false, yield: () => Promise.resolve() },
    ...overrides,
    otlp: () => otlp,
  });
  const send: Fixture['send'] = (body, headers, path = '/v1/metrics') => {
    const endpoint = endpoints.find((candidate) => candidate.path === path);
    if (endpoint === undefined) throw new Error(`no endpoint at ${path}`);
    const signal = new AbortController().signal;
    return endpoint.receive({ headers, query: new URLSearchParams(), body, signal });
  };
  return {
    store,
    clock,
    metrics,
    send,
    json: (body, headers = {}) =>
      send(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), {
        'content-type': 'application/json',
        ...headers,
      }),
    protobuf: (body, headers = {}) =>
      send(body instanceof Uint8Array ? body : encodeRequest(body), {
        'content-type': 'application/x-protobuf',
        ...headers,
      }),
  };
}

/** A second after the start of the fixture's clock, in nanoseconds as digits; `atMs` more. */
export function nanos(atMs = 0): string {
  return `${1_700_000_001_000 + atMs}000000`;
}

export function attribute(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

/** A request with one resource, one scope and these metrics. */
export function requestOf(metrics: readonly object[], resource: readonly object[] = []): object {
  return {
    resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics }] }],
  };
}

/** A cumulative, monotonic sum of one point. */
export function counter(name: string, value: number, rest: object = {}): object {
  const dataPoints = [{ asDouble: value, timeUnixNano: nanos(), ...rest }];
  return { name, sum: { aggregationTemporality: 2, isMonotonic: true, dataPoints } };
}

export function gauge(name: string, value: number, rest: object = {}): object {
  return { name, gauge: { dataPoints: [{ asDouble: value, timeUnixNano: nanos(), ...rest }] } };
}

type Scalar =
  | 'string'
  | 'bool'
  | 'double'
  | 'int64'
  | 'fixed64'
  | 'sfixed64'
  | 'uint'
  | 'sint'
  | 'hex'
  | 'base64';
type Packed = 'doubles' | 'fixed64s' | 'uint64s';
interface Schema {
  readonly [field: string]: readonly [number: number, type: Scalar | Packed | (() => Schema)];
}

const VALUE: Schema = {
  stringValue: [1, 'string'],
  boolValue: [2, 'bool'],
  intValue: [3, 'int64'],
  doubleValue: [4, 'double'],
  arrayValue: [5, () => ({ values: [1, () => VALUE] })],
  kvlistValue: [6, () => ({ values: [1, () => KEY_VALUE] })],
  bytesValue: [7, 'base64'],
};
const KEY_VALUE: Schema = { key: [1, 'string'], value: [2, () => VALUE] };
const TIMES: Schema = { startTimeUnixNano: [2, 'fixed64'], timeUnixNano: [3, 'fixed64'] };
const EXEMPLAR: Schema = {
  timeUnixNano: [2, 'fixed64'],
  asDouble: [3, 'double'],
  spanId: [4, 'hex'],
  traceId: [5, 'hex'],
  asInt: [6, 'sfixed64'],
  filteredAttributes: [7, () => KEY_VALUE],
};
const NUMBER_POINT: Schema = {
  ...TIMES,
  asDouble: [4, 'double'],
  exemplars: [5, () => EXEMPLAR],
  asInt: [6, 'sfixed64'],
  attributes: [7, () => KEY_VALUE],
  flags: [8, 'uint'],
};
const HISTOGRAM_POINT: Schema = {
  ...TIMES,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  bucketCounts: [6, 'fixed64s'],
  explicitBounds: [7, 'doubles'],
  exemplars: [8, () => EXEMPLAR],
  attributes: [9, () => KEY_VALUE],
  flags: [10, 'uint'],
};
const BUCKETS: Schema = { offset: [1, 'sint'], bucketCounts: [2, 'uint64s'] };
const EXPONENTIAL_POINT: Schema = {
  ...TIMES,
  attributes: [1, () => KEY_VALUE],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  scale: [6, 'sint'],
  zeroCount: [7, 'fixed64'],
  positive: [8, () => BUCKETS],
  negative: [9, () => BUCKETS],
  flags: [10, 'uint'],
  exemplars: [11, () => EXEMPLAR],
  zeroThreshold: [14, 'double'],
};
const SUMMARY_POINT: Schema = {
  ...TIMES,
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  quantileValues: [6, () => ({ quantile: [1, 'double'], value: [2, 'double'] })],
  attributes: [7, () => KEY_VALUE],
  flags: [8, 'uint'],
};
const contentOf = (point: Schema): Schema => ({
  dataPoints: [1, () => point],
  aggregationTemporality: [2, 'uint'],
  isMonotonic: [3, 'bool'],
});
const METRIC: Schema = {
  name: [1, 'string'],
  description: [2, 'string'],
  unit: [3, 'string'],
  gauge: [5, () => contentOf(NUMBER_POINT)],
  sum: [7, () => contentOf(NUMBER_POINT)],
  histogram: [9, () => contentOf(HISTOGRAM_POINT)],
  exponentialHistogram: [10, () => contentOf(EXPONENTIAL_POINT)],
  summary: [11, () => contentOf(SUMMARY_POINT)],
};
const SCOPE: Schema = { name: [1, 'string'], version: [2, 'string'], attributes: [3, () => KEY_VALUE] };
const SCOPE_METRICS: Schema = {
  scope: [1, () => SCOPE],
  metrics: [2, () => METRIC],
  schemaUrl: [3, 'string'],
};
const RESOURCE_METRICS: Schema = {
  resource: [1, () => ({ attributes: [1, () => KEY_VALUE] })],
  scopeMetrics: [2, () => SCOPE_METRICS],
};

/** Protobuf of a request in JSON's form (camel case, 64-bit integers as digits); an unknown field is an error. */
export function encodeRequest(request: object): Uint8Array {
  return encode(request, { resourceMetrics: [1, () => RESOURCE_METRICS] });
}

function encode(message: object, schema: Schema): Buffer {
  const parts: Uint8Array[] = [];
  for (const [name, value] of Object.entries(message)) {
    const [field, type] = schema[name] ?? [];
    if (field === undefined || type === undefined) throw new Error(`the fixture knows no field ${name}`);
    const values: unknown[] = typeof type === 'function' && Array.isArray(value) ? value : [value];
    for (const one of values)
      parts.push(
        typeof type === 'function'
          ? lengthDelimited(field, encode(one as object, type()))
          : encodeScalar(field, type, one),
      );
  }
  return Buffer.concat(parts);
}

function encodeScalar(field: number, type: Scalar | Packed, value: unknown): Uint8Array {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  switch (type) {
    case 'string':
      return lengthDelimited(field, Buffer.from(String(value)));
    case 'hex':
    case 'base64':
      return lengthDelimited(field, Buffer.from(String(value), type));
    case 'bool':
    case 'uint':
    case 'int64':
      return Buffer.concat([varint(BigInt(field * 8)), varint(toInteger(value))]);
    case 'sint':
      return Buffer.concat([
        varint(BigInt(field * 8)),
        varint((BigInt(Number(value)) << 1n) ^ (BigInt(Number(value)) >> 63n)),
      ]);
    case 'double':
      return Buffer.concat([varint(BigInt(field * 8 + 1)), doubleOf(value)]);
    case 'fixed64':
    case 'sfixed64':
      return Buffer.concat([varint(BigInt(field * 8 + 1)), fixed64Of(value)]);
    case 'doubles':
      return lengthDelimited(field, Buffer.concat(values.map(doubleOf)));
    case 'fixed64s':
      return lengthDelimited(field, Buffer.concat(values.map(fixed64Of)));
    case 'uint64s':
      return lengthDelimited(field, Buffer.concat(values.map((one) => varint(toInteger(one)))));
  }
}

function toInteger(value: unknown): bigint {
  return typeof value === 'boolean' ? BigInt(value) : BigInt(String(value));
}

function lengthDelimited(field: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint(BigInt(field * 8 + 2)), varint(BigInt(bytes.length)), bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

function fixed64Of(value: unknown): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, toInteger(value)));
  return bytes;
}

function doubleOf(value: unknown): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(Number(value));
  return bytes;
}
