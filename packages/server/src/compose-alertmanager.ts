/** The composition root of `vedette alertmanager`: the alert stage alone, on a state store of its own. */
import * as path from 'node:path';
import type { Clock, Files, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { AlertmanagerConfig } from './alert/config/config.ts';
import { printAlertmanagerConfig } from './alert/config/config.ts';
import { createAlertPipeline, type Receiver } from './alert/index.ts';
import { createLogReceiver } from './alert/notify/log/log.ts';
import { webhookConfigOf } from './alert/notify/webhook/config.ts';
import { createWebhookReceiver } from './alert/notify/webhook/webhook.ts';
import { alertSetupOf, NO_CORRECTIONS } from './alert/setup.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Lifecycle } from './lifecycle.ts';
import { listenAlertmanager, type RunningHttpServer } from './serve/index.ts';
import { openStateStore } from './store/state/embedded.ts';
import type { Log } from './telemetry/log.ts';

export interface AlertmanagerSettings {
  readonly config: AlertmanagerConfig;
  /** Absolute. */
  readonly configFile: string;
  /** Absolute; made when it is not there. */
  readonly dataDirectory: string;
  readonly listen: string;
  readonly externalUrl: string | undefined;
  /** Without a slash at the end. */
  readonly routePrefix: string;
}

export interface AlertmanagerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly lifecycle: Lifecycle;
  /** Reads the configuration again; rejects with its faults. */
  readonly loadConfig: () => Promise<AlertmanagerConfig>;
}

export interface RunningAlertmanager {
  readonly address: string;
  reload(): Promise<void>;
}

export async function composeAlertmanager(
  deps: AlertmanagerDeps,
  settings: AlertmanagerSettings,
): Promise<RunningAlertmanager> {
  const { clock, registry: metrics, lifecycle } = deps;
  await deps.files.makeDirectory(settings.dataDirectory);
  const state = openStateStore(deps, { path: path.join(settings.dataDirectory, 'alertmanager.db') });
  lifecycle.adopt({ name: 'state', stop: () => state.close() });
  let { config } = settings;
  const externalUrl = settings.externalUrl ?? `http://${settings.listen}`;
  const setupOf = (from: AlertmanagerConfig) =>
    alertSetupOf(from, receiversOf({ ...deps, externalUrl }, from, settings.configFile), NO_CORRECTIONS);
  const alerts = createAlertPipeline({ ...deps, metrics, state }, setupOf(config));
  const reload = async (): Promise<void> => {
    const next = await deps.loadConfig();
    await alerts.apply(setupOf(next));
    config = next;
    deps.log.info('the configuration was reloaded', { file: settings.configFile });
  };
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
              silences: alerts.silences,
              post: (posted) => alerts.post(posted),
              alerts: () => alerts.alerts(),
              groups: () => alerts.groups(),
              mutesOf: (alert) => alerts.mutesOf(alert),
              receiversOf: (labels) => alerts.receiversOf(labels),
              receivers: () => config.receivers.map(({ name }) => name),
              resolveTimeoutMs: () => config.global.resolve_timeout,
              configText: () => printAlertmanagerConfig(config),
            },
          },
          settings,
        );
      },
      stop: async () => await http?.close(),
    },
  ]);
  isReady = true;
  return { address: http?.address ?? '', reload };
}

/** The integrations of all receivers, in the order of the file; a new kind is a line here. */
function receiversOf(
  deps: { readonly clock: Clock; readonly log: Log; readonly externalUrl: string },
  config: AlertmanagerConfig,
  configFile: string,
): readonly Receiver[] {
  const webhookDeps = { ...deps, version: VEDETTE_VERSION, baseDirectory: path.dirname(configFile) };
  return config.receivers.flatMap(({ name, webhook_configs, log_configs }) => [
    ...webhook_configs.map((one, index) =>
      createWebhookReceiver(webhookDeps, { name, index, config: webhookConfigOf(one) }),
    ),
    ...log_configs.map((one, index) =>
      createLogReceiver(deps, { name, index, sendsResolved: one.send_resolved }),
    ),
  ]);
}
