import type { MetricsRegistry } from '../metrics/instruments.ts';

/** What one request was, when it ended. */
export interface EndedRequest {
  readonly method: string;
  /** The template that it was routed by; `undefined` where none is known. */
  readonly route: string | undefined;
  readonly status: number;
  readonly durationMs: number;
  /** `undefined`: not known, and left out. */
  readonly requestBytes: number | undefined;
  readonly responseBytes: number | undefined;
  /** The connection went before the answer was complete. */
  readonly isAborted: boolean;
}

export interface RequestMeterOptions {
  /** Distinct routes; further ones count as `other`. Default `HTTP_ROUTES_MAX`. */
  readonly routesMax?: number;
  /** Upper bounds in seconds. Default: those of the Prometheus clients, 5 ms to 10 s. */
  readonly durationBuckets?: readonly number[];
  /** Upper bounds in bytes. Default: powers of ten from 100 B to 10 MB. */
  readonly sizeBuckets?: readonly number[];
}

// A large API has some hundred routes; what names more is putting ids into them.
export const HTTP_ROUTES_MAX = 300;

// A template fits in; a longer one is a path that came from outside, or as good as that.
const ROUTE_CHARS_MAX = 200;

const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const SIZE_BUCKETS = [100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

const METHODS = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'CONNECT',
  'TRACE',
  'QUERY',
]);

/** `other` for a method that no RFC knows: whoever asks may invent them. */
export function methodLabelOf(method: string | undefined): string {
  return method !== undefined && METHODS.has(method) ? method : 'other';
}

/**
 * The five figures of HTTP requests in a registry: how many, how long, how many at the moment, how large both ways.
 * One for each registry: a second one would take the same names.
 */
export class RequestMeter {
  readonly #routes = new Set<string>();
  readonly #routesMax: number;
  #inFlight = 0;
  readonly #requests;
  readonly #aborted;
  readonly #durations;
  readonly #requestSizes;
  readonly #responseSizes;

  constructor(registry: MetricsRegistry, options: RequestMeterOptions = {}) {
    const { routesMax = HTTP_ROUTES_MAX, durationBuckets = DURATION_BUCKETS } = options;
    const { sizeBuckets = SIZE_BUCKETS } = options;
    this.#routesMax = routesMax;
    const labelNames = ['method', 'route', 'status'];
    this.#requests = registry.counter({
      name: 'http_requests_total',
      help: 'Requests that ended.',
      labelNames,
    });
    this.#aborted = registry.counter({
      name: 'http_requests_aborted_total',
      help: 'Requests whose connection went before the answer was complete.',
      labelNames: ['method', 'route'],
    });
    this.#durations = registry.histogram({
      name: 'http_request_duration_seconds',
      help: 'From the head of the request to the last byte of the answer.',
      labelNames,
      buckets: durationBuckets,
    });
    const gauge = registry.gauge({
      name: 'http_requests_in_flight',
      help: 'Requests that are being answered.',
    });
    registry.onCollect(() => gauge.set(this.#inFlight));
    const size = (name: string, help: string) =>
      registry.histogram({ name, help, labelNames: ['method', 'route'], buckets: sizeBuckets });
    this.#requestSizes = size('http_request_size_bytes', 'Bytes of requests, head and body.');
    this.#responseSizes = size('http_response_size_bytes', 'Bytes of answers, head and body.');
  }

  begin(): void {
    this.#inFlight++;
  }

  end({ method, route, status, durationMs, requestBytes, responseBytes, isAborted }: EndedRequest): void {
    this.#inFlight--;
    const methodLabel = methodLabelOf(method);
    const routeLabel = this.#routeLabelOf(route);
    const statusLabel = statusLabelOf(status);
    this.#requests.inc(1, methodLabel, routeLabel, statusLabel);
    this.#durations.observe(durationMs / 1000, methodLabel, routeLabel, statusLabel);
    if (requestBytes !== undefined) this.#requestSizes.observe(requestBytes, methodLabel, routeLabel);
    if (responseBytes !== undefined) this.#responseSizes.observe(responseBytes, methodLabel, routeLabel);
    if (isAborted) this.#aborted.inc(1, methodLabel, routeLabel);
  }

  #routeLabelOf(route: string | undefined): string {
    if (route === undefined || route === '') return 'unknown';
    if (this.#routes.has(route)) return route;
    if (this.#routes.size >= this.#routesMax || route.length > ROUTE_CHARS_MAX) return 'other';
    this.#routes.add(route);
    return route;
  }
}

/** Text of each status, made once: 100 to 599, and what applications invent up to 999. */
const STATUS_LABELS = Array.from({ length: 1000 }, (_, status) => String(status));

function statusLabelOf(status: number): string {
  return (status >= 100 ? STATUS_LABELS[status] : undefined) ?? 'other';
}
