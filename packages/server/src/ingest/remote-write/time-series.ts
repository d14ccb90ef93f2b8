/**
 * Reads time series messages, which are the same in 1.0 and 2.0 but for their labels and some field numbers.
 *
 * 1. A first look over the message finds its labels, wherever they stand, and counts what it holds.
 * 2. The labels become a key. When they cannot, the samples are refused with the reason, and the series is over.
 * 3. A second look reads samples, histograms and exemplars into the batch.
 *
 * Both go in steps of some hundred elements, so that the caller can let the event loop run inside a series that
 * fills the whole body, and neither makes an object for a sample.
 */
import { isStaleAt } from '@vedette/model';
import type { ProtobufReader } from '../../lib/protobuf-reader.ts';
import { readHistogram } from './histogram-message.ts';
import type { LabelFault } from './series-key-writer.ts';
import type { ExemplarFields, WriteBatch } from './write-batch.ts';

/** What differs between the versions. */
export interface SeriesDialect {
  readonly histogramsField: number;
  readonly exemplarsField: number;
  /** A series begins. */
  clear(): void;
  /** A field that is neither sample, histogram nor exemplar: a label, say. Reads or skips it. */
  readField(reader: ProtobufReader): void;
  /** All fields were seen: the key of the series, or why it has none. */
  finish(): LabelFault | undefined;
  readonly key: Uint8Array;
  /** 0 is unknown. */
  readonly startMs: number;
  /** The labels as people read them. */
  describe(): string;
  /** Reads the message that the reader walks over; `undefined` when it was refused. */
  readExemplar(reader: ProtobufReader): ExemplarFields | undefined;
}

/** Elements read between two questions to the slicer; some 30 µs. */
const ELEMENTS_PER_STEP = 256;

/** In both versions. */
const SAMPLES_FIELD = 2;

export class TimeSeriesReader {
  readonly #reader: ProtobufReader;
  readonly #view: DataView;
  readonly #batch: WriteBatch;
  readonly #dialect: SeriesDialect;
  readonly #describe: () => string;
  #outerEnd = 0;
  #start = 0;
  #isFirstLook = true;
  #sampleCount = 0;

  constructor(
    source: { readonly reader: ProtobufReader; readonly body: Uint8Array },
    batch: WriteBatch,
    dialect: SeriesDialect,
  ) {
    const { reader, body } = source;
    this.#reader = reader;
    this.#view = new DataView(body.buffer, body.byteOffset, body.length);
    this.#batch = batch;
    this.#dialect = dialect;
    this.#describe = () => dialect.describe();
  }

  /** Goes into the field at which the reader stands. */
  begin(): void {
    this.#outerEnd = this.#reader.enter();
    this.#start = this.#reader.position;
    this.#isFirstLook = true;
    this.#sampleCount = 0;
    this.#dialect.clear();
  }

  /** Goes on; true when the series has been read and the reader stands behind it. */
  step(): boolean {
    if (this.#isFirstLook) {
      if (!this.#lookSome()) return false;
      this.#isFirstLook = false;
      const isValid = this.#open();
      if (isValid) this.#reader.rewind(this.#start);
    }
    if (!this.#readSome()) return false;
    this.#reader.leave(this.#outerEnd);
    return true;
  }

  /** True at the end of the message. */
  #lookSome(): boolean {
    const reader = this.#reader;
    const { histogramsField, exemplarsField } = this.#dialect;
    for (let count = 0; count < ELEMENTS_PER_STEP; count++) {
      if (!reader.next()) return true;
      const { field } = reader;
      if (field === SAMPLES_FIELD || field === histogramsField) {
        this.#sampleCount++;
        reader.skip();
      } else if (field === exemplarsField) reader.skip();
      else this.#dialect.readField(reader);
    }
    return false;
  }

  #open(): boolean {
    const fault = this.#dialect.finish();
    if (fault === undefined) {
      this.#batch.beginSeries(this.#dialect.key, this.#describe, this.#dialect.startMs);
      return true;
    }
    // A series without samples is refused too, and has to be seen in the numbers.
    this.#batch.faults.tell(
      fault.reason,
      Math.max(1, this.#sampleCount),
      () => `cannot store series ${this.#dialect.describe()}: ${fault.text}`,
    );
    return false;
  }

  /** True at the end of the message. */
  #readSome(): boolean {
    const reader = this.#reader;
    const { histogramsField, exemplarsField } = this.#dialect;
    for (let count = 0; count < ELEMENTS_PER_STEP; count++) {
      if (!reader.next()) return true;
      const { field } = reader;
      if (field === SAMPLES_FIELD) this.#readSample();
      else if (field === histogramsField) {
        this.#readHistogram();
        // One may hold thousands of buckets.
        return false;
      } else if (field === exemplarsField) this.#readExemplar();
      else reader.skip();
    }
    return false;
  }

  #readSample(): void {
    const reader = this.#reader;
    const outerEnd = reader.enter();
    let value = 0;
    let isStale = false;
    let timestampMs = 0;
    let startMs = 0;
    while (reader.next()) {
      if (reader.field === 1) {
        const at = reader.position;
        value = reader.double();
        isStale = Number.isNaN(value) && isStaleAt(this.#view, at);
      } else if (reader.field === 2) timestampMs = reader.int();
      else if (reader.field === 3) startMs = reader.int();
      else reader.skip();
    }
    reader.leave(outerEnd);
    if (isStale) this.#batch.addStaleMarker(timestampMs);
    else this.#batch.addSample(timestampMs, value, startMs);
  }

  #readHistogram(): void {
    const outerEnd = this.#reader.enter();
    const sample = readHistogram(this.#reader, this.#view);
    this.#reader.leave(outerEnd);
    this.#batch.addHistogram(sample);
  }

  #readExemplar(): void {
    const outerEnd = this.#reader.enter();
    const exemplar = this.#dialect.readExemplar(this.#reader);
    this.#reader.leave(outerEnd);
    if (exemplar !== undefined) this.#batch.addExemplar(exemplar);
  }
}
