import { bug } from '@vedette/model';
import { PLANES_MAX, widthOf, writeDoublePlanes, writePlanes } from './byte-planes.ts';
import {
  CHUNK_SAMPLES_MAX,
  CHUNK_VERSION,
  chunkBytesMax,
  ENCODING_FLOAT,
  HAS_STALE_BITMAP,
  POWERS_OF_TEN,
  VALUES_CONSTANT,
  VALUES_DELTAS,
  VALUES_DOUBLES,
  VALUES_OFFSETS,
} from './chunk.ts';
import { createColumns, type SampleColumns } from './sample-columns.ts';
import { writeVarint, writeZigzag } from './varint.ts';

/** Differences of two such numbers are still exact. */
const DECIMAL_MAX = 2 ** 52;

/** How the decimals of a chunk are laid out. */
interface DecimalLayout {
  readonly kind: typeof VALUES_OFFSETS | typeof VALUES_DELTAS;
  /** Smallest number, or smallest delta: what the column's numbers are measured from. */
  readonly base: number;
  readonly width: number;
  readonly divisor: number;
}

/**
 * Encodes chunks, one after the other, with buffers of its own: put the samples into `columns`
 * [0, count), call `encode`. The encoder may overwrite the values under staleness markers.
 */
export class ChunkEncoder {
  readonly columns: SampleColumns = createColumns(CHUNK_SAMPLES_MAX);
  readonly #words = new Uint32Array(this.columns.values.buffer);
  readonly #decimals = new Float64Array(CHUNK_SAMPLES_MAX);
  readonly #numbers = new Float64Array(CHUNK_SAMPLES_MAX);
  readonly #intervals = new Float64Array(CHUNK_SAMPLES_MAX);
  readonly #bytes = new Uint8Array(chunkBytesMax(CHUNK_SAMPLES_MAX));
  readonly #view = new DataView(this.#bytes.buffer);

  /** The chunk's bytes; valid until the next call. */
  encode(count: number): Uint8Array {
    if (count < 1 || count > CHUNK_SAMPLES_MAX)
      bug(`a chunk holds 1 to ${CHUNK_SAMPLES_MAX} samples; got ${count}`);
    const hasStale = fillStaleValues(this.columns, count);
    const intervalMs = subtractSmallestInterval(this.columns.timestampsMs, count, this.#intervals);
    const timestampWidth = widthOf(largestOf(this.#intervals, count - 1));
    if (timestampWidth > PLANES_MAX) bug('timestamps of one chunk must lie within 2^48 ms');

    const bytes = this.#bytes;
    bytes[0] = (CHUNK_VERSION << 4) | ENCODING_FLOAT;
    const tail = writeZigzag(bytes, writeVarint(bytes, 3, count), this.columns.timestampsMs[0] ?? 0);
    const headerEnd = count > 1 ? writeVarint(bytes, tail, intervalMs) : tail;
    const end = this.#writeValues(headerEnd, count, timestampWidth);
    bytes[1] = (bytes[1] ?? 0) | timestampWidth | (hasStale ? HAS_STALE_BITMAP : 0);
    return bytes.subarray(0, hasStale ? this.#writeStaleBitmap(end, count) : end);
  }

  /** The value header, the planes of the timestamps, those of the values. */
  #writeValues(offset: number, count: number, timestampWidth: number): number {
    const bytes = this.#bytes;
    const timestamps = this.#intervals;
    const timeShape = { count: count - 1, width: timestampWidth };
    if (isConstant(this.#words, count)) {
      this.#setValueKind(VALUES_CONSTANT, 0, 0);
      this.#view.setUint32(offset, this.#words[0] ?? 0, true);
      this.#view.setUint32(offset + 4, this.#words[1] ?? 0, true);
      return writePlanes(bytes, offset + 8, timestamps, timeShape);
    }
    const exponent = scaleToDecimals(this.columns.values, count, this.#decimals);
    const layout = exponent < 0 ? undefined : chooseLayout(this.#decimals, count);
    if (layout === undefined) {
      this.#setValueKind(VALUES_DOUBLES, 0, 0);
      const at = writePlanes(bytes, offset, timestamps, timeShape);
      return writeDoublePlanes(bytes, at, this.#words, count);
    }
    this.#setValueKind(layout.kind, layout.width, exponent);
    let at = offset;
    if (layout.kind === VALUES_DELTAS) at = writeZigzag(bytes, at, this.#decimals[0] ?? 0);
    at = writeVarint(bytes, writeZigzag(bytes, at, layout.base), layout.divisor);
    at = writePlanes(bytes, at, timestamps, timeShape);
    const numberCount = numbersOfLayout(this.#decimals, count, layout, this.#numbers);
    return writePlanes(bytes, at, this.#numbers, { count: numberCount, width: layout.width });
  }

  #setValueKind(kind: number, width: number, exponent: number): void {
    this.#bytes[1] = kind << 4;
    this.#bytes[2] = width | (exponent << 3);
  }

  #writeStaleBitmap(offset: number, count: number): number {
    const end = offset + ((count + 7) >> 3);
    this.#bytes.fill(0, offset, end);
    for (let i = 0; i < count; i++) {
      if (this.columns.staleFlags[i] === 1)
        this.#bytes[offset + (i >> 3)] = (this.#bytes[offset + (i >> 3)] ?? 0) | (1 << (i & 7));
    }
    return end;
  }
}

/** Repeats the last value under staleness markers (the next one at the front), so that they cost nothing. */
function fillStaleValues(columns: SampleColumns, count: number): boolean {
  const first = columns.staleFlags.subarray(0, count).indexOf(1);
  if (first < 0) return false;
  const { values, staleFlags } = columns;
  let firstFloat = 0;
  while (firstFloat < count && staleFlags[firstFloat] === 1) firstFloat++;
  values.fill(firstFloat < count ? (values[firstFloat] ?? 0) : 0, 0, firstFloat);
  for (let i = firstFloat + 1; i < count; i++) {
    // copyWithin moves bytes: a NaN keeps its payload.
    if (staleFlags[i] === 1) values.copyWithin(i, i - 1, i);
  }
  return true;
}

/** Intervals minus the smallest one, into `target[0, count - 1)`; returns the smallest. */
function subtractSmallestInterval(timestampsMs: Float64Array, count: number, target: Float64Array): number {
  let smallest = Infinity;
  for (let i = 1; i < count; i++) {
    const intervalMs = (timestampsMs[i] ?? 0) - (timestampsMs[i - 1] ?? 0);
    target[i - 1] = intervalMs;
    if (intervalMs < smallest) smallest = intervalMs;
  }
  if (smallest <= 0) bug(`timestamps of a chunk must increase; got an interval of ${smallest} ms`);
  for (let i = 0; i < count - 1; i++) target[i] = (target[i] ?? 0) - smallest;
  return smallest;
}

function largestOf(numbers: Float64Array, count: number): number {
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const number = numbers[i] ?? 0;
    if (number > largest) largest = number;
  }
  return largest;
}

/** By bits: two NaN of different payload are not the same, nor are 0 and -0. */
function isConstant(words: Uint32Array, count: number): boolean {
  const low = words[0];
  const high = words[1];
  for (let i = 1; i < count; i++) if (words[2 * i] !== low || words[2 * i + 1] !== high) return false;
  return true;
}

/** Fills `target` with the whole numbers and returns the exponent, or -1 when some value is no such decimal. */
function scaleToDecimals(values: Float64Array, count: number, target: Float64Array): number {
  let exponent = 0;
  for (let i = 0; i < count; i++) {
    exponent = exponentFor(values[i] ?? 0, exponent);
    if (exponent < 0) return -1;
  }
  const scale = POWERS_OF_TEN[exponent] ?? 1;
  for (let i = 0; i < count; i++) {
    const value = values[i] ?? 0;
    const decimal = Math.round(value * scale);
    // Once more for all: a large value may not be exact at the exponent that a small one asked for.
    if (!(Math.abs(decimal) < DECIMAL_MAX && decimal / scale === value)) return -1;
    target[i] = decimal;
  }
  return exponent;
}

/** The smallest exponent from `exponent` on at which the value is a whole number; -1 when none. */
function exponentFor(value: number, exponent: number): number {
  if (value === 0 && 1 / value < 0) return -1;
  for (let e = exponent; e < POWERS_OF_TEN.length; e++) {
    const scale = POWERS_OF_TEN[e] ?? 1;
    const decimal = Math.round(value * scale);
    if (!(Math.abs(decimal) < DECIMAL_MAX)) return -1;
    if (decimal / scale === value) return e;
  }
  return -1;
}

/** The narrower of offsets and deltas (at the same width: the one of the smaller range); `undefined` when neither fits. */
function chooseLayout(decimals: Float64Array, count: number): DecimalLayout | undefined {
  const first = decimals[0] ?? 0;
  let previous = first;
  let smallest = first;
  let largest = first;
  let smallestDelta = Infinity;
  let largestDelta = -Infinity;
  for (let i = 1; i < count; i++) {
    const decimal = decimals[i] ?? 0;
    const delta = decimal - previous;
    if (decimal < smallest) smallest = decimal;
    if (decimal > largest) largest = decimal;
    if (delta < smallestDelta) smallestDelta = delta;
    if (delta > largestDelta) largestDelta = delta;
    previous = decimal;
  }
  const isDelta = largestDelta - smallestDelta < largest - smallest;
  const base = isDelta ? smallestDelta : smallest;
  const range = isDelta ? largestDelta - smallestDelta : largest - smallest;
  // A base beyond 2^52 has no zigzag; such a chunk is raw.
  if (Math.abs(base) >= DECIMAL_MAX) return undefined;
  // A single plane cannot become narrower by much; the common divisor is worth its time from two on.
  const divisor = range < 0x100 ? 1 : commonDivisor(decimals, count, isDelta ? smallestDelta : 0);
  const width = widthOf(range / divisor);
  if (width > PLANES_MAX) return undefined;
  return { kind: isDelta ? VALUES_DELTAS : VALUES_OFFSETS, base, width, divisor };
}

/** What all differences of neighbours, and `also`, have in common; stops at 1, which is nearly always soon. */
function commonDivisor(decimals: Float64Array, count: number, also: number): number {
  let divisor = Math.abs(also);
  for (let i = 1; i < count && divisor !== 1; i++) {
    let other = Math.abs((decimals[i] ?? 0) - (decimals[i - 1] ?? 0));
    while (other !== 0) {
      const rest = divisor % other;
      divisor = other;
      other = rest;
    }
  }
  return divisor === 0 ? 1 : divisor;
}

/** The numbers of the value column, into `target`; returns how many. */
function numbersOfLayout(
  decimals: Float64Array,
  count: number,
  layout: DecimalLayout,
  target: Float64Array,
): number {
  const { kind, base, divisor } = layout;
  if (kind === VALUES_OFFSETS) {
    for (let i = 0; i < count; i++) target[i] = ((decimals[i] ?? 0) - base) / divisor;
    return count;
  }
  for (let i = 1; i < count; i++)
    target[i - 1] = ((decimals[i] ?? 0) - (decimals[i - 1] ?? 0) - base) / divisor;
  return count - 1;
}
