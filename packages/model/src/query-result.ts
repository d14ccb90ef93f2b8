import type { Labels } from './labels.ts';
import type { NativeHistogram } from './native-histogram.ts';

/** The evaluation times of a query: `startMs + i · stepMs` for i < count. An instant query has one (stepMs 0). */
export interface StepGrid {
  readonly startMs: number;
  readonly stepMs: number;
  readonly count: number;
}

/**
 * The answer to a PromQL query, in columns.
 *
 * `series` is an instant vector (grid of one) or a matrix: range queries are sorted by label set;
 * instant ones keep the order the expression gave them (`sort`, `topk`), else are sorted too.
 * `samples` is a range vector asked for by an instant query (`up[5m]`).
 */
export type QueryResult = (
  | { readonly kind: 'scalar'; readonly grid: StepGrid; readonly values: Float64Array }
  | { readonly kind: 'string'; readonly grid: StepGrid; readonly value: string }
  | { readonly kind: 'series'; readonly grid: StepGrid; readonly series: readonly ResultSeries[] }
  | { readonly kind: 'samples'; readonly grid: StepGrid; readonly series: readonly ResultSamples[] }
) & { readonly annotations: Annotations; readonly stats: QueryStats };

/** One series on the step grid. A hole is a cleared bit of `validity`: NaN is a value like any other. */
export interface ResultSeries {
  readonly labels: Labels;
  /** One per step; undefined content where the bit is cleared or a histogram stands. */
  readonly values: Float64Array;
  /** Bit `i & 7` of byte `i >> 3` belongs to step i. */
  readonly validity: Uint8Array;
  /** By step; absent when the series has floats only. */
  readonly histograms?: ReadonlyMap<number, NativeHistogram>;
}

/** Raw samples of one series; staleness markers are left out. */
export interface ResultSamples {
  readonly labels: Labels;
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  readonly histograms?: ReadonlyMap<number, NativeHistogram>;
}

/** Remarks on an answer that is correct as far as it goes; upstream's texts with `(line:column)` at the end. */
export interface Annotations {
  readonly warnings: readonly string[];
  readonly infos: readonly string[];
}

export interface QueryStats {
  /** Samples read, counting a sample once per step that uses it, as Prometheus does. */
  readonly samplesTotal: number;
  /** Most samples held at one time. */
  readonly samplesPeak: number;
  readonly seriesRead: number;
}

export function isValidAt(validity: Uint8Array, step: number): boolean {
  return ((validity[step >> 3] ?? 0) & (1 << (step & 7))) !== 0;
}

export function setValidAt(validity: Uint8Array, step: number): void {
  validity[step >> 3] = (validity[step >> 3] ?? 0) | (1 << (step & 7));
}

export function clearValidAt(validity: Uint8Array, step: number): void {
  validity[step >> 3] = (validity[step >> 3] ?? 0) & ~(1 << (step & 7));
}

/** A bitmap for `count` steps, all cleared. */
export function createValidity(count: number): Uint8Array {
  return new Uint8Array((count + 7) >> 3);
}
