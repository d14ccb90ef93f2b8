import type { NativeHistogram } from '@vedette/model';
import { hasCounterReset } from '../histogram/counter-reset.ts';
import { HistogramAccumulator } from '../histogram/histogram-accumulator.ts';
import { histogramsEqual } from '../histogram/histogram-arithmetic.ts';
import { isStartReset } from './start-times.ts';
import { betweenLastTwo, DELTA, extrapolating, INCREASE, RATE } from './histogram-rate.ts';
import type { HistogramAnswer, HistogramCall, HistogramRule, HistogramWindow } from './parted-series.ts';

/** What each range function makes of windows with histograms, alone or among floats. */
export const HISTOGRAM_RULES: ReadonlyMap<string, HistogramRule> = new Map<string, HistogramRule>([
  ['avg_over_time', (call) => accumulating(call, 'mean')],
  ['changes', (call) => countingPairs(call, hasChanged)],
  ['count_over_time', count],
  ['delta', (call) => extrapolating(call, DELTA)],
  ['deriv', ignoreHistograms],
  ['double_exponential_smoothing', ignoreHistograms],
  ['first_over_time', first],
  ['idelta', (call) => betweenLastTwo(call, 'gauge')],
  ['increase', (call) => extrapolating(call, INCREASE)],
  ['irate', (call) => betweenLastTwo(call, 'counter')],
  ['last_over_time', last],
  ['mad_over_time', ignoreHistograms],
  ['max_over_time', ignoreHistograms],
  ['min_over_time', ignoreHistograms],
  ['predict_linear', ignoreHistograms],
  ['present_over_time', () => () => 1],
  ['quantile_over_time', ignoreHistograms],
  ['rate', (call) => extrapolating(call, RATE)],
  ['resets', resets],
  ['stddev_over_time', ignoreHistograms],
  ['stdvar_over_time', ignoreHistograms],
  ['sum_over_time', (call) => accumulating(call, 'sum')],
  ['ts_of_first_over_time', timeOfFirst],
  ['ts_of_last_over_time', timeOfLast],
  ['ts_of_max_over_time', ignoreHistograms],
  ['ts_of_min_over_time', ignoreHistograms],
]);

type Answerer = (window: HistogramWindow) => HistogramAnswer;

/** For functions of floats: worth a remark when there were floats to answer with. */
function ignoreHistograms({ remarks }: HistogramCall): Answerer {
  return ({ floatLow, floatHigh }) => {
    if (floatHigh > floatLow) remarks.ignored();
    return 'floats';
  };
}

function count(): Answerer {
  return ({ from, until }) => until - from;
}

function first({ parted: { series } }: HistogramCall): Answerer {
  return ({ from }) => series.histograms?.get(from) ?? 'floats';
}

function last({ parted: { series } }: HistogramCall): Answerer {
  return ({ until }) => series.histograms?.get(until - 1) ?? 'floats';
}

function timeOfFirst({ parted: { series } }: HistogramCall): Answerer {
  return ({ from }) => (series.timestampsMs[from] ?? 0) / 1000;
}

function timeOfLast({ parted: { series } }: HistogramCall): Answerer {
  return ({ until }) => (series.timestampsMs[until - 1] ?? 0) / 1000;
}

/** The sum or mean of windows of histograms alone. */
function accumulating({ parted, remarks }: HistogramCall, what: 'sum' | 'mean'): Answerer {
  return ({ low, high, floatLow, floatHigh }) => {
    if (floatHigh > floatLow) {
      remarks.mixed();
      return undefined;
    }
    const accumulator = new HistogramAccumulator(what);
    for (let i = low; i < high && !accumulator.isIncompatible; i++) accumulator.add(parted.histogramAt(i));
    if (accumulator.isIncompatible) {
      remarks.mixedSchemas();
      return undefined;
    }
    if (accumulator.isCounterResetConflict) remarks.resetConflict('aggregation');
    if (accumulator.isReconciled) remarks.reconciledBounds('aggregation');
    return accumulator.result;
  };
}

export type Sample = number | NativeHistogram;

/**
 * How many neighbours in a window `isCounted` says yes to: differences of a count over the whole series, which is
 * carried on as the windows come to it, so that no step has to compare all histograms of a long series.
 */
function countingPairs(
  { parted: { series } }: HistogramCall,
  isCounted: (before: Sample, after: Sample, i: number) => boolean,
): Answerer {
  const { values, histograms } = series;
  const sampleAt = (i: number): Sample => histograms?.get(i) ?? values[i] ?? 0;
  const counts = new Uint32Array(series.count);
  let counted = 1;
  return ({ from, until }) => {
    // Pairs before the first window are in no window.
    if (counted === 1) counted = from + 1;
    for (; counted < until; counted++) {
      const i = counted;
      counts[i] = (counts[i - 1] ?? 0) + (isCounted(sampleAt(i - 1), sampleAt(i), i) ? 1 : 0);
    }
    return (counts[until - 1] ?? 0) - (counts[from] ?? 0);
  };
}

function resets(call: HistogramCall): Answerer {
  const { series } = call.parted;
  return countingPairs(call, (before, after, i) => hasReset(before, after) || isStartReset(series, i));
}

/** A counter that turns from floats to histograms or back begins anew. */
export function hasReset(before: Sample, after: Sample): boolean {
  if (typeof before === 'number') return typeof after !== 'number' || after < before;
  return typeof after === 'number' || hasCounterReset(before, after);
}

/** Whether two neighbours differ; NaN is NaN. */
export function hasChanged(before: Sample, after: Sample): boolean {
  if (typeof before === 'number')
    return typeof after !== 'number' || (after !== before && !(Number.isNaN(before) && Number.isNaN(after)));
  return typeof after === 'number' || !histogramsEqual(before, after);
}
