/**
 * Counts values in exponential buckets: those of Prometheus' native histograms, and, since the relative width of a
 * bucket bounds the error of what is read from it, the sketch behind summaries.
 *
 * 1. Bucket `i` of schema `s` covers `(2^((i-1)·2^-s), 2^(i·2^-s)]`; negative values have buckets of their own;
 *    magnitudes up to the zero threshold are zero.
 * 2. The exponent of the double gives the octave. Within it (schema above 0) a binary search over at most 256 bounds
 *    gives the bucket; a logarithm would be off by one at the bounds, where round numbers lie.
 * 3. Populated buckets stand in an open hash table of typed arrays: one outlier costs one entry, where an array from
 *    the least to the greatest bucket would cost megabytes.
 * 4. At the limit of populated buckets the schema goes down by one, which joins buckets 2k-1 and 2k, until they fit.
 *    Schema -4 always fits: it has 136 buckets on each side for all doubles.
 */
import type { NativeBuckets } from './instruments.ts';

// What Prometheus knows as schemas: buckets from 2^16 times as wide as the one before down to 0.27 % wider.
export const SCHEMA_MIN = -4;
// As above: its stores and protocols refuse others.
export const SCHEMA_MAX = 8;

const EMPTY = -(2 ** 31);
const CAPACITY_FIRST = 16;

export interface LogBucketsOptions {
  readonly schema: number;
  readonly bucketsMax: number;
  readonly zeroThreshold: number;
}

export class LogBuckets {
  zeroCount = 0;
  readonly #options: LogBucketsOptions;
  #schema: number;
  #bounds: Float64Array;
  /** Bucket and sign as `2 · bucket + (negative ? 1 : 0)`, or `EMPTY`. */
  #keys = new Int32Array(CAPACITY_FIRST).fill(EMPTY);
  #counts = new Float64Array(CAPACITY_FIRST);
  #size = 0;

  constructor(options: LogBucketsOptions) {
    this.#options = options;
    this.#schema = options.schema;
    this.#bounds = boundsOf(options.schema);
  }

  get schema(): number {
    return this.#schema;
  }

  get zeroThreshold(): number {
    return this.#options.zeroThreshold;
  }

  /** Populated buckets, the one of zero not counted. */
  get size(): number {
    return this.#size;
  }

  /** `value` is not NaN. */
  add(value: number, weight: number): void {
    const magnitude = Math.abs(value);
    if (magnitude <= this.#options.zeroThreshold) {
      this.zeroCount += weight;
      return;
    }
    const bucket = bucketOf(magnitude, this.#schema, this.#bounds);
    this.#addKey(bucket * 2 + (value < 0 ? 1 : 0), weight);
    while (this.#size > this.#options.bucketsMax && this.#schema > SCHEMA_MIN) this.#halve();
  }

  /** Adds what `other` has; both come to the coarser schema of the two. Their zero thresholds are the same. */
  absorb(other: LogBuckets): void {
    while (this.#schema > other.#schema) this.#halve();
    const shift = other.#schema - this.#schema;
    this.zeroCount += other.zeroCount;
    for (const [i, key] of other.#keys.entries())
      if (key !== EMPTY) this.#addKey(joinedKey(key, shift), other.#counts[i] ?? 0);
    while (this.#size > this.#options.bucketsMax && this.#schema > SCHEMA_MIN) this.#halve();
  }

  /** Forgets all values and goes back to the first schema; memory is kept. */
  clear(): void {
    this.zeroCount = 0;
    this.#schema = this.#options.schema;
    this.#bounds = boundsOf(this.#schema);
    this.#keys.fill(EMPTY);
    this.#counts.fill(0);
    this.#size = 0;
  }

  /** Populated buckets of one sign, the one next to zero first. */
  sorted(side: 'positive' | 'negative'): { bucket: number; count: number }[] {
    const sign = side === 'negative' ? 1 : 0;
    const found: { bucket: number; count: number }[] = [];
    for (const [i, key] of this.#keys.entries())
      if (key !== EMPTY && (key & 1) === sign) found.push({ bucket: key >> 1, count: this.#counts[i] ?? 0 });
    return found.sort((a, b) => a.bucket - b.bucket);
  }

  #addKey(key: number, weight: number): void {
    const mask = this.#keys.length - 1;
    let at = Math.imul(key, 0x9e3779b1) >>> 7;
    for (at &= mask; this.#keys[at] !== key; at = (at + 1) & mask) {
      if (this.#keys[at] !== EMPTY) continue;
      this.#keys[at] = key;
      this.#counts[at] = weight;
      this.#size++;
      if (this.#size * 2 > mask) this.#rebuild(this.#keys.length * 2, 0);
      return;
    }
    this.#counts[at] = (this.#counts[at] ?? 0) + weight;
  }

  #halve(): void {
    this.#schema--;
    this.#bounds = boundsOf(this.#schema);
    this.#rebuild(this.#keys.length, 1);
  }

  #rebuild(capacity: number, shift: number): void {
    const keys = this.#keys;
    const counts = this.#counts;
    this.#keys = new Int32Array(capacity).fill(EMPTY);
    this.#counts = new Float64Array(capacity);
    this.#size = 0;
    for (const [i, key] of keys.entries())
      if (key !== EMPTY) this.#addKey(joinedKey(key, shift), counts[i] ?? 0);
  }
}

/** The bucket that holds bucket `key` when the schema is lower by `shift`. */
function joinedKey(key: number, shift: number): number {
  const bucket = key >> 1;
  return ((bucket + (1 << shift) - 1) >> shift) * 2 + (key & 1);
}

/** Runs of consecutive buckets, as the protocols carry them. */
export function spansOf(sorted: readonly { bucket: number; count: number }[]): NativeBuckets {
  const spans: { offset: number; length: number }[] = [];
  let end = 0;
  for (const { bucket } of sorted) {
    const last = spans.at(-1);
    if (last !== undefined && bucket === end) last.length++;
    else spans.push({ offset: bucket - end, length: 1 });
    end = bucket + 1;
  }
  return { spans, counts: Float64Array.from(sorted, ({ count }) => count) };
}

const BITS = new DataView(new ArrayBuffer(8));
const EXPONENT_BIAS = 1022;

/** `magnitude` is above 0. Infinity has the bucket after that of the greatest number. */
function bucketOf(magnitude: number, schema: number, bounds: Float64Array): number {
  if (magnitude === Infinity) return bucketOf(Number.MAX_VALUE, schema, bounds) + 1;
  // Numbers below the normal range have no exponent of their own: 2^52 times as much has.
  const isNormal = magnitude >= 2 ** -1022;
  BITS.setFloat64(0, isNormal ? magnitude : magnitude * 2 ** 52);
  const high = BITS.getUint32(0);
  const exponent = ((high >>> 20) & 0x7ff) - EXPONENT_BIAS - (isNormal ? 0 : 52);
  // The fraction within [0.5, 1): magnitude = fraction · 2^exponent.
  BITS.setUint32(0, (high & 0x800fffff) | (EXPONENT_BIAS << 20));
  const fraction = BITS.getFloat64(0);
  if (schema > 0) return lowerBoundOf(bounds, fraction) + (exponent - 1) * bounds.length;
  const octave = fraction === 0.5 ? exponent - 1 : exponent;
  return (octave + (1 << -schema) - 1) >> -schema;
}

/** The first bound that is not below `fraction`; their number when there is none. */
function lowerBoundOf(bounds: Float64Array, fraction: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (fraction <= (bounds[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

const boundsBySchema = new Map<number, Float64Array>();

/** Bounds of the buckets within [0.5, 1), made once for each schema; none for schemas up to 0. */
function boundsOf(schema: number): Float64Array {
  const known = boundsBySchema.get(schema);
  if (known !== undefined) return known;
  const count = schema > 0 ? 2 ** schema : 0;
  const bounds = Float64Array.from({ length: count }, (_, i) => 2 ** (i / count - 1));
  boundsBySchema.set(schema, bounds);
  return bounds;
}
