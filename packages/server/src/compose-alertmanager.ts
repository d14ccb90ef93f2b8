/** The composition root of `vedette alertmanager`: the alert stage alone, on a state store of its own. */
import * as path from 'node:path';
import type { Clock, Files, Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { AlertmanagerConfig } from './alert/config/config.ts';
import { printForClients } from './alert/config/print-for-clients.ts';
import { createAlertPipeline, type AlertSetup } from './alert/index.ts';
import { alertSetupOf, NO_CORRECTIONS } from './alert/setup.ts';
import { createReceivers } from './compose-receivers.ts';
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
  const setupOf = async (from: AlertmanagerConfig): Promise<AlertSetup> =>
    alertSetupOf(from, await createReceivers({ ...deps, externalUrl }, from), {
      corrections: NO_CORRECTIONS,
      externalUrl,
    });
  const alerts = createAlertPipeline({ ...deps, metrics, state }, await setupOf(config));
  const reload = async (): Promise<void> => {
    const next = await deps.loadConfig();
    await alerts.apply(await setupOf(next));
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
              receivers: () => config.receivers.map(({ name, labels }) => ({ name, labels })),
              resolveTimeoutMs: () => config.global.resolve_timeout,
              configText: () => printForClients(config),
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
