/**
 * Parts of the language that Prometheus counts as experimental, by the names of its feature flags. What
 * is not switched on is a parse error in Prometheus' words. Duration expressions are stable since 3.14:
 * their name is still accepted and changes nothing. The last two change what texts mean, not what texts there are:
 *
 * - use-start-timestamps: rates and resets look at when counters began.
 * - type-and-unit-labels: whether a metric is a counter is told by its label `__type__`, not by the end of its name.
 */
export const PROMQL_FEATURES = [
  'promql-experimental-functions',
  'promql-duration-expr',
  'promql-extended-range-selectors',
  'promql-binop-fill-modifiers',
  'use-start-timestamps',
  'type-and-unit-labels',
] as const;

export type PromqlFeature = (typeof PROMQL_FEATURES)[number];

/** For whoever reads expressions that others wrote, and evaluates nothing. */
export const ALL_FEATURES: ReadonlySet<PromqlFeature> = new Set(PROMQL_FEATURES);

export const NO_FEATURES: ReadonlySet<PromqlFeature> = new Set();

export const EXPERIMENTAL_FUNCTIONS: ReadonlySet<string> = new Set([
  'double_exponential_smoothing',
  'end',
  'histogram_quantiles',
  'info',
  'mad_over_time',
  'max_of',
  'min_of',
  'range',
  'sort_by_label',
  'sort_by_label_desc',
  'start',
  'start_timestamp',
  'step',
  'ts_of_first_over_time',
  'ts_of_last_over_time',
  'ts_of_max_over_time',
  'ts_of_min_over_time',
]);

export const EXPERIMENTAL_AGGREGATIONS: ReadonlySet<string> = new Set(['limitk', 'limit_ratio']);
