import { METRIC_NAME, type Clock, type Files, type Slicer, type Timer } from '@vedette/model';
import type { BlockSet } from './block/block-set.ts';
import { clean, compact, planCompaction } from './block/compact.ts';
import { dropEpoch, flushEpoch, type FrozenEpoch } from './block/flush.ts';
import type { TombstoneFile } from './block/tombstone-file.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { DepartedSeries } from './departed-series.ts';
import type { DamagedFiles } from './damaged-files.ts';
import { orUnavailable } from './disk-error.ts';
import { relogExemplars } from './exemplar/batch-exemplars.ts';
import type { ExemplarBuffer } from './exemplar/exemplar-buffer.ts';
import type { Head } from './head/head.ts';
import type { Reporter } from './report.ts';
import type { Retention } from './retention.ts';
import type { SeriesTurnover } from './series-turnover.ts';
import type { SeriesWatch } from './series-watch.ts';
import type { SpaceGuard } from './space-guard.ts';
import type { Tiers } from './tier/tiers.ts';
import type { Views } from './views.ts';
import type { Wal } from './wal/wal.ts';

/** How often is looked whether there is something to do. At 100 MB/s the floor of free space holds that long. */
const TICK_MS = 5000;

/** After a failure, such as a full disk: not every tick, or the log fills with it. */
const RETRY_MS = 60_000;

// Two hours of head, as in Prometheus: at 15 s a series then has 480 samples, one well-filled chunk.
const EPOCH_MS_MAX = 2 * 3_600_000;

// Bounds the time a start takes: a log of 1 GiB replays in about 10 s.
const WAL_BYTES_MAX = 2 ** 30;

// For the sake of series that departed. Twelve blocks of ten minutes are one merge, as twelve of two hours are.
const EARLY_EPOCH_MS_MIN = 600_000;

/** Series removed between two groups of batches, which wait for it: some 100 ms. */
const REMOVED_SERIES_MAX = 32_768;

// Each deletion writes the file anew, in 10 ms at this size; some 50,000 deletions of single series.
const TOMBSTONE_BYTES_MAX = 2 ** 20;

/** Retention rules over very many series may fill it again and again. */
const CLEAN_INTERVAL_MS = 3_600_000;

export interface MaintenanceOptions {
  readonly retentionMs: number;
  /** Bytes of chunks in the head after which it is flushed early. */
  readonly headBytesMax: number;
}

/**
 * What goes on behind the batches, one thing after the other: looking at the free space, flushing the head to
 * a block, downsampling and merging blocks, removing old ones (`Retention` says which). Everything yields, and everything may be killed at
 * any point.
 *
 * A flush is: freeze the head and start a new log segment, between two batches · write and publish the block ·
 * delete the segments that it made superfluous · when no reader is left from before, drop the epoch from
 * memory · forget series that got nothing for a whole epoch, or that departed. A step that fails is tried again from there.
 */
export class Maintenance {
  readonly #deps: MaintenanceDeps;
  readonly #options: MaintenanceOptions;
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  /** The flush that is under way or failed half-way. */
  #frozen: (FrozenEpoch & { readonly isEarly: boolean; isPublished: boolean }) | undefined;
  #epochStartMs: number;
  #retryAtMs = -Infinity;
  #cleanedAtMs = -Infinity;
  #problem: string | undefined;

  constructor(deps: MaintenanceDeps, options: MaintenanceOptions) {
    this.#deps = deps;
    this.#options = options;
    // What was replayed counts with its age, or a store that restarts every hour would never flush.
    const ageMs = deps.clock.nowMs() - deps.head.epochMinMs;
    this.#epochStartMs = deps.clock.monotonicMs() - Math.min(EPOCH_MS_MAX, Math.max(0, ageMs));
  }

  /** A sentence for operators; `undefined` while all succeeds. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Looks at the free space, and from then on every few seconds whether there is something to do. */
  async start(): Promise<void> {
    await this.#deps.guard.check();
    await this.#deps.damaged.check();
    this.#arm();
  }

  /** Lets go of what is under way; a later start does it again. */
  async stop(): Promise<void> {
    const reason = new Error('the store is closing');
    this.#abort.abort(reason);
    this.#deps.tiers.stop();
    this.#deps.views.stopDraining(reason);
    this.#timer?.cancel();
    await this.#running;
  }

  /** Flushes the head now, whatever its age. Rejects with `UnavailableError` when the disk refuses. */
  async flush(): Promise<void> {
    await orUnavailable('write samples to a block', () => this.perform(() => this.#flush()));
  }

  /** Runs `task` while nothing else comes or goes on the disk; it is waited for by what comes behind. */
  async perform<T>(task: (steps: MaintenanceSteps) => Promise<T>): Promise<T> {
    const { signal } = this.#abort;
    signal.throwIfAborted();
    const performing = this.#running.then(() => {
      signal.throwIfAborted();
      return task(this.#steps);
    });
    // The caller gets the failure; what comes behind must not inherit it.
    this.#running = performing.then(ignore, ignore);
    return await performing;
  }

  readonly #steps: MaintenanceSteps = {
    finishFlush: async () => {
      if (this.#frozen !== undefined) await this.#flush();
    },
    flush: async () => {
      await this.#steps.finishFlush();
      await this.#flush();
    },
    clean: () => this.#clean(),
  };

  #arm(): void {
    if (this.#abort.signal.aborted) return;
    this.#timer = this.#deps.clock.setTimer(TICK_MS, () => {
      this.#running = this.#running.then(() => this.#tick()).then(() => this.#arm());
    });
  }

  async #tick(): Promise<void> {
    const { clock, report, guard, damaged, retention, tiers, watch, departed } = this.#deps;
    try {
      await guard.check();
      await damaged.check();
      if (clock.monotonicMs() < this.#retryAtMs) return;
      await retention.apply();
      await watch.check();
      if (await departed.check()) await this.#removeDepartedSeries();
      const why = this.#dueFlush();
      if (this.#frozen !== undefined || why !== undefined) await this.#flush(why);
      if (!guard.isFull) await tiers.advance(this.#abort.signal);
      await this.#compact();
      await retention.rewrite(this.#abort.signal);
      if (this.#isCleanDue()) {
        this.#cleanedAtMs = clock.monotonicMs();
        await this.#clean();
      }
      this.#problem = undefined;
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#retryAtMs = clock.monotonicMs() + RETRY_MS;
      const reason = error instanceof Error ? error.message : String(error);
      this.#problem = `samples cannot be moved to blocks, or old ones removed, which is tried every minute: ${reason}`;
      report.warn('storage maintenance failed and is tried again in a minute', { error });
    }
  }

  /** Why the head should be written to a block now; `undefined`: it need not. */
  #dueFlush(): FlushReason | undefined {
    const { head, wal, clock, departed, retention } = this.#deps;
    if (head.epochMinMs === Infinity) {
      this.#epochStartMs = clock.monotonicMs();
      return undefined;
    }
    const ageMs = clock.monotonicMs() - this.#epochStartMs;
    if (ageMs >= EPOCH_MS_MAX) return 'age';
    if (head.sampleBytes > this.#options.headBytesMax) return 'size';
    if (wal.sizeBytes > Math.min(WAL_BYTES_MAX, retention.walBytesMax)) return 'size';
    if (wal.isDoubtful) return 'doubt';
    return ageMs >= EARLY_EPOCH_MS_MIN && departed.areMany ? 'departed' : undefined;
  }

  #isCleanDue(): boolean {
    const { tombstones, clock } = this.#deps;
    if (tombstones.sizeBytes <= TOMBSTONE_BYTES_MAX) return false;
    return clock.monotonicMs() - this.#cleanedAtMs >= CLEAN_INTERVAL_MS;
  }

  async #flush(why?: FlushReason): Promise<void> {
    const { head, wal, writer, views, clock, slicer, exemplars, departed } = this.#deps;
    this.#frozen ??= await writer.runExclusive(async () => {
      const walFloor = await wal.rotate();
      // The segments that hold them go with this flush, so these must be durable before.
      await relogExemplars({ journal: wal, slicer }, exemplars);
      if (exemplars.count > 0) await wal.sync();
      this.#epochStartMs = clock.monotonicMs();
      return { epoch: head.freeze(), walFloor, isEarly: why === 'departed', isPublished: false };
    });
    const { epoch, walFloor, isEarly } = this.#frozen;
    if (!this.#frozen.isPublished) await flushEpoch(this.#deps, this.#frozen, this.#abort.signal);
    this.#frozen.isPublished = true;
    await wal.removeBefore(walFloor);
    await views.drained();
    await dropEpoch(this.#deps, epoch);
    this.#frozen = undefined;
    // Ten minutes without a sample say nothing of a series, as the two hours of other epochs do.
    const isIdle = (series: number): boolean => !isEarly && head.isIdle(series, epoch);
    await this.#removeSeries((series) => isIdle(series) || departed.has(series));
  }

  /** Those that stopped after their last samples had come to a block. */
  async #removeDepartedSeries(): Promise<void> {
    await this.#removeSeries((series) => this.#deps.departed.has(series));
  }

  /** Forgets series that nothing in memory belongs to, as far as nobody is about to write to them. */
  async #removeSeries(isOver: (series: number) => boolean): Promise<void> {
    const { head, writer, views, departed, slicer } = this.#deps;
    const isRemovable = (series: number): boolean => head.isEmpty(series) && isOver(series);
    let idle: number[] = [];
    let hasRemoved = false;
    const { idCount } = head.series;
    for (let series = 0; series < idCount; series++) {
      if ((series & 255) === 0 && slicer.shouldYield()) await slicer.yield();
      if (head.series.has(series) && isRemovable(series)) idle.push(series);
      if (idle.length === 0 || (idle.length < REMOVED_SERIES_MAX && series < idCount - 1)) continue;
      hasRemoved = true;
      const some = Uint32Array.from(idle);
      idle = [];
      await views.drained();
      // One that got a sample meanwhile, or is about to, stays.
      await writer.runExclusive(() => this.#remove(some.filter(isRemovable)));
    }
    if (hasRemoved) await departed.count();
  }

  async #remove(series: Uint32Array): Promise<void> {
    const { head, slicer, turnover, departed, clock } = this.#deps;
    const { series: table } = head;
    for (const one of series) {
      if (slicer.shouldYield()) await slicer.yield();
      departed.forget(one);
      turnover.removed(
        table.labelValueOf(one, 'job'),
        table.labelValueOf(one, METRIC_NAME),
        clock.monotonicMs(),
      );
    }
    await table.remove(series, slicer);
  }

  async #compact(): Promise<void> {
    const { blocks, tiers } = this.#deps;
    for (;;) {
      const sources = planCompaction(blocks.blocks, this.#options.retentionMs, tiers.isDownsampled);
      if (sources === undefined || this.#abort.signal.aborted) return;
      await compact(this.#deps, sources, this.#abort.signal);
    }
  }

  /** Writes the blocks anew that have something deleted. */
  async #clean(): Promise<void> {
    const { blocks, tiers, tombstones } = this.#deps;
    // Log segments of a flush that failed half-way would bring back what was only in its block.
    await this.#steps.finishFlush();
    const names = new Set(tombstones.blocks);
    for (const block of blocks.blocks)
      if (names.has(block.name)) await clean(this.#deps, block, this.#abort.signal);
    await tiers.clean(({ name }) => names.has(name), this.#abort.signal);
  }
}

/** The head is old, it or its log is large, many of its series departed, or what the log holds is in doubt. */
type FlushReason = 'age' | 'size' | 'departed' | 'doubt';

/** What a task of `perform` may do in its turn. */
export interface MaintenanceSteps {
  /** Ends a flush that failed half-way. */
  finishFlush(): Promise<void>;
  /** Moves everything that was visible when it is called to blocks. */
  flush(): Promise<void>;
  /** Takes what was deleted off the disk. */
  clean(): Promise<void>;
}

function ignore(): void {
  // The caller was told.
}

export interface MaintenanceDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly report: Reporter;
  readonly head: Head;
  readonly views: Views;
  readonly blocks: BlockSet;
  readonly tiers: Tiers;
  readonly tombstones: TombstoneFile;
  readonly exemplars: ExemplarBuffer;
  readonly wal: Wal;
  readonly writer: CommitQueue;
  readonly guard: SpaceGuard;
  readonly damaged: DamagedFiles;
  readonly retention: Retention;
  readonly departed: DepartedSeries;
  readonly turnover: SeriesTurnover;
  readonly watch: SeriesWatch;
}
