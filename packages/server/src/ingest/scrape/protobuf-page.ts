import { InputError, labelsFromPairs, type Exemplar } from '@vedette/model';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { ClassicHistogram } from './classic-histogram.ts';
import {
  FAMILY_METRIC,
  METRIC_LABEL,
  METRIC_TIMESTAMP,
  readFamilyHead,
  readHistogram,
  readLabelPair,
  readSummary,
  readValue,
  VALUE_FIELDS,
  type ClientExemplar,
  type ClientHistogram,
  type FamilyHead,
} from './client-model.ts';
import { formatOpenMetricsFloat } from './decimal.ts';
import { clampTimestamp, LINE_BYTES_MAX } from './exposition-reader.ts';
import { MetricKey, type SeriesKind } from './metric-key.ts';
import type { PageSample } from './page-batch.ts';
import { pairsOf } from './sample-labels.ts';
import type { PageParts, PageSource } from './text-page.ts';

/**
 * Reads a page of the protobuf exposition into the batch: a row of `MetricFamily` messages, each behind its length.
 *
 * 1. A family's own fields are read first, wherever they stand, then its metrics one by one.
 * 2. A metric becomes the series that the text format would write for it: `…_count`, `…_sum`, `…_bucket{le}` of a
 *    histogram, a series per quantile. A native histogram is one series, in place of the others or beside them.
 * 3. Each series has a key of bytes (`MetricKey`) in the place of the line of a text page: a known one leads to its
 *    series without a label being read.
 *
 * As in Prometheus a timestamp of 0 is none, a missing +Inf bucket is added, and buckets behind +Inf are not read.
 * Any fault drops the page. One metric may take `LINE_BYTES_MAX`, as one line may.
 */
export async function readProtobufPage(parts: PageParts, source: PageSource): Promise<void> {
  const { bytes, slicer } = source;
  const page = new ProtobufPage(parts, source);
  for (let at = 0; at < bytes.length;) {
    const { start, end } = messageAt(bytes, at);
    at = end;
    const head = await readFamilyHead(new ProtobufReader(bytes, start, end), slicer);
    if (head.metricCount === 0) continue;
    page.beginFamily(head);
    let slicedAt = start;
    const reader = new ProtobufReader(bytes, start, end);
    while (reader.next()) {
      if (reader.field !== FAMILY_METRIC) {
        reader.skip();
        continue;
      }
      const metric = reader.range();
      page.readMetric(metric);
      // By size: a metric has 50 bytes, or a megabyte of buckets.
      if (metric.end - slicedAt < SLICE_BYTES_MAX) continue;
      slicedAt = metric.end;
      if (slicer.shouldYield()) await slicer.yield();
    }
  }
}

class ProtobufPage {
  readonly #parts: PageParts;
  readonly #source: PageSource;
  readonly #key = new MetricKey();
  #family: FamilyHead = { name: '', help: '', unit: '', type: 'unknown', metricCount: 0 };
  /** Of the metric at hand: start and end of each label pair. */
  readonly #labels: number[] = [];
  /** Of the metric at hand; NaN when it has none. */
  #timestampMs = NaN;

  constructor(parts: PageParts, source: PageSource) {
    this.#parts = parts;
    this.#source = source;
  }

  beginFamily(head: FamilyHead): void {
    assertUnit(head);
    this.#family = head;
    this.#key.beginFamily(head.name);
    this.#parts.metadata.note(head.name, { type: head.type, help: head.help, unit: head.unit });
  }

  readMetric({ start, end }: Range): void {
    const { bytes } = this.#source;
    const { type, name } = this.#family;
    if (end - start > LINE_BYTES_MAX)
      throw fault(`a metric of "${name.slice(0, 50)}" is longer than ${LINE_BYTES_MAX} bytes`);
    let value: Range = { start, end: start };
    this.#labels.length = 0;
    this.#timestampMs = NaN;
    this.#key.beginMetric();
    const reader = new ProtobufReader(bytes, start, end);
    while (reader.next()) {
      if (reader.field === METRIC_LABEL) this.#noteLabel(reader.range());
      else if (reader.field === VALUE_FIELDS[type]) value = reader.range();
      else if (reader.field === METRIC_TIMESTAMP) this.#timestampMs = clampTimestamp(reader.int()) || NaN;
      else reader.skip();
    }
    this.#readValue(new ProtobufReader(bytes, value.start, value.end));
  }

  #noteLabel({ start, end }: Range): void {
    this.#labels.push(start, end);
    this.#key.addLabel(this.#source.bytes.subarray(start, end));
  }

  #readValue(reader: ProtobufReader): void {
    const { type } = this.#family;
    switch (type) {
      case 'counter':
      case 'gauge':
      case 'unknown': {
        const { value, startMs, exemplar } = readValue(reader, type === 'counter');
        this.#add('value', 0, { timestampMs: this.#timestampMs, value, startMs }, exemplar);
        break;
      }
      case 'summary': {
        const { count, sum, quantiles, startMs } = readSummary(reader);
        const at = { timestampMs: this.#timestampMs, startMs };
        this.#add('count', 0, { ...at, value: count });
        this.#add('sum', 0, { ...at, value: sum });
        for (const { quantile, value } of quantiles) this.#add('quantile', quantile, { ...at, value });
        break;
      }
      case 'histogram':
      case 'gaugehistogram':
        this.#addHistogram(readHistogram(reader, type === 'gaugehistogram'));
    }
  }

  #addHistogram(histogram: ClientHistogram): void {
    const { isNativeScraped, isClassicAlwaysKept, isClassicConverted } = this.#source.rules.histograms;
    const { native, buckets, startMs } = histogram;
    if (isNativeScraped && native !== undefined) {
      const sample = { timestampMs: this.#timestampMs, value: 0, startMs, histogram: native };
      this.#addNative('native', sample, histogram);
      if (isClassicAlwaysKept && buckets.length > 0) this.#addClassic(histogram);
    } else if (isClassicConverted && this.#family.type === 'histogram') {
      const converted = convert(histogram);
      const sample = { timestampMs: this.#timestampMs, value: 0, startMs, histogram: converted };
      if (converted === undefined) this.#parts.batch.counts.unconvertedCount++;
      else this.#addNative('converted', sample, histogram);
      if (isClassicAlwaysKept) this.#addClassic(histogram);
    } else this.#addClassic(histogram);
  }

  #addClassic({ count, sum, buckets, startMs }: ClientHistogram): void {
    const at = { timestampMs: this.#timestampMs, startMs };
    this.#add('count', 0, { ...at, value: count });
    this.#add('sum', 0, { ...at, value: sum });
    for (const bucket of buckets) {
      this.#add('bucket', bucket.bound, { ...at, value: bucket.count }, bucket.exemplar);
      if (bucket.bound === Infinity) return;
    }
    this.#add('bucket', Infinity, { ...at, value: count });
  }

  /** Exemplars without a time of their own are left out: they could not be told from their repetition. */
  #addNative(kind: SeriesKind, sample: PageSample, { exemplars, buckets }: ClientHistogram): void {
    const series = this.#add(kind, 0, sample);
    if (series < 0) return;
    const own = exemplars.length > 0 ? exemplars : buckets.map(({ exemplar }) => exemplar);
    const timed = own
      .filter((exemplar) => exemplar !== undefined)
      .filter(({ timestampMs }) => !Number.isNaN(timestampMs));
    for (const exemplar of timed.sort((a, b) => a.timestampMs - b.timestampMs))
      this.#parts.batch.addExemplar(series, this.#exemplarOf(exemplar));
  }

  /** Adds one sample; returns its series, or -1 when it was not taken. */
  #add(kind: SeriesKind, border: number, sample: PageSample, exemplar?: ClientExemplar): number {
    const { batch, cache } = this.#parts;
    const { rules } = this.#source;
    const key = this.#key;
    key.select(kind, border);
    batch.counts.scrapedCount++;
    const predicted = cache.predict(key.view, 0);
    const isPredicted = predicted >= 0 && cache.lineLengthOf(predicted) === key.length;
    let line = isPredicted ? predicted : cache.findLine(key.bytes, 0, key.length);
    if (line < 0) {
      if (batch.isFull(rules)) {
        batch.countSurplus();
        return -1;
      }
      const series = batch.seriesOf(this.#exposedLabels(kind, border), rules);
      line = cache.addLine(key.bytes, 0, key.length, { series });
    }
    cache.seeLine(line);
    const series = cache.seriesOfLine(line);
    if (!batch.add(series, sample, rules)) return -1;
    if (exemplar !== undefined) batch.addExemplar(series, this.#exemplarOf(exemplar));
    return series;
  }

  #exposedLabels(kind: SeriesKind, border: number): string[] {
    const flat = ['__name__', this.#family.name + SUFFIXES[kind]];
    for (let i = 0; i < this.#labels.length; i += 2)
      readLabelPair(new ProtobufReader(this.#source.bytes, this.#labels[i], this.#labels[i + 1]), flat);
    if (kind === 'bucket') flat.push('le', formatOpenMetricsFloat(border));
    if (kind === 'quantile') flat.push('quantile', formatOpenMetricsFloat(border));
    return flat;
  }

  #exemplarOf({ labels, value, timestampMs }: ClientExemplar): Exemplar {
    const { rules } = this.#source;
    const sampleMs =
      rules.honorTimestamps && !Number.isNaN(this.#timestampMs) ? this.#timestampMs : rules.timestampMs;
    return {
      labels: labelsFromPairs(pairsOf(labels)),
      value,
      timestampMs: Number.isNaN(timestampMs) ? sampleMs : timestampMs,
    };
  }
}

/** Some 40 metrics of usual size, 40 µs of work: the clock is not asked more often. */
const SLICE_BYTES_MAX = 2048;

interface Range {
  readonly start: number;
  readonly end: number;
}

const SUFFIXES: Readonly<Record<SeriesKind, string>> = {
  value: '',
  count: '_count',
  sum: '_sum',
  bucket: '_bucket',
  quantile: '',
  native: '',
  converted: '',
};

function convert({ count, sum, buckets }: ClientHistogram): ReturnType<ClassicHistogram['toHistogram']> {
  const classic = new ClassicHistogram();
  for (const bucket of buckets) {
    if (Number.isNaN(bucket.bound)) return undefined;
    classic.addBucket(bucket.bound, bucket.count);
  }
  classic.setCount(count);
  classic.setSum(sum);
  return classic.toHistogram();
}

/** Where the message lies whose length stands at byte `at`. */
function messageAt(bytes: Uint8Array, at: number): Range {
  let length = 0;
  let start = at;
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes[start++];
    if (byte === undefined || scale > LENGTH_SCALE_MAX)
      throw fault(`cannot read protobuf at byte ${at}: a message has no valid length`);
    length += (byte & 127) * scale;
    if (byte < 128) break;
  }
  if (length > bytes.length - start)
    throw fault(
      `cannot read protobuf at byte ${at}: it is cut off: ${length} bytes are announced, ${bytes.length - start} are left`,
    );
  return { start, end: start + length };
}

/** A length has five bytes at most, as for every message of protobuf (2 GiB). */
const LENGTH_SCALE_MAX = 128 ** 4;

function assertUnit({ name, unit, type }: FamilyHead): void {
  if (unit === '') return;
  const base = type === 'counter' && name.endsWith('_total') ? name.slice(0, -'_total'.length) : name;
  if (!base.endsWith(`_${unit}`))
    throw fault(`unit "${unit.slice(0, 50)}" not a suffix of metric "${name.slice(0, 50)}"`);
}

function fault(message: string): InputError {
  return new InputError('VED_SCRAPE_FAILED', message);
}
