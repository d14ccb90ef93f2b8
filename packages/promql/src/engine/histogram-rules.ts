import type { HistogramCall, HistogramRule, HistogramWindow } from './parted-series.ts';

/** What each range function makes of windows with histograms, alone or among floats. */
export const HISTOGRAM_RULES: ReadonlyMap<string, HistogramRule> = new Map<string, HistogramRule>([
  [
    'count_over_time',
    () =>
      ({ from, until }) =>
        until - from,
  ],
  ['deriv', ignoreHistograms],
  ['double_exponential_smoothing', ignoreHistograms],
  ['first_over_time', first],
  ['last_over_time', last],
  ['mad_over_time', ignoreHistograms],
  ['max_over_time', ignoreHistograms],
  ['min_over_time', ignoreHistograms],
  ['predict_linear', ignoreHistograms],
  ['present_over_time', () => () => 1],
  ['quantile_over_time', ignoreHistograms],
  ['stddev_over_time', ignoreHistograms],
  ['stdvar_over_time', ignoreHistograms],
  [
    'ts_of_first_over_time',
    ({ parted: { series } }) =>
      ({ from }) =>
        (series.timestampsMs[from] ?? 0) / 1000,
  ],
  [
    'ts_of_last_over_time',
    ({ parted: { series } }) =>
      ({ until }) =>
        (series.timestampsMs[until - 1] ?? 0) / 1000,
  ],
  ['ts_of_max_over_time', ignoreHistograms],
  ['ts_of_min_over_time', ignoreHistograms],
]);

/** For functions of floats: worth a remark when there were floats to answer with. */
function ignoreHistograms({ remarks }: HistogramCall): (window: HistogramWindow) => 'floats' {
  return ({ floatLow, floatHigh }) => {
    if (floatHigh > floatLow) remarks.ignored();
    return 'floats';
  };
}

function first({ parted: { series } }: HistogramCall): ReturnType<HistogramRule> {
  return ({ from }) => series.histograms?.get(from) ?? 'floats';
}

function last({ parted: { series } }: HistogramCall): ReturnType<HistogramRule> {
  return ({ until }) => series.histograms?.get(until - 1) ?? 'floats';
}
