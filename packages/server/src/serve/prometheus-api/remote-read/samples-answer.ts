import { InputError, writeStaleAt, type NativeHistogram, type SeriesSamples } from '@vedette/model';
import { ProtobufWriter } from '../../../lib/protobuf-writer.ts';
import { writeLabels } from './chunked-answer.ts';
import type { ReadQuery } from './read-request.ts';
import { readSeries, type ReadDeps } from './read-series.ts';
import { SnappyPieces } from './snappy-pieces.ts';

// An answer in samples stands in memory, compressed, until its length is known: ten million are 60 to 180 MB. Upstream's
// --storage.remote.read-sample-limit is 50 million. Streams of chunks have no such limit.
const SAMPLES_MAX = 10_000_000;

/** A `Sample` takes at most this much: two bytes of head, nine of value, eleven of time. */
const SAMPLE_BYTES = 22;

/** The answer in samples: one message in snappy. Rejects with `InputError` (VED_QUERY_TOO_LARGE) beyond the limit. */
export async function samplesAnswer(
  deps: ReadDeps,
  queries: readonly ReadQuery[],
  signal: AbortSignal,
): Promise<Uint8Array> {
  const { slicer } = deps;
  const results: SnappyPieces[] = [];
  let sampleCount = 0;
  for (const query of queries) {
    const result = new SnappyPieces();
    for await (const series of readSeries(deps, query, signal)) {
      sampleCount += series.timestampsMs.length;
      if (sampleCount > SAMPLES_MAX)
        throw new InputError('VED_QUERY_TOO_LARGE', `exceeded sample limit (${SAMPLES_MAX})`);
      // The length of the message stands in front, so its parts wait until all are there.
      const parts: Uint8Array[] = [];
      for (const part of seriesParts(series)) {
        parts.push(part);
        if (slicer.shouldYield()) await slicer.yield();
      }
      result.add(headOf(parts.reduce((sum, { length }) => sum + length, 0)));
      for (const part of parts) {
        result.add(part);
        if (slicer.shouldYield()) await slicer.yield();
      }
    }
    results.push(result);
  }
  return assemble(results);
}

/** Tag and length of field 1, a message. */
function headOf(length: number): Uint8Array {
  return Uint8Array.from([0x0a, ...varintOf(length)]);
}

function varintOf(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return bytes;
}

/** `ReadResponse`: the results, each with its head, behind the length of it all. */
function assemble(results: readonly SnappyPieces[]): Uint8Array {
  let contentBytes = 0;
  const elements: Uint8Array[] = [];
  for (const result of results) {
    const head = new SnappyPieces();
    head.add(headOf(result.contentBytes));
    contentBytes += head.contentBytes + result.contentBytes;
    elements.push(...head.finish(), ...result.finish());
  }
  return Buffer.concat([Uint8Array.from(varintOf(contentBytes)), ...elements]);
}

// Some 4 kB, in 50 µs: the clock is looked at every eighth part.
const SAMPLES_PER_PART = 250;

/** The message `TimeSeries` in parts. */
function* seriesParts({ labels, ...samples }: SeriesSamples): Generator<Uint8Array> {
  const head = new ProtobufWriter();
  writeLabels(head, labels);
  yield head.finish();
  for (let from = 0; from < samples.timestampsMs.length; from += SAMPLES_PER_PART)
    yield floatsPart({ labels, ...samples }, from);
  for (const [i, histogram] of samples.histograms ?? []) {
    const writer = new ProtobufWriter();
    writer.message(4, histogramMessage(histogram, samples.timestampsMs[i] ?? 0));
    yield writer.finish();
  }
}

/** `Sample` after `Sample`, by hand: a writer for each would cost ten times as much. */
function floatsPart(series: SeriesSamples, from: number): Uint8Array {
  const { timestampsMs, values, staleFlags, histograms } = series;
  const until = Math.min(from + SAMPLES_PER_PART, timestampsMs.length);
  const bytes = new Uint8Array((until - from) * SAMPLE_BYTES);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (let i = from; i < until; i++) {
    if (histograms?.has(i) === true) continue;
    const start = at;
    bytes[at] = 0x12;
    bytes[at + 2] = 0x09;
    if (staleFlags?.[i] === 1) writeStaleAt(view, at + 3);
    else view.setFloat64(at + 3, values[i] ?? 0, true);
    bytes[at + 11] = 0x10;
    at = writeTime(bytes, at + 12, timestampsMs[i] ?? 0);
    bytes[start + 1] = at - start - 2;
  }
  return bytes.subarray(0, at);
}

/** An int64 as a varint; before 1970 it takes ten bytes. Gives where it ends. */
function writeTime(bytes: Uint8Array, start: number, timestampMs: number): number {
  let at = start;
  if (timestampMs < 0) {
    let rest = BigInt.asUintN(64, BigInt(timestampMs));
    for (; rest >= 128n; rest >>= 7n) bytes[at++] = Number(rest & 127n) | 128;
    bytes[at++] = Number(rest);
    return at;
  }
  let rest = timestampMs;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 128;
  bytes[at++] = rest;
  return at;
}

const RESET_HINTS: Readonly<Record<NativeHistogram['counterReset'], number>> = {
  unknown: 0,
  reset: 1,
  'not-reset': 2,
  gauge: 3,
};

/** The message `Histogram` with counts as floats. */
function histogramMessage(histogram: NativeHistogram, timestampMs: number): ProtobufWriter {
  const writer = new ProtobufWriter();
  writer.double(2, histogram.count);
  writer.double(3, histogram.sum);
  writer.sint(4, histogram.schema);
  writer.double(5, histogram.zeroThreshold);
  writer.double(7, histogram.zeroCount);
  for (const [spansField, countsField, { spans, counts }] of [
    [8, 10, histogram.negative],
    [11, 13, histogram.positive],
  ] as const) {
    for (const { offset, length } of spans) {
      const span = new ProtobufWriter(16);
      span.sint(1, offset);
      span.uint(2, length);
      writer.message(spansField, span);
    }
    if (counts.length > 0) writer.packedDoubles(countsField, counts);
  }
  writer.uint(14, RESET_HINTS[histogram.counterReset]);
  writer.int(15, timestampMs);
  if (histogram.customBounds.length > 0) writer.packedDoubles(16, histogram.customBounds);
  return writer;
}
