/** Bodies of remote write 1.0, from columns: labels are encoded once per series, a sample is 18 bytes in place. */
import { STALE_NAN_HIGH, STALE_NAN_LOW, type Labels, type NativeHistogram } from '@vedette/model';
import { ProtobufWriter } from '../packages/server/src/lib/protobuf-writer.ts';
import { compressSnappy } from '../packages/server/src/lib/snappy.ts';
import { encodeHistogram } from '../packages/server/src/store/metrics/remote-write/encode-histogram.ts';

/** A request as it goes over the wire. */
export interface PackedBody {
  readonly bytes: Uint8Array;
  readonly sampleCount: number;
}

/** The label fields of a series message. */
export function labelFieldsOf(labels: Labels): Uint8Array {
  const fields = new ProtobufWriter();
  const label = new ProtobufWriter(64);
  for (let i = 0; i < labels.length; i += 2) {
    label.clear();
    label.string(1, labels[i] ?? '');
    label.string(2, labels[i + 1] ?? '');
    fields.message(1, label);
  }
  return fields.finish();
}

/** Where the value of a sample begins: behind the tag and the length of its message and the tag of the field. */
const VALUE_AT = 3;
const TIME_AT = VALUE_AT + 9;
/** Milliseconds from 1971 to 2109 are varints of 6 bytes. */
const TIME_BYTES = 6;

/** Collects series, then packs them; used again after `finish`. */
export class WriteBody {
  readonly #request = new ProtobufWriter(1 << 20);
  readonly #series = new ProtobufWriter(1024);
  readonly #sample = new Uint8Array(TIME_AT + TIME_BYTES);
  readonly #view = new DataView(this.#sample.buffer);
  #sampleCount = 0;

  constructor() {
    this.#sample.set([(2 << 3) | 2, this.#sample.length - 2, (1 << 3) | 1]);
    this.#sample[TIME_AT - 1] = 2 << 3;
  }

  /** Samples since the last `finish`. */
  get sampleCount(): number {
    return this.#sampleCount;
  }

  /** Begins a series; its samples follow in order, then `closeSeries`. */
  openSeries(labelFields: Uint8Array): void {
    this.#series.clear();
    this.#series.raw(labelFields);
  }

  addSample(timestampMs: number, value: number): void {
    this.#view.setFloat64(VALUE_AT, value, true);
    this.#addSample(timestampMs);
  }

  addStale(timestampMs: number): void {
    this.#view.setUint32(VALUE_AT, STALE_NAN_LOW, true);
    this.#view.setUint32(VALUE_AT + 4, STALE_NAN_HIGH, true);
    this.#addSample(timestampMs);
  }

  addHistogram(timestampMs: number, histogram: NativeHistogram): void {
    this.#series.message(4, encodeHistogram(histogram, { timestampMs, startMs: 0 }));
    this.#sampleCount++;
  }

  closeSeries(): void {
    this.#request.message(1, this.#series);
  }

  finish(): PackedBody {
    const bytes = compressSnappy(this.#request.finish());
    const sampleCount = this.#sampleCount;
    this.#request.clear();
    this.#sampleCount = 0;
    return { bytes, sampleCount };
  }

  #addSample(timestampMs: number): void {
    let rest = timestampMs;
    for (let i = 0; i < TIME_BYTES; i++) {
      this.#sample[TIME_AT + i] = (rest % 128) | (i < TIME_BYTES - 1 ? 128 : 0);
      rest = Math.floor(rest / 128);
    }
    this.#series.raw(this.#sample);
    this.#sampleCount++;
  }
}
