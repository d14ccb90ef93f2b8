import type { SeriesExemplars } from './exemplar.ts';
import type { Labels } from './labels.ts';
import type { Matcher } from './matcher.ts';
import type { MetricMetadata } from './metric-metadata.ts';
import type { NativeHistogram } from './native-histogram.ts';
import type { Slicer } from './slicer.ts';

/** Milliseconds since the epoch, both ends inclusive. */
export interface TimeRange {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Reads the samples of the embedded engine (head and blocks as one). Safe to use concurrently.
 * Every call works on one consistent view: batches appended after it (`select`: after the first step) are not seen.
 */
export interface MetricsReader {
  /**
   * Streams the series that satisfy every matcher and have a sample in `range`, sorted by label set
   * (`compareLabels`) across all batches, none empty. Batches come in groups, so that a caller awaits
   * once per some hundred series. The arrays handed out are reused: copy what you keep past the next
   * step. When `signal` aborts, the stream ends by throwing its reason. Nothing is held before the first
   * step; from then on iterate to the end, `return`, or abort.
   *
   * Without `downsampled` these are the samples as they came, of the times for which they are kept. With it a store
   * that downsamples answers older times from what it kept of them.
   */
  select(
    matchers: readonly Matcher[],
    range: TimeRange,
    signal: AbortSignal,
    downsampled?: DownsampledRead,
  ): AsyncIterable<readonly SeriesSamples[]>;
  /**
   * The coarsest resolution at which `select` would answer for some time of the range if it were asked now with that
   * `coarsestMs`; `undefined` when all of it are samples as they came. A reader without it never downsamples.
   */
  resolutionOf?(range: TimeRange, coarsestMs: number): DownsampledResolution | undefined;
  /** Label sets of the series that satisfy every matcher of any set (no set: all series) and exist in `range`; sorted. */
  series(request: LabelRequest, signal: AbortSignal): Promise<Page<Labels>>;
  /** Distinct label names, sorted by bytes. */
  labelNames(request: LabelRequest, signal: AbortSignal): Promise<Page<string>>;
  /** Distinct values of one label, sorted by bytes; empty values do not exist. */
  labelValues(name: string, request: LabelRequest, signal: AbortSignal): Promise<Page<string>>;
  /** What is known of metric families, sorted by family; one entry per family. */
  metadata(family?: string): readonly MetricMetadata[];
  /** Exemplars in `range` of the series that satisfy every matcher of any set (at least one); sorted by label set. */
  exemplars(
    matcherSets: readonly (readonly Matcher[])[],
    range: TimeRange,
    signal: AbortSignal,
  ): Promise<readonly SeriesExemplars[]>;
  /** The same reader, which works in slices of the given one: those of a query, say, that it reads for. */
  inSlicesOf?(slicer: Slicer): MetricsReader;
  /** What may be kept of answers; absent where nobody can say. Cheap: a look at two numbers. */
  history?(): StoredHistory;
}

/**
 * Until when stored samples stand, for whoever keeps what was computed from them. The answer to a call of
 * `select` that began after `history()` was asked, cut at `settledUntilMs`, is good for as long as `history()`
 * gives the same `revision`: a sample at or before that time which comes, goes or is hidden changes it, in the same
 * turn of the event loop in which readers see the change.
 */
export interface StoredHistory {
  readonly revision: number;
  /** Newer samples still arrive as a matter of course. */
  readonly settledUntilMs: number;
}

/**
 * What stands for the samples of a bucket, those in (end - resolution, end], where only buckets are left:
 *
 * - `last`: the newest sample, at its own time; a staleness marker behind it if there was one.
 * - `min`, `max`, `sum`: that of all its samples, at the end of the bucket.
 * - `sum-and-count`: the sum at the end of the bucket; `weights` tells of how many samples.
 * - `counter`: the first and the last sample at their own times, `weights` with how many samples came after the one
 *   before up to each, `losses` with what was lost to resets in between.
 *
 * Of native histograms the last of each bucket is there, in every view.
 */
export type DownsampledView = 'last' | 'min' | 'max' | 'sum' | 'sum-and-count' | 'counter';

export interface DownsampledRead {
  readonly view: DownsampledView;
  /** Buckets up to this resolution (ms) may stand for samples that are still there, too; 0: for none. */
  readonly coarsestMs: number;
}

export interface DownsampledResolution {
  readonly resolutionMs: number;
  /** Samples as they came are there after this time (ms since the epoch). */
  readonly rawAfterMs: number;
}

export interface LabelRequest {
  /** Any of these sets, each a conjunction; none at all means every series. */
  readonly matcherSets: readonly (readonly Matcher[])[];
  readonly range: TimeRange;
  /** At most this many results; `undefined` is no limit. */
  readonly limit?: number | undefined;
}

/** Some results, and whether the limit cut more off. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly isTruncated: boolean;
}

/**
 * The samples of one series in columns of equal length, increasing in time, no timestamp twice.
 * `labels` may be kept; the arrays may not.
 */
export interface SeriesSamples {
  readonly labels: Labels;
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** 1 where the sample is a staleness marker; `undefined` when there is none in this range. */
  readonly staleFlags: Uint8Array | undefined;
  /** Sparse, by index: samples that are native histograms; `undefined` when there is none. */
  readonly histograms: ReadonlyMap<number, NativeHistogram> | undefined;
  /** When the counter of each sample began (ms since the epoch), 0 where unknown; absent when nowhere known. */
  readonly startsMs?: Float64Array | undefined;
  /** Of how many samples each tells; absent: of itself alone. */
  readonly weights?: Float64Array | undefined;
  /**
   * What a counter lost to resets after the sample before up to this one; NaN: to be found by comparing the two.
   * Absent: all are to be compared.
   */
  readonly losses?: Float64Array | undefined;
}
