import type { Counter, Gauge, Histogram, MetricsRegistry } from '@vedette/sdk';

/** Bounds in seconds: probes answer below 1 ms, dashboards' queries below 1 s, the query timeout is 2 min. */
const DURATION_BUCKETS = [0.001, 0.005, 0.025, 0.1, 0.25, 1, 5, 30, 120];

/** What the server says about its own requests. `route` is the declared pattern, never the path asked for. */
export interface HttpMetrics {
  readonly requests: Counter;
  readonly duration: Histogram;
  readonly inFlight: Gauge;
  readonly refusals: Counter;
  readonly bodyBytes: Gauge;
}

export function createHttpMetrics(registry: MetricsRegistry): HttpMetrics {
  return {
    requests: registry.counter({
      name: 'vedette_http_requests_total',
      help: 'HTTP requests answered, by route pattern, method and status code.',
      labelNames: ['route', 'method', 'code'],
    }),
    duration: registry.histogram({
      name: 'vedette_http_request_duration_seconds',
      help: 'Time from the head of a request to the end of its answer.',
      labelNames: ['route'],
      buckets: DURATION_BUCKETS,
    }),
    inFlight: registry.gauge({
      name: 'vedette_http_requests_in_flight',
      help: 'HTTP requests being answered.',
    }),
    refusals: registry.counter({
      name: 'vedette_http_refusals_total',
      help: 'HTTP requests refused for who sent them, by status code.',
      labelNames: ['code'],
    }),
    bodyBytes: registry.gauge({
      name: 'vedette_http_body_bytes',
      help: 'Bytes of large request bodies that are held, being received or in work.',
    }),
  };
}
