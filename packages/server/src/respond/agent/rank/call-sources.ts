/**
 * Where calls between services are counted by what people already run. A table: a metric that counts calls with a label
 * for the caller and one for the callee, and what tells latency, errors and rate of one side of it.
 */
import type { SignalKind } from './rank-suspects.ts';

export interface CallSignal {
  readonly kind: Exclude<SignalKind, 'resource'>;
  /** Whose signal it is: the service that this label of the metric names. */
  readonly of: 'caller' | 'callee';
  /** PromQL, one series for each value of `by`. Seconds, errors per request, requests per second. */
  expr(ask: { readonly by: string; readonly matchers: readonly string[]; readonly rate: string }): string;
}

export interface CallSource {
  readonly name: string;
  /** A counter of calls. */
  readonly metric: string;
  readonly matchers: readonly string[];
  /** The first that the metric has. */
  readonly callers: readonly string[];
  readonly callees: readonly string[];
  readonly signals: readonly CallSignal[];
}

interface Counted {
  readonly metric: string;
  readonly matchers?: readonly string[];
}

function perSecond(
  { metric, matchers = [] }: Counted,
  by: string,
  more: readonly string[],
  rate: string,
): string {
  return `sum by (${by}) (rate(${metric}{${[...matchers, ...more].join(',')}}[${rate}]))`;
}

function rateOf(total: Counted, of: CallSignal['of']): CallSignal {
  return { kind: 'rate', of, expr: ({ by, matchers, rate }) => perSecond(total, by, matchers, rate) };
}

/** Where nothing ever failed there is no series of failures: then they are none, as long as there are calls. */
function errorsOf(failed: Counted, total: Counted, of: CallSignal['of']): CallSignal {
  return {
    kind: 'errors',
    of,
    expr: ({ by, matchers, rate }) => {
      const all = perSecond(total, by, matchers, rate);
      return `(${perSecond(failed, by, matchers, rate)} or 0 * ${all}) / (${all} > 0)`;
    },
  };
}

/** The mean: it adds up along a call, quantiles do not. `unit`: how many of its units are a second. */
function latencyOf(histogram: Counted, of: CallSignal['of'], unit = 1): CallSignal {
  const { metric, matchers: own = [] } = histogram;
  const part = (suffix: string): Counted => ({ metric: `${metric}_${suffix}`, matchers: own });
  return {
    kind: 'latency',
    of,
    expr: ({ by, matchers, rate }) => {
      const mean = `${perSecond(part('sum'), by, matchers, rate)} / (${perSecond(part('count'), by, matchers, rate)} > 0)`;
      return unit === 1 ? mean : `${mean} / ${unit}`;
    },
  };
}

const SERVICE_GRAPH: Counted = { metric: 'traces_service_graph_request_total' };
const ISTIO: Counted = { metric: 'istio_requests_total', matchers: ['reporter="source"'] };
const LINKERD: Counted = { metric: 'request_total', matchers: ['direction="outbound"'] };
const ENVOY: Counted = { metric: 'envoy_cluster_upstream_rq_total' };
const HTTP_CLIENT: Counted = { metric: 'http_client_request_duration_seconds_count' };
const HTTP_SERVER: Counted = { metric: 'http_server_request_duration_seconds_count' };
const HTTP_FAILED = ['http_response_status_code=~"5.."'];

/** The most precise first: the first one that has calls is taken. */
export const CALL_SOURCES: readonly CallSource[] = [
  {
    name: 'service graph metrics',
    metric: SERVICE_GRAPH.metric,
    matchers: [],
    callers: ['client'],
    callees: ['server'],
    signals: [
      rateOf(SERVICE_GRAPH, 'callee'),
      errorsOf({ metric: 'traces_service_graph_request_failed_total' }, SERVICE_GRAPH, 'callee'),
      latencyOf({ metric: 'traces_service_graph_request_server_seconds' }, 'callee'),
      // As the callers see it: the network between them is part of it.
      latencyOf({ metric: 'traces_service_graph_request_client_seconds' }, 'callee'),
    ],
  },
  {
    name: 'Istio',
    metric: ISTIO.metric,
    matchers: ISTIO.matchers ?? [],
    callers: ['source_workload', 'source_app', 'source_canonical_service'],
    callees: [
      'destination_workload',
      'destination_app',
      'destination_canonical_service',
      'destination_service_name',
    ],
    signals: [
      rateOf(ISTIO, 'callee'),
      errorsOf(
        { ...ISTIO, matchers: [...(ISTIO.matchers ?? []), 'response_code=~"5..|0"'] },
        ISTIO,
        'callee',
      ),
      latencyOf(
        { metric: 'istio_request_duration_milliseconds', matchers: ['reporter="destination"'] },
        'callee',
        1000,
      ),
      latencyOf(
        { metric: 'istio_request_duration_milliseconds', matchers: ['reporter="source"'] },
        'callee',
        1000,
      ),
    ],
  },
  {
    name: 'Linkerd',
    metric: LINKERD.metric,
    matchers: [...(LINKERD.matchers ?? []), 'dst_deployment!=""'],
    callers: ['deployment'],
    callees: ['dst_deployment'],
    signals: [
      rateOf(LINKERD, 'callee'),
      errorsOf(
        { metric: 'response_total', matchers: ['direction="outbound"', 'classification="failure"'] },
        { metric: 'response_total', matchers: ['direction="outbound"'] },
        'callee',
      ),
      latencyOf({ metric: 'response_latency_ms', matchers: ['direction="outbound"'] }, 'callee', 1000),
    ],
  },
  {
    name: 'OpenTelemetry HTTP clients',
    metric: HTTP_CLIENT.metric,
    matchers: [],
    callers: ['service_name', 'job'],
    callees: ['server_address'],
    signals: [
      rateOf(HTTP_SERVER, 'caller'),
      errorsOf({ ...HTTP_SERVER, matchers: HTTP_FAILED }, HTTP_SERVER, 'caller'),
      latencyOf({ metric: 'http_server_request_duration_seconds' }, 'caller'),
      rateOf(HTTP_CLIENT, 'callee'),
      errorsOf({ ...HTTP_CLIENT, matchers: HTTP_FAILED }, HTTP_CLIENT, 'callee'),
      latencyOf({ metric: 'http_client_request_duration_seconds' }, 'callee'),
    ],
  },
  {
    name: 'Envoy clusters',
    metric: ENVOY.metric,
    matchers: [],
    callers: ['service', 'app', 'job'],
    callees: ['envoy_cluster_name', 'cluster_name'],
    signals: [
      rateOf(ENVOY, 'callee'),
      errorsOf(
        { metric: 'envoy_cluster_upstream_rq_xx', matchers: ['envoy_response_code_class="5"'] },
        ENVOY,
        'callee',
      ),
      latencyOf({ metric: 'envoy_cluster_upstream_rq_time' }, 'callee', 1000),
    ],
  },
];
