import { setValidAt } from '@vedette/model';
import type { Column } from './column.ts';
import { compensationAfter, KahanSum, RunningMean } from './kahan.ts';
import { setPoint, type KernelSamples, type RangeKernel } from './range-kernel.ts';
import { isStartReset } from './start-times.ts';
import type { Windows } from './windows.ts';

/**
 * The *_over_time functions that slide.
 *
 * - count, first, last, present and the times of first and last need the borders of a window only.
 * - changes and resets are differences of a running count.
 * - min and max keep a monotonic queue: each sample enters and leaves it once.
 * - sum and avg are differences of running sums, which carry their rounding errors beside them, so that
 *   a difference is as exact as summing the window with compensation. Where a sum is so small beside
 *   what was added up before it that even this would show, the series' windows are summed one by one.
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

export const createResets = (): RangeKernel =>
  countingPairs((before, after, samples, i) => after < before || isStartReset(samples, i));
/** From NaN to NaN is no change. */
export const createChanges = (): RangeKernel =>
  countingPairs((before, after) => after !== before && !(Number.isNaN(before) && Number.isNaN(after)));

function countingPairs(
  isCounted: (before: number, after: number, samples: KernelSamples, i: number) => boolean,
): RangeKernel {
  let counts = new Uint32Array(0);
  return {
    slide: (samples, { times, lows, highs }, out) => {
      const { values, count } = samples;
      if (counts.length < count) counts = new Uint32Array(count * 2);
      counts[0] = 0;
      for (let i = 1; i < count; i++)
        counts[i] =
          (counts[i - 1] ?? 0) + (isCounted(values[i - 1] ?? 0, values[i] ?? 0, samples, i) ? 1 : 0);
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
  const runningSums = new RunningSums();
  return {
    slide: (samples, windows, out) => {
      if (!runningSums.gather(samples)) return false;
      return sumByDifference(runningSums, windows, fromSum, out);
    },
    sizeMin: 1,
    ofWindow: ({ values }, low, high) => sumOfWindow(values, low, high),
  };
}

/** False when a sum would not be exact enough. */
function sumByDifference(
  { sums, errors, exactMin }: RunningSums,
  { times, lows, highs }: Windows,
  fromSum: (sum: number, count: number) => number,
  out: Column,
): boolean {
  for (let step = 0; step < times.count; step++) {
    const low = lows[step] ?? 0;
    const high = highs[step] ?? 0;
    if (high <= low) continue;
    const minuend = sums[high] ?? 0;
    const subtrahend = sums[low] ?? 0;
    const difference = minuend - subtrahend;
    // What the subtraction lost (Knuth's way for any two numbers), and what the sums had lost before.
    const part = difference - minuend;
    const lost = minuend - (difference - part) - (subtrahend + part);
    const sum = difference + (lost + ((errors[high] ?? 0) - (errors[low] ?? 0)));
    if (!(Math.abs(sum) >= exactMin)) return false;
    out.values[step] = fromSum(sum, high - low);
  }
  for (let step = 0; step < times.count; step++)
    if ((highs[step] ?? 0) > (lows[step] ?? 0)) setValidAt(out.validity, step);
  return true;
}

/** Running sums of a series, each with the sum of all rounding errors up to there. */
class RunningSums {
  /** Of the values before index i. */
  sums = new Float64Array(1);
  errors = new Float64Array(1);
  /** Differences of this size and above are exact to the last bits. */
  exactMin = 0;

  /** False when a value or a sum is not finite. */
  gather({ values, count }: KernelSamples): boolean {
    if (this.sums.length <= count) {
      this.sums = new Float64Array(count * 2 + 1);
      this.errors = new Float64Array(count * 2 + 1);
    }
    const { sums, errors } = this;
    let sum = 0;
    let error = 0;
    let magnitude = 0;
    let lostMagnitude = 0;
    for (let i = 0; i < count; i++) {
      const value = values[i] ?? 0;
      magnitude += Math.abs(value);
      const total = sum + value;
      const part = total - sum;
      const lost = sum - (total - part) + (value - part);
      lostMagnitude += Math.abs(lost);
      error += lost;
      sum = total;
      sums[i + 1] = total;
      errors[i + 1] = error;
    }
    // The sum of errors is itself rounded `count` times, each time by 2^-53 of at most `count` errors of 2^-53
    // of all that was added: below 2^-56 of a sum that is at least this large. No error: every sum is exact.
    this.exactMin = lostMagnitude === 0 ? 0 : magnitude * count * count * 2 ** -50;
    return Number.isFinite(magnitude);
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
