// A table: exempt from the limits on length.
import type { ValueType } from './ast.ts';

/** What the type checker knows of a function. */
export interface Signature {
  readonly args: readonly ValueType[];
  /** How many of the last arguments may be left out; `Infinity`: the last may also be repeated any number of times. */
  readonly optional: number;
  readonly returns: ValueType;
}

const SCALAR_TO_SCALAR = ['min_of', 'max_of'];
const NOTHING_TO_SCALAR = ['pi', 'time', 'start', 'end', 'range', 'step'];
const VECTOR_TO_VECTOR = [
  'abs',
  'absent',
  'acos',
  'acosh',
  'asin',
  'asinh',
  'atan',
  'atanh',
  'ceil',
  'cos',
  'cosh',
  'deg',
  'exp',
  'floor',
  'histogram_avg',
  'histogram_count',
  'histogram_stddev',
  'histogram_stdvar',
  'histogram_sum',
  'ln',
  'log10',
  'log2',
  'rad',
  'sgn',
  'sin',
  'sinh',
  'sort',
  'sort_desc',
  'sqrt',
  'tan',
  'tanh',
  'timestamp',
  'start_timestamp',
];
const DATE = [
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
];
const MATRIX_TO_VECTOR = [
  'absent_over_time',
  'avg_over_time',
  'changes',
  'count_over_time',
  'delta',
  'deriv',
  'first_over_time',
  'idelta',
  'increase',
  'irate',
  'last_over_time',
  'mad_over_time',
  'max_over_time',
  'min_over_time',
  'present_over_time',
  'rate',
  'resets',
  'stddev_over_time',
  'stdvar_over_time',
  'sum_over_time',
  'ts_of_first_over_time',
  'ts_of_last_over_time',
  'ts_of_max_over_time',
  'ts_of_min_over_time',
];

function rows(
  names: readonly string[],
  args: readonly ValueType[],
  returns: ValueType,
  optional = 0,
): [string, Signature][] {
  return names.map((name) => [name, { args, optional, returns }]);
}

/** Every function of Prometheus 3.14, by name. */
export const SIGNATURES: ReadonlyMap<string, Signature> = new Map([
  ...rows(SCALAR_TO_SCALAR, ['scalar', 'scalar'], 'scalar'),
  ...rows(NOTHING_TO_SCALAR, [], 'scalar'),
  ...rows(VECTOR_TO_VECTOR, ['vector'], 'vector'),
  ...rows(DATE, ['vector'], 'vector', 1),
  ...rows(MATRIX_TO_VECTOR, ['matrix'], 'vector'),
  ...rows(['clamp'], ['vector', 'scalar', 'scalar'], 'vector'),
  ...rows(['clamp_max', 'clamp_min'], ['vector', 'scalar'], 'vector'),
  ...rows(['double_exponential_smoothing'], ['matrix', 'scalar', 'scalar'], 'vector'),
  ...rows(['histogram_fraction'], ['scalar', 'scalar', 'vector'], 'vector'),
  ...rows(['histogram_quantile'], ['scalar', 'vector'], 'vector'),
  ...rows(['histogram_quantiles'], ['vector', 'string', 'scalar', 'scalar'], 'vector', Infinity),
  ...rows(['info'], ['vector', 'vector'], 'vector', 1),
  ...rows(['label_join'], ['vector', 'string', 'string', 'string'], 'vector', Infinity),
  ...rows(['label_replace'], ['vector', 'string', 'string', 'string', 'string'], 'vector'),
  ...rows(['predict_linear'], ['matrix', 'scalar'], 'vector'),
  ...rows(['quantile_over_time'], ['scalar', 'matrix'], 'vector'),
  ...rows(['round'], ['vector', 'scalar'], 'vector', 1),
  ...rows(['scalar'], ['vector'], 'scalar'),
  ...rows(['sort_by_label', 'sort_by_label_desc'], ['vector', 'string'], 'vector', Infinity),
  ...rows(['vector'], ['scalar'], 'vector'),
]);
