import {
  compareLabels,
  isStaleAt,
  labelsFromPairs,
  labelsKeyOf,
  type Labels,
  type SeriesSamples,
  type TimeRange,
} from '@vedette/model';
import { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { invalid } from './byte-reader.ts';
import { readChunk } from './chunk.ts';
import { readHistogram } from '../remote-write/histogram-message.ts';
import { mergeSamples, SampleBuffer } from './sample-buffer.ts';
import { SpanTooLargeError } from './source.ts';

// A day of 100,000 series at 15 s is about 800 MB of chunks: such a server is read in quarters of a day.
const SPAN_BYTES_MAX = 256 * 1024 * 1024;

/** What a series costs beside its bytes: labels, the entry, the key. */
const SERIES_BYTES = 1000;

type Part =
  | { readonly kind: 'chunk'; readonly encoding: number; readonly bytes: Uint8Array }
  /** The message `TimeSeries`. */
  | { readonly kind: 'samples'; readonly bytes: Uint8Array };

interface Entry {
  readonly labels: Labels;
  readonly query: number;
  readonly parts: Part[];
}

/**
 * The series of one span as a server sent them, undecoded, until all are there: a server may send them in another
 * order than ours, since it adds its external labels after sorting. Beyond `SPAN_BYTES_MAX` it throws
 * `SpanTooLargeError`.
 */
export class CollectedSeries {
  readonly #entries = new Map<string, Entry>();
  #sizeBytes = 0;

  /** A `ChunkedSeries` of the stream. `query` is the number of the question: a series of two questions counts once. */
  addChunked(reader: ProtobufReader, query: number): void {
    const pairs: [string, string][] = [];
    const parts: Part[] = [];
    while (reader.next()) {
      if (reader.field === 1) pairs.push(readLabel(reader.message()));
      else if (reader.field === 2) parts.push(readChunkMessage(reader.message()));
      else reader.skip();
    }
    this.#add(pairs, query, parts);
  }

  /** A `TimeSeries` of an answer in samples. */
  addSamples(bytes: Uint8Array, query: number): void {
    const reader = new ProtobufReader(bytes);
    const pairs: [string, string][] = [];
    while (reader.next()) {
      if (reader.field === 1) pairs.push(readLabel(reader.message()));
      else reader.skip();
    }
    this.#add(pairs, query, [{ kind: 'samples', bytes }]);
  }

  /** All of them in order, decoded one by one; the arrays are reused. */
  *sorted(range: TimeRange): Generator<SeriesSamples> {
    const entries = [...this.#entries.values()].sort((a, b) => compareLabels(a.labels, b.labels));
    this.#entries.clear();
    const buffers = { samples: new SampleBuffer(), part: new SampleBuffer(), spare: new SampleBuffer() };
    for (const { labels, parts } of entries) {
      const samples = decode(parts, range, buffers);
      if (samples.length > 0) yield samples.series(labels);
    }
  }

  #add(pairs: readonly (readonly [string, string])[], query: number, parts: readonly Part[]): void {
    const labels = labelsFromPairs(pairs);
    if (labels.length === 0) throw invalid('a series has no labels');
    const key = labelsKeyOf(labels);
    let entry = this.#entries.get(key);
    if (entry === undefined) {
      entry = { labels, query, parts: [] };
      this.#entries.set(key, entry);
      this.#sizeBytes += SERIES_BYTES;
    }
    if (entry.query !== query) return;
    entry.parts.push(...parts);
    for (const { bytes } of parts) this.#sizeBytes += bytes.length;
    if (this.#sizeBytes > SPAN_BYTES_MAX)
      throw new SpanTooLargeError(`the samples of one span take more than ${SPAN_BYTES_MAX} bytes`);
  }
}

function readLabel(reader: ProtobufReader): [string, string] {
  const label: [string, string] = ['', ''];
  while (reader.next()) {
    if (reader.field === 1) label[0] = reader.string();
    else if (reader.field === 2) label[1] = reader.string();
    else reader.skip();
  }
  return label;
}

function readChunkMessage(reader: ProtobufReader): Part {
  let encoding = 0;
  let bytes = new Uint8Array();
  while (reader.next()) {
    if (reader.field === 3) encoding = reader.uint();
    else if (reader.field === 4) bytes = reader.bytes().slice();
    else reader.skip();
  }
  return { kind: 'chunk', encoding, bytes };
}

interface Buffers {
  samples: SampleBuffer;
  readonly part: SampleBuffer;
  spare: SampleBuffer;
}

/** Parts mostly follow each other in time; those that do not are merged. */
function decode(parts: readonly Part[], range: TimeRange, buffers: Buffers): SampleBuffer {
  buffers.samples.clear();
  for (const one of parts) {
    const { samples, part, spare } = buffers;
    part.clear();
    if (one.kind === 'chunk') readChunk(one.encoding, one.bytes, range, part);
    else readSeries(one.bytes, range, part);
    if (part.length > 0 && part.timestampMsAt(0) <= samples.lastMs) {
      mergeSamples(samples, part, spare);
      [buffers.samples, buffers.spare] = [spare, samples];
    } else for (let i = 0; i < part.length; i++) samples.addFrom(part, i);
  }
  return buffers.samples;
}

/** Samples and histograms of a `TimeSeries`, each in increasing time. */
function readSeries(bytes: Uint8Array, range: TimeRange, out: SampleBuffer): void {
  const reader = new ProtobufReader(bytes);
  const [floats, histograms] = [new SampleBuffer(), new SampleBuffer()];
  while (reader.next()) {
    if (reader.field === 2) readSample(reader.message(), bytes, floats);
    else if (reader.field === 4) readHistogramSample(reader, bytes, histograms);
    else reader.skip();
  }
  const merged = new SampleBuffer();
  mergeSamples(floats, histograms, merged);
  for (let i = 0; i < merged.length; i++) {
    const timestampMs = merged.timestampMsAt(i);
    if (timestampMs >= range.fromMs && timestampMs <= range.untilMs) out.addFrom(merged, i);
  }
}

function readSample(reader: ProtobufReader, bytes: Uint8Array, out: SampleBuffer): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let value = 0;
  let isStale = false;
  let timestampMs = 0;
  while (reader.next()) {
    if (reader.field === 1) {
      value = reader.double();
      isStale = isStaleAt(view, reader.position - 8);
    } else if (reader.field === 2) timestampMs = reader.int();
    else reader.skip();
  }
  assertLater(timestampMs, out);
  out.addFloat(timestampMs, value, isStale);
}

function readHistogramSample(reader: ProtobufReader, bytes: Uint8Array, out: SampleBuffer): void {
  const body = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const { timestampMs, histogram, isStale, fault } = readHistogram(reader.message(), body);
  assertLater(timestampMs, out);
  if (isStale) out.addFloat(timestampMs, 0, true);
  else if (histogram === undefined || fault !== undefined)
    throw invalid(`a histogram is impossible: ${fault ?? 'it has too many buckets'}`);
  else out.addHistogram(timestampMs, histogram);
}

function assertLater(timestampMs: number, out: SampleBuffer): void {
  if (!(timestampMs > out.lastMs) || !Number.isSafeInteger(timestampMs))
    throw invalid(`times of a series must increase; got ${timestampMs} after ${out.lastMs}`);
}
