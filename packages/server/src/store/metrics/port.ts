/**
 * The ports of metrics storage. `MetricsWriter` and `MetricsReader` are declared, with their contracts, in
 * `model`, since the engine itself speaks them; `port.contract.ts` holds the suites that every adapter passes.
 */
export type { MetricsReader, MetricsWriter } from '@vedette/model';

/** What every metrics store can say of itself and be told, beside reading and writing. */
export interface MetricsStore {
  /** Figures of this moment; cheap enough for every scrape of our own metrics. */
  stats(): MetricsStoreStats;
  /** Makes everything acknowledged durable and lets go of files. Closing twice is safe; appends after it reject. */
  close(): Promise<void>;
}

export interface MetricsStoreStats {
  readonly activeSeries: number;
  /** Chunks in the head. */
  readonly headChunks: number;
  /** Times of the oldest and the newest sample in the head; `undefined` when it is empty. */
  readonly headRange: { readonly minMs: number; readonly maxMs: number } | undefined;
  /** Estimate of the memory that the head takes. */
  readonly headBytes: number;
  readonly walBytes: number;
  /** Immutable block files. */
  readonly blocks: number;
  /** Log and blocks together. */
  readonly diskBytes: number;
  /** Samples accepted since the start. */
  readonly samplesAppendedTotal: number;
  /** The oldest sample that queries find; `undefined` when there is none. */
  readonly oldestSampleMs: number | undefined;
  /** What is wrong with the store now, in sentences for operators; empty when all is well. */
  readonly problems: readonly string[];
}
