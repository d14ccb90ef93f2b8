/** For tests: write requests as senders make them, and a store that keeps what it gets as people read it. */
import {
  formatLabels,
  labelsOfSeriesKey,
  UnavailableError,
  VirtualClock,
  writeStaleAt,
  type AppendResult,
  type MetricMetadata,
  type MetricsWriter,
  type NativeHistogram,
  type Refusal,
  type SampleBatch,
} from '@vedette/model';
import { createMetricsRegistry, exposeMetrics } from '@vedette/sdk';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import { compressSnappy } from '../../lib/snappy.ts';
import type { IngestAnswer } from '../endpoint.ts';
import { createRemoteWriteEndpoint } from './remote-write-endpoint.ts';

export const CONTENT_TYPE = {
  v1: 'application/x-protobuf;proto=prometheus.WriteRequest',
  v2: 'application/x-protobuf;proto=io.prometheus.write.v2.Request',
} as const;

export type Pairs = readonly (readonly [string, string])[];

export interface SampleText {
  readonly timestampMs: number;
  readonly value: number | 'stale';
  readonly startMs?: number;
}

export interface ExemplarText {
  readonly labels: Pairs;
  readonly value: number;
  readonly timestampMs?: number;
}

/** Fields of a histogram message, each left out when absent. */
export interface HistogramText {
  readonly timestampMs: number;
  readonly startMs?: number;
  readonly countInt?: number;
  readonly countFloat?: number;
  readonly sum?: number | 'stale';
  readonly schema?: number;
  readonly zeroThreshold?: number;
  readonly zeroInt?: number;
  readonly zeroFloat?: number;
  readonly negativeSpans?: readonly (readonly [offset: number, length: number])[];
  readonly negativeDeltas?: readonly number[];
  readonly negativeCounts?: readonly number[];
  readonly positiveSpans?: readonly (readonly [offset: number, length: number])[];
  readonly positiveDeltas?: readonly number[];
  readonly positiveCounts?: readonly number[];
  readonly resetHint?: number;
  readonly customValues?: readonly number[];
}

export interface SeriesText {
  /** In the order in which they are written. */
  readonly labels: Pairs;
  readonly samples?: readonly SampleText[];
  readonly histograms?: readonly HistogramText[];
  readonly exemplars?: readonly ExemplarText[];
  /** 2.0 only. */
  readonly metadata?: { readonly type: number; readonly help: string; readonly unit: string };
  /** 2.0 only. */
  readonly createdMs?: number;
}

export interface MetadataText {
  readonly family: string;
  readonly type: number;
  readonly help: string;
  readonly unit: string;
}

export function requestV1(series: readonly SeriesText[], metadata: readonly MetadataText[] = []): Uint8Array {
  const request = new ProtobufWriter();
  for (const { labels, samples = [], histograms = [], exemplars = [] } of series) {
    const message = new ProtobufWriter();
    for (const pair of labels) message.message(1, labelMessage(pair));
    for (const sample of samples) message.bytes(2, sampleMessage(sample));
    for (const exemplar of exemplars) {
      const inner = new ProtobufWriter();
      for (const pair of exemplar.labels) inner.message(1, labelMessage(pair));
      inner.double(2, exemplar.value);
      inner.int(3, exemplar.timestampMs ?? 0);
      message.message(3, inner);
    }
    for (const histogram of histograms) message.bytes(4, histogramMessage(histogram));
    request.message(1, message);
  }
  for (const { family, type, help, unit } of metadata) {
    const message = new ProtobufWriter();
    message.uint(1, type);
    message.string(2, family);
    message.string(4, help);
    message.string(5, unit);
    request.message(3, message);
  }
  return request.finish();
}

export function requestV2(series: readonly SeriesText[]): Uint8Array {
  const symbols = new Map<string, number>([['', 0]]);
  const refOf = (text: string): number => {
    const ref = symbols.get(text) ?? symbols.size;
    symbols.set(text, ref);
    return ref;
  };
  const refsOf = (labels: Pairs): number[] => labels.flatMap(([name, value]) => [refOf(name), refOf(value)]);
  const messages = series.map((one) => seriesV2(one, refOf, refsOf));
  const request = new ProtobufWriter();
  for (const symbol of symbols.keys()) request.string(4, symbol);
  for (const message of messages) request.message(5, message);
  return request.finish();
}

function seriesV2(
  { labels, samples = [], histograms = [], exemplars = [], metadata, createdMs }: SeriesText,
  refOf: (text: string) => number,
  refsOf: (labels: Pairs) => number[],
): ProtobufWriter {
  const message = new ProtobufWriter();
  message.packedUints(1, refsOf(labels));
  for (const sample of samples) message.bytes(2, sampleMessage(sample));
  for (const histogram of histograms) message.bytes(3, histogramMessage(histogram));
  for (const exemplar of exemplars) {
    const inner = new ProtobufWriter();
    inner.packedUints(1, refsOf(exemplar.labels));
    inner.double(2, exemplar.value);
    inner.int(3, exemplar.timestampMs ?? 0);
    message.message(4, inner);
  }
  if (metadata !== undefined) {
    const inner = new ProtobufWriter();
    inner.uint(1, metadata.type);
    inner.uint(3, refOf(metadata.help));
    inner.uint(4, refOf(metadata.unit));
    message.message(5, inner);
  }
  if (createdMs !== undefined) message.int(6, createdMs);
  return message;
}

function labelMessage([name, value]: readonly [string, string]): ProtobufWriter {
  const message = new ProtobufWriter();
  message.string(1, name);
  message.string(2, value);
  return message;
}

function sampleMessage({ timestampMs, value, startMs }: SampleText): Uint8Array {
  const rest = new ProtobufWriter();
  rest.int(2, timestampMs);
  if (startMs !== undefined) rest.int(3, startMs);
  return Buffer.concat([doubleField(1, value), rest.finish()]);
}

/** The staleness marker is bytes: a writer of numbers would lose it. */
function doubleField(field: number, value: number | 'stale'): Uint8Array {
  const bytes = new Uint8Array(9);
  const view = new DataView(bytes.buffer);
  bytes[0] = field * 8 + 1;
  if (value === 'stale') writeStaleAt(view, 1);
  else view.setFloat64(1, value, true);
  return bytes;
}

function histogramMessage(histogram: HistogramText): Uint8Array {
  const message = new ProtobufWriter();
  const { sum, schema } = histogram;
  if (histogram.countInt !== undefined) message.uint(1, histogram.countInt);
  if (histogram.countFloat !== undefined) message.double(2, histogram.countFloat);
  if (schema !== undefined) message.sint(4, schema);
  if (histogram.zeroThreshold !== undefined) message.double(5, histogram.zeroThreshold);
  if (histogram.zeroInt !== undefined) message.uint(6, histogram.zeroInt);
  if (histogram.zeroFloat !== undefined) message.double(7, histogram.zeroFloat);
  putSpans(message, 8, histogram.negativeSpans);
  if (histogram.negativeDeltas !== undefined) message.packedSints(9, histogram.negativeDeltas);
  if (histogram.negativeCounts !== undefined) message.packedDoubles(10, histogram.negativeCounts);
  putSpans(message, 11, histogram.positiveSpans);
  if (histogram.positiveDeltas !== undefined) message.packedSints(12, histogram.positiveDeltas);
  if (histogram.positiveCounts !== undefined) message.packedDoubles(13, histogram.positiveCounts);
  if (histogram.resetHint !== undefined) message.uint(14, histogram.resetHint);
  message.int(15, histogram.timestampMs);
  if (histogram.customValues !== undefined) message.packedDoubles(16, histogram.customValues);
  if (histogram.startMs !== undefined) message.int(17, histogram.startMs);
  const rest = message.finish();
  return sum === undefined ? rest : Buffer.concat([doubleField(3, sum), rest]);
}

function putSpans(
  message: ProtobufWriter,
  field: number,
  spans: readonly (readonly [offset: number, length: number])[] = [],
): void {
  for (const [offset, length] of spans) {
    const span = new ProtobufWriter();
    span.sint(1, offset);
    span.uint(2, length);
    message.message(field, span);
  }
}

/** One row per sample: what it belongs to, when, and what it is. */
export type Row = readonly [series: string, timestampMs: number, value: number | 'stale' | NativeHistogram];

export class RecordingStore implements MetricsWriter {
  readonly rows: Row[] = [];
  /** One per sample of a batch that tells starts. */
  readonly startsMs: number[] = [];
  readonly exemplars: (readonly [series: string, labels: string, value: number, timestampMs: number])[] = [];
  readonly metadata: MetricMetadata[] = [];
  batchCount = 0;
  /** What it says it refused; samples are kept all the same. */
  refusals: readonly Refusal[] = [];
  isFull = false;

  append(batch: SampleBatch): Promise<AppendResult> {
    if (this.isFull)
      return Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'cannot append: disk is full'));
    this.batchCount++;
    const names: string[] = [];
    for (let i = 0, sample = 0; i < batch.seriesCount; i++) {
      const key = batch.keys.subarray(i === 0 ? 0 : batch.keyEnds[i - 1], batch.keyEnds[i]);
      const name = formatLabels(labelsOfSeriesKey(key));
      names.push(name);
      for (; sample < (batch.sampleEnds[i] ?? 0); sample++) this.rows.push(rowOf(batch, name, sample));
    }
    if (batch.startsMs !== undefined) this.startsMs.push(...batch.startsMs);
    for (const { series, labels, value, timestampMs } of batch.exemplars ?? [])
      this.exemplars.push([names[series] ?? '', formatLabels(labels), value, timestampMs]);
    this.metadata.push(...(batch.metadata ?? []));
    const refused = this.refusals.reduce((sum, { count }) => sum + count, 0);
    return Promise.resolve({
      acceptedCount: batch.timestampsMs.length - refused,
      acceptedHistogramCount: batch.histograms?.size ?? 0,
      acceptedExemplarCount: batch.exemplars?.length ?? 0,
      createdSeriesCount: 0,
      refusals: this.refusals,
    });
  }
}

function rowOf(batch: SampleBatch, name: string, sample: number): Row {
  const timestampMs = batch.timestampsMs[sample] ?? 0;
  if (batch.staleFlags[sample] === 1) return [name, timestampMs, 'stale'];
  return [name, timestampMs, batch.histograms?.get(sample) ?? batch.values[sample] ?? NaN];
}

export interface Scene {
  readonly store: RecordingStore;
  /** The receiver's own metrics as text. */
  readonly exposed: () => string;
  /** Slices that ended while requests were read. */
  readonly yields: () => number;
  /** Sends a message; `headers` replace what a sender of that version has. */
  readonly send: Send;
  /** Sends bytes as they are. */
  readonly sendPacked: Send;
}

type Send = (
  version: 'v1' | 'v2',
  bytes: Uint8Array,
  headers?: Readonly<Record<string, string | undefined>>,
) => Promise<IngestAnswer>;

/** The time of the clock in a scene. */
export const NOW_MS = 1_700_000_000_000;

export function createScene(): Scene {
  const store = new RecordingStore();
  const registry = createMetricsRegistry();
  let yields = 0;
  const slicer = {
    shouldYield: () => true,
    yield: () => {
      yields++;
      return Promise.resolve();
    },
  };
  const clock = new VirtualClock({ startMs: NOW_MS });
  const endpoint = createRemoteWriteEndpoint({ clock, metrics: registry, slicer, writer: store });
  const sendPacked: Send = (version, body, headers = {}) =>
    endpoint.receive({
      headers: { 'content-type': CONTENT_TYPE[version], 'content-encoding': 'snappy', ...headers },
      query: new URLSearchParams(),
      body,
      signal: new AbortController().signal,
    });
  return {
    store,
    exposed: () => [...exposeMetrics(registry, 'prometheus')].join(''),
    yields: () => yields,
    sendPacked,
    send: (version, message, headers) => sendPacked(version, compressSnappy(message), headers),
  };
}

/** The three `…-Written` headers of an answer: samples, histograms, exemplars. */
export function writtenOf({ headers = {} }: IngestAnswer): (string | undefined)[] {
  return ['samples', 'histograms', 'exemplars'].map(
    (kind) => headers[`x-prometheus-remote-write-${kind}-written`],
  );
}
