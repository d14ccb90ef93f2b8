/** The HTTP surface of `vedette alertmanager`: Alertmanager's API, its probes and metrics, and nothing else. */
import type { Clock, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { TimeSlicer } from '../lib/time-slicer.ts';
import type { Log } from '../telemetry/log.ts';
import { alertmanagerRoutes, type AlertingView } from './alertmanager-api/alertmanager-routes.ts';
import { AccessGuard } from './auth/access-guard.ts';
import { BodyReader } from './http/body-reader.ts';
import { createHttpMetrics } from './http/http-metrics.ts';
import { mountRoutes } from './http/mount.ts';
import { createRouteRegistry } from './http/route-registry.ts';
import { jsonAnswer, textAnswer, type Route } from './http/route.ts';
import { listenError, parseListenAddress, urlOf } from './listen-address.ts';
import { managementRoutes } from './management/management-routes.ts';
import type { RunningHttpServer } from './http-server.ts';

export interface AlertmanagerServerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly alerting: AlertingView;
  readonly isReady: () => boolean;
  readonly reload: () => Promise<void>;
}

export interface AlertmanagerServerOptions {
  /** `HOST:PORT`. */
  readonly listen: string;
  /** Without a slash at the end. */
  readonly routePrefix: string;
}

export async function listenAlertmanager(
  deps: AlertmanagerServerDeps,
  { listen, routePrefix }: AlertmanagerServerOptions,
): Promise<RunningHttpServer> {
  const stop = new AbortController();
  const address = parseListenAddress(listen);
  const app = mountRoutes(
    {
      clock: deps.clock,
      log: deps.log,
      guard: new AccessGuard(deps, { token: undefined, externalUrl: undefined }),
      metrics: createHttpMetrics(deps.registry),
      bodies: new BodyReader(),
      errorAnswerOf: (error, { path }) => {
        deps.log.error('cannot answer a request', { error, path });
        return textAnswer(500, 'the server made a mistake; its log tells more\n');
      },
      isReady: deps.isReady,
      prefix: routePrefix,
      stopSignal: stop.signal,
    },
    createRouteRegistry([
      ...managementRoutes(deps),
      ...alertmanagerRoutes({
        ...deps,
        startedAtMs: deps.clock.nowMs(),
        createSlicer: () => new TimeSlicer(deps.clock).forTask(),
      }),
      GONE_ROUTE,
    ]),
  );
  try {
    await app.listen({ host: address.host === '' ? '::' : address.host, port: address.port });
  } catch (error) {
    throw listenError(address, error);
  }
  const bound = app.server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port;
  const url = urlOf(address.host === '' ? '::' : address.host, port);
  const close = async (): Promise<void> => {
    stop.abort();
    app.server.closeAllConnections();
    await app.close();
  };
  return { address: url, addresses: [url], close };
}

/** Version 1 left Alertmanager with 0.27. */
const GONE_ROUTE: Route = {
  surface: 'alertmanager-api',
  methods: ['GET', 'POST', 'DELETE'],
  path: '/api/v1/*',
  access: 'viewer',
  errors: 'json',
  handle: () =>
    jsonAnswer(410, {
      status: 'deprecated',
      error:
        'The Alertmanager v1 API was deprecated in version 0.16.0 and removed in version 0.27.0; use /api/v2',
    }),
};
