import type { Clock, Files, Slicer, Timer } from '@vedette/model';
import type { BlockSet } from './block/block-set.ts';
import { clean, compact, planCompaction } from './block/compact.ts';
import { dropEpoch, flushEpoch, type FrozenEpoch } from './block/flush.ts';
import type { TombstoneFile } from './block/tombstone-file.ts';
import type { CommitQueue } from './commit-queue.ts';
import type { DamagedFiles } from './damaged-files.ts';
import { orUnavailable } from './disk-error.ts';
import { relogExemplars } from './exemplar/batch-exemplars.ts';
import type { ExemplarBuffer } from './exemplar/exemplar-buffer.ts';
import type { Head } from './head/head.ts';
import type { Reporter } from './report.ts';
import type { SpaceGuard } from './space-guard.ts';
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

// A machine without a battery for its clock starts in any year until it has asked for the time.
const REMOVAL_DELAY_MS = 600_000;

/** Series removed between two groups of batches, which wait for it: some 100 ms. */
const REMOVED_SERIES_MAX = 32_768;

// Each deletion writes the file anew, in 10 ms at this size; some 50,000 deletions of single series.
const TOMBSTONE_BYTES_MAX = 2 ** 20;

export interface MaintenanceOptions {
  readonly retentionMs: number;
  /** Bytes of chunks in the head after which it is flushed early. */
  readonly headBytesMax: number;
}

/**
 * What goes on behind the batches, one thing after the other: looking at the free space, flushing the head to
 * a block, merging small blocks, removing old ones. Everything yields, and everything may be killed at
 * any point.
 *
 * A flush is: freeze the head and start a new log segment, between two batches · write and publish the block ·
 * delete the segments that it made superfluous · when no reader is left from before, drop the epoch from
 * memory · forget series that got nothing for a whole epoch. A step that fails is tried again from there.
 */
export class Maintenance {
  readonly #deps: MaintenanceDeps;
  readonly #options: MaintenanceOptions;
  readonly #abort = new AbortController();
  #timer: Timer | undefined;
  #running: Promise<void> = Promise.resolve();
  /** The flush that is under way or failed half-way. */
  #frozen: (FrozenEpoch & { isPublished: boolean }) | undefined;
  #epochStartMs: number;
  #retryAtMs = -Infinity;
  #problem: string | undefined;
  /** The earliest of the times found since `sinceMs` before which blocks are too old. */
  #cutoff: { readonly sinceMs: number; ms: number };

  constructor(deps: MaintenanceDeps, options: MaintenanceOptions) {
    this.#deps = deps;
    this.#options = options;
    this.#cutoff = { sinceMs: deps.clock.monotonicMs(), ms: Infinity };
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
    const { clock, report, guard, damaged } = this.#deps;
    try {
      await guard.check();
      await damaged.check();
      if (clock.monotonicMs() < this.#retryAtMs) return;
      await this.#removeOld();
      if (this.#frozen !== undefined || this.#isFlushDue()) await this.#flush();
      await this.#compact();
      if (this.#deps.tombstones.sizeBytes > TOMBSTONE_BYTES_MAX) await this.#clean();
      this.#problem = undefined;
    } catch (error) {
      if (this.#abort.signal.aborted) return;
      this.#retryAtMs = clock.monotonicMs() + RETRY_MS;
      const reason = error instanceof Error ? error.message : String(error);
      this.#problem = `samples cannot be moved to blocks, or old ones removed, which is tried every minute: ${reason}`;
      report.warn('storage maintenance failed and is tried again in a minute', { error });
    }
  }

  #isFlushDue(): boolean {
    const { head, wal, clock } = this.#deps;
    if (head.epochMinMs === Infinity) {
      this.#epochStartMs = clock.monotonicMs();
      return false;
    }
    return (
      clock.monotonicMs() - this.#epochStartMs >= EPOCH_MS_MAX ||
      head.sampleBytes > this.#options.headBytesMax ||
      wal.sizeBytes > WAL_BYTES_MAX ||
      wal.isDoubtful
    );
  }

  async #flush(): Promise<void> {
    const { head, wal, writer, views, clock, slicer, exemplars } = this.#deps;
    this.#frozen ??= await writer.runExclusive(async () => {
      const walFloor = await wal.rotate();
      // The segments that hold them go with this flush, so these must be durable before.
      await relogExemplars({ journal: wal, slicer }, exemplars);
      if (exemplars.count > 0) await wal.sync();
      this.#epochStartMs = clock.monotonicMs();
      return { epoch: head.freeze(), walFloor, isPublished: false };
    });
    const { epoch, walFloor } = this.#frozen;
    if (!this.#frozen.isPublished) await flushEpoch(this.#deps, this.#frozen, this.#abort.signal);
    this.#frozen.isPublished = true;
    await wal.removeBefore(walFloor);
    await views.drained();
    await dropEpoch(this.#deps, epoch);
    this.#frozen = undefined;
    await this.#removeIdleSeries(epoch);
  }

  async #removeIdleSeries(epoch: number): Promise<void> {
    const { head, writer, views, slicer } = this.#deps;
    const idle = head.series.ids().filter((series) => head.isIdle(series, epoch));
    for (let i = 0; i < idle.length; i += REMOVED_SERIES_MAX) {
      const some = idle.subarray(i, i + REMOVED_SERIES_MAX);
      await views.drained();
      // One that got a sample meanwhile, or is about to, is no longer idle.
      await writer.runExclusive(() =>
        head.series.remove(
          some.filter((series) => head.isIdle(series, epoch)),
          slicer,
        ),
      );
    }
  }

  async #compact(): Promise<void> {
    const { blocks } = this.#deps;
    for (;;) {
      const sources = planCompaction(blocks.blocks, this.#options.retentionMs);
      if (sources === undefined || this.#abort.signal.aborted) return;
      await compact(this.#deps, sources, this.#abort.signal);
    }
  }

  /** Writes the blocks anew that have something deleted. */
  async #clean(): Promise<void> {
    const { blocks, tombstones } = this.#deps;
    // Log segments of a flush that failed half-way would bring back what was only in its block.
    await this.#steps.finishFlush();
    const names = new Set(tombstones.blocks);
    for (const block of blocks.blocks)
      if (names.has(block.name)) await clean(this.#deps, block, this.#abort.signal);
  }

  /** Blocks go when every look of some minutes found them too old: a clock that is wrong for less costs none. */
  async #removeOld(): Promise<void> {
    const { blocks, clock, report } = this.#deps;
    const cutoffMs = clock.nowMs() - this.#options.retentionMs;
    this.#cutoff.ms = Math.min(this.#cutoff.ms, cutoffMs);
    if (clock.monotonicMs() - this.#cutoff.sinceMs < REMOVAL_DELAY_MS) return;
    const removed = await blocks.removeOlderThan(this.#cutoff.ms);
    this.#cutoff = { sinceMs: clock.monotonicMs(), ms: Infinity };
    if (removed > 0) report.info('blocks older than the retention were removed', { blocks: removed });
  }
}

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
  readonly tombstones: TombstoneFile;
  readonly exemplars: ExemplarBuffer;
  readonly wal: Wal;
  readonly writer: CommitQueue;
  readonly guard: SpaceGuard;
  readonly damaged: DamagedFiles;
}
