import { bug } from './bug.ts';
import type { Labels } from './labels.ts';
import type { MetricMetadata } from './metric-metadata.ts';
import type { SampleBatch } from './metrics-writer.ts';
import { seriesKeyOf } from './series-key.ts';

/**
 * Collects a `SampleBatch` row by row into growing columns. One builder makes one batch: `finish`
 * hands its buffers out. Open a series, then add its samples in increasing time.
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

  openSeries(labels: Labels): void {
    this.openSeriesKey(seriesKeyOf(labels));
  }

  /** Like `openSeries` for a key made earlier; the bytes are copied. */
  openSeriesKey(key: Uint8Array): void {
    if (this.#keyBytes + key.length > this.#keys.length)
      this.#keys = grow(this.#keys, this.#keyBytes + key.length);
    this.#keys.set(key, this.#keyBytes);
    this.#keyBytes += key.length;
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

  addStaleMarker(timestampMs: number): void {
    this.#add(timestampMs, 0, 1);
  }

  addMetadata(metadata: MetricMetadata): void {
    this.#metadata.push(metadata);
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
    };
  }

  #add(timestampMs: number, value: number, staleFlag: number): void {
    if (this.#seriesCount === 0) bug('a sample needs an open series');
    const i = this.#sampleCount;
    if (i === this.#timestampsMs.length) {
      this.#timestampsMs = grow(this.#timestampsMs, i + 1);
      this.#values = grow(this.#values, i + 1);
      this.#staleFlags = grow(this.#staleFlags, i + 1);
    }
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
