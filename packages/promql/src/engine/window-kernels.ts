import { ExecutionError } from '@vedette/model';
import { KahanSum } from './kahan.ts';
import type { Column } from './column.ts';
import { quantileAt, quantileOf, quantileOfSorted, sortNanFirst } from './quantile.ts';
import { setPoint, type KernelSamples, type RangeKernel } from './range-kernel.ts';
import { SlidingRanks } from './sliding-ranks.ts';
import type { Windows } from './windows.ts';

/** Range functions that must look at every sample of a window, or know their order. */

export function createQuantile(): RangeKernel {
  const ranks = new SlidingRanks();
  return {
    slide: (samples, windows, out, call) => {
      const { count } = samples;
      const isWorthRanks = windows.total > count * VISITS_PER_SAMPLE_MIN;
      if (count > RANKED_SAMPLES_MAX || !isWorthRanks) return false;
      slideQuantile(ranks, samples, windows, out, call.params[0]);
      return true;
    },
    sizeMin: 1,
    ofWindow: ({ values }, low, high, step, { params }) =>
      quantileOf(params[0]?.[step] ?? NaN, values.slice(low, high)),
  };
}

// A ranked sample costs about ten times one that a window is searched through for its quantile.
const VISITS_PER_SAMPLE_MIN = 10;

// Ranking is done in one go; so many samples take about 2 ms.
const RANKED_SAMPLES_MAX = 2 ** 14;

function slideQuantile(
  ranks: SlidingRanks,
  { values, count }: KernelSamples,
  { times, lows, highs }: Windows,
  out: Column,
  quantiles: Float64Array | undefined,
): void {
  ranks.open(values, count);
  let left = 0;
  let entered = 0;
  for (let step = 0; step < times.count; step++) {
    const low = lows[step] ?? 0;
    const high = highs[step] ?? 0;
    for (; entered < high; entered++) ranks.move(entered, 1);
    for (; left < low; left++) ranks.move(left, -1);
    if (high <= low) continue;
    const quantile = quantiles?.[step] ?? NaN;
    setPoint(
      out,
      step,
      quantileAt(quantile, high - low, (place) => ranks.valueAt(place)),
    );
  }
}

/** Median absolute deviation. */
export const MEDIAN_DEVIATION: RangeKernel = {
  sizeMin: 1,
  ofWindow: ({ values }, low, high) => {
    const sorted = sortNanFirst(values.slice(low, high));
    // One NaN makes the answer NaN: sorted away, it would only shift the median.
    if (Number.isNaN(sorted[0])) return NaN;
    const median = quantileOfSorted(0.5, sorted);
    return quantileOfSorted(0.5, sortNanFirst(sorted.map((value) => Math.abs(value - median))));
  },
};

/** Slope per second of the line through the samples. */
export const DERIVATIVE: RangeKernel = {
  sizeMin: 2,
  ofWindow: (samples, low, high) => lineThrough(samples, low, high, samples.timestampsMs[low] ?? 0).slope,
};

/** Where the line through the samples will be some seconds after the time of evaluation. */
export const PREDICTION: RangeKernel = {
  sizeMin: 2,
  ofWindow: (samples, low, high, step, { params, stepTimeMs }) => {
    const { slope, intercept } = lineThrough(samples, low, high, stepTimeMs(step));
    return slope * (params[0]?.[step] ?? NaN) + intercept;
  },
};

/** Least squares; `intercept` is the value at `originMs`. A constant series is answered exactly. */
function lineThrough(
  { timestampsMs, values }: KernelSamples,
  low: number,
  high: number,
  originMs: number,
): { slope: number; intercept: number } {
  const [sumX, sumY, sumXY, sumXX] = [new KahanSum(), new KahanSum(), new KahanSum(), new KahanSum()];
  const firstValue = values[low] ?? 0;
  let isConstant = true;
  for (let i = low; i < high; i++) {
    const x = ((timestampsMs[i] ?? 0) - originMs) / 1000;
    const y = values[i] ?? 0;
    if (y !== firstValue) isConstant = false;
    sumX.add(x);
    sumY.add(y);
    sumXY.add(x * y);
    sumXX.add(x * x);
  }
  if (isConstant)
    return Number.isFinite(firstValue) ? { slope: 0, intercept: firstValue } : { slope: NaN, intercept: NaN };
  const count = high - low;
  const [x, y] = [sumX.sum + sumX.compensation, sumY.sum + sumY.compensation];
  const covariance = sumXY.sum + sumXY.compensation - (x * y) / count;
  const variance = sumXX.sum + sumXX.compensation - (x * x) / count;
  const slope = covariance / variance;
  return { slope, intercept: y / count - (slope * x) / count };
}

/** Smoothed level by Holt's linear method; both factors between 0 and 1, borders left out. */
export const DOUBLE_EXPONENTIAL_SMOOTHING: RangeKernel = {
  sizeMin: 2,
  ofWindow: ({ values }, low, high, step, { params }) => {
    const smoothing = factorAt(params[0], step, 'smoothing', 'sf');
    const trendFactor = factorAt(params[1], step, 'trend', 'tf');
    let before = 0;
    let level = values[low] ?? 0;
    let trend = (values[low + 1] ?? 0) - level;
    for (let i = low + 1; i < high; i++) {
      if (i > low + 1) trend = trendFactor * (level - before) + (1 - trendFactor) * trend;
      before = level;
      level = smoothing * (values[i] ?? 0) + (1 - smoothing) * (level + trend);
    }
    return level;
  },
};

function factorAt(param: Float64Array | undefined, step: number, name: string, short: string): number {
  const factor = param?.[step] ?? NaN;
  if (factor > 0 && factor < 1) return factor;
  throw new ExecutionError(
    'VED_QUERY_EXECUTION',
    `invalid ${name} factor. Expected: 0 < ${short} < 1, got: ${factor.toFixed(6)}`,
  );
}
