import type { Exemplar } from './exemplar.ts';
import type { MetricMetadata } from './metric-metadata.ts';
import type { NativeHistogram } from './native-histogram.ts';
import type { SeriesPlaces } from './series-places.ts';

/**
 * Where samples go in. Adapters: the embedded engine, remote write.
 *
 * A batch is the unit of visibility: a query sees all of it or nothing of it. `append` resolves when
 * the batch is written to the log and visible: from then on a killed process does not lose it.
 * Batches of one caller are applied in the order of the calls; calls may overlap. Faults of single
 * samples never fail the batch: they are counted in the result and the rest is kept.
 *
 * Rejects with `UnavailableError` (VED_STORAGE_FULL) when the disk is below its floor or the queue of
 * waiting batches is full: nothing of the batch was kept and the caller may try again later.
 */
export interface MetricsWriter {
  append(batch: SampleBatch): Promise<AppendResult>;
}

/**
 * Samples in columns, grouped by series. Series `i` has the key bytes `[keyEnds[i-1], keyEnds[i])` of
 * `keys` (see `seriesKeyOf`) and the samples `[sampleEnds[i-1], sampleEnds[i])`, in increasing time;
 * an index of -1 reads as 0. The caller owns the arrays and must not change them until `append` settles.
 */
export interface SampleBatch {
  readonly seriesCount: number;
  readonly keys: Uint8Array;
  readonly keyEnds: Uint32Array;
  readonly sampleEnds: Uint32Array;
  /** Milliseconds since the epoch, whole numbers. */
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** 1 where the sample is a staleness marker (its value is then ignored), else 0. */
  readonly staleFlags: Uint8Array;
  /** Sparse: the histogram of a sample that is one; its value is then ignored. Absent: all are floats. */
  readonly histograms?: ReadonlyMap<number, NativeHistogram>;
  /** When the counter of each sample began (ms), 0 where unknown. Absent: nowhere known. A store may ignore it. */
  readonly startsMs?: Float64Array;
  /** In any order; `series` is an index into the series of the batch. Kept in memory and log, the newest of all series. */
  readonly exemplars?: readonly BatchExemplar[];
  /** Replaces what was known of these families. Kept in memory, bounded; a restart forgets it. */
  readonly metadata?: readonly MetricMetadata[];
  /** For a sender that repeats its series: their numbers in its `places`, by position. A store may ignore it. */
  readonly numbered?: NumberedSeries;
}

export interface NumberedSeries {
  /** One for each series of the batch; `NO_NUMBER` for one that has none. */
  readonly numbers: Uint32Array;
  readonly places: SeriesPlaces;
}

export interface BatchExemplar extends Exemplar {
  readonly series: number;
}

export type RefusalReason =
  /** Older than the newest sample of its series, and the store takes no late samples. */
  | 'out-of-order'
  /**
   * Same timestamp as a stored sample, another value. The same value is accepted silently and not stored twice. Of a
   * late sample a store need not know whether there is one at its time: it accepts it, and the stored one counts.
   */
  | 'duplicate-timestamp'
  /** Older than the writable window of the store, or late and older than its window for late samples. */
  | 'too-old'
  /** Further ahead of the clock than the store allows. */
  | 'too-new'
  /** A new series beyond a limit of active series, in total or of its job; `Refusal.detail` names limit and culprit. */
  | 'series-limit'
  /** A new series whose labels are longer than the store takes; `Refusal.detail` names the longest. */
  | 'labels-too-long'
  /** A native histogram that contradicts itself (`findHistogramFault`). */
  | 'invalid-histogram'
  /** The store cannot hold this kind of sample yet. */
  | 'unsupported-histogram'
  /** An exemplar older than the newest of its series, or with labels that are too long. */
  | 'invalid-exemplar'
  /** A remote store refused it without saying which of the above it was. */
  | 'remote';

export interface Refusal {
  readonly reason: RefusalReason;
  readonly count: number;
  /** The first series concerned, as people read it: `up{job="node"}`; a very long one is cut. */
  readonly example: string;
  /** For operators: which limit it was, who fills it and what to do. Absent where the reason says it all. */
  readonly detail?: string | undefined;
}

export interface AppendResult {
  /** Samples stored, staleness markers included; a repeated identical sample counts. */
  readonly acceptedCount: number;
  /** How many of those are native histograms. */
  readonly acceptedHistogramCount: number;
  /** Exemplars stored; one that repeats the newest of its series counts. */
  readonly acceptedExemplarCount: number;
  /** Series that did not exist before. */
  readonly createdSeriesCount: number;
  /** One entry per reason, in the order of the type; empty when all is well. */
  readonly refusals: readonly Refusal[];
}
