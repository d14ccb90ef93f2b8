/** What the pages show of the embedded store. */
import type { Clock, Files } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { DiskMeter } from './compose-disk-meter.ts';
import type { Cardinality, SeriesView, StorageStats, StorageView } from './serve/index.ts';
import type { Turnover } from '@vedette/tsdb';
import type { EmbeddedMetrics } from './store/metrics/embedded.ts';
import type { Forwarding } from './store/metrics/remote-write/forwarding.ts';
import type { Log } from './telemetry/log.ts';

export interface StorageMeterDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly store: EmbeddedMetrics;
  readonly registry: MetricsRegistry;
  /** Its troubles are those of the storage, too. */
  readonly forwarding: Pick<Forwarding, 'stats'>;
}

export class StorageMeter implements StorageView, SeriesView {
  readonly #store: EmbeddedMetrics;
  readonly #disk: DiskMeter;
  readonly #forwarding: Pick<Forwarding, 'stats'>;

  constructor(deps: StorageMeterDeps, directory: string) {
    this.#store = deps.store;
    this.#forwarding = deps.forwarding;
    const samplesTotal = (): number => deps.store.stats().samplesAppendedTotal;
    this.#disk = new DiskMeter({ ...deps, samplesTotal }, directory);
  }

  async start(): Promise<void> {
    await this.#disk.start();
  }

  stop(): void {
    this.#disk.stop();
  }

  stats(): StorageStats {
    const stats = this.#store.stats();
    const { activeSeries, headChunks, headRange, diskBytes, oldestSampleMs, problems } = stats;
    return {
      activeSeries,
      headChunks,
      headFromMs: headRange?.minMs,
      headUntilMs: headRange?.maxMs,
      diskBytes,
      diskFreeBytes: this.#disk.freeBytes,
      samplesPerSecond: this.#disk.samplesPerSecond,
      oldestSampleMs,
      problems: [...problems, ...remoteProblemsOf(this.#forwarding)],
    };
  }

  async cardinality(limit: number): Promise<Cardinality> {
    const found = await this.#store.cardinality({ limit });
    return {
      labelPairCount: found.labelPairCount,
      seriesByMetric: found.seriesCountByMetricName,
      valuesByLabel: found.labelValueCountByLabelName,
      bytesByLabel: found.memoryInBytesByLabelName,
      seriesByLabelPair: found.seriesCountByLabelValuePair,
    };
  }

  async report(query: Parameters<SeriesView['report']>[0]): Promise<SeriesReport> {
    const found = await this.#store.cardinality(query);
    const { jobs, turnoverByJob, turnoverByMetric, ...totals } = await this.#store.census(query.limit);
    return {
      ...totals,
      jobs: jobs.map(({ job, seriesCount, limit }) => ({
        job,
        activeSeries: seriesCount,
        limit: limit === 0 ? null : limit,
      })),
      turnoverByJob: turnoverByJob.map(turnoverOf),
      turnoverByMetric: turnoverByMetric.map(turnoverOf),
      selected: {
        activeSeries: found.seriesCount,
        seriesByMetric: found.seriesCountByMetricName,
        valuesByLabel: found.labelValueCountByLabelName,
        seriesByLabelPair: found.seriesCountByLabelValuePair,
      },
    };
  }
}

type SeriesReport = Awaited<ReturnType<SeriesView['report']>>;

function turnoverOf(turnover: Turnover): SeriesReport['turnoverByJob'][number] {
  return { ...turnover, netTotal: turnover.createdTotal - turnover.removedTotal };
}

/** Remotes of the list `remote_write` that take nothing. */
export function remoteProblemsOf(forwarding: Pick<Forwarding, 'stats'>): readonly string[] {
  return forwarding
    .stats()
    .flatMap(({ name, problem }) =>
      problem === undefined ? [] : [`remote write to "${name}" does not succeed: ${problem}`],
    );
}
