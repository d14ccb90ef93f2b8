/**
 * The instruments of an application. Label values are given by position, in the order of
 * `labelNames`; a wrong number of them throws. Creating an instrument twice under one name throws.
 */
export interface MetricsRegistry {
  /** `name` ends in `_total`. */
  counter(options: InstrumentOptions): Counter;
  gauge(options: InstrumentOptions): Gauge;
  histogram(options: HistogramOptions): Histogram;
  /**
   * Runs before each exposition or collection, to set gauges that are read rather than counted. One
   * that throws is counted in `sdk_metrics_read_failures_total`; the others still run.
   */
  onCollect(read: () => void): void;
  /** Visits every sample as it would be exposed (`x_bucket`, `x_sum`, `x_count` for histograms). */
  collect(): readonly MetricFamily[];
  /**
   * Runs the `onCollect` readers and hands out the families that have series, in order of creation.
   * For readers that come often or must work in slices: nothing is copied, values are read live.
   */
  read(): readonly FamilyView[];
}

export interface InstrumentOptions {
  /** Full name with its unit: `vedette_wal_bytes_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
  /**
   * Most combinations of label values; default `SERIES_PER_INSTRUMENT_MAX`. Beyond it counters and
   * histograms count into one series whose label values all are `_overflow`, so that sums stay right;
   * a gauge drops the value. Both are counted in `sdk_metrics_overflows_total{metric}`.
   */
  readonly seriesMax?: number;
}

export interface HistogramOptions extends InstrumentOptions {
  /** Upper bounds, increasing, without +Inf. */
  readonly buckets: readonly number[];
}

export interface Counter {
  /** `by` is not negative. */
  inc(by?: number, ...labelValues: string[]): void;
}

export interface Gauge {
  set(value: number, ...labelValues: string[]): void;
  inc(by?: number, ...labelValues: string[]): void;
}

export interface Histogram {
  observe(value: number, ...labelValues: string[]): void;
}

export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly FamilySample[];
}

export interface FamilySample {
  readonly name: string;
  /** Flat `[name, value, …]`, in the order of the instrument's label names. */
  readonly labels: readonly string[];
  readonly value: number;
}

/** A family as it is now. Series are numbered from 0, are never removed, and may grow in number between two reads. */
export interface FamilyView {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly seriesCount: number;
  /** Samples that every series has: 1, or buckets + 2 for a histogram, in the order of exposition. */
  readonly samplesPerSeries: number;
  /** Names and labels of one sample. Always the same object for the same sample: it may serve as a key. */
  identityOf(series: number, sample: number): SampleIdentity;
  valueOf(series: number, sample: number): number;
}

export interface SampleIdentity {
  readonly name: string;
  /** Flat `[name, value, …]`, in the order of the instrument's label names, `le` last. */
  readonly labels: readonly string[];
  /** As in the text formats, up to the value: `x_bucket{a="b",le="1.0"}`. */
  readonly text: string;
}
