import type { Column } from './column.ts';
import type { Windows } from './windows.ts';

/** Samples of one series as a kernel sees them; valid below `count`. */
export interface KernelSamples {
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  readonly count: number;
}

/** Scalar arguments of a range function, a value per step each. */
export interface KernelCall {
  readonly params: readonly Float64Array[];
  /** Time of each step in ms, which differs from the end of the window under `offset` and `@`. */
  readonly stepTimeMs: (step: number) => number;
}

/**
 * How a range function computes. `sliding` runs once over a series for all steps at a cost of samples
 * plus steps. `window` is asked per window and may look at all its samples; it is called only for
 * windows of at least `sizeMin` samples.
 */
export type RangeKernel =
  | {
      readonly kind: 'sliding';
      readonly run: (samples: KernelSamples, windows: Windows, out: Column) => void;
    }
  | {
      readonly kind: 'window';
      readonly sizeMin: number;
      readonly valueOf: (
        samples: KernelSamples,
        low: number,
        high: number,
        step: number,
        call: KernelCall,
      ) => number;
    };

export function setPoint(out: Column, step: number, value: number): void {
  out.values[step] = value;
  out.validity[step >> 3] = (out.validity[step >> 3] ?? 0) | (1 << (step & 7));
}
