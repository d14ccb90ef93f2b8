/** The stores of the server: the data directory with its lock, samples, state, and what the pages say of them. */
import * as path from 'node:path';
import { labelsOf, type Clock, type Files, type Random, type Timer } from '@vedette/model';
import type { Gauge, MetricsRegistry } from '@vedette/sdk';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import { TimeSlicer } from './lib/time-slicer.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Lifecycle } from './lifecycle.ts';
import type { Cardinality, StorageStats } from './serve/index.ts';
import { lockDataDirectory } from './store/data-directory.ts';
import { outOfOrderWindowMsOf } from './store/metrics/config.ts';
import { openEmbeddedMetrics, type EmbeddedMetrics } from './store/metrics/embedded.ts';
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
  readonly metrics: EmbeddedMetrics;
  /** Between the store and whoever writes: it sends on what the list `remote_write` says. */
  readonly forwarding: Forwarding;
  readonly state: StateStore;
  readonly meter: StorageMeter;
}

/** Opens everything below the data directory, in the order in which it must close last. */
export async function openStores(deps: StorageDeps, settings: StartSettings): Promise<Stores> {
  const { clock, files, log, lifecycle } = deps;
  const directory = settings.dataDirectory;
  const lock = lockDataDirectory(directory);
  lifecycle.adopt({ name: 'data directory', stop: () => lock.release() });
  const state = openStateStore(
    { clock, log: log.child('state') },
    { path: path.join(directory, 'state.db') },
  );
  lifecycle.adopt({ name: 'state store', stop: () => state.close() });
  const metrics = await openMetrics({ ...deps, log: log.child('tsdb') }, settings);
  lifecycle.adopt({ name: 'metrics store', stop: () => metrics.close() });
  const forwarding = await openForwarding(deps, metrics, settings);
  const meter = new StorageMeter(
    { clock, files, log, store: metrics, forwarding, registry: deps.registry },
    directory,
  );
  return { metrics: { ...metrics, writer: forwarding.writer }, forwarding, state, meter };
}

/** The embedded metrics store as the configuration has it. */
export async function openMetrics(
  deps: Omit<StorageDeps, 'lifecycle'>,
  { config, dataDirectory }: StartSettings,
): Promise<EmbeddedMetrics> {
  const { storage } = config;
  const { retention, series_max, head_bytes_max, cache_bytes_max, created_zero_samples } = storage.metrics;
  return await openEmbeddedMetrics(
    { ...deps, slicer: new TimeSlicer(deps.clock), metrics: deps.registry },
    {
      directory: path.join(dataDirectory, 'metrics'),
      retentionMs: retention,
      outOfOrderWindowMs: outOfOrderWindowMsOf(storage),
      seriesMax: series_max,
      headBytesMax: head_bytes_max,
      cacheBytesMax: cache_bytes_max,
      exemplarsMax: storage.exemplars.max_exemplars,
      createdZeroSamples: created_zero_samples,
    },
  );
}

async function openForwarding(
  deps: StorageDeps,
  store: EmbeddedMetrics,
  settings: StartSettings,
): Promise<Forwarding> {
  const { clock, log, registry, lifecycle } = deps;
  const forwarding = createForwarding(
    {
      ...deps,
      store: store.writer,
      slicer: new TimeSlicer(clock),
      log: log.child('remote-write'),
      metrics: createSenderMetrics(registry),
    },
    {
      userAgent: `Vedette/${VEDETTE_VERSION}`,
      directory: configDirectory(settings.configFile, process.cwd()),
    },
  );
  await applyForwarding(forwarding, settings);
  lifecycle.adopt({ name: 'remote write', stop: () => forwarding.stop() });
  return forwarding;
}

/** Takes over where to send samples on, and with which labels. */
export function applyForwarding(forwarding: Forwarding, { config }: StartSettings): Promise<void> {
  return forwarding.apply(config.remote_write, labelsOf(config.global.external_labels));
}

// Rates over less jump with every batch, over more lag behind what one is looking at.
const METER_INTERVAL_MS = 5000;

export interface StorageMeterDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly store: EmbeddedMetrics;
  /** Its troubles are those of the storage, too. */
  readonly forwarding: Pick<Forwarding, 'stats'>;
  readonly registry: MetricsRegistry;
}

/** Reads now and then what cannot be asked for at once: free space, and samples per second. */
export class StorageMeter {
  readonly #deps: StorageMeterDeps;
  readonly #directory: string;
  readonly #freeGauge: Gauge;
  #timer: Timer | undefined;
  #last: { readonly atMs: number; readonly samples: number };
  #samplesPerSecond = 0;
  #diskFreeBytes = 0;
  /** A reading may be under way when it is set. */
  #isStopped = false;

  constructor(deps: StorageMeterDeps, directory: string) {
    this.#deps = deps;
    this.#freeGauge = deps.registry.gauge({
      name: 'vedette_tsdb_disk_free_bytes',
      help: 'Free space of the disk with the data directory. Without a sample until it was read once.',
    });
    this.#directory = directory;
    this.#last = { atMs: deps.clock.monotonicMs(), samples: deps.store.stats().samplesAppendedTotal };
  }

  async start(): Promise<void> {
    await this.#read();
    if (this.#isStopped) return;
    this.#timer = this.#deps.clock.setTimer(METER_INTERVAL_MS, () => void this.start());
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  stats(): StorageStats {
    const stats = this.#deps.store.stats();
    const { activeSeries, headChunks, headRange, diskBytes, oldestSampleMs, problems } = stats;
    return {
      activeSeries,
      headChunks,
      headFromMs: headRange?.minMs,
      headUntilMs: headRange?.maxMs,
      diskBytes,
      diskFreeBytes: this.#diskFreeBytes,
      samplesPerSecond: this.#samplesPerSecond,
      oldestSampleMs,
      problems: [...problems, ...this.#remoteProblems()],
    };
  }

  cardinality(limit: number): Cardinality {
    const found = this.#deps.store.cardinality(limit);
    return {
      labelPairCount: found.labelPairCount,
      seriesByMetric: found.seriesCountByMetricName,
      valuesByLabel: found.labelValueCountByLabelName,
      bytesByLabel: found.memoryInBytesByLabelName,
      seriesByLabelPair: found.seriesCountByLabelValuePair,
    };
  }

  #remoteProblems(): readonly string[] {
    return this.#deps.forwarding
      .stats()
      .flatMap(({ name, problem }) =>
        problem === undefined ? [] : [`remote write to "${name}" does not succeed: ${problem}`],
      );
  }

  async #read(): Promise<void> {
    const { clock, files, log, store } = this.#deps;
    const now = { atMs: clock.monotonicMs(), samples: store.stats().samplesAppendedTotal };
    const elapsedMs = now.atMs - this.#last.atMs;
    if (elapsedMs > 0) this.#samplesPerSecond = ((now.samples - this.#last.samples) / elapsedMs) * 1000;
    this.#last = now;
    try {
      this.#diskFreeBytes = (await files.space(this.#directory)).freeBytes;
      this.#freeGauge.set(this.#diskFreeBytes);
    } catch (error) {
      log.warn('cannot read the free space of the data directory', { error });
    }
  }
}
