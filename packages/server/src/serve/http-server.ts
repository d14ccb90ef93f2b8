import type { AddressInfo } from 'node:net';
import { bug, CanceledError, type Clock, type Files, type Random, type Slicer } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { FastifyInstance } from 'fastify';
import type { WebhookIntake } from '../alert/index.ts';
import type {
  AnalysisDesk,
  GuardService,
  PrivacyOffice,
  ReadOnlyTool,
  RunbookLibrary,
} from '../respond/index.ts';
import type { NewAuditEntry } from './auth/audit/audit-log.ts';
import type { IngestEndpoint } from '../ingest/index.ts';
import { TimeSlicer } from '../lib/time-slicer.ts';
import { askedBy, type QuerySource, type SlowQueryLog } from '../query/metrics/index.ts';
import type { PromQuery } from '../query/metrics/port.ts';
import type { HotBackups } from '../store/backup/port.ts';
import type { MetricsAdmin, PrometheusApi } from '../store/metrics/port.ts';
import type { StateStore } from '../store/state/port.ts';
import type { Log } from '../telemetry/log.ts';
import { alertmanagerRoutes, type AlertingView } from './alertmanager-api/alertmanager-routes.ts';
import { createInvalidCounter } from './alertmanager-api/invalid-counter.ts';
import { AccessGuard } from './auth/access-guard.ts';
import type { ScryptCost } from './auth/accounts/passwords.ts';
import { AuthHouse } from './auth/auth-house.ts';
import type { Identities } from './auth/identities.ts';
import { loadToken } from './auth/token-file.ts';
import { SURFACE_GROUPS, type ServerConfig } from './config.ts';
import { BodyReader } from './http/body-reader.ts';
import { prefixOf } from './http/external-url.ts';
import { createHttpMetrics, type HttpMetrics } from './http/http-metrics.ts';
import { mountRoutes } from './http/mount.ts';
import { createRouteRegistry, type RouteRegistry } from './http/route-registry.ts';
import { FeedFollowers } from './guard/feed-followers.ts';
import { loadBouncerKeys } from './guard/bouncer-key-files.ts';
import { enforcementSchema, type EnforcementConfig } from './guard/config.ts';
import type { PolicyBacktest } from './guard/backtest-route.ts';
import { guardRoutes } from './guard/guard-routes.ts';
import type { GuardWatch } from './guard/subjects-route.ts';
import { errorAnswer, textAnswer, type HttpAnswer, type Route, type Surface } from './http/route.ts';
import {
  assertProtected,
  listenError,
  parseListenAddress,
  urlOf,
  type ListenAddress,
} from './listen-address.ts';
import { intakeRoutes } from './intake/intake-routes.ts';
import { LiveBans } from './live/live-bans.ts';
import type { FeedFactory } from './live/live-feeds.ts';
import { LiveHub } from './live/live-hub.ts';
import { createLiveMetrics, type LiveMetrics } from './live/live-metrics.ts';
import { LIVE_ROUTE, liveRoutes } from './live/live-routes.ts';
import { LiveTickets } from './live/live-tickets.ts';
import { acceptLiveSockets } from './live/live-upgrade.ts';
import { QueryFeed } from './live/query-feed.ts';
import { ValueFeed } from './live/value-feed.ts';
import { mcpConfig, type McpConfig } from './mcp/config.ts';
import { createMcpHouse, type McpHouse } from './mcp/mcp-routes.ts';
import { withAlertmanagerNames } from './management/alertmanager-names.ts';
import { managementRoutes } from './management/management-routes.ts';
import { adminRoutes } from './prometheus-api/admin-routes.ts';
import { apiErrorAnswer, apiErrorOf } from './prometheus-api/api-error.ts';
import { expressionRoutes, type ExpressionsView } from './prometheus-api/expression-routes.ts';
import { federateRoutes, type FederationSettings } from './prometheus-api/federate-routes.ts';
import { exemplarRoutes } from './prometheus-api/exemplar-routes.ts';
import { labelRoutes } from './prometheus-api/label-routes.ts';
import type { SelectorParser } from './prometheus-api/parameters.ts';
import { queryRoutes } from './prometheus-api/query-routes.ts';
import { rulesRoutes } from './prometheus-api/rules-routes.ts';
import { statusRoutes, type ServerView } from './prometheus-api/status-routes.ts';
import { targetsRoutes } from './prometheus-api/targets-routes.ts';
import { remoteReadRoutes } from './prometheus-api/remote-read/remote-read-routes.ts';
import type {
  ForwardingView,
  RulesView,
  SamplesView,
  StorageView,
  TargetsView,
} from './prometheus-api/views.ts';
import { cardinalityRoute, type SeriesView } from './vedette-api/cardinality-route.ts';
import { analysisRoutes } from './vedette-api/analysis-routes.ts';
import { alertingRoutes, type AlertInsightView } from './vedette-api/alerting-routes.ts';
import { backupRoutes } from './vedette-api/backup-routes.ts';
import { dashboardRoutes } from './vedette-api/dashboard-routes.ts';
import type { DashboardBook } from './vedette-api/dashboards/dashboard-book.ts';
import { receiverRoutes, type ReceiversView } from './vedette-api/receiver-routes.ts';
import { pushRoutes, type PushView } from './vedette-api/push-routes.ts';
import { privacyRoutes } from './vedette-api/privacy-routes.ts';
import { liveAlertsOf, statusSummaryOf } from './vedette-api/summaries.ts';
import { serverRoute } from './vedette-api/server-route.ts';
import { vedetteRoutes, type NotificationsView, type RunbooksView } from './vedette-api/vedette-routes.ts';
import type { UiState } from './web/ui-build.ts';
import { webhookRoutes } from './webhook/webhook-routes.ts';
import { WebSurface } from './web/web-routes.ts';

/** What the HTTP surface needs of the house. */
export interface HttpServerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  /** Keeps accounts, tokens, sessions and the audit log; absent: they end with the process. */
  readonly state?: Pick<StateStore, 'documents' | 'logs'>;
  /** For tests, which have no time for the real one. */
  readonly scryptCost?: ScryptCost;
  readonly query: PromQuery;
  readonly slowQueries: Pick<SlowQueryLog, 'recent' | 'noteBytes'>;
  readonly parseSelector: SelectorParser;
  /** Who fills the head; `undefined` when samples are kept elsewhere. */
  readonly series: SeriesView | undefined;
  readonly expressions: ExpressionsView;
  readonly federation: FederationSettings;
  readonly rules: RulesView;
  readonly forwarding: ForwardingView;
  readonly targets: TargetsView;
  readonly storage: StorageView;
  /** `undefined`: the samples are kept elsewhere, and what is done to them is done there. */
  readonly admin: MetricsAdmin | undefined;
  readonly backups: HotBackups;
  /** What `vedette privacy` asks; absent: this server keeps nothing about persons. */
  readonly privacy?: () => Promise<PrivacyOffice>;
  readonly samples: SamplesView;
  readonly notifications: NotificationsView;
  readonly alerting: AlertingView;
  readonly webhooks: Pick<WebhookIntake, 'receive' | 'sources'>;
  readonly insight: AlertInsightView;
  readonly receivers: ReceiversView;
  /** Made on first use, always the same one; absent: this server has none. */
  readonly guard?: () => Promise<GuardService>;
  /** Absent: this server sends to no devices. */
  readonly push?: PushView;
  /** Who is near a threshold of the guard; absent: this server has none. */
  readonly guardWatch?: () => Promise<GuardWatch>;
  /** Of policies over what is stored; absent: this server has no guard. */
  readonly backtest?: () => Promise<PolicyBacktest>;
  /** Who enforces decisions elsewhere; absent: nobody. */
  readonly enforcement?: EnforcementConfig;
  /** Where receivers take data. */
  readonly endpoints: readonly IngestEndpoint[];
  readonly runbooks: RunbooksView;
  /** Runbooks with what they are for, read on first use; absent: this server has none. */
  readonly library?: () => Promise<RunbookLibrary>;
  /** Made on first use, always the same one; absent: this server analyses nothing. */
  readonly analysis?: () => Promise<AnalysisDesk>;
  /** Absent: as without the key `mcp`. */
  readonly mcp?: McpConfig;
  /** Opens what `mcp.prometheus` names, once; absent: without that key. */
  readonly mcpPrometheus?: (() => Promise<PrometheusApi>) | undefined;
  /** Where people and links reach this server; without a slash at the end. */
  readonly externalUrl: string;
  /** Made on first use, always the same one. */
  readonly dashboards: () => Promise<DashboardBook>;
  readonly server: ServerView;
  readonly uiState: () => UiState;
  readonly isReady: () => boolean;
  readonly reload: () => Promise<readonly string[]>;
}

export interface HttpServer {
  readonly routes: readonly Route[];
  /** What a language model of our own may ask. */
  readOnlyTools(): Promise<readonly ReadOnlyTool[]>;
  /** An entry of the audit log. Does not reject. */
  record(entry: NewAuditEntry): Promise<void>;
  /** Opens the listeners, all or none. Throws `FatalError` (VED_LISTEN_FAILED, VED_CONFIG_INVALID). Once. */
  listen(): Promise<RunningHttpServer>;
}

export interface RunningHttpServer {
  /** `http://127.0.0.1:8080`: the first listener's. */
  readonly address: string;
  readonly addresses: readonly string[];
  /**
   * The address that makes the first account, once within ten minutes; `undefined` when there is one, or none is needed.
   * A new one each time.
   */
  setupLink(): string | undefined;
  /**
   * Stops accepting, says `bye` to live clients, lets running requests end within
   * `limits.shutdown_timeout`, then cuts them off. Twice is safe.
   */
  close(): Promise<void>;
}

/** Assembles all routes; a fault in the table throws here. Does no I/O before `listen`. */
export function createHttpServer(deps: HttpServerDeps, config: ServerConfig): HttpServer {
  const prefix = prefixOf(config.external_url);
  const web = new WebSurface({ ...deps, prefix });
  const enforcement = deps.enforcement ?? enforcementSchema.parse(undefined);
  const followers = new FeedFollowers(deps.clock);
  const auth = new AuthHouse(deps, config);
  const prometheusRoutes = dataRoutes(deps);
  const mcp = createMcpHouse({
    ...deps,
    prometheusRoutes,
    audit: (entry) => auth.record(entry),
    config: deps.mcp ?? mcpConfig.parse(undefined),
  });
  const routes = [
    ...prometheusRoutes,
    ...mcp.routes,
    ...guardRoutes({
      clock: deps.clock,
      random: deps.random,
      guard: deps.guard,
      watch: deps.guardWatch,
      backtest: deps.backtest,
      followers,
      enforcement,
      externalUrl: config.external_url,
      createSlicer: () => new TimeSlicer(deps.clock).forTask(),
    }),
  ];
  const metrics = { http: createHttpMetrics(deps.registry), live: createLiveMetrics(deps.registry) };
  const bodies = new BodyReader();
  deps.registry.onCollect(() => metrics.http.bodyBytes.set(bodies.bytes));
  const live = createLive(deps, config, metrics.live);
  // These routes need the guard, which needs the token: the table is checked with one that has none.
  const tableOf = (guard: AccessGuard): RouteRegistry =>
    createRouteRegistry([...routes, ...auth.routes(guard), ...liveRoutes({ guard, ...live }), ...web.routes]);
  const table = tableOf(new AccessGuard(deps, { token: undefined, externalUrl: undefined }));
  return {
    routes: table.routes,
    readOnlyTools: () => mcp.readOnlyTools(),
    record: (entry) => auth.record(entry),
    listen: async () => {
      const token =
        config.token_file === undefined ? undefined : await loadToken(deps.files, config.token_file);
      const bouncers = await loadBouncerKeys(deps.files, enforcement.bouncers);
      const { identities } = auth;
      await auth.load();
      const guard = new AccessGuard(
        { ...deps, identities },
        { token, externalUrl: config.external_url, bouncers },
      );
      followRoles(deps, identities);
      const table = tableOf(guard);
      return await openListeners({
        deps,
        config,
        web,
        live,
        metrics,
        bodies,
        followers,
        mcp,
        guard,
        auth,
        table,
      });
    },
  };
}

/** Who may not look any more gets no notifications either. */
function followRoles({ push, log }: HttpServerDeps, identities: Identities): void {
  if (push === undefined) return;
  push.useRoles((owner) => identities.roleOfActor(owner));
  const forget = async (): Promise<void> => {
    await (await push.desk()).removeStrangers();
  };
  identities.onLoss(() => {
    forget().catch((error: unknown) => log.warn('cannot forget the devices of an account', { error }));
  });
}

function dataRoutes(deps: HttpServerDeps): readonly Route[] {
  const slicing = { ...deps, createSlicer: (): Slicer => new TimeSlicer(deps.clock).forTask() };
  return [
    ...managementRoutes({ ...deps, registry: withAlertmanagerNames(deps.registry) }),
    ...queryRoutes(slicing),
    ...expressionRoutes(deps),
    ...labelRoutes(slicing),
    ...federateRoutes(slicing),
    ...exemplarRoutes(slicing),
    ...adminRoutes(deps),
    ...remoteReadRoutes(slicing),
    ...rulesRoutes(slicing),
    ...alertmanagerRoutes({
      ...slicing,
      startedAtMs: deps.server.startedAtMs,
      onInvalid: createInvalidCounter(deps.registry),
    }),
    ...webhookRoutes(deps),
    ...targetsRoutes(slicing),
    ...statusRoutes(slicing),
    ...vedetteRoutes(slicing),
    ...alertingRoutes(deps),
    ...analysisRoutes(deps),
    ...receiverRoutes(deps),
    cardinalityRoute(slicing),
    serverRoute(deps),
    ...backupRoutes(deps),
    ...privacyRoutes(deps),
    ...dashboardRoutes(deps),
    ...pushRoutes(deps),
    ...intakeRoutes(deps.endpoints),
  ];
}

/** Live connections, however they came. */
interface Live {
  readonly hub: LiveHub;
  readonly tickets: LiveTickets;
}

function createLive(deps: HttpServerDeps, { limits }: ServerConfig, metrics: LiveMetrics): Live {
  const hub = new LiveHub(
    { ...deps, metrics },
    { connectionsMax: limits.live_connections, createFeed: feedFactoryOf(deps, metrics) },
  );
  return { hub, tickets: new LiveTickets(deps) };
}

interface Parts {
  readonly deps: HttpServerDeps;
  readonly config: ServerConfig;
  readonly web: WebSurface;
  readonly live: Live;
  readonly metrics: { readonly http: HttpMetrics; readonly live: LiveMetrics };
  readonly bodies: BodyReader;
  readonly followers: FeedFollowers;
  readonly mcp: McpHouse;
  readonly guard: AccessGuard;
  readonly auth: AuthHouse;
  readonly table: RouteRegistry;
}

interface Listener {
  readonly address: ListenAddress;
  readonly app: FastifyInstance;
  readonly terminateSockets: () => void;
}

type ListenerConfig = NonNullable<ServerConfig['listeners']>[number];

async function openListeners(parts: Parts): Promise<RunningHttpServer> {
  const { config, guard } = parts;
  const { hub } = parts.live;
  const stop = new AbortController();
  recheckOnChange(parts);
  const wanted = config.listeners ?? [{ address: config.listen, surfaces: [...SURFACE_GROUPS] }];
  for (const { address } of wanted) assertProtected(parseListenAddress(address), guard.isSignInRequired);
  const listeners = wanted.map((one) => createListener(parts, { one, stopSignal: stop.signal }));
  const close = closerOf(parts, { listeners, hub, stop });
  const addresses: string[] = [];
  for (const { app, address } of listeners) {
    try {
      await app.listen({ host: address.host === '' ? '::' : address.host, port: address.port });
    } catch (error) {
      await close();
      throw listenError(address, error);
    }
    addresses.push(boundUrl(app, address));
  }
  const address = addresses[0] ?? '';
  return { address, addresses, setupLink: () => parts.auth.setupLink(address), close };
}

/** Who was let in for longer is asked again when what somebody may do can have changed. */
function recheckOnChange({ guard, auth, followers, live }: Parts): void {
  followers.useJudge((request) => {
    const { role, caller, sessionId, bouncer } = request;
    // Keys are the configuration's, and count until a restart.
    if (bouncer !== undefined) return true;
    return guard.recheck(request, { kind: 'granted', role, caller, sessionId }, 'viewer').kind === 'granted';
  });
  auth.identities.onChange(() => {
    live.hub.recheckAll();
    followers.recheckAll();
  });
}

function createListener(
  parts: Parts,
  { one, stopSignal }: { readonly one: ListenerConfig; readonly stopSignal: AbortSignal },
): Listener {
  const { deps, guard, metrics, web } = parts;
  const hasUi = one.surfaces.includes('ui');
  const prefix = prefixOf(parts.config.external_url);
  const routes = parts.table.routes.filter(({ surface }) => isServed(surface, one.surfaces));
  const app = mountRoutes(
    {
      clock: deps.clock,
      log: deps.log,
      guard,
      metrics: metrics.http,
      bodies: parts.bodies,
      fallback: hasUi ? (request) => web.fallback(request) : undefined,
      errorAnswerOf: (error, route) => errorAnswerOf(deps.log, error, route),
      audit: (route, request, answer) => parts.auth.audit(route, request, answer),
      isReady: deps.isReady,
      prefix,
      stopSignal,
    },
    createRouteRegistry(routes),
  );
  const terminateSockets = hasUi
    ? acceptLiveSockets({ guard, ...parts.live, log: deps.log, route: LIVE_ROUTE, prefix }, app.server)
    : () => undefined;
  return { address: parseListenAddress(one.address), app, terminateSockets };
}

/**
 * The pages and the live socket are for listeners of the UI, what others write to for those of `ingest`, what enforces
 * decisions for those of `guard`; what the UI asks for its data is on every other one.
 */
function isServed(surface: Surface, groups: ListenerConfig['surfaces']): boolean {
  if (surface === 'intake') return groups.includes('ingest');
  if (surface === 'guard') return groups.includes('guard');
  if (surface !== 'management' && !groups.includes('ui') && !groups.includes('api')) return false;
  return groups.includes('ui') || (surface !== 'web' && surface !== 'live');
}

/** All live charts together: several viewers share one feed. */
const LIVE_SOURCE: QuerySource = { kind: 'ui', client: 'live' };

/** What a screen shows at once; the log has the rest. */
const LIVE_NOTIFICATIONS = 50;

function feedFactoryOf(deps: HttpServerDeps, metrics: LiveMetrics): FeedFactory {
  const query = askedBy(deps.query, LIVE_SOURCE);
  const queryDeps = { ...deps, query, metrics, createSlicer: (): Slicer => new TimeSlicer(deps.clock) };
  const bans = deps.guard === undefined ? undefined : new LiveBans({ ...deps, guard: deps.guard });
  return ({ topic, params, role }) => {
    if (params !== undefined) return new QueryFeed(queryDeps, params);
    switch (topic) {
      case 'query':
        return bug('a live query has parameters; got none');
      case 'alerts':
        return new ValueFeed(deps, () => liveAlertsOf(deps));
      case 'status':
        return new ValueFeed(deps, () => statusSummaryOf(deps));
      case 'notifications':
        return new ValueFeed(deps, () => deps.notifications.recent(LIVE_NOTIFICATIONS));
      case 'bans':
        return new ValueFeed(deps, () => bans?.read(role) ?? []);
    }
  };
}

function closerOf(
  { deps, config, followers, mcp, auth }: Parts,
  running: { readonly listeners: readonly Listener[]; readonly hub: LiveHub; readonly stop: AbortController },
): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const deadline = deps.clock.setTimer(config.limits.shutdown_timeout, () => {
      running.stop.abort(new CanceledError('VED_QUERY_CANCELED', 'the server stops'));
      for (const { app, terminateSockets } of running.listeners) {
        terminateSockets();
        app.server.closeAllConnections();
      }
    });
    running.hub.close();
    followers.close();
    await mcp.close();
    await Promise.all(running.listeners.map(({ app }) => app.close()));
    deadline.cancel();
    await auth.close();
  };
  return () => (closing ??= close());
}

function boundUrl(app: FastifyInstance, address: ListenAddress): string {
  const bound = app.server.address() as AddressInfo;
  return urlOf(address.host === '' ? bound.address : address.host, bound.port);
}

/** Expected errors in the words of the surface; anything else is a mistake of ours, told to the log. */
function errorAnswerOf(log: Log, error: unknown, route: Route): HttpAnswer {
  const apiError = apiErrorOf(error);
  if (apiError === undefined) {
    log.error('cannot answer a request', { error, path: route.path });
    const message = 'the server made a mistake; its log tells more';
    return route.errors === 'text' ? textAnswer(500, `${message}\n`) : errorAnswer(500, 'internal', message);
  }
  const answer = apiErrorAnswer(apiError);
  return route.errors === 'text' ? textAnswer(answer.status, `${apiError.message}\n`) : answer;
}
