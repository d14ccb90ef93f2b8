import type { Clock, Files, Random, SeriesSamples, Slicer } from '@vedette/model';
import type { Counter, MetricsRegistry } from '@vedette/sdk';
import {
  openTsdb,
  type Cardinality,
  type CardinalityQuery,
  type ImportResult,
  type SeriesCensus,
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
  /** What `/api/v1/status/tsdb` shows: the largest contributors by each measure. */
  cardinality(query: CardinalityQuery): Promise<Cardinality>;
  /** Who has series and who creates them, the `limit` first of each list. */
  census(limit: number): Promise<SeriesCensus>;
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
      const downsampledBytes = stats.downsampled.reduce((sum, { blockBytes }) => sum + blockBytes, 0);
      return { ...stats, diskBytes: stats.walBytes + stats.blockBytes + downsampledBytes };
    },
    cardinality: (query) => engine.cardinality(query),
    census: (limit) => engine.census(limit),
    importBlock: (series, signal) => engine.importBlock(series, signal),
    importSpanMsMax: engine.importSpanMsMax,
    close: () => engine.close(),
  };
}

/** Figures that are read when somebody asks, rather than counted. */
function exposeStats(metrics: MetricsRegistry, statsOf: () => TsdbStats): void {
  const gauges: readonly (readonly [name: string, help: string, read: (stats: TsdbStats) => number])[] = [
    ['head_series', 'Active series in the head.', (stats) => stats.activeSeries],
    [
      'head_series_max',
      'How many of them are taken: storage.metrics.series_max.',
      (stats) => stats.seriesMax,
    ],
    ['head_stale_series', 'Those that ended with a staleness marker.', (stats) => stats.staleSeries],
    [
      'head_stopped_series',
      'Those that nothing came for within the last hour, without a staleness marker.',
      (stats) => stats.stoppedSeries,
    ],
    [
      'job_series_limit_used_ratio',
      'Share of its limit of series that the job nearest to its limit has; 0 below a half.',
      ({ nearJobs: [nearest] }) => (nearest === undefined ? 0 : nearest.seriesCount / nearest.limit),
    ],
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
  const counters = [...createCounters(metrics), exposeDownsampled(metrics)];
  metrics.onCollect(() => {
    const stats = statsOf();
    for (const read of readers) read(stats);
    for (const count of counters) count(stats);
  });
}

/** Totals that the engine counts: each call adds what came since the call before. */
function createCounters(metrics: MetricsRegistry): readonly ((stats: TsdbStats) => void)[] {
  const increasing = (
    name: string,
    help: string,
    read: (stats: TsdbStats) => number,
  ): ((stats: TsdbStats) => void) => {
    const counter = metrics.counter({ name: `vedette_tsdb_${name}_total`, help });
    let counted = 0;
    return (stats) => {
      counter.inc(read(stats) - counted);
      counted = read(stats);
    };
  };
  const byLabel = <K extends string>(
    counter: Counter,
    read: (stats: TsdbStats) => Readonly<Record<K, number>>,
  ): ((stats: TsdbStats) => void) => {
    const counted = new Map<string, number>();
    return (stats) => {
      for (const [label, total] of Object.entries<number>(read(stats))) {
        counter.inc(total - (counted.get(label) ?? 0), label);
        counted.set(label, total);
      }
    };
  };
  return [
    increasing(
      'samples_appended',
      'Samples accepted since the start.',
      (stats) => stats.samplesAppendedTotal,
    ),
    increasing(
      'out_of_order_samples',
      'Samples accepted since the start that were older than the newest of their series.',
      (stats) => stats.outOfOrderSamplesTotal,
    ),
    increasing('series_created', 'Series that came into the head.', (stats) => stats.seriesCreatedTotal),
    increasing('series_removed', 'Series that left the head.', (stats) => stats.seriesRemovedTotal),
    byLabel(
      metrics.counter({
        name: 'vedette_tsdb_series_refused_total',
        help: 'New series that were refused, by the limit: of all, of the job, of the length of labels. One that comes again counts again.',
        labelNames: ['limit'],
      }),
      (stats) => stats.seriesRefusedTotal,
    ),
    byLabel(
      metrics.counter({
        name: 'vedette_tsdb_retention_blocks_removed_total',
        help: 'Blocks removed by the retention, by its kind: time or size.',
        labelNames: ['cause'],
      }),
      (stats) => stats.retentionBlocksTotal,
    ),
  ];
}

/** Series come with the first downsampled block. */
function exposeDownsampled(metrics: MetricsRegistry): (stats: TsdbStats) => void {
  const blocks = metrics.gauge({
    name: 'vedette_tsdb_downsampled_blocks',
    help: 'Block files of downsampled samples, by resolution.',
    labelNames: ['resolution'],
  });
  const bytes = metrics.gauge({
    name: 'vedette_tsdb_downsampled_block_bytes',
    help: 'Size of the block files of downsampled samples, by resolution.',
    labelNames: ['resolution'],
  });
  return ({ downsampled }) => {
    for (const { resolution, blocks: count, blockBytes } of downsampled) {
      blocks.set(count, resolution);
      bytes.set(blockBytes, resolution);
    }
  };
}
