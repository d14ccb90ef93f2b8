import type { Clock, Files, Random, SeriesSamples, Slicer } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import {
  openTsdb,
  type Cardinality,
  type ImportResult,
  type TsdbOptions,
  type TsdbStats,
} from '@vedette/tsdb';
import type { Log } from '../../telemetry/log.ts';
import type { MetricsAdmin, MetricsReader, MetricsStore, MetricsWriter } from './port.ts';

export interface EmbeddedMetricsDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly slicer: Slicer;
  readonly log: Log;
  readonly metrics: MetricsRegistry;
}

/** The embedded engine as a metrics store. */
export interface EmbeddedMetrics extends MetricsStore {
  readonly writer: MetricsWriter;
  readonly reader: MetricsReader;
  readonly admin: MetricsAdmin;
  stats(): EmbeddedMetricsStats;
  /** What `/api/v1/status/tsdb` shows: the `limit` largest contributors by each measure. */
  cardinality(limit: number): Cardinality;
  /** Writes old samples of another server to a block; see `Tsdb.importBlock`. */
  importBlock(series: AsyncIterable<readonly SeriesSamples[]>, signal: AbortSignal): Promise<ImportResult>;
  /** How long a time one import may cover. */
  readonly importSpanMsMax: number;
}

export type EmbeddedMetricsStats = ReturnType<MetricsStore['stats']> & TsdbStats;

/** Opens the store, which replays what the log holds; see `openTsdb` for what it refuses. */
export async function openEmbeddedMetrics(
  deps: EmbeddedMetricsDeps,
  options: TsdbOptions,
): Promise<EmbeddedMetrics> {
  const { files, clock, random, slicer, log, metrics } = deps;
  const troubles = metrics.counter({
    name: 'vedette_tsdb_troubles_total',
    help: 'Faults that the metrics store met and went on from; the log says which.',
  });
  const startMs = clock.monotonicMs();
  const engine = await openTsdb(
    {
      files,
      clock,
      random,
      slicer,
      report: {
        info: (message, fields) => log.info(message, fields),
        warn: (message, fields) => {
          troubles.inc();
          log.warn(message, fields);
        },
      },
    },
    options,
  );
  log.info('metrics store opened', { ...engine.stats(), tookMs: clock.monotonicMs() - startMs });
  exposeStats(metrics, () => engine.stats());
  return {
    writer: engine.writer,
    reader: engine.reader,
    admin: engine,
    stats: () => {
      const stats = engine.stats();
      return { ...stats, diskBytes: stats.walBytes + stats.blockBytes };
    },
    cardinality: (limit) => engine.cardinality(limit),
    importBlock: (series, signal) => engine.importBlock(series, signal),
    importSpanMsMax: engine.importSpanMsMax,
    close: () => engine.close(),
  };
}

/** Figures that are read when somebody asks, rather than counted. */
function exposeStats(metrics: MetricsRegistry, statsOf: () => TsdbStats): void {
  const gauges: readonly (readonly [name: string, help: string, read: (stats: TsdbStats) => number])[] = [
    ['head_series', 'Active series in the head.', (stats) => stats.activeSeries],
    ['head_chunks', 'Encoded chunks in the head.', (stats) => stats.headChunks],
    [
      'head_out_of_order_samples',
      'Samples in the head that were older than the newest of their series when they came.',
      (stats) => stats.headOutOfOrderSamples,
    ],
    ['head_bytes', 'Estimate of the memory that the head takes.', (stats) => stats.headBytes],
    ['cache_bytes', 'Decompressed parts of blocks kept in memory.', (stats) => stats.cacheBytes],
    ['wal_bytes', 'Size of the write-ahead log.', (stats) => stats.walBytes],
    ['blocks', 'Block files in use.', (stats) => stats.blocks],
    ['block_bytes', 'Size of the block files in use.', (stats) => stats.blockBytes],
    ['tombstone_bytes', 'Size of the list of deleted samples.', (stats) => stats.tombstoneBytes],
    ['exemplars', 'Exemplars in memory.', (stats) => stats.exemplars],
    ['open_views', 'Readers at work.', (stats) => stats.openViews],
    ['disk_full', '1 while no samples are accepted for lack of disk space.', (stats) => Number(stats.isFull)],
  ];
  const readers = gauges.map(([name, help, read]) => {
    const gauge = metrics.gauge({ name: `vedette_tsdb_${name}`, help });
    return (stats: TsdbStats) => gauge.set(read(stats));
  });
  const appended = metrics.counter({
    name: 'vedette_tsdb_samples_appended_total',
    help: 'Samples accepted since the start.',
  });
  const outOfOrder = metrics.counter({
    name: 'vedette_tsdb_out_of_order_samples_total',
    help: 'Samples accepted since the start that were older than the newest of their series.',
  });
  let counted = 0;
  let countedOutOfOrder = 0;
  metrics.onCollect(() => {
    const stats = statsOf();
    for (const read of readers) read(stats);
    appended.inc(stats.samplesAppendedTotal - counted);
    counted = stats.samplesAppendedTotal;
    outOfOrder.inc(stats.outOfOrderSamplesTotal - countedOutOfOrder);
    countedOutOfOrder = stats.outOfOrderSamplesTotal;
  });
}
