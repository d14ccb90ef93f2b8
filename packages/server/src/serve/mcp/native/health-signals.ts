/** Golden signals as PromQL: of machines over node_exporter's names, of pods over cAdvisor's and kube-state-metrics', of services over whatever request metrics they have. */
import { formatMatcher, labelValueOf, METRIC_NAME, type Labels, type Matcher } from '@vedette/model';
import { findRequestStatus } from '../../../respond/index.ts';

/** One number per subject, comparable between two times. */
export interface Signal {
  readonly name: string;
  /** `share`: 0 to 1. */
  readonly unit: 'share' | 's' | 'bytes' | 'per s' | 'bytes/s' | 'count';
  readonly expr: string;
}

type Condition = Pick<Matcher, 'name' | 'op' | 'value'>;

/** Conditions and a rate window as PromQL writes them. */
function selectorOf(metric: string, conditions: readonly Condition[]): string {
  return `${metric}{${conditions.map(formatMatcher).join(',')}}`;
}

export function nodeSignals(conditions: readonly Condition[], window: string): readonly Signal[] {
  const of = (metric: string, ...more: Condition[]): string => selectorOf(metric, [...conditions, ...more]);
  const mean = (metric: string, ...more: Condition[]): string =>
    `avg_over_time(${of(metric, ...more)}[${window}])`;
  const rate = (metric: string, ...more: Condition[]): string => `rate(${of(metric, ...more)}[${window}])`;
  const idle: Condition = { name: 'mode', op: '=', value: 'idle' };
  const wire: Condition = { name: 'device', op: '!=', value: 'lo' };
  const disk: Condition = { name: 'fstype', op: '!~', value: 'tmpfs|ramfs|overlay|squashfs|iso9660' };
  const by = (op: string, expr: string): string => `${op} by (instance) (${expr})`;
  return [
    { name: 'CPU busy', unit: 'share', expr: `1 - ${by('avg', rate('node_cpu_seconds_total', idle))}` },
    {
      name: 'load per CPU',
      unit: 'count',
      expr: `${by('max', mean('node_load5'))} / ${by('count', of('node_cpu_seconds_total', idle))}`,
    },
    {
      name: 'memory used',
      unit: 'share',
      expr: `1 - ${by('max', mean('node_memory_MemAvailable_bytes'))} / ${by('max', mean('node_memory_MemTotal_bytes'))}`,
    },
    {
      name: 'fullest disk',
      unit: 'share',
      expr: by(
        'max',
        `1 - ${mean('node_filesystem_avail_bytes', disk)} / ${mean('node_filesystem_size_bytes', disk)}`,
      ),
    },
    { name: 'busiest disk', unit: 'share', expr: by('max', rate('node_disk_io_time_seconds_total')) },
    { name: 'received', unit: 'bytes/s', expr: by('sum', rate('node_network_receive_bytes_total', wire)) },
    { name: 'sent', unit: 'bytes/s', expr: by('sum', rate('node_network_transmit_bytes_total', wire)) },
    {
      name: 'network errors',
      unit: 'per s',
      expr: `${by('sum', rate('node_network_receive_errs_total', wire))} + ${by('sum', rate('node_network_transmit_errs_total', wire))}`,
    },
  ];
}

export function podSignals(conditions: readonly Condition[], window: string): readonly Signal[] {
  const container: Condition = { name: 'container', op: '!=', value: '' };
  const of = (metric: string, ...more: Condition[]): string => selectorOf(metric, [...conditions, ...more]);
  const by = (op: string, expr: string): string => `${op} by (namespace, pod) (${expr})`;
  const cpu = by('sum', `rate(${of('container_cpu_usage_seconds_total', container)}[${window}])`);
  const memory = by(
    'sum',
    `avg_over_time(${of('container_memory_working_set_bytes', container)}[${window}])`,
  );
  const limit = (resource: string): string =>
    by('sum', of('kube_pod_container_resource_limits', { name: 'resource', op: '=', value: resource }));
  const periods = (kind: string): string =>
    by('sum', `rate(${of(`container_cpu_cfs_${kind}_total`, container)}[${window}])`);
  return [
    { name: 'CPU seconds', unit: 'per s', expr: cpu },
    { name: 'CPU of limit', unit: 'share', expr: `${cpu} / ${limit('cpu')}` },
    { name: 'CPU throttled', unit: 'share', expr: `${periods('throttled_periods')} / ${periods('periods')}` },
    { name: 'memory', unit: 'bytes', expr: memory },
    { name: 'memory of limit', unit: 'share', expr: `${memory} / ${limit('memory')}` },
    {
      name: 'restarts',
      unit: 'count',
      expr: by('sum', `increase(${of('kube_pod_container_status_restarts_total')}[${window}])`),
    },
    {
      name: 'ready',
      unit: 'share',
      expr: by(
        'min',
        `avg_over_time(${of('kube_pod_status_ready', { name: 'condition', op: '=', value: 'true' })}[${window}])`,
      ),
    },
    {
      name: 'received',
      unit: 'bytes/s',
      expr: by('sum', `rate(${of('container_network_receive_bytes_total')}[${window}])`),
    },
  ];
}

/** Labels that name a service, the most telling first. */
export const SERVICE_LABELS = ['service', 'service_name', 'app', 'job'] as const;

/** Counters of requests, those of OpenTelemetry, Spring, common middlewares, proxies and gRPC. */
const REQUEST_COUNTERS = [
  'http_server_request_duration_seconds_count',
  'http_server_requests_seconds_count',
  'http_requests_total',
  'http_server_requests_total',
  'http_request_duration_seconds_count',
  'http_server_duration_milliseconds_count',
  'traefik_service_requests_total',
  'nginx_http_requests_total',
  'grpc_server_handled_total',
  'rpc_server_duration_milliseconds_count',
];

const LATENCIES = [
  'http_server_request_duration_seconds',
  'http_server_requests_seconds',
  'http_request_duration_seconds',
  'http_server_duration_milliseconds',
  'traefik_service_request_duration_seconds',
  'grpc_server_handling_seconds',
  'rpc_server_duration_milliseconds',
];

const PROCESS_METRICS = ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'up'];

/** All names that `serviceSignals` looks at. A histogram without `_bucket` is a native one. */
export const SERVICE_METRICS: readonly string[] = [
  ...REQUEST_COUNTERS,
  ...LATENCIES.flatMap((name) => [`${name}_bucket`, name]),
  ...PROCESS_METRICS,
];

export interface ServiceScope {
  /** The label by whose values services are told apart. */
  readonly key: string;
  readonly conditions: readonly Condition[];
}

/** Of the series that there are: the first request metric of the list that has some, and so on. */
export function serviceSignals(
  series: readonly Labels[],
  { key, conditions }: ServiceScope,
  window: string,
): readonly Signal[] {
  const byMetric = Map.groupBy(
    series.filter((labels) => labelValueOf(labels, key) !== ''),
    (labels) => labelValueOf(labels, METRIC_NAME),
  );
  const has = (metric: string): boolean => byMetric.has(metric);
  const rate = (metric: string, ...more: Condition[]): string =>
    `rate(${selectorOf(metric, [...conditions, ...more])}[${window}])`;
  const sum = (expr: string): string => `sum by (${key}) (${expr})`;
  const signals: Signal[] = [];
  const counter = REQUEST_COUNTERS.find(has);
  const native = LATENCIES.find(has);
  const requests =
    counter !== undefined
      ? (...more: Condition[]) => sum(rate(counter, ...more))
      : native !== undefined
        ? (...more: Condition[]) => `histogram_count(${sum(rate(native, ...more))})`
        : undefined;
  if (requests !== undefined) {
    signals.push({ name: 'requests', unit: 'per s', expr: requests() });
    const failed = failureOf(byMetric.get(counter ?? native ?? '') ?? []);
    if (failed !== undefined)
      signals.push({
        name: 'errors',
        unit: 'share',
        // No error yet is no series, and no error.
        expr: `(${requests(failed)} or ${requests()} * 0) / ${requests()}`,
      });
  }
  signals.push(...latencySignals(has, { rate, key, sum }));
  if (has('process_cpu_seconds_total'))
    signals.push({ name: 'CPU seconds', unit: 'per s', expr: sum(rate('process_cpu_seconds_total')) });
  const mean = (metric: string): string => `avg_over_time(${selectorOf(metric, conditions)}[${window}])`;
  if (has('process_resident_memory_bytes'))
    signals.push({ name: 'memory', unit: 'bytes', expr: sum(mean('process_resident_memory_bytes')) });
  if (has('up')) signals.push({ name: 'targets up', unit: 'share', expr: `avg by (${key}) (${mean('up')})` });
  return signals;
}

function latencySignals(
  has: (metric: string) => boolean,
  write: {
    readonly rate: (metric: string) => string;
    readonly key: string;
    readonly sum: (expr: string) => string;
  },
): readonly Signal[] {
  const family = LATENCIES.find((name) => has(`${name}_bucket`) || has(name));
  if (family === undefined) return [];
  const grouped = has(`${family}_bucket`)
    ? `sum by (${write.key}, le) (${write.rate(`${family}_bucket`)})`
    : write.sum(write.rate(family));
  const scale = family.endsWith('_milliseconds') ? ' / 1000' : '';
  return [0.5, 0.95, 0.99].map((quantile) => ({
    name: `latency p${quantile * 100}`,
    unit: 's',
    expr: `histogram_quantile(${quantile}, ${grouped})${scale}`,
  }));
}

/** `undefined`: no label tells what failed. */
function failureOf(series: readonly Labels[]): Condition | undefined {
  for (const labels of series) {
    const status = findRequestStatus((name) => labelValueOf(labels, name));
    if (status !== undefined) return { name: status.label, op: '=~', value: status.failure };
  }
  return undefined;
}
