/**
 * Chunks as Prometheus stores them, for clients that decode them themselves: floats as encoding 1 (times as
 * differences of distances, values as XORs), native histograms as encoding 3, whose counts are floats, since
 * that is what ours are. A chunk holds 120 samples at most, as upstream's do; one of histograms holds histograms
 * with the same buckets and no counter reset but before the first, since both stand in its head.
 */
import {
  SCHEMA_CUSTOM,
  type HistogramBuckets,
  type NativeHistogram,
  type SeriesSamples,
} from '@vedette/model';
import { BitWriter } from './bit-writer.ts';
import { XorColumn } from './xor-column.ts';

const ENCODING_XOR = 1;
const ENCODING_FLOAT_HISTOGRAM = 3;

// Upstream's length: what readers reserve, and two bytes hold the number.
const SAMPLES_PER_CHUNK_MAX = 120;

export interface EncodedChunk {
  readonly minMs: number;
  readonly maxMs: number;
  readonly encoding: number;
  readonly bytes: Uint8Array;
}

/** Cuts the samples of a series into chunks; the next one is encoded when it is asked for. */
export function* encodeChunks(series: SeriesSamples): Generator<EncodedChunk> {
  const { timestampsMs, histograms } = series;
  let from = 0;
  while (from < timestampsMs.length) {
    const first = histograms?.get(from);
    const until = first === undefined ? floatsEnd(series, from) : histogramsEnd(series, from, first);
    yield {
      minMs: timestampsMs[from] ?? 0,
      maxMs: timestampsMs[until - 1] ?? 0,
      encoding: first === undefined ? ENCODING_XOR : ENCODING_FLOAT_HISTOGRAM,
      bytes: first === undefined ? encodeFloats(series, from, until) : encodeHistograms(series, from, until),
    };
    from = until;
  }
}

function floatsEnd({ timestampsMs, histograms }: SeriesSamples, from: number): number {
  const end = Math.min(from + SAMPLES_PER_CHUNK_MAX, timestampsMs.length);
  if (histograms === undefined) return end;
  let until = from + 1;
  while (until < end && !histograms.has(until)) until++;
  return until;
}

function histogramsEnd(
  { timestampsMs, histograms }: SeriesSamples,
  from: number,
  first: NativeHistogram,
): number {
  const end = Math.min(from + SAMPLES_PER_CHUNK_MAX, timestampsMs.length);
  const wantedHint = first.counterReset === 'gauge' ? 'gauge' : 'not-reset';
  let until = from + 1;
  for (; until < end; until++) {
    const next = histograms?.get(until);
    if (next?.counterReset !== wantedHint || !hasSameLayout(first, next)) break;
  }
  return until;
}

function hasSameLayout(a: NativeHistogram, b: NativeHistogram): boolean {
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    hasSameSpans(a.positive, b.positive) &&
    hasSameSpans(a.negative, b.negative) &&
    a.customBounds.length === b.customBounds.length &&
    a.customBounds.every((bound, i) => bound === b.customBounds[i])
  );
}

function hasSameSpans({ spans: a }: HistogramBuckets, { spans: b }: HistogramBuckets): boolean {
  return (
    a.length === b.length &&
    a.every(({ offset, length }, i) => offset === b[i]?.offset && length === b[i]?.length)
  );
}

function encodeFloats(
  { timestampsMs, values, staleFlags }: SeriesSamples,
  from: number,
  until: number,
): Uint8Array {
  const writer = new BitWriter();
  const column = new XorColumn();
  writer.bits(until - from, 16);
  let deltaMs = 0;
  for (let i = from; i < until; i++) {
    const timestampMs = timestampsMs[i] ?? 0;
    const value = values[i] ?? 0;
    const isStale = staleFlags?.[i] === 1;
    if (i === from) {
      writer.varint(timestampMs);
      column.first(writer, value, isStale);
      continue;
    }
    const nextDeltaMs = timestampMs - (timestampsMs[i - 1] ?? 0);
    if (i === from + 1) writer.uvarint(nextDeltaMs);
    else writeDeltaOfDelta(writer, nextDeltaMs - deltaMs);
    deltaMs = nextDeltaMs;
    column.next(writer, value, isStale);
  }
  return writer.finish();
}

function writeDeltaOfDelta(writer: BitWriter, value: number): void {
  if (value === 0) return writer.bits(0, 1);
  const fits = (size: number): boolean => value > -(2 ** (size - 1)) && value <= 2 ** (size - 1);
  if (fits(14)) writer.bits(0b10, 2);
  else if (fits(17)) writer.bits(0b110, 3);
  else if (fits(20)) writer.bits(0b1110, 4);
  else writer.bits(0b1111, 4);
  return writer.signed(value, fits(14) ? 14 : fits(17) ? 17 : fits(20) ? 20 : 64);
}

/** What stands before the first histogram, in the two upper bits of a byte. */
const RESET_BITS: Readonly<Record<NativeHistogram['counterReset'], number>> = {
  unknown: 0,
  'not-reset': 0b0100_0000,
  reset: 0b1000_0000,
  gauge: 0b1100_0000,
};

function encodeHistograms(
  { timestampsMs, histograms }: SeriesSamples,
  from: number,
  until: number,
): Uint8Array {
  const writer = new BitWriter();
  writer.bits(until - from, 16);
  const columns: XorColumn[] = [];
  let deltaMs = 0;
  for (let i = from; i < until; i++) {
    const histogram = histograms?.get(i);
    if (histogram === undefined) break;
    const timestampMs = timestampsMs[i] ?? 0;
    if (i === from) {
      writer.bits(RESET_BITS[histogram.counterReset], 8);
      writeLayout(writer, histogram);
      writer.varbitInt(timestampMs);
    } else {
      const nextDeltaMs = timestampMs - (timestampsMs[i - 1] ?? 0);
      if (i === from + 1) writer.varbitUint(nextDeltaMs);
      else writer.varbitInt(nextDeltaMs - deltaMs);
      deltaMs = nextDeltaMs;
    }
    writeCounts(writer, histogram, columns);
  }
  return writer.finish();
}

/** Count, zero count, sum and each bucket are a column of their own. */
function writeCounts(writer: BitWriter, histogram: NativeHistogram, columns: XorColumn[]): void {
  const { count, zeroCount, sum, positive, negative } = histogram;
  const isFirst = columns.length === 0;
  let i = 0;
  const write = (value: number): void => {
    const column = (columns[i++] ??= new XorColumn());
    if (isFirst) column.first(writer, value, false);
    else column.next(writer, value, false);
  };
  write(count);
  write(zeroCount);
  write(sum);
  for (const value of positive.counts) write(value);
  for (const value of negative.counts) write(value);
}

function writeLayout(writer: BitWriter, histogram: NativeHistogram): void {
  writeZeroThreshold(writer, histogram.zeroThreshold);
  writer.varbitInt(histogram.schema);
  for (const { spans } of [histogram.positive, histogram.negative]) {
    writer.varbitUint(spans.length);
    for (const { offset, length } of spans) {
      writer.varbitUint(length);
      writer.varbitInt(offset);
    }
  }
  if (histogram.schema !== SCHEMA_CUSTOM) return;
  writer.varbitUint(histogram.customBounds.length);
  for (const bound of histogram.customBounds) writeCustomBound(writer, bound);
}

/** Powers of two from 2^-243 to 2^10 have one byte, zero is 0, all others stand behind 255. */
function writeZeroThreshold(writer: BitWriter, threshold: number): void {
  const exponent = Math.round(Math.log2(threshold));
  if (threshold === 0) writer.bits(0, 8);
  else if (exponent >= -243 && exponent <= 10 && 2 ** exponent === threshold) writer.bits(exponent + 244, 8);
  else {
    writer.bits(255, 8);
    writer.float(threshold);
  }
}

/** Thousandths that fit 25 bits as a whole number plus one, all others in full behind a zero. */
function writeCustomBound(writer: BitWriter, bound: number): void {
  const thousandths = Math.round(bound * 1000);
  if (thousandths >= 0 && thousandths < 2 ** 25 - 1 && thousandths / 1000 === bound)
    return writer.varbitUint(thousandths + 1);
  writer.bits(0, 1);
  return writer.float(bound);
}
