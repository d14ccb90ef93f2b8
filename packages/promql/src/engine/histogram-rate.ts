import type { NativeHistogram } from '@vedette/model';
import { hasCustomBounds } from '../histogram/bucket-bounds.ts';
import { hasCounterReset } from '../histogram/counter-reset.ts';
import {
  addHistograms,
  compactHistogram,
  divideHistogram,
  scaleHistogram,
  subtractHistograms,
} from '../histogram/histogram-arithmetic.ts';
import { RunningHistogram } from '../histogram/running-histogram.ts';
import { haveSameLayout, subtractSameLayout } from '../histogram/same-layout.ts';
import type { HistogramAnswer, HistogramCall, HistogramWindow } from './parted-series.ts';
import { ResetFlags } from './reset-flags.ts';
import { isStartReset } from './start-times.ts';

/**
 * rate, increase, delta, irate and idelta of histograms.
 *
 * 1. The change over a window is last - first, plus, for counters, the histogram lost at each reset in between.
 *    Whether there was a reset between two samples is worked out once per series: windows overlap.
 * 2. When the counter was reset right after the first sample, nothing of that sample counts, not even its layout.
 * 3. The change is scaled up to the borders of the window as that of floats is (`rate-kernels.ts`); where the
 *    counter began, the count of observations tells, or the first sample says so itself: then all of it is change.
 * 4. The result is a gauge. Windows of floats and histograms have no answer, and neither have windows of
 *    exponential and custom buckets.
 */
export interface RateMode {
  readonly isCounter: boolean;
  readonly isPerSecond: boolean;
}

export const RATE: RateMode = { isCounter: true, isPerSecond: true };
export const INCREASE: RateMode = { isCounter: true, isPerSecond: false };
export const DELTA: RateMode = { isCounter: false, isPerSecond: false };

export function extrapolating(
  call: HistogramCall,
  mode: RateMode,
): (window: HistogramWindow) => HistogramAnswer {
  const { parted } = call;
  const resets = new ResetFlags(
    parted.histograms.length,
    (i) => isStartReset(parted, i) || hasCounterReset(parted.histogramAt(i - 1), parted.histogramAt(i)),
  );
  return (window) => {
    const { low, high, floatLow, floatHigh } = window;
    if (floatHigh > floatLow) {
      call.remarks.mixed();
      return undefined;
    }
    const startMs = mode.isCounter ? startWithin(call, window) : undefined;
    if (startMs !== undefined) {
      const whole = wholeChange(call, window, mode, resets);
      return whole && scaleHistogram(whole, scaleFrom(startMs, call, window, mode));
    }
    if (high - low < 2) return undefined;
    const change = changeOver(call, window, mode, resets);
    if (change === undefined) return undefined;
    return scaleHistogram(change, scaleOf(call, window, mode, change.count));
  };
}

/** When the counter of the first sample began, if that is known to lie inside the window. */
function startWithin(
  { parted: { startsMs, timestampsMs }, rangeMs }: HistogramCall,
  { low, untilMs }: HistogramWindow,
): number | undefined {
  const startMs = startsMs?.[low] ?? 0;
  return startMs !== 0 && startMs > untilMs - rangeMs && startMs < (timestampsMs[low] ?? 0)
    ? startMs
    : undefined;
}

/** The change of a counter that began empty inside the window: the first sample is change, too. */
function wholeChange(
  call: HistogramCall,
  window: HistogramWindow,
  mode: RateMode,
  resets: ResetFlags,
): NativeHistogram | undefined {
  const first = call.parted.histogramAt(window.low);
  if (window.high - window.low < 2) return { ...compactHistogram(first), counterReset: 'gauge' };
  const change = changeOver(call, window, mode, resets);
  const whole = change && addHistograms(change, first);
  if (change !== undefined && whole === undefined) call.remarks.mixedSchemas();
  if (whole?.isReconciled === true) call.remarks.reconciledBounds('addition');
  return whole?.histogram;
}

/** By what the change since `startMs` is multiplied: nothing is added on the left. */
function scaleFrom(
  startMs: number,
  { parted, rangeMs }: HistogramCall,
  { low, high, untilMs }: HistogramWindow,
  { isPerSecond }: RateMode,
): number {
  const lastMs = parted.timestampsMs[high - 1] ?? 0;
  const intervalMs = high - low < 2 ? 0 : (lastMs - (parted.timestampsMs[low] ?? 0)) / (high - 1 - low);
  const sampledMs = lastMs - startMs;
  const endMs = untilMs - lastMs >= intervalMs * 1.1 ? intervalMs / 2 : untilMs - lastMs;
  return (sampledMs + endMs) / sampledMs / (isPerSecond ? rangeMs / 1000 : 1);
}

function changeOver(
  call: HistogramCall,
  window: HistogramWindow,
  { isCounter }: RateMode,
  resets: ResetFlags,
): NativeHistogram | undefined {
  const { parted, remarks } = call;
  const { low, high } = window;
  const last = parted.histogramAt(high - 1);
  const plain = plainChange(call, window, isCounter, resets);
  if (plain !== undefined) return plain;
  const wasResetAtOnce = isCounter && resets.isResetAt(low + 1);
  const base = wasResetAtOnce ? emptyLike(parted.histogramAt(low + 1)) : parted.histogramAt(low);
  // Of a gauge only the ends of the window count.
  const used = isCounter ? [base, ...parted.histograms.slice(low + 1, high)] : [base, last];
  if (used.some((histogram) => hasCustomBounds(histogram) !== hasCustomBounds(last))) {
    remarks.mixedSchemas();
    return undefined;
  }
  remarkOnHints(call, window, isCounter);
  const change = new RunningHistogram(last);
  if (!hasCustomBounds(last)) change.coarsen(Math.min(...used.map(({ schema }) => schema)));
  const add = (histogram: NativeHistogram, sign: 1 | -1): void => {
    const outcome = change.add(new RunningHistogram(histogram), sign);
    if (outcome.kind === 'added' && outcome.isReconciled)
      remarks.reconciledBounds(sign < 0 ? 'subtraction' : 'addition');
  };
  add(base, -1);
  for (let i = low + (wasResetAtOnce ? 2 : 1); isCounter && i < high; i++)
    if (resets.isResetAt(i)) add(parted.histogramAt(i - 1), 1);
  return { ...change.toHistogram(), counterReset: 'gauge' };
}

/** The change where nothing was reset and all samples have one layout; `undefined` where that is not so. */
function plainChange(
  call: HistogramCall,
  window: HistogramWindow,
  isCounter: boolean,
  resets: ResetFlags,
): NativeHistogram | undefined {
  const { parted } = call;
  const { low, high } = window;
  const first = parted.histogramAt(low);
  const last = parted.histogramAt(high - 1);
  if (!haveSameLayout(last, first)) return undefined;
  for (let i = low + 1; isCounter && i < high; i++)
    if (parted.histogramAt(i).schema !== last.schema || resets.isResetAt(i)) return undefined;
  remarkOnHints(call, window, isCounter);
  return subtractSameLayout(last, first);
}

const NO_BUCKETS = { spans: [], counts: new Float64Array(0) };

/** Nothing observed, in the layout of `histogram`. */
function emptyLike({ schema, customBounds }: NativeHistogram): NativeHistogram {
  return {
    schema,
    customBounds,
    count: 0,
    sum: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
    counterReset: 'unknown',
  };
}

/** No sample of a counter may be a gauge; of a gauge the ends of the window must be. */
function remarkOnHints(
  { parted, remarks }: HistogramCall,
  { low, high }: HistogramWindow,
  isCounter: boolean,
): void {
  const isGauge = (i: number): boolean => parted.histogramAt(i).counterReset === 'gauge';
  if (!isCounter) {
    if (!isGauge(low) || !isGauge(high - 1)) remarks.notGauge();
    return;
  }
  for (let i = low; i < high; i++) {
    if (!isGauge(i)) continue;
    remarks.notCounter();
    return;
  }
}

/** By what the change between first and last sample is multiplied to be that of the window. */
function scaleOf(
  { parted, rangeMs }: HistogramCall,
  { low, high, untilMs }: HistogramWindow,
  { isCounter, isPerSecond }: RateMode,
  changeCount: number,
): number {
  const firstMs = parted.timestampsMs[low] ?? 0;
  const lastMs = parted.timestampsMs[high - 1] ?? 0;
  const sampledMs = lastMs - firstMs;
  const intervalMs = sampledMs / (high - 1 - low);
  const thresholdMs = intervalMs * 1.1;
  let startMs = firstMs - (untilMs - rangeMs);
  let endMs = untilMs - lastMs;
  if (startMs >= thresholdMs) startMs = intervalMs / 2;
  if (endMs >= thresholdMs) endMs = intervalMs / 2;
  const firstCount = parted.histogramAt(low).count;
  if (isCounter && changeCount > 0 && firstCount >= 0)
    startMs = Math.min(startMs, sampledMs * (firstCount / changeCount));
  return (sampledMs + startMs + endMs) / sampledMs / (isPerSecond ? rangeMs / 1000 : 1);
}

/** irate and idelta: between the last two samples of whatever kind. */
export function betweenLastTwo(
  call: HistogramCall,
  kind: 'counter' | 'gauge',
): (window: HistogramWindow) => HistogramAnswer {
  const { series } = call.parted;
  return ({ from, until }) => {
    if (until - from < 2) return undefined;
    const before = series.histograms?.get(until - 2);
    const after = series.histograms?.get(until - 1);
    if (before === undefined && after === undefined) return 'floats';
    if (before === undefined || after === undefined) {
      call.remarks.mixed();
      return undefined;
    }
    const isReset = isStartReset(series, until - 1) || hasCounterReset(before, after);
    const change = changeBetween(
      call,
      before,
      after,
      kind === 'gauge' ? 'gauge' : isReset ? 'reset counter' : 'counter',
    );
    if (change === undefined || kind === 'gauge') return change;
    const elapsedMs = (series.timestampsMs[until - 1] ?? 0) - (series.timestampsMs[until - 2] ?? 0);
    return divideHistogram(change, elapsedMs / 1000);
  };
}

function changeBetween(
  { remarks }: HistogramCall,
  before: NativeHistogram,
  after: NativeHistogram,
  kind: 'counter' | 'reset counter' | 'gauge',
): NativeHistogram | undefined {
  const gaugeCount = [before, after].filter(({ counterReset }) => counterReset === 'gauge').length;
  if (kind !== 'gauge' && gaugeCount > 0) remarks.notCounter();
  if (kind === 'gauge' && gaugeCount < 2) remarks.notGauge();
  if (kind === 'reset counter') return { ...compactHistogram(after), counterReset: 'gauge' };
  const difference = subtractHistograms(after, before);
  if (difference === undefined) remarks.mixedSchemas();
  else if (difference.isReconciled) remarks.reconciledBounds('subtraction');
  return difference?.histogram;
}
