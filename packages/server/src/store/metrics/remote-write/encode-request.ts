/**
 * Requests of remote write, of both versions, from rows of the queue.
 *
 * 1. Rows are grouped by series, in the order in which they came; a series has its samples in increasing time.
 * 2. Version 1 spells out the labels of each series. They do not change, so they are encoded once and kept.
 * 3. Version 2 writes each text once, into a table, and refers to it; the table is that of the request, the empty
 *    text is its first entry. Types, helps, units and starts of counters go with the series.
 *
 * A request of 2,000 samples takes 2 to 3 ms to encode and compress. Larger ones are allowed: between series the
 * slicer is asked.
 */
import {
  STALE_NAN_HIGH,
  STALE_NAN_LOW,
  type Exemplar,
  type Labels,
  type MetricMetadata,
  type MetricType,
  type NativeHistogram,
  type Slicer,
} from '@vedette/model';
import { ProtobufWriter } from '../../../lib/protobuf-writer.ts';
import { encodeHistogram } from './encode-histogram.ts';
import type { OutgoingSeries } from './outgoing-series.ts';
import { EXEMPLAR, HISTOGRAM, STALE } from './row-kind.ts';
import { emptyRow, type SampleRow, type SampleRows } from './sample-rows.ts';

/** The place in the list is the number on the wire, in both versions. */
const METRIC_TYPES: readonly MetricType[] = [
  'unknown',
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
];

/** `WriteRequest` of version 1. */
export async function encodeRequestV1(rows: SampleRows, slicer: Slicer): Promise<Uint8Array> {
  const request = new ProtobufWriter(REQUEST_BYTES);
  const message = new ProtobufWriter();
  const sample = new ProtobufWriter(32);
  await forEachSeries(rows, slicer, (series, ownRows) => {
    message.clear();
    series.labelFields ??= labelFieldsOf(series.labels);
    message.raw(series.labelFields);
    for (const row of ownRows()) {
      if (row.kind === EXEMPLAR) message.message(3, exemplarV1(row.extra as Exemplar));
      else if (row.kind === HISTOGRAM) message.message(4, histogramOf(row, 0));
      else message.message(2, fillSample(sample, row, 0));
    }
    request.message(1, message);
  });
  return request.finish();
}

/** A `WriteRequest` that carries metadata alone, as version 1 sends it now and then. */
export function encodeMetadataV1(families: readonly MetricMetadata[]): Uint8Array {
  const request = new ProtobufWriter(REQUEST_BYTES);
  const message = new ProtobufWriter();
  for (const { family, type, help, unit } of families) {
    message.clear();
    message.uint(1, METRIC_TYPES.indexOf(type));
    message.string(2, family);
    message.string(4, help);
    message.string(5, unit);
    request.message(3, message);
  }
  return request.finish();
}

/** `Request` of version 2. */
export async function encodeRequestV2(
  rows: SampleRows,
  slicer: Slicer,
  metadataOf: (series: OutgoingSeries) => MetricMetadata | undefined,
): Promise<Uint8Array> {
  const symbols = new SymbolTable();
  const list = new ProtobufWriter(REQUEST_BYTES);
  const message = new ProtobufWriter();
  const sample = new ProtobufWriter(32);
  await forEachSeries(rows, slicer, (series, ownRows) => {
    message.clear();
    message.packedUints(1, symbols.referencesOf(series.labels));
    let commonStartMs: number | undefined;
    for (const row of ownRows()) {
      if (row.kind === EXEMPLAR) message.message(4, exemplarV2(row.extra as Exemplar, symbols));
      else if (row.kind === HISTOGRAM) message.message(3, histogramOf(row, row.startMs));
      else message.message(2, fillSample(sample, row, row.startMs));
      if (row.kind === EXEMPLAR || row.kind === STALE) continue;
      commonStartMs ??= row.startMs;
      if (commonStartMs !== row.startMs) commonStartMs = 0;
    }
    const metadata = metadataOf(series);
    if (metadata !== undefined) message.message(5, metadataV2(metadata, symbols));
    // Where the start stood before samples carried it, one for the whole series: older receivers read it there.
    if ((commonStartMs ?? 0) !== 0) message.int(6, commonStartMs ?? 0);
    list.message(5, message);
  });
  const request = new ProtobufWriter(REQUEST_BYTES);
  for (const text of symbols.texts) request.string(4, text);
  request.append(list);
  return request.finish();
}

/** What a request of 2,000 samples has, about. */
const REQUEST_BYTES = 64 * 1024;

/** Series between two questions to the slicer: one with a sample takes 1 to 2 µs, compression included (measured). */
const SERIES_PER_QUESTION = 8;

/** Visits each series once; `rows` walks over what it has in the request, handing out one and the same object. */
async function forEachSeries(
  rows: SampleRows,
  slicer: Slicer,
  visit: (series: OutgoingSeries, rows: () => Iterable<SampleRow>) => void,
): Promise<void> {
  const row = emptyRow();
  const last = new Map<OutgoingSeries, number>();
  const next = new Int32Array(rows.length).fill(-1);
  const firsts: number[] = [];
  for (let i = 0; i < rows.length; i++) {
    rows.read(i, row);
    const before = last.get(row.series);
    if (before === undefined) firsts.push(i);
    else next[before] = i;
    last.set(row.series, i);
  }
  function* rowsFrom(first: number): Iterable<SampleRow> {
    for (let i = first; i >= 0; i = next[i] ?? -1) {
      rows.read(i, row);
      yield row;
    }
  }
  for (const [i, first] of firsts.entries()) {
    if (i % SERIES_PER_QUESTION === 0 && slicer.shouldYield()) await slicer.yield();
    rows.read(first, row);
    visit(row.series, () => rowsFrom(first));
  }
}

/** Field 1 of a sample, the value, when it is a staleness marker: bytes, since no number of ours can hold it. */
const STALE_VALUE_FIELD = staleValueField();

function staleValueField(): Uint8Array {
  const field = new Uint8Array(9);
  const view = new DataView(field.buffer);
  view.setUint8(0, (1 << 3) | 1);
  view.setUint32(1, STALE_NAN_LOW, true);
  view.setUint32(5, STALE_NAN_HIGH, true);
  return field;
}

/** Fills `sample` and returns it: it is copied into its series at once. */
function fillSample(
  sample: ProtobufWriter,
  { kind, value, timestampMs }: SampleRow,
  startMs: number,
): ProtobufWriter {
  sample.clear();
  if (kind === STALE) sample.raw(STALE_VALUE_FIELD);
  else sample.double(1, value);
  sample.int(2, timestampMs);
  if (startMs !== 0) sample.int(3, startMs);
  return sample;
}

function histogramOf({ extra, timestampMs }: SampleRow, startMs: number): ProtobufWriter {
  return encodeHistogram(extra as NativeHistogram, { timestampMs, startMs });
}

function labelFieldsOf(labels: Labels): Uint8Array {
  const fields = new ProtobufWriter();
  writeLabels(fields, labels);
  return fields.finish();
}

function writeLabels(message: ProtobufWriter, labels: Labels): void {
  const label = new ProtobufWriter(64);
  for (let i = 0; i < labels.length; i += 2) {
    label.clear();
    label.string(1, labels[i] ?? '');
    label.string(2, labels[i + 1] ?? '');
    message.message(1, label);
  }
}

function exemplarV1({ labels, value, timestampMs }: Exemplar): ProtobufWriter {
  const message = new ProtobufWriter();
  writeLabels(message, labels);
  message.double(2, value);
  message.int(3, timestampMs);
  return message;
}

function exemplarV2({ labels, value, timestampMs }: Exemplar, symbols: SymbolTable): ProtobufWriter {
  const message = new ProtobufWriter();
  message.packedUints(1, symbols.referencesOf(labels));
  message.double(2, value);
  message.int(3, timestampMs);
  return message;
}

function metadataV2({ type, help, unit }: MetricMetadata, symbols: SymbolTable): ProtobufWriter {
  const message = new ProtobufWriter();
  message.uint(1, METRIC_TYPES.indexOf(type));
  message.uint(3, symbols.referenceOf(help));
  message.uint(4, symbols.referenceOf(unit));
  return message;
}

/** The texts of one request of version 2. */
class SymbolTable {
  readonly #references = new Map<string, number>([['', 0]]);

  get texts(): Iterable<string> {
    return this.#references.keys();
  }

  referenceOf(text: string): number {
    const known = this.#references.get(text);
    if (known !== undefined) return known;
    const reference = this.#references.size;
    this.#references.set(text, reference);
    return reference;
  }

  referencesOf(labels: Labels): readonly number[] {
    return labels.map((text) => this.referenceOf(text));
  }
}
