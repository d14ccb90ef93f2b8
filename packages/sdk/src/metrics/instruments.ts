import type { SdkClock, SdkRandom } from '../system/system.ts';

/**
 * The instruments of an application. Label values are given by position, in the order of
 * `labelNames`; a wrong number of them throws. Creating an instrument twice under one name throws.
 */
export interface MetricsRegistry {
  /** `name` ends in `_total`. */
  counter(options: InstrumentOptions): Counter;
  gauge(options: InstrumentOptions): Gauge;
  histogram(options: HistogramOptions): Histogram;
  summary(options: SummaryOptions): Summary;
  /**
   * Runs before each exposition or collection, to set gauges that are read rather than counted. One
   * that throws is counted in `sdk_metrics_read_failures_total`; the others still run. Nobody waits for one that is
   * asynchronous: what it sets is seen by the next reading.
   */
  onCollect(read: () => void): void;
  /** Visits every sample as it would be exposed (`x_bucket`, `x_sum`, `x_count` for histograms). */
  collect(): readonly MetricFamily[];
  /**
   * Runs the `onCollect` readers and hands out the families that have series, in order of creation.
   * For readers that come often or must work in slices: nothing is copied, values are read live.
   */
  read(): readonly FamilyView[];
  /** Forgets every series of every instrument; the instruments stay. Without labels they begin at 0 again. */
  clear(): void;
}

/** Settings of a registry. All are optional; without them it adds nothing to names and labels and records each value at once. */
export interface RegistryOptions {
  /** Stands before the name of every instrument that does not ask for its `bareName`. */
  readonly prefix?: string;
  /** Labels that every series has, beside its own. An instrument that has one of these names itself is refused. */
  readonly constantLabels?: Readonly<Record<string, string>>;
  /**
   * How many observations of a histogram wait to be sorted into buckets together: when so many have come, and at
   * every reading. 0, the default, sorts each at once. Moves work out of the observed code (a native
   * histogram takes about 45 ns, noting a value a few); classic histograms gain nothing worth it. Costs 12 B for each
   * place of each histogram.
   */
  readonly bufferObservationsMax?: number;
  /**
   * Of how many observations of a histogram or summary one is put into buckets, on average, with the weight of those
   * since the one before; 1, the default, takes each. Which one is random. Sum and count stay those of all
   * observations up to that one; only which bucket the others belong to is estimated. `histogram({ sampleOneIn })` overrides it.
   */
  readonly sampleOneIn?: number;
  /** Tells when exemplars were seen and how old a summary's values are; default: the machine's. */
  readonly clock?: Pick<SdkClock, 'nowMs' | 'monotonicMs'>;
  /** Picks observations where there is sampling; default: the machine's. */
  readonly random?: Pick<SdkRandom, 'float'>;
}

export interface InstrumentOptions {
  /** Full name with its unit: `vedette_wal_bytes_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /**
   * Most combinations of label values; default `SERIES_PER_INSTRUMENT_MAX`. Beyond it counters, histograms and
   * summaries count into one series whose label values all are `_overflow`, so that sums stay right;
   * a gauge drops the value. Both are counted in `sdk_metrics_overflows_total{metric}`.
   */
  readonly seriesMax?: number;
  /** True for names that others have agreed on (`process_cpu_seconds_total`): the registry's prefix is left out. */
  readonly bareName?: boolean;
}

export interface HistogramOptions extends InstrumentOptions {
  /** Upper bounds, increasing, without +Inf. Default: none for a native histogram, else `DEFAULT_BUCKETS`. */
  readonly buckets?: readonly number[];
  /** Counts into exponential buckets, too, which the protobuf format and `read()` show; `true` takes the defaults. */
  readonly native?: NativeHistogramOptions | boolean;
  /** In place of the registry's. */
  readonly sampleOneIn?: number;
}

export interface NativeHistogramOptions {
  /** -4…8: each bucket is `2^(2^-schema)` times as wide as the one before. Default 3: 9 %. */
  readonly schema?: number;
  /** Populated buckets of one series; beyond it the schema goes down by 1, which joins them in pairs. Default 160. */
  readonly bucketsMax?: number;
  /** Values whose magnitude is at most this count as zero. Default 2^-128. */
  readonly zeroThreshold?: number;
}

export interface SummaryOptions extends InstrumentOptions {
  /** Within [0, 1], increasing. Default 0.5, 0.9, 0.99. */
  readonly quantiles?: readonly number[];
  /** Age at which a value no longer counts for the quantiles; default 600,000 ms. It leaves up to a fifth of that earlier. */
  readonly windowMs?: number;
  /** In place of the registry's. */
  readonly sampleOneIn?: number;
}

/** What instruments of every kind can do with their label sets. */
export interface LabelSets<Child> {
  /**
   * The series of these label values, to be kept where it is used often: counting needs no look-up then. It exists
   * from now on, with 0. After a removal the child is still good: its next value makes the series again.
   */
  child(...labelValues: string[]): Child;
  /** Forgets one series; false when there is none. What was counted is gone, its next value begins at 0. */
  remove(...labelValues: string[]): boolean;
  /** Forgets all series. */
  clear(): void;
}

export interface Counter extends LabelSets<CounterChild> {
  /** `by` is finite and not negative. */
  inc(by?: number, ...labelValues: string[]): void;
}

export interface CounterChild {
  inc(by?: number, exemplar?: ExemplarLabels): void;
}

export interface Gauge extends LabelSets<GaugeChild> {
  set(value: number, ...labelValues: string[]): void;
  inc(by?: number, ...labelValues: string[]): void;
}

export interface GaugeChild {
  set(value: number): void;
  inc(by?: number): void;
}

export interface Histogram extends LabelSets<ObserverChild> {
  /** `value` is not NaN. */
  observe(value: number, ...labelValues: string[]): void;
}

export interface ObserverChild {
  /** A summary takes no exemplar: OpenMetrics has none for it. */
  observe(value: number, exemplar?: ExemplarLabels): void;
}

export interface Summary extends LabelSets<ObserverChild> {
  /** `value` is not NaN. */
  observe(value: number, ...labelValues: string[]): void;
}

/**
 * Leads from a value to where it came from: `{ trace_id: '…' }`. Names and values together at most 128 characters, as
 * OpenMetrics wants it; a set that breaks a rule is left out and counted in `sdk_metrics_exemplars_refused_total{metric}`.
 */
export type ExemplarLabels = Readonly<Record<string, string>>;

export interface Exemplar {
  /** Flat `[name, value, …]`. */
  readonly labels: readonly string[];
  readonly value: number;
  readonly timestampMs: number;
}

/** `unknown` comes from bridged registries alone. */
export type MetricType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'unknown';

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly samples: readonly FamilySample[];
}

export interface FamilySample {
  readonly name: string;
  /** Flat `[name, value, …]`, in the order of the instrument's label names, then the constant ones, then `le` or `quantile`. */
  readonly labels: readonly string[];
  readonly value: number;
}

/**
 * A family as it is now. Series are numbered from 0 and may grow in number between two reads; the number of one that
 * was removed may later belong to another.
 */
export interface FamilyView {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  /** Numbers in use, those of removed series among them. */
  readonly seriesCount: number;
  /** Samples that every series has: 1; buckets + 2 for a histogram; quantiles + 2 for a summary; in the order of exposition. */
  readonly samplesPerSeries: number;
  /** False when the series was removed: it has no samples. */
  isLive(series: number): boolean;
  /** Names and labels of one sample. Always the same object for the same sample: it may serve as a key. */
  identityOf(series: number, sample: number): SampleIdentity;
  /** The identity's `text`, for readers that have no use for the rest of it: it is not kept for each sample. */
  textOf(series: number, sample: number): string;
  valueOf(series: number, sample: number): number;
  /** Of counters and of buckets; the last one seen. */
  exemplarOf?(series: number, sample: number): Exemplar | undefined;
  /** A copy of the exponential buckets of a native histogram. */
  nativeOf?(series: number): NativeHistogramView | undefined;
}

export interface SampleIdentity {
  readonly name: string;
  /** As `FamilySample.labels`. */
  readonly labels: readonly string[];
  /** As in the text formats, up to the value: `x_bucket{a="b",le="1.0"}`. */
  readonly text: string;
}

/** A native histogram as Prometheus knows it. Bucket `i` of schema `s` covers `(2^((i-1)·2^-s), 2^(i·2^-s)]`. Counts are absolute. */
export interface NativeHistogramView {
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: NativeBuckets;
  readonly negative: NativeBuckets;
}

/** Runs of consecutive buckets: span k starts `offset` buckets after the end of span k-1 (the first: at bucket `offset`). */
export interface NativeBuckets {
  readonly spans: readonly { readonly offset: number; readonly length: number }[];
  readonly counts: Float64Array;
}
