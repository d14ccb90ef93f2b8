/** The composition root of `vedette alertmanager`: the alert stage alone, on a state store of its own. */
import * as path from 'node:path';
import { bug, type Clock, type Files, type Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { AlertmanagerConfig } from './alert/config/config.ts';
import { printForClients } from './alert/config/print-for-clients.ts';
import {
  createAlertPipeline,
  type AlertPipelineLimits,
  type AlertSetup,
  type SilenceBook,
} from './alert/index.ts';
import { alertSetupOf, NO_CORRECTIONS } from './alert/setup.ts';
import { ConfigInForce, type LoadedConfig } from './compose-alertmanager-reload.ts';
import { createReceivers } from './compose-receivers.ts';
import type { Lifecycle } from './lifecycle.ts';
import {
  listenAlertmanager,
  type AlertingView,
  type AlertmanagerServerOptions,
  type RunningHttpServer,
} from './serve/index.ts';
import { lockDataDirectory } from './store/data-directory.ts';
import { openStateStore } from './store/state/embedded.ts';
import type { Log } from './telemetry/log.ts';

export interface AlertmanagerSettings extends AlertmanagerServerOptions {
  readonly loaded: LoadedConfig;
  /** Absolute; made when it is not there. */
  readonly dataDirectory: string;
  readonly limits: Partial<AlertPipelineLimits>;
  /** Every change of a silence is a line in the log. */
  readonly logsSilences: boolean;
}

export interface AlertmanagerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly lifecycle: Lifecycle;
  /** Reads the configuration again; rejects with its faults. */
  readonly loadConfig: () => Promise<LoadedConfig>;
}

export interface RunningAlertmanager {
  /** `http://127.0.0.1:9093`; at least one. */
  readonly addresses: readonly string[];
  reload(): Promise<void>;
}

export async function composeAlertmanager(
  deps: AlertmanagerDeps,
  settings: AlertmanagerSettings,
): Promise<RunningAlertmanager> {
  const { clock, registry: metrics, lifecycle } = deps;
  // Two on one directory would tell everything twice.
  const lock = lockDataDirectory(settings.dataDirectory, '--storage.path');
  lifecycle.adopt({ name: 'data directory', stop: () => lock.release() });
  const state = openStateStore(deps, { path: path.join(settings.dataDirectory, 'alertmanager.db') });
  lifecycle.adopt({ name: 'state', stop: () => state.close() });
  const inForce = new ConfigInForce({ ...deps, load: deps.loadConfig }, settings.loaded);
  const { externalUrl } = settings;
  const setupOf = async (from: AlertmanagerConfig): Promise<AlertSetup> =>
    alertSetupOf(
      from,
      await createReceivers({ ...deps, externalUrl, guard: noGuardHere, push: noDevicesHere }, from),
      {
        corrections: NO_CORRECTIONS,
        externalUrl,
      },
    );
  const setup = await setupOf(inForce.config);
  const alerts = createAlertPipeline({ ...deps, metrics, state }, setup, settings.limits);
  const reload = async (): Promise<void> => {
    await inForce.reload(async (next) => await alerts.apply(await setupOf(next)));
    deps.log.info('the configuration was reloaded');
  };
  countCluster(metrics, settings.clusterAddress);
  let isReady = false;
  let http: RunningHttpServer | undefined;
  await lifecycle.start([
    { name: 'alerts', start: () => alerts.start(), stop: () => alerts.stop() },
    {
      name: 'http',
      start: async () => {
        http = await listenAlertmanager(
          {
            ...deps,
            clock,
            isReady: () => isReady,
            reload,
            alerting: {
              silences: settings.logsSilences ? loggedSilences(alerts.silences, deps.log) : alerts.silences,
              post: (posted) => alerts.post(posted),
              alerts: () => alerts.alerts(),
              groups: () => alerts.groups(),
              mutesOf: (alert) => alerts.mutesOf(alert),
              receiversOf: (labels) => alerts.receiversOf(labels),
              receivers: () => inForce.config.receivers.map(({ name, labels }) => ({ name, labels })),
              resolveTimeoutMs: () => inForce.config.global.resolve_timeout,
              configText: () => printForClients(inForce.config),
            },
          },
          settings,
        );
      },
      stop: async () => await http?.close(),
    },
  ]);
  isReady = true;
  return { addresses: http?.addresses ?? [], reload };
}

/** The command takes Alertmanager's files, which know no `guard_configs`. */
function noGuardHere(): never {
  bug('a receiver of the guard came through the checks of a file for Alertmanager');
}

/** Nor `web_push_configs`. */
function noDevicesHere(): never {
  bug('a receiver of devices came through the checks of a file for Alertmanager');
}

/** One process is a cluster of one, in which nobody fails. */
function countCluster(registry: MetricsRegistry, clusterAddress: string): void {
  const gauge = (name: string, help: string) => registry.gauge({ name, help });
  gauge('vedette_cluster_enabled', '1 when a cluster was asked for; it has this one member.').set(
    Number(clusterAddress !== ''),
  );
  gauge('vedette_cluster_members', 'Members of the cluster: this process.').set(1);
  gauge('vedette_cluster_failed_peers', 'Members that are gone.').set(0);
}

function loggedSilences(silences: SilenceBook, log: Log): AlertingView['silences'] {
  return {
    all: () => silences.all(),
    get: (id) => silences.get(id),
    set: async (draft) => {
      const id = await silences.set(draft);
      const { matchers, createdBy, comment } = draft;
      const conditions = matchers.map(({ name, op, value }) => `${name}${op}${JSON.stringify(value)}`);
      log.info('a silence was set', { id, conditions, createdBy, comment });
      return id;
    },
    expire: async (id) => {
      const isKnown = await silences.expire(id);
      if (isKnown) log.info('a silence was ended', { id });
      return isKnown;
    },
  };
}
