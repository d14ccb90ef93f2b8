/**
 * The instruments of an application. Label values are given by position, in the order of
 * `labelNames`; a wrong number of them throws. Creating an instrument twice under one name throws.
 */
export interface MetricsRegistry {
  counter(options: InstrumentOptions): Counter;
  gauge(options: InstrumentOptions): Gauge;
  histogram(options: HistogramOptions): Histogram;
  /** Runs before each exposition or collection, to set gauges that are read rather than counted. */
  onCollect(read: () => void): void;
  /** Visits every sample as it would be exposed (`x_bucket`, `x_sum`, `x_count` for histograms). */
  collect(): readonly MetricFamily[];
}

export interface InstrumentOptions {
  /** Full name with its unit: `vedette_wal_bytes_total`. */
  readonly name: string;
  readonly help: string;
  readonly labelNames?: readonly string[];
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
