/** The HTTP surface with everything it shows, and the build of the UI. */
import * as os from 'node:os';
import { PROJECT_ROOT } from './lib/project-root.ts';
import type { ServerState } from '@vedette/api';
import { formatDurationMs, labelsOf, type Clock, type Files, type Random } from '@vedette/model';
import { parseMetricSelector } from '@vedette/promql/parser';
import type { MetricsRegistry } from '@vedette/sdk';
import { printForClients } from './alert/config/print-for-clients.ts';
import type { GuardHouse } from './compose-guard.ts';
import type { AgentHouse } from './compose-agent.ts';
import type { Detection } from './compose-detect.ts';
import type { WebhookIntake } from './alert/index.ts';
import type { Ingest } from './compose-ingest.ts';
import type { Reloader } from './compose-reload.ts';
import type { RunbookHouse } from './compose-runbooks.ts';
import type { Stores } from './compose-storage.ts';
import { createReceiversView } from './compose-receiver-tests.ts';
import { createExpressions } from './compose-promql.ts';
import type { DashboardFiles } from './content/index.ts';
import { guardConfigOf } from './config/guard-config.ts';
import type { StartSettings } from './config/start-settings.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Part } from './lifecycle.ts';
import type { PromQuery } from './query/metrics/port.ts';
import {
  createHttpServer,
  runViteBuild,
  UiBuild,
  type AlertingView,
  type AlertInsightView,
  type PushView,
  type RunningHttpServer,
  type ServerView,
  type StorageView,
} from './serve/index.ts';
import type { DashboardBook } from './serve/vedette-api/dashboards/dashboard-book.ts';
import type { SubjectMemory } from './respond/index.ts';
import { retentionOf, UNLIMITED_MS } from './store/metrics/config.ts';
import type { Log } from './telemetry/log.ts';
import type { ProcessMetrics } from './telemetry/process-metrics.ts';

export interface ServingDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly query: PromQuery;
  readonly stores: Stores;
  readonly ingest: Ingest;
  readonly detection: Detection;
  readonly webhooks: WebhookIntake;
  readonly dashboardFiles: DashboardFiles;
  readonly runbooks: RunbookHouse;
  readonly processMetrics: ProcessMetrics;
  readonly reloader: Reloader;
  readonly agent: AgentHouse;
  readonly guard: GuardHouse;
  /** Where links in messages lead. */
  readonly externalUrl: string;
  readonly push: PushView;
  /** Whether every part has started. */
  readonly isReady: () => boolean;
}

export interface Serving {
  readonly part: Part;
  /** Known once the part has started. */
  address(): string;
  /** A new one-time link for the first account, where one is needed. */
  setupLink(): string | undefined;
}

export function createServing(deps: ServingDeps, settings: StartSettings): Serving {
  const { log, ingest, stores, reloader } = deps;
  const ui = new UiBuild({ ...deps, log: log.child('ui'), runBuild: runViteBuild }, PROJECT_ROOT);
  const http = createHttpServer(
    {
      ...deps,
      log: log.child('http'),
      parseSelector: parseMetricSelector,
      expressions: createExpressions(settings.config.query.features),
      federation: {
        lookbackMs: settings.config.query.lookback_delta,
        externalLabels: () => labelsOf(reloader.settings.config.global.external_labels),
      },
      rules: deps.detection.rules,
      forwarding: deps.detection.forwarder,
      slowQueries: stores.metrics.slowQueries,
      targets: ingest.scrape,
      endpoints: ingest.endpoints,
      series: stores.metrics.series,
      state: stores.state,
      storage: withProblems(stores.metrics.view, [
        deps.detection,
        stores.state,
        deps.guard,
        deps.dashboardFiles,
        deps.runbooks,
      ]),
      admin: stores.metrics.admin,
      backups: stores.backups,
      ...guardViewsOf(deps, settings),
      ...assistantViewsOf(deps, settings),
      samples: {
        select: (matchers, range, signal) => stores.metrics.reader.select(matchers, range, signal),
        series: (request, signal) => stores.metrics.reader.series(request, signal),
        externalLabels: () => labelsOf(reloader.settings.config.global.external_labels),
      },
      notifications: { recent: (limit) => deps.detection.alerts.notifications(limit) },
      alerting: alertingViewOf(deps),
      insight: insightViewOf(deps),
      dashboards: createDashboards(deps),
      receivers: createReceiversView({
        ...deps,
        ...deps.detection,
        guard: async () => (await deps.guard.use()).service.webhook,
        push: () => deps.push.desk(),
        config: () => reloader.settings.config.alertmanager,
      }),
      runbooks: { find: async (name) => (await deps.runbooks.use()).find(name)?.markdown },
      server: serverViewOf(deps, settings),
      uiState: () => ui.state,
      reload: () => reloader.reload(),
    },
    settings.config.server,
  );
  let running: RunningHttpServer | undefined;
  const part: Part = {
    name: 'http',
    start: async () => {
      running = await http.listen();
      // The server answers at once; the UI follows when its build has ended.
      void ui.run();
    },
    stop: async () => {
      await Promise.all([ui.close(), running?.close()]);
    },
  };
  return { part, address: () => running?.address ?? '', setupLink: () => running?.setupLink() };
}

function guardViewsOf(deps: ServingDeps, { config }: StartSettings) {
  const { guard } = deps;
  return {
    guard: async () => (await guard.use()).service,
    privacy: async () => (await guard.use()).privacy(subjectMemories(deps)),
    backtest: async () => (await guard.use()).backtest,
    guardWatch: async () => (await guard.use()).watch,
    enforcement: guardConfigOf(config),
  };
}

/** What assistants and the monitor agent add. */
function assistantViewsOf({ agent, runbooks }: ServingDeps, { config }: StartSettings) {
  return { mcp: config.mcp, library: () => runbooks.use(), analysis: () => agent.use() };
}

/** Few open a dashboard in the first minute of a server: what reads and keeps them is loaded when somebody does. */
function createDashboards({
  clock,
  random,
  stores,
  dashboardFiles,
}: ServingDeps): () => Promise<DashboardBook> {
  let opening: Promise<DashboardBook> | undefined;
  const open = async (): Promise<DashboardBook> => {
    const { StateDashboards } = await import('./store/dashboards/index.ts');
    const { DashboardBook } = await import('./serve/vedette-api/dashboards/dashboard-book.ts');
    const store = new StateDashboards({ clock, state: stores.state });
    return new DashboardBook({ random, files: dashboardFiles, store });
  };
  return () => (opening ??= open());
}

/** In the order of the stages. */
function subjectMemories({ ingest, detection, agent }: ServingDeps): readonly SubjectMemory[] {
  return [ingest.self, detection.ruleMemory, detection.alerts, agent];
}

function alertingViewOf({ detection: { alerts }, webhooks, reloader }: ServingDeps): AlertingView {
  return {
    silences: alerts.silences,
    // A server that we told by webhook may send on to us what it heard.
    post: (posted) => alerts.post(posted.filter(({ annotations }) => !webhooks.guard.isLooped(annotations))),
    alerts: () => alerts.alerts(),
    groups: () => alerts.groups(),
    mutesOf: (alert) => alerts.mutesOf(alert),
    receiversOf: (labels) => alerts.receiversOf(labels),
    receivers: () =>
      reloader.settings.config.alertmanager.receivers.map(({ name, labels }) => ({ name, labels })),
    resolveTimeoutMs: () => reloader.settings.config.alertmanager.global.resolve_timeout,
    configText: () => printForClients(reloader.settings.config.alertmanager),
  };
}

function insightViewOf({ detection: { alerts } }: ServingDeps): AlertInsightView {
  return {
    explain: (who) => alerts.explain(who),
    attempts: (query) => alerts.attempts(query),
    previewSilence: (matchers) => alerts.previewSilence(matchers),
    silenceHistory: (id) => alerts.silences.history(id),
  };
}

function serverViewOf(deps: ServingDeps, settings: StartSettings): ServerView {
  const startedAtMs = deps.clock.nowMs();
  return {
    version: VEDETTE_VERSION,
    hostname: os.hostname(),
    startedAtMs,
    workingDirectory: process.cwd(),
    retention: retentionTextOf(settings),
    config: () => deps.reloader.settings.configYaml,
    flags: () => ({
      'config.file': settings.configFile ?? '',
      'storage.path': settings.dataDirectory,
      profile: settings.profile ?? '',
    }),
    lastReload: () => deps.reloader.last,
    storage: () => storageStateOf(settings),
    scrapeIntervalMs: () => deps.reloader.settings.config.global.scrape_interval,
    process: () => {
      const { residentBytes, cpuRatio, lagSecondsP99 } = deps.processMetrics.latest();
      return { rssBytes: residentBytes, cpuRatio, loopDelayMsP99: lagSecondsP99 * 1000 };
    },
  };
}

/** An engine elsewhere keeps samples as long as it likes. */
function retentionTextOf({ config }: StartSettings): string {
  const { metrics, tsdb } = config.storage;
  return metrics.engine === 'prometheus'
    ? 'as the metrics engine keeps them'
    : shownRetention(retentionOf({ metrics, tsdb }));
}

function storageStateOf({ config, dataDirectory }: StartSettings): ServerState['storage'] {
  const { metrics, tsdb } = config.storage;
  if (metrics.engine === 'prometheus')
    return {
      engine: 'prometheus',
      retentionMs: null,
      retentionBytes: null,
      retentionRules: [],
      directory: dataDirectory,
    };
  const { retentionMs, retentionBytes } = retentionOf({ metrics, tsdb });
  return {
    engine: 'embedded',
    retentionMs: retentionMs >= UNLIMITED_MS ? null : retentionMs,
    retentionBytes: retentionBytes === 0 ? null : retentionBytes,
    retentionRules: metrics.retention_rules.map(({ match, retention }) => ({
      match,
      retentionMs: retention,
    })),
    directory: dataDirectory,
  };
}

/** As upstream words it: `15d or 10GiB`. */
function shownRetention({ retentionMs, retentionBytes }: ReturnType<typeof retentionOf>): string {
  const time = formatDurationMs(retentionMs);
  return retentionBytes === 0 ? time : `${time} or ${Math.round(retentionBytes / 2 ** 20)}MiB`;
}

/** Rules that are evaluated elsewhere can have a problem of their own, and so can the state file. */
function withProblems(view: StorageView, others: readonly { problems(): readonly string[] }[]): StorageView {
  return {
    stats: () => {
      const stats = view.stats();
      return { ...stats, problems: [...stats.problems, ...others.flatMap((other) => other.problems())] };
    },
    cardinality: (limit) => view.cardinality(limit),
  };
}
