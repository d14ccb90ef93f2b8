import {
  labelsFromPairs,
  type MetricMetadata,
  type SampleBatch,
  type SampleBatchBuilder,
} from '@vedette/model';
import type { HistogramSample } from './histogram-message.ts';
import {
  HISTOGRAM_CELLS_MAX,
  EXEMPLARS_PER_REQUEST_MAX,
  HISTOGRAM_CELLS_PER_REQUEST_MAX,
  METADATA_PER_REQUEST_MAX,
} from './limits.ts';
import { WriteFaults } from './write-faults.ts';

/** What was put into the batch. */
export interface WriteCounts {
  /** Floats and staleness markers of floats. */
  samples: number;
  /** Native histograms and staleness markers of such. */
  histograms: number;
  exemplars: number;
  metadata: number;
}

/** An exemplar as a message has it, its labels as strings in any order. */
export interface ExemplarFields {
  readonly labels: readonly (readonly [string, string])[];
  readonly value: number;
  /** 0: not told. */
  readonly timestampMs: number;
}

/**
 * A write request on its way into one batch. Series are opened when their first sample comes. Samples that are not in
 * increasing time open their series again: a batch wants them sorted, and the store is who knows what is too late.
 */
export class WriteBatch {
  readonly counts: WriteCounts = { samples: 0, histograms: 0, exemplars: 0, metadata: 0 };
  readonly faults = new WriteFaults();
  readonly #builder: SampleBatchBuilder;
  #key: Uint8Array = new Uint8Array(0);
  #describe: () => string = () => '';
  #isOpen = false;
  #lastMs = -Infinity;
  #startMs = 0;
  #histogramCells = 0;
  readonly #nowMs: number;

  constructor(options: { readonly builder: SampleBatchBuilder; readonly nowMs: number }) {
    this.#builder = options.builder;
    this.#nowMs = options.nowMs;
  }

  /** Samples, exemplars from here on belong to this series; the bytes must stay until the next. `startMs`: 0 is unknown. */
  beginSeries(key: Uint8Array, describe: () => string, startMs: number): void {
    this.#key = key;
    this.#describe = describe;
    this.#startMs = startMs;
    this.#isOpen = false;
    this.#lastMs = -Infinity;
  }

  /** Where the key of a next series may be written, of up to `bytesMax` bytes; it counts when it is added. */
  roomForKey(bytesMax: number): { readonly keys: Uint8Array; readonly keyAt: number } {
    return this.#builder.roomForKey(bytesMax);
  }

  /** The series whose key was written there up to `keyEnd`, with floats in increasing time; the columns are copied. */
  addPlainSeries(keyEnd: number, timestampsMs: Float64Array, values: Float64Array, count: number): void {
    this.#builder.openWrittenSeries(keyEnd);
    this.#builder.addSamples(timestampsMs, values, count);
    this.counts.samples += count;
  }

  addSample(timestampMs: number, value: number, startMs: number): void {
    this.#advance(timestampMs);
    this.#builder.addSample(timestampMs, value);
    const start = startMs === 0 ? this.#startMs : startMs;
    if (start !== 0) this.#builder.setStart(start);
    this.counts.samples++;
  }

  addStaleMarker(timestampMs: number): void {
    this.#advance(timestampMs);
    this.#builder.addStaleMarker(timestampMs);
    this.counts.samples++;
  }

  addHistogram(sample: HistogramSample): void {
    const { timestampMs, histogram, isStale, fault } = sample;
    if (isStale) {
      this.#advance(timestampMs);
      this.#builder.addStaleMarker(timestampMs);
      this.counts.histograms++;
      return;
    }
    if (histogram === undefined || fault !== undefined) {
      const text = fault ?? `its spans, counts and bounds have more than ${HISTOGRAM_CELLS_MAX} numbers`;
      const reason = fault === undefined ? 'histogram-limit' : 'invalid-histogram';
      this.faults.tell(reason, 1, () => `cannot store a histogram of ${this.#describe()}: ${text}`);
      return;
    }
    this.#histogramCells += sample.cellCount;
    if (this.#histogramCells > HISTOGRAM_CELLS_PER_REQUEST_MAX) {
      this.faults.tell(
        'histogram-limit',
        1,
        () =>
          `cannot store a histogram of ${this.#describe()}: the request's histograms have more than ${HISTOGRAM_CELLS_PER_REQUEST_MAX} numbers; send smaller requests`,
      );
      return;
    }
    this.#advance(timestampMs);
    this.#builder.addHistogram(timestampMs, histogram);
    const start = sample.startMs === 0 ? this.#startMs : sample.startMs;
    if (start !== 0) this.#builder.setStart(start);
    this.counts.histograms++;
  }

  addExemplar({ labels, value, timestampMs }: ExemplarFields): void {
    if (this.counts.exemplars >= EXEMPLARS_PER_REQUEST_MAX) {
      this.faults.tell(
        'exemplar-limit',
        1,
        () =>
          `cannot store an exemplar of ${this.#describe()}: the request has more than ${EXEMPLARS_PER_REQUEST_MAX}`,
      );
      return;
    }
    if (!this.#isOpen) this.#open();
    this.#builder.addExemplar({
      labels: labelsFromPairs(labels),
      value,
      timestampMs: timestampMs === 0 ? this.#newestMs() : timestampMs,
    });
    this.counts.exemplars++;
  }

  addMetadata(metadata: MetricMetadata): void {
    if (this.counts.metadata >= METADATA_PER_REQUEST_MAX) {
      this.faults.count('metadata-limit', 1);
      return;
    }
    this.#builder.addMetadata(metadata);
    this.counts.metadata++;
  }

  /** Nothing in it is for the store. */
  get isEmpty(): boolean {
    const { samples, histograms, exemplars, metadata } = this.counts;
    return samples + histograms + exemplars + metadata === 0;
  }

  finish(): SampleBatch {
    return this.#builder.finish();
  }

  #advance(timestampMs: number): void {
    if (!this.#isOpen || timestampMs <= this.#lastMs) this.#open();
    this.#lastMs = timestampMs;
  }

  #open(): void {
    this.#builder.openSeriesKey(this.#key);
    this.#isOpen = true;
  }

  /** Of an exemplar without a time: that of the sample before it. */
  #newestMs(): number {
    return this.#lastMs === -Infinity ? this.#nowMs : this.#lastMs;
  }
}
