/** The HTTP surface of `vedette alertmanager`: Alertmanager's API, its probes and metrics, and nothing else. */
import { FatalError, type Clock, type Files, type Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { FastifyInstance } from 'fastify';
import { TimeSlicer } from '../lib/time-slicer.ts';
import { VEDETTE_VERSION } from '../lib/version.ts';
import type { Log } from '../telemetry/log.ts';
import { alertmanagerRoutes, type AlertingView } from './alertmanager-api/alertmanager-routes.ts';
import { createInvalidCounter } from './alertmanager-api/invalid-counter.ts';
import { limitRequests, type RequestLimits } from './alertmanager-api/request-limits.ts';
import { AccessGuard } from './auth/access-guard.ts';
import { isLoopbackHost } from './auth/origin.ts';
import { loadToken } from './auth/token-file.ts';
import { BodyReader } from './http/body-reader.ts';
import { createHttpMetrics } from './http/http-metrics.ts';
import { mountRoutes } from './http/mount.ts';
import { createRouteRegistry } from './http/route-registry.ts';
import { jsonAnswer, textAnswer, type Route } from './http/route.ts';
import { listenError, parseListenAddress, urlOf, type ListenAddress } from './listen-address.ts';
import { managementRoutes } from './management/management-routes.ts';
import { withAlertmanagerNames } from './management/alertmanager-names.ts';
import type { RunningHttpServer } from './http-server.ts';

export interface AlertmanagerServerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly alerting: AlertingView;
  readonly isReady: () => boolean;
  readonly reload: () => Promise<void>;
}

export interface AlertmanagerServerOptions extends RequestLimits {
  /** `HOST:PORT` or `:PORT`; at least one. */
  readonly listen: readonly string[];
  readonly externalUrl: string;
  /** Without a slash at the end. */
  readonly routePrefix: string;
  /** Absolute. A caller shows its content as bearer token or as password. */
  readonly tokenFile: string | undefined;
  /** Serves whoever comes, without a token. */
  readonly isOpen: boolean;
  /** What status says of the cluster; empty: there is none. */
  readonly clusterAddress: string;
}

/** Resolves when all addresses are listened on. Throws `FatalError`. */
export async function listenAlertmanager(
  deps: AlertmanagerServerDeps,
  options: AlertmanagerServerOptions,
): Promise<RunningHttpServer> {
  const addresses = options.listen.map(parseListenAddress);
  for (const address of addresses) assertAllowed(address, options);
  const token = options.tokenFile === undefined ? undefined : await loadToken(deps.files, options.tokenFile);
  const stop = new AbortController();
  const shared = {
    clock: deps.clock,
    log: deps.log,
    guard: new AccessGuard(deps, { token, externalUrl: options.externalUrl, isOpen: options.isOpen }),
    metrics: createHttpMetrics(deps.registry),
    bodies: new BodyReader(),
    errorAnswerOf: (error: unknown, { path }: Route) => {
      deps.log.error('cannot answer a request', { error, path });
      return textAnswer(500, 'the server made a mistake; its log tells more\n');
    },
    isReady: deps.isReady,
    prefix: options.routePrefix,
    stopSignal: stop.signal,
  };
  const routes = createRouteRegistry(routesOf(deps, options));
  const apps: FastifyInstance[] = [];
  const close = async (): Promise<void> => {
    stop.abort();
    for (const app of apps) app.server.closeAllConnections();
    await Promise.all(apps.map((app) => app.close()));
  };
  const urls: string[] = [];
  try {
    for (const address of addresses) {
      const app = mountRoutes(shared, routes);
      apps.push(app);
      urls.push(await listen(app, address));
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { address: urls[0] ?? '', addresses: urls, setupLink: () => undefined, close };
}

async function listen(app: FastifyInstance, address: ListenAddress): Promise<string> {
  const host = address.host === '' ? '::' : address.host;
  try {
    await app.listen({ host, port: address.port });
  } catch (error) {
    throw listenError(address, error);
  }
  const bound = app.server.address();
  return urlOf(host, typeof bound === 'object' && bound !== null ? bound.port : address.port);
}

function routesOf(deps: AlertmanagerServerDeps, options: AlertmanagerServerOptions): readonly Route[] {
  const startedAtMs = deps.clock.nowMs();
  const { clusterAddress } = options;
  const api = alertmanagerRoutes({
    ...deps,
    startedAtMs,
    clusterAddress,
    createSlicer: () => new TimeSlicer(deps.clock).forTask(),
    onInvalid: createInvalidCounter(deps.registry),
  });
  return [
    ...managementRoutes({
      ...deps,
      registry: withAlertmanagerNames(deps.registry),
      probeText: 'OK',
      reload: async () => {
        await deps.reload();
        return [];
      },
    }),
    ...limitRequests(deps, options, api),
    GONE_ROUTE,
    INDEX_ROUTE,
  ];
}

function assertAllowed(
  { text, host, port }: ListenAddress,
  { tokenFile, isOpen }: AlertmanagerServerOptions,
): void {
  if (isOpen || tokenFile !== undefined) return;
  if (isLoopbackHost(host.includes(':') ? `[${host}]` : host)) return;
  throw new FatalError(
    'VED_CONFIG_INVALID',
    `cannot listen on "${text}": it is not a loopback address and nothing asks who calls; name a file with a token in --web.token-file, say --web.allow-open when everybody who gets through may do everything, or listen on 127.0.0.1:${port}`,
  );
}

/** Version 1 left Alertmanager with 0.27; these are its words since. */
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
        'The Alertmanager v1 API was deprecated in version 0.16.0 and is removed as of version 0.27.0 - please use the equivalent route in the v2 API',
    }),
};

/** Links in messages lead to `/#/alerts`. This command has no pages; it says where they are. */
const INDEX_ROUTE: Route = {
  surface: 'alertmanager-api',
  methods: ['GET', 'HEAD'],
  path: '/',
  access: 'viewer',
  errors: 'text',
  handle: () => ({
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8' },
    body: `<!doctype html>
<html lang="en">
<title>Vedette as Alertmanager</title>
<h1>Vedette ${VEDETTE_VERSION} as Alertmanager</h1>
<p>This command serves Alertmanager's API alone. For pages run <code>vedette start</code>; from a shell ask with <code>amtool</code>.</p>
<ul>
<li><a href="api/v2/alerts/groups">Alerts by group</a></li>
<li><a href="api/v2/silences">Silences</a></li>
<li><a href="api/v2/status">Status and configuration</a></li>
<li><a href="metrics">Metrics</a></li>
</ul>
`,
  }),
};
