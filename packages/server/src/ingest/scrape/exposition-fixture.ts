import { labelsOf, type NativeHistogram, type SampleBatch, type Slicer } from '@vedette/model';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import type { PageFormat } from './content-type.ts';
import { PageIngest, type PageOptions } from './page-ingest.ts';
import { createSampleLabels } from './sample-labels.ts';
import { CLASSIC_HISTOGRAMS } from './scrape-fixture.ts';
import { TargetCache } from './target-cache.ts';
import { TargetMetadata } from './target-metadata.ts';

/** Metric families as tests write them, and the same as a page in each format. */
export interface TestFamily {
  /** Without `_total`. */
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'summary' | 'histogram' | 'gaugehistogram' | 'unknown';
  readonly help?: string;
  readonly unit?: string;
  readonly metrics: readonly TestMetric[];
}

export interface TestMetric {
  readonly labels?: Readonly<Record<string, string>>;
  /** Seconds, whole. */
  readonly timestampSeconds?: number;
  readonly createdSeconds?: number;
  readonly value?: number;
  readonly exemplar?: TestExemplar;
  readonly count?: number;
  readonly sum?: number;
  readonly quantiles?: readonly (readonly [quantile: number, value: number])[];
  readonly buckets?: readonly TestBucket[];
  /** Protobuf only. */
  readonly native?: NativeHistogram;
  /** Counts of the native form in floats. */
  readonly isFloat?: boolean;
  readonly exemplars?: readonly TestExemplar[];
}

interface TestBucket {
  readonly bound: number;
  readonly count: number;
  readonly exemplar?: TestExemplar;
}

interface TestExemplar {
  readonly id: string;
  readonly value: number;
  readonly timestampSeconds?: number;
}

const TYPES = ['counter', 'gauge', 'summary', 'unknown', 'histogram', 'gaugehistogram'];

/** The page in protobuf. */
export function protobufPage(families: readonly TestFamily[]): Buffer {
  return Buffer.concat(families.map((family) => delimited(familyMessage(family))));
}

/** A message behind its length. */
export function delimited(message: ProtobufWriter): Buffer {
  const length: number[] = [];
  let rest = message.length;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), message.finish()]);
}

function familyMessage(family: TestFamily): ProtobufWriter {
  const message = new ProtobufWriter();
  message.string(1, family.type === 'counter' ? `${family.name}_total` : family.name);
  if (family.help !== undefined) message.string(2, family.help);
  message.uint(3, TYPES.indexOf(family.type));
  for (const metric of family.metrics) message.message(4, metricMessage(family, metric));
  if (family.unit !== undefined) message.string(5, family.unit);
  return message;
}

function metricMessage({ type }: TestFamily, metric: TestMetric): ProtobufWriter {
  const message = new ProtobufWriter();
  for (const [name, value] of Object.entries(metric.labels ?? {})) message.message(1, pair(name, value));
  if (type === 'counter') message.message(3, counterMessage(metric));
  else if (type === 'summary') message.message(4, summaryMessage(metric));
  else if (type === 'gauge' || type === 'unknown') {
    const value = new ProtobufWriter();
    value.double(1, metric.value ?? 0);
    message.message(type === 'gauge' ? 2 : 5, value);
  } else message.message(7, histogramMessage(metric));
  if (metric.timestampSeconds !== undefined) message.int(6, metric.timestampSeconds * 1000);
  return message;
}

function pair(name: string, value: string): ProtobufWriter {
  const message = new ProtobufWriter();
  message.string(1, name);
  message.string(2, value);
  return message;
}

function time(seconds: number): ProtobufWriter {
  const message = new ProtobufWriter();
  message.int(1, Math.floor(seconds));
  message.int(2, Math.round((seconds - Math.floor(seconds)) * 1e9));
  return message;
}

function exemplarMessage({ id, value, timestampSeconds }: TestExemplar): ProtobufWriter {
  const message = new ProtobufWriter();
  message.message(1, pair('trace_id', id));
  message.double(2, value);
  if (timestampSeconds !== undefined) message.message(3, time(timestampSeconds));
  return message;
}

function counterMessage({ value, exemplar, createdSeconds }: TestMetric): ProtobufWriter {
  const message = new ProtobufWriter();
  message.double(1, value ?? 0);
  if (exemplar !== undefined) message.message(2, exemplarMessage(exemplar));
  if (createdSeconds !== undefined) message.message(3, time(createdSeconds));
  return message;
}

function summaryMessage({ count, sum, quantiles, createdSeconds }: TestMetric): ProtobufWriter {
  const message = new ProtobufWriter();
  message.uint(1, count ?? 0);
  message.double(2, sum ?? 0);
  for (const [quantile, value] of quantiles ?? []) {
    const inner = new ProtobufWriter();
    inner.double(1, quantile);
    inner.double(2, value);
    message.message(3, inner);
  }
  if (createdSeconds !== undefined) message.message(4, time(createdSeconds));
  return message;
}

function histogramMessage(metric: TestMetric): ProtobufWriter {
  const message = new ProtobufWriter();
  const count = metric.native?.count ?? metric.count ?? 0;
  if (metric.isFloat === true || !Number.isInteger(count)) message.double(4, count);
  else message.uint(1, count);
  message.double(2, metric.native?.sum ?? metric.sum ?? 0);
  for (const bucket of metric.buckets ?? []) {
    const inner = new ProtobufWriter();
    if (Number.isInteger(bucket.count)) inner.uint(1, bucket.count);
    else inner.double(4, bucket.count);
    inner.double(2, bucket.bound);
    if (bucket.exemplar !== undefined) inner.message(3, exemplarMessage(bucket.exemplar));
    message.message(3, inner);
  }
  if (metric.native !== undefined) nativeFields(message, metric.native, metric.isFloat === true);
  if (metric.createdSeconds !== undefined) message.message(15, time(metric.createdSeconds));
  for (const exemplar of metric.exemplars ?? []) message.message(16, exemplarMessage(exemplar));
  return message;
}

function nativeFields(message: ProtobufWriter, native: NativeHistogram, isFloat: boolean): void {
  message.sint(5, native.schema);
  message.double(6, native.zeroThreshold);
  if (isFloat) message.double(8, native.zeroCount);
  else message.uint(7, native.zeroCount);
  for (const [first, { spans, counts }] of [
    [9, native.negative],
    [12, native.positive],
  ] as const) {
    for (const { offset, length } of spans) {
      const span = new ProtobufWriter();
      span.sint(1, offset);
      span.uint(2, length);
      message.message(first, span);
    }
    if (isFloat) message.packedDoubles(first + 2, counts);
    else
      message.packedSints(
        first + 1,
        [...counts].map((count, i) => count - (counts[i - 1] ?? 0)),
      );
  }
}

/** The page as text; exemplars, created times and gauge histograms in OpenMetrics only. */
export function textPage(families: readonly TestFamily[], format: 'text' | 'openmetrics'): string {
  const lines: string[] = [];
  for (const family of families) {
    const isBare = format === 'text' && family.type === 'counter';
    const name = isBare ? `${family.name}_total` : family.name;
    if (family.help !== undefined) lines.push(`# HELP ${name} ${family.help}`);
    lines.push(`# TYPE ${name} ${format === 'text' && family.type === 'unknown' ? 'untyped' : family.type}`);
    if (family.unit !== undefined && format === 'openmetrics') lines.push(`# UNIT ${name} ${family.unit}`);
    for (const metric of family.metrics) lines.push(...metricLines(family, metric, format));
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return lines.map((line) => `${line}\n`).join('');
}

function metricLines(family: TestFamily, metric: TestMetric, format: 'text' | 'openmetrics'): string[] {
  const { name, type } = family;
  const isOpen = format === 'openmetrics';
  const time = metric.timestampSeconds;
  const line = (suffix: string, value: number, extra: object = {}, exemplar?: TestExemplar): string => {
    const labels = Object.entries({ ...metric.labels, ...extra }).map(
      ([label, text]) => `${label}="${String(text)}"`,
    );
    const tail = time === undefined ? '' : ` ${isOpen ? time : time * 1000}`;
    const behind =
      exemplar === undefined || !isOpen
        ? ''
        : ` # {trace_id="${exemplar.id}"} ${exemplar.value}${exemplar.timestampSeconds === undefined ? '' : ` ${exemplar.timestampSeconds}`}`;
    return `${name}${suffix}{${labels.join(',')}} ${number(value)}${tail}${behind}`;
  };
  const created =
    isOpen && metric.createdSeconds !== undefined ? [line('_created', metric.createdSeconds)] : [];
  if (type === 'counter') return [line('_total', metric.value ?? 0, {}, metric.exemplar), ...created];
  if (type === 'gauge' || type === 'unknown') return [line('', metric.value ?? 0)];
  const lines =
    type === 'summary'
      ? (metric.quantiles ?? []).map(([quantile, value]) => line('', value, { quantile: number(quantile) }))
      : (metric.buckets ?? []).map(({ bound, count, exemplar }) =>
          line('_bucket', count, { le: number(bound) }, exemplar),
        );
  return [...lines, line('_sum', metric.sum ?? 0), line('_count', metric.count ?? 0), ...created];
}

function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}

const NEVER: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

/** A target whose pages are read one after the other. */
export class PageReader {
  readonly cache: TargetCache;
  readonly metadata = new TargetMetadata();
  counts: PageIngest['counts'] | undefined;
  readonly #options: Partial<PageOptions>;
  readonly #slicer: Slicer;

  constructor(options: Partial<PageOptions> = {}, cache = new TargetCache(), slicer = NEVER) {
    this.#options = options;
    this.#slicer = slicer;
    this.cache = cache;
  }

  async read(page: string | Uint8Array, format: PageFormat): Promise<SampleBatch> {
    const ingest = new PageIngest({ slicer: this.#slicer }, { cache: this.cache, metadata: this.metadata });
    this.counts = ingest.counts;
    await ingest.readPage(Buffer.from(page), { ...PAGE_OPTIONS, ...this.#options, format });
    await ingest.addStaleMarkers(PAGE_OPTIONS.timestampMs);
    const batch = ingest.finish();
    this.cache.commit();
    this.metadata.commit();
    return batch;
  }
}

export const PAGE_OPTIONS = {
  timestampMs: 1_700_000_000_000,
  honorTimestamps: true,
  trackTimestampsStaleness: false,
  sampleCountMax: 10_000,
  histograms: CLASSIC_HISTOGRAMS,
  labels: createSampleLabels({
    targetLabels: labelsOf({ job: 'j' }),
    honorLabels: false,
    metricRelabelRules: [],
    limits: { labelCountMax: 50, nameBytesMax: 500, valueBytesMax: 500 },
    isLegacyNames: false,
  }),
};
