import type { Column } from './column.ts';
import type { Windows } from './windows.ts';

/** Samples of one series as a kernel sees them; valid below `count`. */
export interface KernelSamples {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** When the counter of each sample began, 0 where unknown; absent when nowhere known. */
  readonly startsMs?: Float64Array | undefined;
  /** Of how many stored samples each tells, and what a counter lost on the way to it: as in `SeriesSamples`. */
  readonly weights?: Float64Array | undefined;
  readonly losses?: Float64Array | undefined;
  readonly count: number;
}

/** Scalar arguments of a range function, a value per step each. */
export interface KernelCall {
  readonly params: readonly Float64Array[];
  /** Time of each step in ms, which differs from the end of the window under `offset` and `@`. */
  readonly stepTimeMs: (step: number) => number;
}

/**
 * How a range function computes; it has at least one of the two ways.
 *
 * `slide` runs once over a series for all steps, at a cost of samples plus steps, without a pause; it
 * returns false, with `out` untouched, when this series cannot be done so.
 * `ofWindow` is asked per window, may look at all its samples, and is called only for windows of at
 * least `sizeMin` samples; the event loop runs in between.
 */
export interface RangeKernel {
  readonly slide?: (samples: KernelSamples, windows: Windows, out: Column, call: KernelCall) => boolean;
  readonly sizeMin?: number;
  readonly ofWindow?: (
    samples: KernelSamples,
    low: number,
    high: number,
    step: number,
    call: KernelCall,
  ) => number;
}

export function setPoint(out: Column, step: number, value: number): void {
  out.values[step] = value;
  out.validity[step >> 3] = (out.validity[step >> 3] ?? 0) | (1 << (step & 7));
}
