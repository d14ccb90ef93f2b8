/**
 * A native histogram sample, counts absolute and as floats. Bucket `i` of schema `s` covers
 * `(2^((i-1)·2^-s), 2^(i·2^-s)]`; schema -53 has custom upper bounds instead. Immutable.
 */
export interface NativeHistogram {
  /** -4…8, or -53 for custom bounds. */
  readonly schema: number;
  readonly count: number;
  readonly sum: number;
  readonly zeroThreshold: number;
  readonly zeroCount: number;
  readonly positive: HistogramBuckets;
  readonly negative: HistogramBuckets;
  /** Upper bounds of schema -53, increasing, without +Inf; empty otherwise. */
  readonly customBounds: Float64Array;
  readonly counterReset: 'unknown' | 'reset' | 'not-reset' | 'gauge';
}

/** Runs of consecutive buckets: span k starts `offset` buckets after the end of span k-1 (the first: at bucket `offset`). */
export interface HistogramBuckets {
  readonly spans: readonly { readonly offset: number; readonly length: number }[];
  /** One count per bucket of the spans, in order. */
  readonly counts: Float64Array;
}
