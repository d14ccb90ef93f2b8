import type { Column } from './column.ts';
import { compensationAfter, KahanSum, RunningMean } from './kahan.ts';
import { setPoint, type KernelSamples, type RangeKernel } from './range-kernel.ts';
import type { Windows } from './windows.ts';

/**
 * The *_over_time functions that slide.
 *
 * - count, first, last, present and the times of first and last need the borders of a window only.
 * - changes and resets are differences of a running count.
 * - min and max keep a monotonic queue: each sample enters and leaves it once.
 * - sum and avg: when every value is a whole number and no running sum can pass 2^53, differences of
 *   running sums are exact, which covers most counters and sizes. Otherwise each window is summed
 *   with compensation, because a difference of rounded sums is not the sum.
 */

/** From the borders of a window alone. */
function ofBorders(valueOf: (samples: KernelSamples, low: number, high: number) => number): RangeKernel {
  return {
    slide: (samples, { times, lows, highs }, out) => {
      for (let step = 0; step < times.count; step++) {
        const low = lows[step] ?? 0;
        const high = highs[step] ?? 0;
        if (high > low) setPoint(out, step, valueOf(samples, low, high));
      }
      return true;
    },
  };
}

export const COUNT = ofBorders((_samples, low, high) => high - low);
export const PRESENT = ofBorders(() => 1);
export const FIRST = ofBorders(({ values }, low) => values[low] ?? 0);
export const LAST = ofBorders(({ values }, _low, high) => values[high - 1] ?? 0);
export const TIME_OF_FIRST = ofBorders(({ timestampsMs }, low) => (timestampsMs[low] ?? 0) / 1000);
export const TIME_OF_LAST = ofBorders(({ timestampsMs }, _low, high) => (timestampsMs[high - 1] ?? 0) / 1000);

export const createResets = (): RangeKernel => countingPairs((before, after) => after < before);
/** From NaN to NaN is no change. */
export const createChanges = (): RangeKernel =>
  countingPairs((before, after) => after !== before && !(Number.isNaN(before) && Number.isNaN(after)));

function countingPairs(isCounted: (before: number, after: number) => boolean): RangeKernel {
  let counts = new Uint32Array(0);
  return {
    slide: ({ values, count }, { times, lows, highs }, out) => {
      if (counts.length < count) counts = new Uint32Array(count * 2);
      counts[0] = 0;
      for (let i = 1; i < count; i++)
        counts[i] = (counts[i - 1] ?? 0) + (isCounted(values[i - 1] ?? 0, values[i] ?? 0) ? 1 : 0);
      for (let step = 0; step < times.count; step++) {
        const low = lows[step] ?? 0;
        const high = highs[step] ?? 0;
        if (high > low) setPoint(out, step, (counts[high - 1] ?? 0) - (counts[low] ?? 0));
      }
      return true;
    },
  };
}

export const createMin = (): RangeKernel => extreme((candidate, kept) => candidate <= kept, 'value');
export const createMax = (): RangeKernel => extreme((candidate, kept) => candidate >= kept, 'value');
/** Of equal values the last one counts. */
export const createTimeOfMin = (): RangeKernel => extreme((candidate, kept) => candidate <= kept, 'time');
export const createTimeOfMax = (): RangeKernel => extreme((candidate, kept) => candidate >= kept, 'time');

/** NaN counts only when there is nothing else in the window. */
function extreme(beats: (candidate: number, kept: number) => boolean, yields: 'value' | 'time'): RangeKernel {
  let queue = new Uint32Array(0);
  return {
    slide: ({ timestampsMs, values, count }, { times, lows, highs }, out) => {
      if (queue.length < count) queue = new Uint32Array(count * 2);
      let head = 0;
      let tail = 0;
      let entered = 0;
      for (let step = 0; step < times.count; step++) {
        const low = lows[step] ?? 0;
        const high = highs[step] ?? 0;
        for (; entered < high; entered++) {
          const value = values[entered] ?? 0;
          if (Number.isNaN(value)) continue;
          while (tail > head && beats(value, values[queue[tail - 1] ?? 0] ?? 0)) tail--;
          queue[tail++] = entered;
        }
        while (head < tail && (queue[head] ?? 0) < low) head++;
        if (high <= low) continue;
        const best = head < tail ? (queue[head] ?? 0) : yields === 'value' ? low : high - 1;
        setPoint(out, step, yields === 'value' ? (values[best] ?? 0) : (timestampsMs[best] ?? 0) / 1000);
      }
      return true;
    },
  };
}

export const createSum = (): RangeKernel => summing((sum) => sum, sumOf);
export const createAvg = (): RangeKernel => summing((sum, count) => sum / count, meanOf);

function summing(
  fromSum: (sum: number, count: number) => number,
  sumOfWindow: (values: Float64Array, low: number, high: number) => number,
): RangeKernel {
  const wholeSums = new WholeSums();
  return {
    slide: (samples, windows, out) => {
      const sums = wholeSums.gather(samples);
      if (sums === undefined) return false;
      sumByDifference(sums, windows, fromSum, out);
      return true;
    },
    sizeMin: 1,
    ofWindow: ({ values }, low, high) => sumOfWindow(values, low, high),
  };
}

function sumByDifference(
  sums: Float64Array,
  { times, lows, highs }: Windows,
  fromSum: (sum: number, count: number) => number,
  out: Column,
): void {
  for (let step = 0; step < times.count; step++) {
    const low = lows[step] ?? 0;
    const high = highs[step] ?? 0;
    if (high > low) setPoint(out, step, fromSum((sums[high] ?? 0) - (sums[low] ?? 0), high - low));
  }
}

/** Running sums of a series of whole numbers; `undefined` when one would be rounded. */
class WholeSums {
  #sums = new Float64Array(0);

  gather({ values, count }: KernelSamples): Float64Array | undefined {
    if (this.#sums.length <= count) this.#sums = new Float64Array(count * 2 + 1);
    const sums = this.#sums;
    let sum = 0;
    let magnitude = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i] ?? 0;
      magnitude += Math.abs(value);
      if (!(magnitude <= Number.MAX_SAFE_INTEGER) || !Number.isInteger(value)) return undefined;
      sum += value;
      sums[i + 1] = sum;
    }
    return sums;
  }
}

function sumOf(values: Float64Array, low: number, high: number): number {
  let sum = 0;
  let compensation = 0;
  for (let i = low; i < high; i++) {
    const value = values[i] ?? 0;
    const total = sum + value;
    compensation = compensationAfter(value, sum, compensation, total);
    sum = total;
  }
  return Number.isFinite(sum) ? sum + compensation : sum;
}

function meanOf(values: Float64Array, low: number, high: number): number {
  const runningMean = new RunningMean();
  for (let i = low; i < high; i++) runningMean.add(values[i] ?? 0);
  return runningMean.mean;
}

export const VARIANCE: RangeKernel = {
  sizeMin: 1,
  ofWindow: ({ values }, low, high) => varianceOf(values, low, high),
};
export const STANDARD_DEVIATION: RangeKernel = {
  sizeMin: 1,
  ofWindow: ({ values }, low, high) => Math.sqrt(varianceOf(values, low, high)),
};

/** Welford's method, both running values compensated. */
function varianceOf(values: Float64Array, low: number, high: number): number {
  const mean = new KahanSum();
  const squares = new KahanSum();
  for (let i = low; i < high; i++) {
    const value = values[i] ?? 0;
    const delta = value - (mean.sum + mean.compensation);
    mean.add(delta / (i - low + 1));
    squares.add(delta * (value - (mean.sum + mean.compensation)));
  }
  return (squares.sum + squares.compensation) / (high - low);
}
