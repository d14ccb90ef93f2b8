import { KahanSum } from './kahan.ts';
import { setPoint, type KernelSamples, type RangeKernel } from './range-kernel.ts';
import type { Windows } from './windows.ts';

/**
 * Kernels for series some of whose samples stand for several: buckets of a downsampled time, maybe with samples behind
 * them that stand for themselves. They give what the plain kernels give over the samples that the buckets were made
 * from, where windows begin and end with a bucket; they are apart so that the plain ones stay as they are.
 */

/** Sums of the buckets by the number of their samples. */
export const WEIGHTED_AVG: RangeKernel = {
  sizeMin: 1,
  ofWindow: ({ values, weights }, low, high) => {
    const sum = new KahanSum();
    let count = 0;
    for (let i = low; i < high; i++) {
      sum.add(values[i] ?? 0);
      count += weights?.[i] ?? 1;
    }
    return sum.total / count;
  },
};

export const WEIGHTED_COUNT: RangeKernel = {
  slide: (samples, { times, lows, highs }, out) => {
    const before = countsBefore(samples);
    for (let step = 0; step < times.count; step++) {
      const low = lows[step] ?? 0;
      const high = highs[step] ?? 0;
      if (high > low) setPoint(out, step, (before[high] ?? 0) - (before[low] ?? 0));
    }
    return true;
  },
};

export const WEIGHTED_RATE: RangeKernel = changing({ isCounter: true, isPerSecond: true });
export const WEIGHTED_INCREASE: RangeKernel = changing({ isCounter: true, isPerSecond: false });
export const WEIGHTED_DELTA: RangeKernel = changing({ isCounter: false, isPerSecond: false });

interface ChangeMode {
  readonly isCounter: boolean;
  readonly isPerSecond: boolean;
}

function changing({ isCounter, isPerSecond }: ChangeMode): RangeKernel {
  return {
    slide: (samples, windows, out) => {
      const { values } = samples;
      const { times, lows, highs, rangeMs } = windows;
      const before = countsBefore(samples);
      const losses = isCounter ? new LossList(samples) : undefined;
      for (let step = 0; step < times.count; step++) {
        const low = lows[step] ?? 0;
        const last = (highs[step] ?? 0) - 1;
        if (last <= low) continue;
        const first = values[low] ?? 0;
        const change = (values[last] ?? 0) - first + (losses?.between(low, last) ?? 0);
        const intervals = (before[last + 1] ?? 0) - (before[low + 1] ?? 0);
        const zero = isCounter && change > 0 && first >= 0 ? first / change : Infinity;
        const factor = extrapolationOf(samples, windows, step, { intervals, zero });
        setPoint(out, step, change * (isPerSecond ? factor / (rangeMs / 1000) : factor));
      }
      return true;
    },
  };
}

/**
 * By what a change grows when it is continued to the borders of its window, in upstream's order of operations.
 * `zero`: the part of the sampled time before its start at which a counter would have been 0.
 */
function extrapolationOf(
  { timestampsMs }: KernelSamples,
  { times, rangeMs, lows, highs }: Windows,
  step: number,
  { intervals, zero }: { readonly intervals: number; readonly zero: number },
): number {
  const untilMs = times.firstMs + step * times.stepMs;
  const firstMs = timestampsMs[lows[step] ?? 0] ?? 0;
  const lastMs = timestampsMs[(highs[step] ?? 0) - 1] ?? 0;
  const sampled = (lastMs - firstMs) / 1000;
  const interval = sampled / intervals;
  const threshold = interval * 1.1;
  let start = (firstMs - (untilMs - rangeMs)) / 1000;
  let end = (untilMs - lastMs) / 1000;
  if (start >= threshold) start = interval / 2;
  if (end >= threshold) end = interval / 2;
  return (sampled + Math.min(start, sampled * zero) + end) / sampled;
}

/** How many stored samples stand before each of these. */
function countsBefore({ weights, count }: KernelSamples): Float64Array {
  const before = new Float64Array(count + 1);
  for (let i = 0; i < count; i++) before[i + 1] = (before[i] ?? 0) + (weights?.[i] ?? 1);
  return before;
}

/** What a counter lost to resets, sample by sample; resets are rare. */
class LossList {
  readonly #positions: number[] = [];
  readonly #losses: number[] = [];
  /** Windows only move on. */
  #from = 0;

  constructor({ values, losses, count }: KernelSamples) {
    for (let i = 1; i < count; i++) {
      const before = values[i - 1] ?? 0;
      const noted = losses?.[i] ?? NaN;
      const lost = Number.isNaN(noted) ? ((values[i] ?? 0) < before ? before : 0) : noted;
      if (lost === 0) continue;
      this.#positions.push(i);
      this.#losses.push(lost);
    }
  }

  /** Lost after sample `low` up to sample `last`. */
  between(low: number, last: number): number {
    while ((this.#positions[this.#from] ?? Infinity) <= low) this.#from++;
    const sum = new KahanSum();
    for (let k = this.#from; (this.#positions[k] ?? Infinity) <= last; k++) sum.add(this.#losses[k] ?? 0);
    return sum.total;
  }
}
