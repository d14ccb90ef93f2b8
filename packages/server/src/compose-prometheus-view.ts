/** What the pages show of an engine elsewhere: what it says of itself, and how our sender stands. */
import { DiskMeter, type DiskMeterDeps } from './compose-disk-meter.ts';
import { remoteProblemsOf } from './compose-storage-meter.ts';
import type { Cardinality, StorageStats, StorageView } from './serve/index.ts';
import type { PrometheusApi } from './store/metrics/port.ts';
import { EngineStatus } from './store/metrics/prometheus/engine-status.ts';
import type { Forwarding } from './store/metrics/remote-write/forwarding.ts';
import type { RemoteWriteStats } from './store/metrics/remote-write/remote-writer.ts';

export interface PrometheusStorageViewDeps extends DiskMeterDeps {
  readonly api: PrometheusApi;
  readonly sender: () => RemoteWriteStats;
  /** Its troubles are those of the storage, too. */
  readonly forwarding: Pick<Forwarding, 'stats'>;
}

export class PrometheusStorageView implements StorageView {
  readonly #deps: PrometheusStorageViewDeps;
  readonly #disk: DiskMeter;
  readonly #status: EngineStatus;

  constructor(deps: PrometheusStorageViewDeps, directory: string) {
    this.#deps = deps;
    this.#disk = new DiskMeter(deps, directory);
    this.#status = new EngineStatus(deps);
  }

  start(): void {
    void this.#disk.start();
    this.#status.start();
  }

  stop(): void {
    this.#disk.stop();
    this.#status.stop();
  }

  stats(): StorageStats {
    const { head } = this.#status;
    return {
      activeSeries: head.seriesCount,
      headChunks: head.chunkCount,
      headFromMs: head.minMs,
      headUntilMs: head.maxMs,
      diskBytes: undefined,
      diskFreeBytes: this.#disk.freeBytes,
      samplesPerSecond: this.#disk.samplesPerSecond,
      // The head is not all there is, and how far back the rest reaches nobody tells.
      oldestSampleMs: undefined,
      problems: this.#problems(),
    };
  }

  async cardinality(limit: number): Promise<Cardinality> {
    const { head, ...lists } = await this.#status.cardinality(limit);
    return { labelPairCount: head.labelPairCount ?? 0, ...lists };
  }

  #problems(): readonly string[] {
    const { problem, pendingSamples } = this.#deps.sender();
    const problems = this.#status.problem === undefined ? [] : [this.#status.problem];
    if (problem !== undefined)
      problems.push(
        `samples cannot be written to the metrics engine at ${this.#deps.api.url}: ${problem}; ${pendingSamples} wait`,
      );
    return [...problems, ...remoteProblemsOf(this.#deps.forwarding)];
  }
}
