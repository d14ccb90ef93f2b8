/** Reads now and then what cannot be asked for at once: free space of the data directory, and samples per second. */
import type { Clock, Files, Timer } from '@vedette/model';
import type { Gauge, MetricsRegistry } from '@vedette/sdk';
import type { Log } from './telemetry/log.ts';

export interface DiskMeterDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
  /** Samples taken since the start. */
  readonly samplesTotal: () => number;
}

// Rates over less jump with every batch, over more lag behind what one is looking at.
const METER_INTERVAL_MS = 5000;

export class DiskMeter {
  readonly #deps: DiskMeterDeps;
  readonly #directory: string;
  readonly #freeGauge: Gauge;
  #timer: Timer | undefined;
  #last: { readonly atMs: number; readonly samples: number };
  #samplesPerSecond = 0;
  #freeBytes = 0;
  /** A reading may be under way when it is set. */
  #isStopped = false;

  constructor(deps: DiskMeterDeps, directory: string) {
    this.#deps = deps;
    this.#freeGauge = deps.registry.gauge({
      name: 'vedette_tsdb_disk_free_bytes',
      help: 'Free space of the disk with the data directory. Without a sample until it was read once.',
    });
    this.#directory = directory;
    this.#last = { atMs: deps.clock.monotonicMs(), samples: deps.samplesTotal() };
  }

  get samplesPerSecond(): number {
    return this.#samplesPerSecond;
  }

  get freeBytes(): number {
    return this.#freeBytes;
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

  async #read(): Promise<void> {
    const { clock, files, log, samplesTotal } = this.#deps;
    const now = { atMs: clock.monotonicMs(), samples: samplesTotal() };
    const elapsedMs = now.atMs - this.#last.atMs;
    if (elapsedMs > 0) this.#samplesPerSecond = ((now.samples - this.#last.samples) / elapsedMs) * 1000;
    this.#last = now;
    try {
      this.#freeBytes = (await files.space(this.#directory)).freeBytes;
      this.#freeGauge.set(this.#freeBytes);
    } catch (error) {
      log.warn('cannot read the free space of the data directory', { error });
    }
  }
}
