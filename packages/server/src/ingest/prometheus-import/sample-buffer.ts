import type { Labels, NativeHistogram, SeriesSamples } from '@vedette/model';

/** Columns of the samples of one series that grow; used again for the next series. */
export class SampleBuffer {
  #timestampsMs = new Float64Array(256);
  #values = new Float64Array(256);
  #staleFlags = new Uint8Array(256);
  readonly #histograms = new Map<number, NativeHistogram>();
  #hasStale = false;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get histogramCount(): number {
    return this.#histograms.size;
  }

  /** Time of the newest sample; -Infinity when there is none. */
  get lastMs(): number {
    return this.#length === 0 ? -Infinity : (this.#timestampsMs[this.#length - 1] ?? -Infinity);
  }

  timestampMsAt(index: number): number {
    return this.#timestampsMs[index] ?? 0;
  }

  clear(): void {
    this.#length = 0;
    this.#hasStale = false;
    this.#histograms.clear();
  }

  addFloat(timestampMs: number, value: number, isStale: boolean): void {
    if (this.#length === this.#values.length) this.#grow();
    this.#timestampsMs[this.#length] = timestampMs;
    this.#values[this.#length] = isStale ? 0 : value;
    this.#staleFlags[this.#length] = isStale ? 1 : 0;
    this.#hasStale ||= isStale;
    this.#length++;
  }

  addHistogram(timestampMs: number, histogram: NativeHistogram): void {
    this.#histograms.set(this.#length, histogram);
    this.addFloat(timestampMs, 0, false);
  }

  /** Copies sample `index` of another buffer. */
  addFrom(other: SampleBuffer, index: number): void {
    const histogram = other.#histograms.get(index);
    const timestampMs = other.timestampMsAt(index);
    if (histogram !== undefined) this.addHistogram(timestampMs, histogram);
    else this.addFloat(timestampMs, other.#values[index] ?? 0, other.#staleFlags[index] === 1);
  }

  /** Views of the columns: valid until the next change of the buffer. */
  series(labels: Labels): SeriesSamples {
    return {
      labels,
      timestampsMs: this.#timestampsMs.subarray(0, this.#length),
      values: this.#values.subarray(0, this.#length),
      staleFlags: this.#hasStale ? this.#staleFlags.subarray(0, this.#length) : undefined,
      histograms: this.#histograms.size === 0 ? undefined : new Map(this.#histograms),
    };
  }

  #grow(): void {
    const timestampsMs = new Float64Array(this.#length * 2);
    const values = new Float64Array(this.#length * 2);
    const staleFlags = new Uint8Array(this.#length * 2);
    timestampsMs.set(this.#timestampsMs);
    values.set(this.#values);
    staleFlags.set(this.#staleFlags);
    this.#timestampsMs = timestampsMs;
    this.#values = values;
    this.#staleFlags = staleFlags;
  }
}

/** Writes the samples of both to `out` in order of time; of two at one time that of `first`. */
export function mergeSamples(first: SampleBuffer, second: SampleBuffer, out: SampleBuffer): void {
  out.clear();
  let i = 0;
  for (let j = 0; j < second.length; j++) {
    const timestampMs = second.timestampMsAt(j);
    while (i < first.length && first.timestampMsAt(i) < timestampMs) out.addFrom(first, i++);
    if (i < first.length && first.timestampMsAt(i) === timestampMs) continue;
    out.addFrom(second, j);
  }
  while (i < first.length) out.addFrom(first, i++);
}
