import type { Clock, Files, Random } from '@vedette/model';
import type { Block } from './block/block.ts';
import { removeLeftover } from './repair.ts';
import type { Reporter } from './report.ts';
import { TOMBSTONE_FILE, type TombstoneFile } from './block/tombstone-file.ts';

/** Snapshots stand below this directory of the store, each in one of its own. */
const SNAPSHOTS = 'snapshots';

/** What is not finished has this ending, and is removed at the next start. */
const UNFINISHED = '.tmp';

export interface SnapshotDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly tombstones: TombstoneFile;
}

/** What goes into a snapshot beside the tombstones, and where it goes. */
export interface SnapshotContent {
  /** Directories of blocks, by their names in the store. */
  readonly directories: readonly { readonly name: string; readonly blocks: readonly Block[] }[];
  /** Small files beside them. */
  readonly notes: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  /** A log segment with what stands in no block; `undefined` when there is nothing. */
  readonly segment: { readonly name: string; readonly bytes: Uint8Array } | undefined;
  /** A path that is free, on the same file system; `undefined` is one below `snapshots`. */
  readonly into: string | undefined;
}

/**
 * Copies blocks and tombstones to a directory of their own and resolves with its name. Block files never change, so a hard
 * link is a copy; where the file system has none, bytes are copied. The directory gets its name last, when
 * all of it is durable. Blocks must not come or go meanwhile.
 */
export async function writeSnapshot(
  deps: SnapshotDeps,
  directory: string,
  { directories, notes, segment, into }: SnapshotContent,
): Promise<string> {
  const { files, tombstones } = deps;
  const name = snapshotName(deps);
  const target = into ?? `${directory}/${SNAPSHOTS}/${name}`;
  const unfinished = target + UNFINISHED;
  try {
    await files.makeDirectory(`${unfinished}/wal`);
    for (const { name: part, blocks } of directories) {
      await files.makeDirectory(`${unfinished}/${part}`);
      for (const block of blocks) await files.link(block.path, `${unfinished}/${part}/${block.name}`);
      await files.syncDirectory(`${unfinished}/${part}`);
    }
    for (const note of notes) await files.writeAtomic(`${unfinished}/${note.name}`, note.bytes);
    if (segment !== undefined) await files.writeAtomic(`${unfinished}/wal/${segment.name}`, segment.bytes);
    if (tombstones.blocks.length > 0)
      await files.writeAtomic(`${unfinished}/${TOMBSTONE_FILE}`, tombstones.encode());
    await files.syncDirectory(unfinished);
    await files.syncDirectory(directory);
    await files.rename(unfinished, target);
  } catch (error) {
    // The next start removes what cannot be removed now.
    await files.remove(unfinished).catch(() => undefined);
    throw error;
  }
  return name;
}

/** Removes what a killed process left of a snapshot. */
export async function removeUnfinishedSnapshots(
  deps: { readonly files: Files; readonly report: Reporter },
  directory: string,
): Promise<void> {
  for (const { name, sizeBytes } of await deps.files.list(`${directory}/${SNAPSHOTS}`))
    if (name.endsWith(UNFINISHED)) await removeLeftover(deps, `${directory}/${SNAPSHOTS}/${name}`, sizeBytes);
}

/** As upstream: `20261121T101500Z-7a3c91d05be2f648`, the time in UTC and 64 random bits. */
function snapshotName({ clock, random }: SnapshotDeps): string {
  const time = new Date(clock.nowMs()).toISOString().replace(/\.\d+|[-:]/g, '');
  return `${time}-${Buffer.from(random.fill(new Uint8Array(8))).toString('hex')}`;
}
