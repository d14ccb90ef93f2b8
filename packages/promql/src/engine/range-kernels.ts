import * as overTime from './over-time-kernels.ts';
import * as rate from './rate-kernels.ts';
import type { RangeKernel } from './range-kernel.ts';
import * as window from './window-kernels.ts';

/** The kernel of each range function, made anew for each call: some keep scratch arrays. */
export const RANGE_KERNELS: ReadonlyMap<string, () => RangeKernel> = new Map<string, () => RangeKernel>([
  ['avg_over_time', overTime.createAvg],
  ['changes', overTime.createChanges],
  ['count_over_time', () => overTime.COUNT],
  ['delta', rate.createDelta],
  ['deriv', () => window.DERIVATIVE],
  ['double_exponential_smoothing', () => window.DOUBLE_EXPONENTIAL_SMOOTHING],
  ['first_over_time', () => overTime.FIRST],
  ['idelta', () => rate.IDELTA],
  ['increase', rate.createIncrease],
  ['irate', () => rate.IRATE],
  ['last_over_time', () => overTime.LAST],
  ['mad_over_time', () => window.MEDIAN_DEVIATION],
  ['max_over_time', overTime.createMax],
  ['min_over_time', overTime.createMin],
  ['predict_linear', () => window.PREDICTION],
  ['present_over_time', () => overTime.PRESENT],
  ['quantile_over_time', window.createQuantile],
  ['rate', rate.createRate],
  ['resets', overTime.createResets],
  ['stddev_over_time', () => overTime.STANDARD_DEVIATION],
  ['stdvar_over_time', () => overTime.VARIANCE],
  ['sum_over_time', overTime.createSum],
  ['ts_of_first_over_time', () => overTime.TIME_OF_FIRST],
  ['ts_of_last_over_time', () => overTime.TIME_OF_LAST],
  ['ts_of_max_over_time', overTime.createTimeOfMax],
  ['ts_of_min_over_time', overTime.createTimeOfMin],
]);
