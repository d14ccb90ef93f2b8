/**
 * Reads time series of version 1.0 in the one shape that senders write, several times faster than the general reader.
 *
 * 1. The shape: labels first, each a name and a value of ASCII, sorted by name, none empty, `__name__` among them; then
 *    float samples in increasing time, none a NaN; every length below 128, the whole within `PLAIN_BYTES_MAX`.
 * 2. One pass over the bytes: labels go straight into the batch's column of keys, samples into two columns. The batch
 *    takes them when the end was reached in shape.
 * 3. Anything else, whatever the reason, is told by `false` and has left no trace: the general reader
 *    (`time-series.ts`) reads that series. It knows the rules and words their breaches, so this file must accept
 *    nothing that it refuses; a property test compares the two.
 */
import { LABELS_PER_SERIES_MAX } from './limits.ts';
import type { WriteBatch } from './write-batch.ts';

// Some 250 samples with their labels: 5 µs, which no slice has to cut.
export const PLAIN_BYTES_MAX = 4096;

/** The shortest sample has four bytes: tag, length, and a time. */
const SAMPLES_MAX = PLAIN_BYTES_MAX / 4;

const TAG_LABEL = 0x0a;
const TAG_SAMPLE = 0x12;
const TAG_LABEL_NAME = 0x0a;
const TAG_LABEL_VALUE = 0x12;
const TAG_SAMPLE_VALUE = 0x09;
const TAG_SAMPLE_TIME = 0x10;

/** Lengths of one byte lie below, as do ASCII and the last byte of a number. */
const HIGH_BIT = 0x80;

/** Bytes of a time up to the year 19,800: 49 bits. */
const TIME_BYTES_MAX = 7;

export class PlainSeriesReader {
  readonly #body: Uint8Array;
  readonly #view: DataView;
  readonly #batch: WriteBatch;
  readonly #timestampsMs = new Float64Array(SAMPLES_MAX);
  readonly #values = new Float64Array(SAMPLES_MAX);
  /** Where labels ended and samples begin. */
  #samplesAt = 0;

  constructor(body: Uint8Array, batch: WriteBatch) {
    this.#body = body;
    this.#view = new DataView(body.buffer, body.byteOffset, body.length);
    this.#batch = batch;
  }

  /** Reads the message [start, end) into the batch; false, and nothing is done, when it has another shape. */
  read(start: number, end: number): boolean {
    if (end - start > PLAIN_BYTES_MAX) return false;
    // A key is shorter than its labels, which have tags besides.
    const { keys, keyAt } = this.#batch.roomForKey(end - start);
    const keyEnd = this.#readLabels(start, end, keys, keyAt);
    if (keyEnd < 0) return false;
    const count = this.#readSamples(this.#samplesAt, end);
    if (count < 1) return false;
    this.#batch.addPlainSeries(keyEnd, this.#timestampsMs, this.#values, count);
    return true;
  }

  /** Writes the key at `keyAt` and returns its end, or -1. */
  #readLabels(start: number, end: number, keys: Uint8Array, keyAt: number): number {
    const body = this.#body;
    let at = start;
    let to = keyAt;
    let labelCount = 0;
    let nameAt = 0;
    let nameLength = 0;
    let hasMetricName = false;
    while (at < end && body[at] === TAG_LABEL) {
      const previousAt = nameAt;
      const previousLength = nameLength;
      nameAt = at + 4;
      nameLength = body[at + 3] ?? 0;
      const valueAt = nameAt + nameLength + 2;
      const valueLength = body[valueAt - 1] ?? 0;
      const labelLength = valueAt + valueLength - at - 2;
      // The length of the label says both others again: right and below 128, it makes them so.
      if (body[at + 1] !== labelLength || labelLength >= HIGH_BIT || at + 2 + labelLength > end) return -1;
      if (body[at + 2] !== TAG_LABEL_NAME || body[valueAt - 2] !== TAG_LABEL_VALUE) return -1;
      if (nameLength === 0 || valueLength === 0 || ++labelCount > LABELS_PER_SERIES_MAX) return -1;
      if (!isBefore(body, previousAt, previousLength, nameAt, nameLength)) return -1;
      hasMetricName ||= isMetricName(body, nameAt, nameLength);
      keys[to++] = nameLength;
      to = copyAscii(body, nameAt, nameLength, keys, to);
      if (to < 0) return -1;
      keys[to++] = valueLength;
      to = copyAscii(body, valueAt, valueLength, keys, to);
      if (to < 0) return -1;
      at = valueAt + valueLength;
    }
    this.#samplesAt = at;
    return hasMetricName ? to : -1;
  }

  /** Fills the columns and returns the number of samples, or -1. */
  #readSamples(start: number, end: number): number {
    const body = this.#body;
    let at = start;
    let count = 0;
    let lastMs = -Infinity;
    while (at < end) {
      const sampleEnd = at + 2 + (body[at + 1] ?? 0);
      if (body[at] !== TAG_SAMPLE || sampleEnd > end || sampleEnd - at >= HIGH_BIT) return -1;
      at += 2;
      // Absent is 0, which is how senders write it.
      let value = 0;
      if (body[at] === TAG_SAMPLE_VALUE && at + 9 < sampleEnd) {
        value = this.#view.getFloat64(at + 1, true);
        at += 9;
      }
      if (body[at++] !== TAG_SAMPLE_TIME || sampleEnd - at > TIME_BYTES_MAX) return -1;
      const timestampMs = timeOf(body, at, sampleEnd);
      if (!(timestampMs > lastMs) || Number.isNaN(value)) return -1;
      lastMs = timestampMs;
      this.#timestampsMs[count] = timestampMs;
      this.#values[count++] = value;
      at = sampleEnd;
    }
    return count;
  }
}

/** The number that fills [at, end), at most 49 bits; NaN when it ends before or goes on behind. */
function timeOf(body: Uint8Array, at: number, end: number): number {
  const last = end - 1;
  if (last < at || (body[last] ?? 0) >= HIGH_BIT) return NaN;
  let low = 0;
  let high = 0;
  for (let i = at, shift = 0; i < end; i++, shift += 7) {
    const byte = body[i] ?? 0;
    if (byte < HIGH_BIT && i < last) return NaN;
    if (shift < 28) low |= (byte & 127) << shift;
    else high |= (byte & 127) << (shift - 28);
  }
  return high * 2 ** 28 + low;
}

/** Copies the bytes and returns the end; -1 when one is not ASCII. */
function copyAscii(from: Uint8Array, fromAt: number, length: number, to: Uint8Array, toAt: number): number {
  let seen = 0;
  for (let i = 0; i < length; i++) {
    const byte = from[fromAt + i] ?? 0;
    seen |= byte;
    to[toAt + i] = byte;
  }
  return seen < HIGH_BIT ? toAt + length : -1;
}

/** Whether the first name comes before the second one; a name of no bytes, before the first label, does. */
function isBefore(body: Uint8Array, aAt: number, aLength: number, bAt: number, bLength: number): boolean {
  const length = Math.min(aLength, bLength);
  for (let i = 0; i < length; i++) {
    const difference = (body[aAt + i] ?? 0) - (body[bAt + i] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return aLength < bLength;
}

const METRIC_NAME = Buffer.from('__name__');

function isMetricName(body: Uint8Array, at: number, length: number): boolean {
  if (length !== METRIC_NAME.length) return false;
  for (let i = 0; i < length; i++) if (body[at + i] !== METRIC_NAME[i]) return false;
  return true;
}
