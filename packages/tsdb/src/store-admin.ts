import type { Clock, Exemplar, Files, Labels, Matcher, Random, Slicer, TimeRange } from '@vedette/model';
import type { BlockCaches } from './block/block.ts';
import type { BlockSet } from './block/block-set.ts';
import { deleteFromBlocks, type DeleteRequest } from './block/delete.ts';
import type { TombstoneFile } from './block/tombstone-file.ts';
import { orUnavailable } from './disk-error.ts';
import { exemplarRecords } from './exemplar/batch-exemplars.ts';
import type { ExemplarBuffer } from './exemplar/exemplar-buffer.ts';
import { HeadView, type Head } from './head/head.ts';
import { HeadIndex } from './head/head-index.ts';
import type { Maintenance, MaintenanceSteps } from './maintenance.ts';
import { matchAnySet } from './query/match.ts';
import type { SettledHistory } from './settled-history.ts';
import type { Tiers } from './tier/tiers.ts';
import type { Views } from './views.ts';
import { writeSnapshot, type SnapshotContent } from './snapshot.ts';
import { segmentHeader, segmentName } from './wal/wal-segment.ts';

/**
 * What operators do to stored samples: delete, clean, copy.
 *
 * All three work on blocks alone; what concerns the head begins with a flush. A block has only samples that
 * were there before the flush, so that a tombstone never hides one that comes later, late ones included; nothing has to be
 * remembered in the log; and the head stays as fast as it is. The price is a small block more, which the
 * next compaction merges. Rejected: tombstones of head series in the log, as upstream has them: they hide
 * late samples of the same time, and every reader of the head pays.
 *
 * One call runs at a time, and no flush, compaction or removal beside it.
 */
export class StoreAdmin {
  readonly #deps: StoreAdminDeps;
  readonly #directory: string;

  constructor(deps: StoreAdminDeps, directory: string) {
    this.#deps = deps;
    this.#directory = directory;
  }

  async deleteSeries(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<number> {
    if (matcherSets.length === 0) return 0;
    return await this.#perform('delete series', async (steps) => {
      await steps.finishFlush();
      if (await this.#isInHead({ matcherSets, range })) await steps.flush();
      const { tiers, settled } = this.#deps;
      return await deleteFromBlocks({ ...this.#deps, tiers: tiers.all }, { matcherSets, range }).finally(() =>
        settled.change(),
      );
    });
  }

  async deleteExemplars(isGone: (series: Labels, exemplar: Exemplar) => boolean): Promise<number> {
    return await this.#perform('delete exemplars', async (steps) => {
      await steps.finishFlush();
      const count = this.#deps.exemplars.remove(isGone);
      // The log has them until its segments go, and those go with a flush.
      if (count > 0) await steps.flush();
      return count;
    });
  }

  async cleanTombstones(): Promise<void> {
    await this.#perform('remove deleted samples from the disk', (steps) => steps.clean());
  }

  async snapshot({ hasHead, into }: SnapshotOptions): Promise<string> {
    return await this.#perform('write a snapshot', async (steps) => {
      if (hasHead) await steps.flush();
      const { blocks, tiers } = this.#deps;
      const records = hasHead ? await exemplarRecords(this.#deps.exemplars, this.#deps.slicer) : [];
      return await writeSnapshot(this.#deps, this.#directory, {
        directories: [
          { name: 'blocks', blocks: blocks.blocks },
          ...tiers.all.map(({ set }) => ({ name: baseName(set.directory), blocks: set.blocks })),
        ],
        notes: tiers.note === undefined ? [] : [tiers.note],
        segment: segmentOf(blocks.walFloor, records),
        into,
      });
    });
  }

  async #perform<T>(what: string, task: (steps: MaintenanceSteps) => Promise<T>): Promise<T> {
    return await orUnavailable(what, () => this.#deps.maintenance.perform(task));
  }

  /** Whether the head, or what it would be after a restart, has a series with something in the range. */
  async #isInHead({ matcherSets, range }: DeleteRequest): Promise<boolean> {
    const { head, slicer, views } = this.#deps;
    if (head.hasRepeatsOfFrozen) return true;
    const everything = new HeadView(undefined, views.committedSeq);
    const ids = await matchAnySet(new HeadIndex(head.series), matcherSets, slicer);
    for (const series of ids) {
      if (head.overlaps(series, everything, head.endOf(series), range.fromMs, range.untilMs)) return true;
      if (slicer.shouldYield()) await slicer.yield();
    }
    return false;
  }
}

export interface SnapshotOptions {
  readonly hasHead: boolean;
  /** A free path on the file system of the store, written there instead of below `snapshots`. */
  readonly into?: string;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A log segment of some records; `undefined` for none. */
function segmentOf(number: number, records: readonly Uint8Array[]): SnapshotContent['segment'] {
  if (records.length === 0) return undefined;
  return { name: segmentName(number), bytes: Buffer.concat([segmentHeader(number), ...records]) };
}

export interface StoreAdminDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly slicer: Slicer;
  readonly head: Head;
  readonly views: Views;
  readonly blocks: BlockSet;
  readonly tiers: Tiers;
  readonly caches: BlockCaches;
  readonly tombstones: TombstoneFile;
  readonly exemplars: ExemplarBuffer;
  readonly maintenance: Maintenance;
  readonly settled: SettledHistory;
}
