import { bug } from './bug.ts';
import type { Labels } from './labels.ts';
import type { Exemplar } from './exemplar.ts';
import type { MetricMetadata } from './metric-metadata.ts';
import type { BatchExemplar, SampleBatch } from './metrics-writer.ts';
import type { NativeHistogram } from './native-histogram.ts';
import { seriesKeyOf } from './series-key.ts';

/**
 * Collects a `SampleBatch` row by row into growing columns. Open a series, then add its samples in increasing time.
 * `finish` hands the buffers out: a builder makes one batch, or another one after `clear`.
 */
export class SampleBatchBuilder {
  #keys: Uint8Array<ArrayBuffer>;
  #keyBytes = 0;
  #keyEnds: Uint32Array<ArrayBuffer>;
  #sampleEnds: Uint32Array<ArrayBuffer>;
  #seriesCount = 0;
  #timestampsMs: Float64Array<ArrayBuffer>;
  #values: Float64Array<ArrayBuffer>;
  #staleFlags: Uint8Array<ArrayBuffer>;
  #sampleCount = 0;
  #metadata: MetricMetadata[] = [];
  #histograms = new Map<number, NativeHistogram>();
  #exemplars: BatchExemplar[] = [];
  /** Made when the first start is told. */
  #startsMs: Float64Array<ArrayBuffer> | undefined;

  /** `seriesCount` is how many series, of one sample each, room is made for at once; more are welcome. */
  constructor(seriesCount = 16) {
    this.#keys = new Uint8Array(seriesCount * KEY_BYTES_TYPICAL);
    this.#keyEnds = new Uint32Array(seriesCount);
    this.#sampleEnds = new Uint32Array(seriesCount);
    this.#timestampsMs = new Float64Array(seriesCount);
    this.#values = new Float64Array(seriesCount);
    this.#staleFlags = new Uint8Array(seriesCount);
  }

  /** Samples added so far. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** What its buffers take, filled or not. */
  get sizeBytes(): number {
    const series = [this.#keys, this.#keyEnds, this.#sampleEnds];
    const samples = [this.#timestampsMs, this.#values, this.#staleFlags];
    return [...series, ...samples].reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  }

  openSeries(labels: Labels): void {
    this.openSeriesKey(seriesKeyOf(labels));
  }

  /** Like `openSeries` for a key made earlier; the bytes are copied. */
  openSeriesKey(key: Uint8Array): void {
    this.roomForKey(key.length);
    this.#keys.set(key, this.#keyBytes);
    this.openWrittenSeries(this.#keyBytes + key.length);
  }

  /**
   * For keys that are made byte by byte: where one of up to `bytesMax` bytes may be written, until the next call.
   * The key of a series that is open already may be written late, too, into the `keys` of the newest call.
   */
  roomForKey(bytesMax: number): { readonly keys: Uint8Array; readonly keyAt: number } {
    if (this.#keyBytes + bytesMax > this.#keys.length)
      this.#keys = grow(this.#keys, this.#keyBytes + bytesMax);
    return { keys: this.#keys, keyAt: this.#keyBytes };
  }

  /** Like `openSeries` for the key that was written where `roomForKey` said; it ends before `keyEnd`. */
  openWrittenSeries(keyEnd: number): void {
    this.#keyBytes = keyEnd;
    if (this.#seriesCount === this.#keyEnds.length) {
      this.#keyEnds = grow(this.#keyEnds, this.#seriesCount + 1);
      this.#sampleEnds = grow(this.#sampleEnds, this.#seriesCount + 1);
    }
    this.#keyEnds[this.#seriesCount] = this.#keyBytes;
    this.#sampleEnds[this.#seriesCount] = this.#sampleCount;
    this.#seriesCount++;
  }

  addSample(timestampMs: number, value: number): void {
    this.#add(timestampMs, value, 0);
  }

  /** The first `count` samples of two columns, floats all; they are copied. */
  addSamples(timestampsMs: Float64Array, values: Float64Array, count: number): void {
    if (this.#seriesCount === 0) bug('samples need an open series');
    const start = this.#sampleCount;
    if (start + count > this.#timestampsMs.length) this.#reserveSamples(start + count);
    const times = this.#timestampsMs;
    const numbers = this.#values;
    for (let i = 0; i < count; i++) {
      times[start + i] = timestampsMs[i] ?? 0;
      numbers[start + i] = values[i] ?? 0;
    }
    this.#sampleCount = start + count;
    this.#sampleEnds[this.#seriesCount - 1] = this.#sampleCount;
  }

  addStaleMarker(timestampMs: number): void {
    this.#add(timestampMs, 0, 1);
  }

  /** A sample that is a native histogram; the object is kept. */
  addHistogram(timestampMs: number, histogram: NativeHistogram): void {
    this.#histograms.set(this.#sampleCount, histogram);
    this.#add(timestampMs, 0, 0);
  }

  /** Tells when the counter of the sample added last began. */
  setStart(startMs: number): void {
    if (this.#sampleCount === 0) bug('a start needs a sample');
    this.#startsMs ??= new Float64Array(this.#timestampsMs.length);
    if (this.#startsMs.length < this.#sampleCount) this.#startsMs = grow(this.#startsMs, this.#sampleCount);
    this.#startsMs[this.#sampleCount - 1] = startMs;
  }

  /** An exemplar of the open series. */
  addExemplar({ labels, value, timestampMs }: Exemplar): void {
    if (this.#seriesCount === 0) bug('an exemplar needs an open series');
    this.#exemplars.push({ series: this.#seriesCount - 1, labels, value, timestampMs });
  }

  addMetadata(metadata: MetricMetadata): void {
    this.#metadata.push(metadata);
  }

  /** Begins another batch in the same buffers. The one before must not be in use by anybody. */
  clear(): void {
    this.#staleFlags.fill(0, 0, this.#sampleCount);
    this.#keyBytes = 0;
    this.#seriesCount = 0;
    this.#sampleCount = 0;
    this.#startsMs = undefined;
    // Stores may keep what these hold.
    if (this.#metadata.length > 0) this.#metadata = [];
    if (this.#histograms.size > 0) this.#histograms = new Map();
    if (this.#exemplars.length > 0) this.#exemplars = [];
  }

  finish(): SampleBatch {
    return {
      seriesCount: this.#seriesCount,
      keys: this.#keys.subarray(0, this.#keyBytes),
      keyEnds: this.#keyEnds.subarray(0, this.#seriesCount),
      sampleEnds: this.#sampleEnds.subarray(0, this.#seriesCount),
      timestampsMs: this.#timestampsMs.subarray(0, this.#sampleCount),
      values: this.#values.subarray(0, this.#sampleCount),
      staleFlags: this.#staleFlags.subarray(0, this.#sampleCount),
      metadata: this.#metadata,
      ...(this.#histograms.size > 0 && { histograms: this.#histograms }),
      ...(this.#exemplars.length > 0 && { exemplars: this.#exemplars }),
      ...(this.#startsMs !== undefined && { startsMs: this.#startsOf(this.#startsMs) }),
    };
  }

  #startsOf(told: Float64Array<ArrayBuffer>): Float64Array {
    const whole = told.length < this.#sampleCount ? grow(told, this.#sampleCount) : told;
    return whole.subarray(0, this.#sampleCount);
  }

  #reserveSamples(count: number): void {
    this.#timestampsMs = grow(this.#timestampsMs, count);
    this.#values = grow(this.#values, count);
    this.#staleFlags = grow(this.#staleFlags, count);
  }

  #add(timestampMs: number, value: number, staleFlag: number): void {
    if (this.#seriesCount === 0) bug('a sample needs an open series');
    const i = this.#sampleCount;
    if (i === this.#timestampsMs.length) this.#reserveSamples(i + 1);
    this.#timestampsMs[i] = timestampMs;
    this.#values[i] = value;
    this.#staleFlags[i] = staleFlag;
    this.#sampleCount = i + 1;
    this.#sampleEnds[this.#seriesCount - 1] = this.#sampleCount;
  }
}

/** node_exporter's keys with job and instance have about 90 bytes. */
const KEY_BYTES_TYPICAL = 100;

type Column = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

function grow<T extends Column>(column: T, lengthMin: number): T {
  const Constructor = column.constructor as new (length: number) => T;
  const larger = new Constructor(Math.max(lengthMin, column.length * 2));
  larger.set(column);
  return larger;
}
