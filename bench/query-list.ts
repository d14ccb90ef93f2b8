/** Questions that dashboards send: 20 of them, ranges from an hour to a month, and what may differ between programs. */

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

export interface BenchQuery {
  readonly name: string;
  readonly expr: string;
  /** Seconds back from the end; absent in an instant query. */
  readonly range?: { readonly seconds: number; readonly step: number };
  /** VictoriaMetrics has none; between Prometheus 2 and 3 the interpolation in a bucket has changed. */
  readonly isNative?: boolean;
  /**
   * What of VictoriaMetrics' answer must be equal: its `rate` and `increase` do not extrapolate, windows and lookback
   * are open at another end; there the number of series is compared, elsewhere all values.
   */
  readonly victoriaMetrics: 'values' | 'series';
}

const hour = { seconds: HOUR_S, step: 15 };
const sixHours = { seconds: 6 * HOUR_S, step: 60 };
const day = { seconds: DAY_S, step: 240 };
const week = { seconds: 7 * DAY_S, step: 1800 };
const month = { seconds: 30 * DAY_S, step: 2 * HOUR_S };

const asked = (name: string, expr: string, range?: BenchQuery['range']): BenchQuery => ({
  name,
  expr,
  ...(range === undefined ? {} : { range }),
  victoriaMetrics: /rate\(|quantile_over|topk/.test(expr) ? 'series' : 'values',
});

export const BENCH_QUERIES: readonly BenchQuery[] = [
  asked('one gauge, 1 h', 'node_hwmon_temp_celsius{sensor="temp7"}', hour),
  asked('60 counters, 1 h', 'http_requests_total{path="/v1/resource3"}', hour),
  asked('all gauges now', 'node_hwmon_temp_celsius'),
  asked('rate of 600, now', 'rate(http_requests_total[5m])'),
  asked('rate by path, 1 h', 'sum by (path) (rate(http_requests_total[5m]))', hour),
  asked('irate by instance, 1 h', 'sum by (instance) (irate(http_requests_total{code="200"}[1m]))', hour),
  asked(
    'error ratio, 6 h',
    'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
    sixHours,
  ),
  asked(
    'classic p99 by path, 1 h',
    'histogram_quantile(0.99, sum by (le, path) (rate(http_request_duration_seconds_bucket[5m])))',
    hour,
  ),
  asked(
    'classic p90, 30 d',
    'histogram_quantile(0.9, sum by (le) (rate(http_request_duration_seconds_bucket[2h])))',
    month,
  ),
  {
    ...asked(
      'native p99 by method, 1 h',
      'histogram_quantile(0.99, sum by (method) (rate(rpc_duration_seconds[5m])))',
      hour,
    ),
    isNative: true,
  },
  asked('topk 5 of averages, 6 h', 'topk(5, avg_over_time(node_hwmon_temp_celsius[10m]))', sixHours),
  asked(
    'rate × info by version, 1 h',
    'sum by (version) (rate(http_requests_total[5m]) * on (instance) group_left (version) build_info)',
    hour,
  ),
  asked(
    'max_over_time by instance, 24 h',
    'max by (instance) (max_over_time(node_hwmon_temp_celsius[1h]))',
    day,
  ),
  asked(
    'quantile_over_time, 6 h',
    'quantile_over_time(0.95, instance_path:http_requests:rate5m{path=~"/v1/resource[0-4]"}[15m])',
    sixHours,
  ),
  asked('subquery, 1 h', 'max_over_time(sum by (path) (rate(http_requests_total[5m]))[30m:1m])', {
    ...hour,
    step: 60,
  }),
  asked(
    'regex over pods, 6 h',
    'sum by (namespace) (rate(container_cpu_usage_seconds_total{pod=~"service-[1-4].*",container!="sidecar"}[5m]))',
    sixHours,
  ),
  asked(
    'count of pods by namespace, 6 h',
    'count by (namespace) (container_cpu_usage_seconds_total)',
    sixHours,
  ),
  asked(
    'absent and label_replace, now',
    'absent(up{job="gone"}) or label_replace(max by (instance) (node_hwmon_temp_celsius), "host", "$1", "instance", "(.*):.*")',
  ),
  asked('rate by code, 7 d', 'sum by (code) (rate(http_requests_total[1h]))', week),
  asked(
    'recorded average, 30 d',
    'avg by (path) (avg_over_time(instance_path:http_requests:rate5m[2h]))',
    month,
  ),
];
