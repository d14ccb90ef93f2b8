/** The stores of the server: the data directory with its lock, samples (here or elsewhere), state. */
import * as path from 'node:path';
import { labelsOf, type Clock, type Files, type Random } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import {
  openEmbeddedEngine,
  openPrometheusEngine,
  type EngineDeps,
  type MetricsEngine,
} from './compose-metrics.ts';
import { passwordOf } from './compose-guard-redis.ts';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import { TimeSlicer } from './lib/time-slicer.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Lifecycle } from './lifecycle.ts';
import { StagedBackups } from './store/backup/hot-backups.ts';
import type { HotBackups } from './store/backup/port.ts';
import { assertNoRestore } from './store/backup/restore-staging.ts';
import { lockDataDirectory } from './store/data-directory.ts';
import { createForwarding, type Forwarding } from './store/metrics/remote-write/forwarding.ts';
import { createSenderMetrics } from './store/metrics/remote-write/sender-metrics.ts';
import { openStateStore } from './store/state/embedded.ts';
import type { StateStore } from './store/state/port.ts';
import type { Log } from './telemetry/log.ts';

export interface StorageDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  readonly lifecycle: Lifecycle;
}

export interface Stores {
  readonly metrics: MetricsEngine;
  /** Between the engine and whoever writes: it sends on what the list `remote_write` says. */
  readonly forwarding: Forwarding;
  readonly state: StateStore;
  readonly backups: HotBackups;
}

/** Opens everything below the data directory, in the order in which it must close last. */
export async function openStores(deps: StorageDeps, settings: StartSettings): Promise<Stores> {
  const { log, lifecycle, registry } = deps;
  const directory = settings.dataDirectory;
  const lock = lockDataDirectory(directory);
  lifecycle.adopt({ name: 'data directory', stop: () => lock.release() });
  await assertNoRestore(deps.files, directory);
  const state = await openState(deps, settings);
  lifecycle.adopt({ name: 'state store', stop: () => state.close() });
  const engineDeps = { ...deps, senderMetrics: createSenderMetrics(registry) };
  const forwarding = createForwardingOf(engineDeps, settings);
  const config = settings.config.storage.metrics;
  const options = { forwarding, settings };
  const engine =
    config.engine === 'prometheus'
      ? await openPrometheusEngine(engineDeps, config, options)
      : await openEmbeddedEngine(engineDeps, config, options);
  await applyForwarding(forwarding, settings);
  lifecycle.adopt({ name: 'remote write', stop: () => forwarding.stop() });
  const metrics = {
    ...engine,
    writer: forwarding.inFrontOf(engine.writer),
    ruleWriter: forwarding.inFrontOf(engine.ruleWriter),
    receiverWriter: forwarding.inFrontOf(engine.receiverWriter),
  };
  const backups = new StagedBackups({ ...deps, log: log.child('backup'), admin: engine.admin }, directory);
  await backups.start();
  lifecycle.adopt({ name: 'backups', stop: () => backups.stop() });
  return { metrics, forwarding, state, backups };
}

/** State alone, of a data directory that the caller has locked. */
export async function openState(
  deps: Pick<StorageDeps, 'clock' | 'random' | 'files' | 'log'>,
  { config, dataDirectory }: StartSettings,
): Promise<StateStore> {
  const log = deps.log.child('state');
  const { state } = config.storage;
  if (state.engine === 'embedded')
    return openStateStore({ clock: deps.clock, log }, { path: path.join(dataDirectory, 'state.db') });
  const { openRedisStateStore } = await import('./store/state/redis.ts');
  return await openRedisStateStore(
    { ...deps, log },
    { url: state.url, password: passwordOf(deps.files, state.password_file), keyPrefix: state.key_prefix },
  );
}

function createForwardingOf(deps: EngineDeps, settings: StartSettings): Forwarding {
  const { clock, log, senderMetrics } = deps;
  return createForwarding(
    { ...deps, slicer: new TimeSlicer(clock), log: log.child('remote-write'), metrics: senderMetrics },
    {
      userAgent: `Vedette/${VEDETTE_VERSION}`,
      directory: configDirectory(settings.configFile, process.cwd()),
    },
  );
}

/** Takes over where to send samples on, and with which labels. */
export function applyForwarding(forwarding: Forwarding, { config }: StartSettings): Promise<void> {
  return forwarding.apply(config.remote_write, labelsOf(config.global.external_labels));
}
