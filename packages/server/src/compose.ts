/**
 * The composition root: every part of the server, made by plain constructor calls in stage order and
 * started in that order. Nothing else in the tree knows more than its neighbours.
 */
import * as os from 'node:os';
import type { Clock, Files, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import {
  createWebhookIntake,
  USER_BEHAVIOR_SOURCE,
  type WebhookHandler,
  type WebhookIntake,
} from './alert/index.ts';
import { createGuardHouse, type GuardHouse } from './compose-guard.ts';
import { createAgentHouse, type AgentHouse, type AgentHouseDeps } from './compose-agent.ts';
import { createDetection, type Detection } from './compose-detect.ts';
import { createIngest } from './compose-ingest.ts';
import { createNarrator } from './compose-narrator.ts';
import { createPush } from './compose-push.ts';
import { withReportMessages, type ReportMessageDeps } from './compose-report-messages.ts';
import { Reloader } from './compose-reload.ts';
import { openRunbooks } from './compose-runbooks.ts';
import { createServing } from './compose-serve.ts';
import { applyForwarding, openStores, type Stores } from './compose-storage.ts';
import type { StartSettings } from './config/start-settings.ts';
import { configDirectory } from './config/load.ts';
import {
  DashboardFiles,
  loadContentPacks,
  type ContentPacks,
  type DashboardFilesOptions,
} from './content/index.ts';
import { PROJECT_ROOT } from './lib/project-root.ts';
import type { ActionSink } from './ingest/index.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Lifecycle } from './lifecycle.ts';
import { askedBy, RULES_SOURCE } from './query/metrics/index.ts';
import type { RunbookLibrary } from './respond/index.ts';
import type { Log } from './telemetry/log.ts';
import { registerProcessMetrics, type ProcessMetrics } from './telemetry/process-metrics.ts';

export interface ComposeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly lifecycle: Lifecycle;
  /** Reads the configuration again; rejects with its faults. */
  readonly reloadSettings: () => Promise<StartSettings>;
}

export interface RunningServer {
  /** Where it serves: `http://127.0.0.1:8080`. */
  readonly address: string;
  /** A new one-time link that makes the first account; `undefined` where there is one, or none is needed. */
  setupLink(): string | undefined;
  /** Takes over the configuration as it now stands in the file; rejects and changes nothing when it is faulty. */
  reload(): Promise<void>;
}

/** Builds and starts everything; resolves when it serves. On failure what was started is stopped by the caller's lifecycle. */
export async function composeServer(deps: ComposeDeps, settings: StartSettings): Promise<RunningServer> {
  const { lifecycle } = deps;
  const processMetrics = adoptProcessMetrics(deps);
  const stores = await openStores(deps, settings);
  const { query } = stores.metrics;
  const packs = await openPacks(deps, settings);
  const dashboardFiles = await openDashboardFiles(deps, settings);
  const runbooks = await openRunbooks(deps, settings);
  const externalUrl = externalUrlOf(settings);
  const guard = createGuardHouse({ ...deps, query, stores, processMetrics }, settings);
  const push = createPush({ ...deps, state: stores.state }, externalUrl);
  const actions = async (): Promise<ActionSink> => (await guard.use()).actions;
  const ingest = createIngest({ ...deps, ...stores.metrics, actions }, settings);
  const detection = await createDetection(
    {
      ...deps,
      query: askedBy(query, RULES_SOURCE),
      stores,
      packs,
      externalUrl,
      guard: async () => (await guard.use()).service.webhook,
      push: () => push.desk(),
    },
    settings,
  );
  const narrator = createNarrator({ ...deps, settings: () => reloader.settings, serving: () => serving });
  const agent = createAgent(
    { ...deps, query, stores, detection, guard, runbooks, narrator, externalUrl },
    settings,
  );
  const apply = async (next: StartSettings): Promise<void> => {
    guard.apply(next);
    agent.apply(next);
    await detection.apply(next);
    await ingest.apply(next);
    await applyForwarding(stores.forwarding, next);
    await dashboardFiles.apply(dashboardFoldersOf(next));
    await runbooks.apply(next);
  };
  const reloader = new Reloader({ ...deps, loadSettings: deps.reloadSettings, apply }, settings);
  const webhooks = createWebhooks(deps, { detection, guard, reloader, externalUrl });
  let isReady = false;
  const parts = {
    query,
    stores,
    ingest,
    detection,
    webhooks,
    dashboardFiles,
    runbooks,
    processMetrics,
    reloader,
    agent,
    guard,
    externalUrl,
    push,
  };
  const serving = createServing({ ...deps, ...parts, isReady: () => isReady }, settings);
  await ingest.apply(settings);
  const all = [stores.metrics.part, guard.part, serving.part, ...ingest.parts, detection.part, agent.part];
  await lifecycle.start(all);
  isReady = true;
  return {
    address: serving.address(),
    setupLink: () => serving.setupLink(),
    reload: async () => void (await reloader.reload()),
  };
}

function adoptProcessMetrics({ clock, registry, lifecycle }: ComposeDeps): ProcessMetrics {
  const processMetrics = registerProcessMetrics({ clock, metrics: registry }, { version: VEDETTE_VERSION });
  lifecycle.adopt({ name: 'process metrics', stop: () => processMetrics.stop() });
  return processMetrics;
}

interface WebhookParts {
  readonly detection: Detection;
  readonly guard: GuardHouse;
  readonly reloader: Reloader;
  readonly externalUrl: string;
}

function createWebhooks(
  deps: ComposeDeps,
  { detection, guard, reloader, externalUrl }: WebhookParts,
): WebhookIntake {
  const webhooks = createWebhookIntake(
    { ...deps, metrics: deps.registry, alerts: detection.alerts },
    {
      externalUrl,
      config: () => reloader.settings.config.alert_intake,
      resolveTimeoutMs: () => reloader.settings.config.alertmanager.global.resolve_timeout,
    },
  );
  webhooks.register(guardWebhook(guard));
  return webhooks;
}

type AgentDeps = Omit<AgentHouseDeps, 'library' | 'stores'> &
  Pick<ReportMessageDeps, 'externalUrl'> & {
    readonly stores: Pick<Stores, 'state'>;
    readonly runbooks: { use(): Promise<RunbookLibrary> };
  };

/** The monitor agent, and who gets its reports. */
function createAgent(deps: AgentDeps, settings: StartSettings): AgentHouse {
  const { runbooks, stores, detection } = deps;
  const agent = createAgentHouse({ ...deps, library: () => runbooks.use() }, settings);
  return withReportMessages(agent, { ...deps, ...stores, alerts: detection.alerts }, settings.config.agent);
}

async function openPacks(
  deps: ComposeDeps,
  { config: { packs }, areContainersWatched }: StartSettings,
): Promise<ContentPacks> {
  const config = { ...packs, containers: packs.containers ?? areContainersWatched };
  return await loadContentPacks(deps, { directory: PROJECT_ROOT, config });
}

async function openDashboardFiles(deps: ComposeDeps, settings: StartSettings): Promise<DashboardFiles> {
  const folders = dashboardFoldersOf(settings);
  const files = new DashboardFiles(deps, folders);
  await files.apply(folders);
  return files;
}

function dashboardFoldersOf({ config, configFile }: StartSettings): DashboardFilesOptions {
  return {
    shippedDirectory: `${PROJECT_ROOT}/dashboards`,
    patterns: config.ui.dashboards,
    directory: configDirectory(configFile, process.cwd()),
  };
}

/** Alerts about users by webhook; the guard is made when the first one comes. */
function guardWebhook(guard: GuardHouse): WebhookHandler {
  return {
    name: 'guard',
    source: USER_BEHAVIOR_SOURCE,
    handle: async (message, signal) => await (await guard.use()).service.webhook.handle(message, signal),
  };
}

/** Links in alerts lead here: the configured address, else the one listened on (with the host's name for a wildcard). */
function externalUrlOf({ config }: StartSettings): string {
  const { external_url, listen } = config.server;
  if (external_url !== undefined) return external_url.replace(/\/+$/, '');
  return `http://${listen.replace(/^(0\.0\.0\.0|\[::\])?:/, `${os.hostname()}:`)}`;
}
