/** The metrics engine: embedded, or another server behind the HTTP API of Prometheus. To the rest they are one thing. */
import * as path from 'node:path';
import {
  NO_LABELS,
  UnsupportedError,
  type MetricsReader,
  type MetricsWriter,
  type Slicer,
} from '@vedette/model';
import { parseMetricSelector } from '@vedette/promql/parser';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import { PrometheusStorageView } from './compose-prometheus-view.ts';
import { StorageMeter } from './compose-storage-meter.ts';
import type { StorageDeps } from './compose-storage.ts';
import { createMemoryReader, MemoryGuard } from './lib/memory-guard.ts';
import { TimeSlicer } from './lib/time-slicer.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Part } from './lifecycle.ts';
import { ActiveQueryLog } from './query/metrics/active-query-log.ts';
import { createEmbeddedPromQuery } from './query/metrics/embedded.ts';
import type { PromQuery } from './query/metrics/port.ts';
import { createPrometheusPromQuery } from './query/metrics/prometheus.ts';
import { SlowQueryLog } from './query/metrics/slow-query-log.ts';
import type { SeriesView, StorageView } from './serve/index.ts';
import {
  outOfOrderWindowMsOf,
  remoteWriteOf,
  retentionOf,
  type EmbeddedStorageConfig,
  type PrometheusStorageConfig,
} from './store/metrics/config.ts';
import { openEmbeddedMetrics, type EmbeddedMetrics } from './store/metrics/embedded.ts';
import type { MetricsAdmin, PrometheusApi } from './store/metrics/port.ts';
import { createEngineWriters } from './store/metrics/prometheus/engine-writers.ts';
import { createPrometheusApi } from './store/metrics/prometheus/prometheus-api.ts';
import type { SenderMetrics } from './store/metrics/remote-write/sender-metrics.ts';
import type { Forwarding } from './store/metrics/remote-write/forwarding.ts';
import { createRemoteWriter } from './store/metrics/remote-write/remote-writer.ts';

export interface EngineDeps extends StorageDeps {
  /** One for all senders of the registry. */
  readonly senderMetrics: SenderMetrics;
}

export interface EngineOptions {
  readonly settings: StartSettings;
  /** Its troubles are those of the storage, too. */
  readonly forwarding: Pick<Forwarding, 'stats'>;
}

export interface MetricsEngine {
  readonly query: PromQuery;
  readonly slowQueries: SlowQueryLog;
  /** For collectors, which have the next batch soon. */
  readonly writer: MetricsWriter;
  /** For rules, which ask for what they wrote. */
  readonly ruleWriter: MetricsWriter;
  /** For receivers, whose senders may wait. */
  readonly receiverWriter: MetricsWriter;
  /** What the pages say of it. */
  readonly view: StorageView;
  /** Who fills the head; only the embedded engine says. */
  readonly series: SeriesView | undefined;
  /** Starts before anything writes. */
  readonly part: Part;
  /** Raw samples; an engine elsewhere is asked itself. */
  readonly reader: Pick<MetricsReader, 'select' | 'series'>;
  /** What only the embedded engine has. */
  readonly admin: MetricsAdmin | undefined;
  /** Where rules are evaluated when not here. */
  readonly rulesApi: PrometheusApi | undefined;
}

/** The embedded metrics store as the configuration has it; `UnsupportedError` when it has another engine. */
export async function openMetrics(
  deps: Omit<StorageDeps, 'lifecycle'>,
  settings: StartSettings,
): Promise<EmbeddedMetrics> {
  const config = settings.config.storage.metrics;
  if (config.engine === 'embedded') return await openEmbedded(deps, config, settings);
  throw new UnsupportedError(
    'VED_ENGINE_UNSUPPORTED',
    'cannot open the embedded store: storage.metrics.engine is prometheus; use the tools of that engine',
  );
}

async function openEmbedded(
  deps: Omit<StorageDeps, 'lifecycle'> & { readonly slicer?: Slicer },
  config: EmbeddedStorageConfig,
  { config: { storage }, dataDirectory }: StartSettings,
): Promise<EmbeddedMetrics> {
  const { downsampling, series_max, head_bytes_max, cache_bytes_max, created_zero_samples } = config;
  const { retentionMs, retentionBytes } = retentionOf({ metrics: config, tsdb: storage.tsdb });
  return await openEmbeddedMetrics(
    { ...deps, slicer: deps.slicer ?? new TimeSlicer(deps.clock), metrics: deps.registry },
    {
      directory: path.join(dataDirectory, 'metrics'),
      retentionMs,
      retentionBytes: retentionBytes === 0 ? undefined : retentionBytes,
      retentionRules: config.retention_rules.map(({ match, retention }) => ({
        matchers: parseMetricSelector(match),
        retentionMs: retention,
      })),
      downsampling: downsampling && {
        fiveMinutesMs: downsampling.retention_5m,
        oneHourMs: downsampling.retention_1h,
      },
      outOfOrderWindowMs: outOfOrderWindowMsOf({ metrics: config, tsdb: storage.tsdb }),
      seriesMax: series_max,
      seriesMaxPerJob: config.series_max_per_job,
      seriesMaxByJob: new Map(Object.entries(config.series_max_by_job)),
      headBytesMax: head_bytes_max,
      cacheBytesMax: cache_bytes_max,
      exemplarsMax: storage.exemplars.max_exemplars,
      createdZeroSamples: created_zero_samples,
    },
  );
}

/** What both engines are told of queries that take long. */
async function openQueryLogs(
  { clock, files, log, lifecycle }: EngineDeps,
  { config, dataDirectory }: StartSettings,
): Promise<{ readonly slowLog: SlowQueryLog; readonly activeLog: ActiveQueryLog }> {
  const queryLog = log.child('query');
  const activeLog = await ActiveQueryLog.open({ clock, files, log: queryLog }, dataDirectory);
  lifecycle.adopt({ name: 'log of running queries', stop: () => activeLog.close() });
  return { slowLog: new SlowQueryLog(queryLog, config.query.log_queries_longer_than), activeLog };
}

export async function openEmbeddedEngine(
  deps: EngineDeps,
  config: EmbeddedStorageConfig,
  { forwarding, settings }: EngineOptions,
): Promise<MetricsEngine> {
  const { clock, files, log, registry, lifecycle } = deps;
  const memory = new MemoryGuard(createMemoryReader());
  const createSlicer = (): Slicer => memory.watch(new TimeSlicer(clock));
  const storeDeps = { ...deps, slicer: createSlicer(), log: log.child('tsdb') };
  const store = await openEmbedded(storeDeps, config, settings);
  lifecycle.adopt({ name: 'metrics store', stop: () => store.close() });
  const meter = new StorageMeter({ clock, files, log, store, registry, forwarding }, settings.dataDirectory);
  const { reader, writer, admin } = store;
  const logs = await openQueryLogs(deps, settings);
  const query = createEmbeddedPromQuery(
    { reader, slicer: createSlicer(), memory, clock, registry, ...logs },
    settings.config.query,
  );
  const part = { name: 'storage meter', start: () => meter.start(), stop: () => meter.stop() };
  return {
    query,
    slowQueries: logs.slowLog,
    writer,
    ruleWriter: writer,
    receiverWriter: writer,
    view: meter,
    series: meter,
    part,
    reader,
    admin,
    rulesApi: undefined,
  };
}

/** No I/O but the sender's and that of our own logs: the server starts, and serves its pages, while the engine is away. */
export async function openPrometheusEngine(
  deps: EngineDeps,
  config: PrometheusStorageConfig,
  { forwarding, settings }: EngineOptions,
): Promise<MetricsEngine> {
  const { clock, files, log, registry, lifecycle } = deps;
  const directory = configDirectory(settings.configFile, process.cwd());
  const userAgent = `Vedette/${VEDETTE_VERSION}`;
  const api = createPrometheusApi({ files }, { url: config.url, http: config, directory, userAgent });
  lifecycle.adopt({ name: 'metrics engine', stop: () => api.close() });
  const sender = createRemoteWriter(
    {
      ...deps,
      log: log.child('engine'),
      metrics: deps.senderMetrics,
      slicer: new TimeSlicer(clock),
    },
    remoteWriteOf(config),
    // The engine is our storage, and storage has no external labels: rules and pages find what they wrote.
    { externalLabels: NO_LABELS, userAgent, directory },
  );
  const writers = createEngineWriters({ clock }, sender);
  const view = new PrometheusStorageView(
    {
      clock,
      files,
      log,
      api,
      registry,
      forwarding,
      samplesTotal: () => writers.samplesTotal(),
      sender: () => sender.stats(),
    },
    settings.dataDirectory,
  );
  const logs = await openQueryLogs(deps, settings);
  const query = createPrometheusPromQuery(
    { api, clock, registry, createSlicer: () => new TimeSlicer(clock), ...logs },
    settings.config.query,
  );
  const start = (): void => {
    sender.start();
    view.start();
  };
  const stop = async (): Promise<void> => {
    view.stop();
    await sender.stop();
  };
  return {
    query,
    slowQueries: logs.slowLog,
    writer: writers.queued,
    ruleWriter: writers.awaited,
    receiverWriter: writers.acknowledged,
    view,
    series: undefined,
    part: { name: 'metrics engine', start, stop },
    reader: READER_ELSEWHERE,
    admin: undefined,
    rulesApi: config.rules === 'there' ? api : undefined,
  };
}

const READER_ELSEWHERE: MetricsEngine['reader'] = {
  select: () => {
    throw readElsewhere();
  },
  series: () => Promise.reject(readElsewhere()),
};

function readElsewhere(): UnsupportedError {
  return new UnsupportedError(
    'VED_ENGINE_UNSUPPORTED',
    'cannot read samples: they are not kept here but by storage.metrics.engine; read from that engine',
  );
}
