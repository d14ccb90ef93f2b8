/**
 * OTLP's metrics as both decoders hand them over, one resource at a time. These types live and die in this folder.
 *
 * Times are whole milliseconds, 0 where absent; counts are numbers (exact up to 2^53). Attributes are flat,
 * `[key, value, key, value, …]`, in the order of the wire, with values as text already.
 */
export type Attributes = readonly string[];

export interface ResourceMetrics {
  readonly resource: Attributes;
  readonly scopes: readonly ScopeMetrics[];
}

export interface ScopeMetrics {
  readonly name: string;
  readonly version: string;
  readonly schemaUrl: string;
  readonly attributes: Attributes;
  readonly metrics: readonly Metric[];
}

export type Temporality = 'unspecified' | 'delta' | 'cumulative';

export interface Metric {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly content: MetricContent;
}

export type MetricContent =
  | { readonly kind: 'none' }
  | { readonly kind: 'gauge'; readonly points: NumberPoint[] }
  | {
      readonly kind: 'sum';
      readonly points: NumberPoint[];
      readonly temporality: Temporality;
      readonly isMonotonic: boolean;
    }
  | { readonly kind: 'histogram'; readonly points: HistogramPoint[]; readonly temporality: Temporality }
  | { readonly kind: 'exponential'; readonly points: ExponentialPoint[]; readonly temporality: Temporality }
  | { readonly kind: 'summary'; readonly points: SummaryPoint[] };

export interface PointHead {
  readonly attributes: Attributes;
  readonly startMs: number;
  readonly timestampMs: number;
  /** The flag NO_RECORDED_VALUE: the series has ended, the rest means nothing. */
  readonly isStale: boolean;
}

export interface NumberPoint extends PointHead {
  readonly value: number;
  readonly exemplars: readonly OtlpExemplar[];
}

export interface HistogramPoint extends PointHead {
  readonly count: number;
  readonly sum: number | undefined;
  readonly bucketCounts: readonly number[];
  readonly bounds: readonly number[];
  readonly exemplars: readonly OtlpExemplar[];
}

export interface ExponentialPoint extends PointHead {
  readonly count: number;
  readonly sum: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: ExponentialBuckets;
  readonly negative: ExponentialBuckets;
  readonly exemplars: readonly OtlpExemplar[];
}

/** Bucket `i` covers `(base^(offset+i), base^(offset+i+1)]`. */
export interface ExponentialBuckets {
  readonly offset: number;
  readonly counts: readonly number[];
}

export interface SummaryPoint extends PointHead {
  readonly count: number;
  readonly sum: number;
  /** Flat: quantile, value, quantile, value… */
  readonly quantiles: readonly number[];
}

export interface OtlpExemplar {
  readonly timestampMs: number;
  readonly value: number;
  /** Lower-case hexadecimal, empty where absent. */
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Attributes;
}

export const NO_BUCKETS: ExponentialBuckets = { offset: 0, counts: [] };

const TEMPORALITIES: readonly Temporality[] = ['unspecified', 'delta', 'cumulative'];

/** By the number of the enum; what later versions may add is unspecified. */
export function temporalityOf(number: number): Temporality {
  return TEMPORALITIES[number] ?? 'unspecified';
}
