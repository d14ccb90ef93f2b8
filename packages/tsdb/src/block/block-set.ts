import {
  ExpectedError,
  FatalError,
  UnavailableError,
  type Files,
  type Labels,
  type Slicer,
  type TimeRange,
} from '@vedette/model';
import { corrupt } from '../chunk/varint.ts';
import type { History } from '../commit-queue.ts';
import type { LastSample } from '../head/head.ts';
import type { StoredSources } from '../query/reader.ts';
import type { Source } from '../query/source.ts';
import type { Reporter } from '../report.ts';
import { removeLeftover } from '../repair.ts';
import type { Views } from '../views.ts';
import { Block, BlockSource, findLastInBlock, type BlockCaches } from './block.ts';
import { blockName, rangeOfBlockName, type BlockRange } from './block-format.ts';
import type { TombstoneFile } from './tombstone-file.ts';

export interface BlockSetDeps {
  readonly files: Files;
  readonly slicer: Slicer;
  readonly report: Reporter;
  readonly views: Views;
  readonly caches: BlockCaches;
  readonly tombstones: TombstoneFile;
  /** Told in the turn in which readers come to see other samples than before. */
  readonly onChange: () => void;
}

/**
 * The blocks that are in use, in the order in which they were stored. Of one series, the samples of an earlier
 * block are nearly always older than those of a later one and than the head's; late and imported samples make
 * them overlap. Of two samples at one time that of the earlier block counts, the head's last.
 *
 * A block replaces those whose numbers its name includes: were the process killed between the compacted
 * block's rename and the removal of its sources, the next start removes them. A block that cannot be read is
 * renamed to `.damaged`, reported, and left alone from then on.
 */
export class BlockSet implements StoredSources, History {
  readonly #deps: BlockSetDeps;
  readonly #directory: string;
  /** What the names of its blocks begin with: a resolution, or nothing. */
  readonly prefix: string;
  #blocks: readonly Block[] = [];
  #lastNumber = 0;
  /** No longer listed, but readers may be at them: their files are open. */
  readonly #leaving = new Set<Block>();
  /** No longer listed, their files to be removed, in this order. */
  readonly #retired = new Set<Block>();
  /** Damaged blocks that are being set aside. */
  readonly #settingAside = new Set<Promise<void>>();
  hiddenEpoch: number | undefined;

  private constructor(deps: BlockSetDeps, directory: string, prefix: string) {
    this.#deps = deps;
    this.#directory = directory;
    this.prefix = prefix;
  }

  static async open(deps: BlockSetDeps, directory: string, prefix = ''): Promise<BlockSet> {
    const set = new BlockSet(deps, directory, prefix);
    await set.#load();
    return set;
  }

  get blocks(): readonly Block[] {
    return this.#blocks;
  }

  get sizeBytes(): number {
    return this.#blocks.reduce((sum, block) => sum + block.sizeBytes, 0);
  }

  /** Log segments below this one are in blocks. */
  get walFloor(): number {
    return this.#blocks.reduce((floor, block) => Math.max(floor, block.meta.walFloor), 1);
  }

  get newestMs(): number {
    return this.#blocks.reduce((newest, block) => Math.max(newest, block.meta.maxMs), -Infinity);
  }

  get directory(): string {
    return this.#directory;
  }

  /** The highest number that a block ever had, as far as files tell. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** The number of the next flush. */
  nextNumber(): number {
    return this.#lastNumber + 1;
  }

  /** Numbers up to this one are taken, by blocks that are gone. */
  reserveNumbers(last: number): void {
    this.#lastNumber = Math.max(this.#lastNumber, last);
  }

  pathOf(range: BlockRange): string {
    return `${this.#directory}/${blockName(range, this.prefix)}`;
  }

  rangeOf(block: Block): Required<BlockRange> | undefined {
    return rangeOfBlockName(block.name, this.prefix);
  }

  /** Where an import is written until it gets a number; what a crash leaves there goes at the next start. */
  importPathOf(number: number): string {
    return `${this.#directory}/import-${number}.block`;
  }

  within(range: TimeRange): readonly Source[] {
    return this.#blocks
      .filter(({ meta }) => meta.minMs <= range.untilMs && meta.maxMs >= range.fromMs)
      .map((block) => this.sourceOf(block, this.#deps.caches));
  }

  sourceOf(block: Block, caches: BlockCaches): BlockSource {
    const { slicer } = this.#deps;
    const onDamage = (damaged: Block, error: unknown): void => void this.#onDamage(damaged, error);
    const tombstones = this.#deps.tombstones.of(block.name);
    return new BlockSource({ caches, slicer, onDamage, tombstones }, block);
  }

  async findLast(labels: Labels): Promise<LastSample | undefined> {
    let newest: LastSample | undefined;
    /** Of the block that has it. */
    let number = Infinity;
    for (const block of this.#blocks.toSorted((a, b) => b.meta.maxMs - a.meta.maxMs)) {
      if (newest !== undefined && newest.timestampMs > block.meta.maxMs) break;
      try {
        const last = await findLastInBlock(block, this.#deps.caches, labels);
        if (last === undefined || last.timestampMs < (newest?.timestampMs ?? -Infinity)) continue;
        // Of two at one time that of the earlier block is what readers see.
        if (last.timestampMs === newest?.timestampMs && block.meta.first > number) continue;
        newest = last;
        number = block.meta.first;
      } catch (error) {
        // An older block's answer would let samples in that this one has: only damage is passed over.
        if (!this.#onDamage(block, error)) throw unreadable(block, error);
      }
    }
    return newest;
  }

  /** Time of the oldest sample; Infinity when there is none. */
  get oldestMs(): number {
    return this.#blocks.reduce((oldest, block) => Math.min(oldest, block.meta.minMs), Infinity);
  }

  /**
   * Opens a block that was just written and puts it in the place of its sources. One that cannot be opened is
   * removed: the next start would find it and believe that it was published, though what it holds may have been
   * deleted from its sources since.
   */
  async publish(path: string, sources: readonly Block[], alongside?: () => void): Promise<void> {
    const { files } = this.#deps;
    const block = await Block.open(files, path).catch(async (error: unknown) => {
      await files.remove(path);
      throw error;
    });
    this.#lastNumber = Math.max(this.#lastNumber, block.meta.last);
    const kept = this.#blocks.filter((other) => !sources.includes(other));
    this.#blocks = [...kept, block].sort((a, b) => a.meta.first - b.meta.first);
    // In the same turn, so that every view finds its samples in exactly one place: nothing has changed then.
    if (alongside === undefined) this.#deps.onChange();
    else alongside();
    await this.#retire(sources);
  }

  /** Removes blocks whose time is over, or that nothing is left of. */
  async drop(blocks: readonly Block[]): Promise<void> {
    if (blocks.length === 0) return;
    this.#blocks = this.#blocks.filter((block) => !blocks.includes(block));
    this.#deps.onChange();
    await this.#retire(blocks);
  }

  async close(): Promise<void> {
    await Promise.all(this.#settingAside);
    for (const block of [...this.#blocks, ...this.#leaving]) await block.close();
    this.#blocks = [];
    this.#leaving.clear();
  }

  /**
   * Deletes files that are no longer listed, once nobody reads them. One that the disk refuses to delete is tried
   * again before any other goes: without the block that replaced it, and without its tombstones, the next start
   * would take it for one in use.
   */
  async #retire(blocks: readonly Block[]): Promise<void> {
    if (blocks.length === 0) return;
    for (const block of blocks) {
      this.#leaving.add(block);
      this.#retired.add(block);
    }
    await this.#deps.views.drained();
    for (const block of this.#retired) {
      await this.#release(block);
      await this.#deps.files.remove(block.path);
      this.#retired.delete(block);
    }
    // After a power loss a removed file may be back, and without its tombstones it would show what was deleted.
    if (blocks.some(({ name }) => this.#deps.tombstones.of(name) !== undefined))
      await this.#deps.files.syncDirectory(this.#directory);
    await this.#retainTombstones();
  }

  /** Those of blocks that are gone go, too: what they hid has left the disk. */
  async #retainTombstones(): Promise<void> {
    const names = new Set([...this.#blocks, ...this.#retired].map(({ name }) => name));
    const isOurs = (block: string): boolean => rangeOfBlockName(block, this.prefix) !== undefined;
    await this.#deps.tombstones.retain((block) => names.has(block) || !isOurs(block));
  }

  async #release(block: Block): Promise<void> {
    this.#forget(block);
    this.#leaving.delete(block);
    await block.close();
  }

  #forget(block: Block): void {
    this.#deps.caches.indexes.drop(`${block.path} `);
    this.#deps.caches.groups.drop(`${block.path} `);
  }

  /** Takes a corrupt block out of use and says true; any other error is left to who met it. */
  #onDamage(block: Block, error: unknown): boolean {
    if (!(error instanceof ExpectedError) || error.code !== 'VED_STORAGE_CORRUPT') return false;
    if (!this.#blocks.includes(block)) return true;
    this.#blocks = this.#blocks.filter((other) => other !== block);
    this.#deps.onChange();
    this.#leaving.add(block);
    const settingAside = this.#takeAside(block, error).finally(() => this.#settingAside.delete(settingAside));
    this.#settingAside.add(settingAside);
    return true;
  }

  async #takeAside(block: Block, error: unknown): Promise<void> {
    const { minMs, maxMs, sampleCount } = block.meta;
    await this.#setAside(block.path, { error, minMs, maxMs, sampleCount });
    // Closing the store ends the wait and closes the file.
    await this.#deps.views.drained().then(
      () => this.#release(block),
      () => undefined,
    );
  }

  async #setAside(path: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    const file = `${path}.damaged`;
    this.#deps.report.warn('a damaged block was set aside; what it holds is missing from answers', {
      file,
      ...fields,
    });
    await this.#deps.files.rename(path, file).catch((error: unknown) => {
      this.#deps.report.warn('cannot rename a damaged block', { file: path, error });
    });
  }

  async #load(): Promise<void> {
    const { files } = this.#deps;
    const ranges: Required<BlockRange>[] = [];
    for (const { name, sizeBytes } of await files.list(this.#directory)) {
      const range = rangeOfBlockName(name, this.prefix);
      if (range !== undefined) ranges.push(range);
      // A block that was not finished; its samples are in the log or in its sources.
      if (name.endsWith('.tmp')) await removeLeftover(this.#deps, `${this.#directory}/${name}`, sizeBytes);
      const used = rangeOfBlockName(name.replace(/\.damaged$/, ''), this.prefix);
      if (used !== undefined) this.#lastNumber = Math.max(this.#lastNumber, used.last);
    }
    const blocks: Block[] = [];
    // Wide ranges first, then late revisions: what lies within a sound one was replaced by it.
    ranges.sort((a, b) => b.last - b.first - (a.last - a.first) || b.revision - a.revision);
    for (const range of ranges) {
      const isReplaced = blocks.some(({ meta }) => meta.first <= range.first && meta.last >= range.last);
      if (isReplaced) await files.remove(this.pathOf(range));
      else {
        const block = await this.#tryOpen(range);
        if (block !== undefined) blocks.push(block);
      }
    }
    this.#blocks = blocks.sort((a, b) => a.meta.first - b.meta.first);
    await this.#retainTombstones();
  }

  async #tryOpen(range: BlockRange): Promise<Block | undefined> {
    const path = this.pathOf(range);
    try {
      const block = await Block.open(this.#deps.files, path);
      const { first, last } = block.meta;
      if (first === range.first && last === range.last) return block;
      await block.close();
      throw corrupt(`the name says blocks ${range.first} to ${range.last}, the content ${first} to ${last}`);
    } catch (error) {
      if (!(error instanceof FatalError) || error.code !== 'VED_STORAGE_CORRUPT') throw error;
      await this.#setAside(path, { error });
      return undefined;
    }
  }
}

function unreadable(block: Block, cause: unknown): UnavailableError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UnavailableError(
    'VED_STORAGE_FAILED',
    `cannot append samples: block "${block.path}", which may have newer ones, cannot be read: ${reason}`,
    { cause },
  );
}
