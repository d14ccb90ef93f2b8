import type { Clock, Files, Labels, Slicer, TimeRange } from '@vedette/model';
import type { Block } from '../block/block.ts';
import { BlockSet, type BlockSetDeps } from '../block/block-set.ts';
import { levelsOf, planCompaction } from '../block/compact.ts';
import type { Head } from '../head/head.ts';
import type { Reporter } from '../report.ts';
import { isCovered, isWithin } from './coverage.ts';
import { bucketEndOf } from './fold-samples.ts';
import { GoneFile } from './gone-file.ts';
import { foldBlock, mergeBlocks } from './tier-feed.ts';
import { writeTier } from './write-tier.ts';

/** How long downsampled samples are kept; neither is less than that of the samples, the second no less than the first. */
export interface DownsamplingOptions {
  /** Buckets of five minutes. */
  readonly fiveMinutesMs: number;
  /** Buckets of an hour. */
  readonly oneHourMs: number;
}

export interface TierOptions extends DownsamplingOptions {
  /** Which series buckets are made of. */
  readonly isDownsampled: (labels: Labels) => boolean;
}

/** Blocks of one resolution. */
export interface Tier {
  readonly name: string;
  readonly resolutionMs: number;
  readonly set: BlockSet;
}

export const RESOLUTIONS = [
  { name: '5m', resolutionMs: 300_000 },
  { name: '1h', resolutionMs: 3_600_000 },
] as const;

export interface TiersDeps {
  readonly files: Files;
  readonly slicer: Slicer;
  readonly clock: Clock;
  readonly report: Reporter;
  readonly head: Head;
  readonly raw: BlockSet;
}

/**
 * Downsampling: samples → buckets of five minutes → buckets of an hour, each in blocks of their own beside those that
 * they were made from (`docs/decisions/0010-buckets-beside-samples.md`).
 *
 * 1. A block is downsampled when it was compacted (level 1), and at the latest before it leaves. The new block has
 *    its numbers: so files alone tell what is downsampled and what is not, whenever the process was killed.
 *    Nothing is read twice, and nothing is forgotten.
 * 2. A block leaves when it is too old and everything up to the end of its last bucket is downsampled; before
 *    it goes, a file notes up to when samples are gone. Answers come from the next tier up to there and from
 *    samples after it: a border in time, the same for all series.
 * 3. Small blocks of a tier are merged as those of samples are, bucket by bucket.
 * 4. Switched off, none is made any more; what is there is read and stays, until people remove the directories.
 *
 * One block is made at a time, between two looks at what else is due, so that a store of years that begins to
 * downsample does not keep its head from being flushed.
 */
export class Tiers {
  readonly #deps: TiersDeps;
  readonly #tiers: readonly Tier[];
  readonly #gone: GoneFile;
  readonly #options: TierOptions | undefined;
  readonly #abort = new AbortController();
  /** Blocks of which nothing was left to downsample: everything in them is deleted. */
  readonly #empty = new WeakSet<Block>();

  private constructor(
    deps: TiersDeps,
    tiers: readonly Tier[],
    gone: GoneFile,
    options: TierOptions | undefined,
  ) {
    this.#deps = deps;
    this.#tiers = tiers;
    this.#gone = gone;
    this.#options = options;
  }

  /** Opens what is there; makes the directories when there are options. */
  static async open(
    deps: BlockSetDeps & Pick<TiersDeps, 'clock' | 'head' | 'raw'>,
    directory: string,
    options: TierOptions | undefined,
  ): Promise<Tiers> {
    const { files, raw } = deps;
    const there = new Set((await files.list(directory)).map(({ name }) => name));
    const tiers: Tier[] = [];
    const isWanted = RESOLUTIONS.some(({ name }) => there.has(`blocks-${name}`)) || options !== undefined;
    for (const { name, resolutionMs } of isWanted ? RESOLUTIONS : []) {
      const path = `${directory}/blocks-${name}`;
      await files.makeDirectory(path);
      const set = await BlockSet.open(deps, path, `${name}-`);
      // Samples that are gone still have their numbers here: none is given twice.
      raw.reserveNumbers(set.lastNumber);
      tiers.push({ name, resolutionMs, set });
    }
    if (isWanted) await files.syncDirectory(directory);
    const gone = await GoneFile.open(deps, directory, () => [
      newestMissing(tiers[0]?.set, raw),
      newestMissing(tiers[1]?.set, tiers[0]?.set),
    ]);
    return new Tiers(deps, tiers, gone, options);
  }

  /** From fine to coarse; none when nothing was ever downsampled. */
  get all(): readonly Tier[] {
    return this.#tiers;
  }

  /** What else a copy of the store needs. */
  get note(): ReturnType<GoneFile['encode']> {
    return this.#gone.encode();
  }

  /** Time of the oldest sample that some bucket may tell of. */
  get oldestMs(): number {
    return Math.min(...this.#tiers.map(({ set, resolutionMs }) => set.oldestMs - resolutionMs + 1));
  }

  get sizeBytes(): number {
    return this.#tiers.reduce((sum, { set }) => sum + set.sizeBytes, 0);
  }

  /** Whether buckets were made from a block of samples. */
  readonly isDownsampled = (block: Block): boolean =>
    this.#tiers.some(({ set }) => isCovered(block, set.blocks));

  /** Does the next thing that is due; false when there was none. */
  async advance(signal: AbortSignal): Promise<boolean> {
    const options = this.#options;
    if (options === undefined) return false;
    for (const level of this.#tiers.keys()) {
      const block = this.#dueOf(level);
      if (block === undefined) continue;
      await this.#downsample(level, block, signal);
      return true;
    }
    for (const [level, tier] of this.#tiers.entries()) {
      const coarser = this.#tiers[level + 1]?.set.blocks ?? [];
      const sources = planCompaction(tier.set.blocks, this.#retentionMsOf(level), (block) =>
        isCovered(block, coarser),
      );
      if (sources === undefined) continue;
      await this.#merge(tier, sources, signal);
      return true;
    }
    return false;
  }

  /** Removes buckets that are too old at `nowMs`. */
  async removeOld(nowMs: number): Promise<void> {
    const [fine, coarse] = this.#tiers;
    if (fine === undefined || coarse === undefined || this.#options === undefined) return;
    const isOld =
      (level: number) =>
      ({ meta }: Block): boolean =>
        meta.maxMs < nowMs - this.#retentionMsOf(level);
    await this.#leave(1, fine.set.blocks.filter(isOld(0)));
    await coarse.set.drop(coarse.set.blocks.filter(isOld(1)));
  }

  /**
   * Removes blocks of samples, whatever the reason, which are downsampled before if they were not. Those that cannot
   * go yet stay. Returns how many went.
   */
  async remove(blocks: readonly Block[]): Promise<number> {
    return await this.#leave(0, blocks);
  }

  /**
   * Up to which time each tier answers, fine to coarse: each from behind what the next coarser one answers. Up to
   * `coarsestMs` a tier also answers for what its finer ones still have.
   */
  bordersOf(coarsestMs: number): readonly number[] {
    const borders = this.#tiers.map(({ resolutionMs }, level) => {
      const goneMs = bucketEndOf(this.#gone.of(level), resolutionMs);
      return resolutionMs <= coarsestMs ? Math.max(goneMs, this.#completeMs(level)) : goneMs;
    });
    for (let level = borders.length - 2; level >= 0; level--)
      borders[level] = Math.max(borders[level] ?? -Infinity, borders[level + 1] ?? -Infinity);
    return borders;
  }

  /** Writes the blocks anew that have something deleted. */
  async clean(isConcerned: (block: Block) => boolean, signal: AbortSignal): Promise<void> {
    for (const tier of this.#tiers)
      for (const block of tier.set.blocks.filter(isConcerned)) {
        const { first, last, level } = block.meta;
        const revision = 1 + (tier.set.rangeOf(block)?.revision ?? 0);
        await this.#write(tier, [block], { range: { first, last, revision }, level }, signal);
      }
  }

  /** Gives up what is under way; a later start does it again. */
  stop(): void {
    this.#abort.abort(new Error('the store is closing'));
  }

  async close(): Promise<void> {
    for (const { set } of this.#tiers) await set.close();
  }

  /** The blocks that tier `level` is made from. */
  #sourceOf(level: number): BlockSet {
    return this.#tiers[level - 1]?.set ?? this.#deps.raw;
  }

  /** Those of which it was not made yet. */
  #pendingOf(level: number): readonly Block[] {
    const made = this.#tiers[level]?.set.blocks ?? [];
    return this.#sourceOf(level).blocks.filter(
      (block) => !this.#empty.has(block) && !isCovered(block, made) && this.#isOfUse(block, level),
    );
  }

  /**
   * Whether buckets of the block would stay, or be made into coarser ones. Samples whose time was not limited may be older
   * than what their buckets are kept for: these would go as soon as they were made.
   */
  #isOfUse(block: Block, level: number): boolean {
    const nowMs = this.#deps.clock.nowMs();
    return this.#tiers.some(
      ({ set }, other) =>
        other >= level &&
        block.meta.maxMs >= nowMs - this.#retentionMsOf(other) &&
        !isCovered(block, set.blocks),
    );
  }

  /** The next block that waits for no neighbours any more. */
  #dueOf(level: number): Block | undefined {
    const { blocks } = this.#sourceOf(level);
    const levels = levelsOf(blocks);
    return this.#pendingOf(level).find((block) => (levels[blocks.indexOf(block)] ?? 0) > 0);
  }

  /** The end of the last bucket before which nothing waits to be downsampled. */
  #completeMs(level: number): number {
    const resolutionMs = this.#tiers[level]?.resolutionMs ?? 0;
    const finerMs = this.#tiers[level - 1]?.resolutionMs ?? 1;
    let pendingMs = this.#deps.head.range?.minMs ?? Infinity;
    for (let finer = level; finer >= 0; finer--)
      for (const { meta } of this.#pendingOf(finer))
        pendingMs = Math.min(pendingMs, meta.minMs - finerMs + 1);
    const newestMs = this.#tiers[level]?.set.newestMs ?? -Infinity;
    return Math.min(newestMs, Math.floor((pendingMs - 1) / resolutionMs) * resolutionMs);
  }

  readonly #isWanted = (labels: Labels): boolean => this.#options?.isDownsampled(labels) ?? true;

  #retentionMsOf(level: number): number {
    const { fiveMinutesMs = Infinity, oneHourMs = Infinity } = this.#options ?? {};
    return level === 0 ? fiveMinutesMs : oneHourMs;
  }

  async #leave(level: number, blocks: readonly Block[]): Promise<number> {
    const { head } = this.#deps;
    const set = this.#sourceOf(level);
    const tier = this.#tiers[level];
    if (tier === undefined || blocks.length === 0) {
      await set.drop(blocks);
      return blocks.length;
    }
    const { resolutionMs } = tier;
    // What is in the head is in no bucket yet: the last bucket that goes over to the tier must have none of it.
    const headMs = head.range?.minMs ?? Infinity;
    const leaving = blocks.filter(({ meta }) => bucketEndOf(meta.maxMs, resolutionMs) < headMs);
    if (leaving.length === 0) return 0;
    const goneMs = Math.max(...leaving.map(({ meta }) => meta.maxMs));
    if (this.#options !== undefined)
      for (let finer = 0; finer <= level; finer++)
        for (const block of this.#pendingOf(finer))
          if (block.meta.minMs <= bucketEndOf(goneMs, resolutionMs))
            await this.#downsample(finer, block, this.#abort.signal);
    await this.#gone.advance(level, goneMs);
    await set.drop(leaving);
    return leaving.length;
  }

  async #downsample(level: number, block: Block, signal: AbortSignal): Promise<void> {
    const tier = this.#tiers[level];
    if (tier === undefined) return;
    const from = this.#sourceOf(level);
    const feedDeps = { slicer: this.#deps.slicer, signal };
    const series =
      level === 0
        ? foldBlock(feedDeps, { from, block, isWanted: this.#isWanted }, tier.resolutionMs)
        : mergeBlocks(feedDeps, from, [block], tier.resolutionMs);
    const { first, last } = block.meta;
    const target = {
      set: tier.set,
      resolutionMs: tier.resolutionMs,
      range: { first, last },
      level: Math.max(1, block.meta.level),
      replaced: [],
    };
    if (!(await writeTier(this.#deps, series, target))) this.#empty.add(block);
  }

  async #merge(tier: Tier, sources: readonly Block[], signal: AbortSignal): Promise<void> {
    const range = {
      first: Math.min(...sources.map(({ meta }) => meta.first)),
      last: Math.max(...sources.map(({ meta }) => meta.last)),
    };
    await this.#write(
      tier,
      sources,
      { range, level: 1 + Math.max(...sources.map(({ meta }) => meta.level)) },
      signal,
    );
  }

  async #write(
    { set, resolutionMs }: Tier,
    sources: readonly Block[],
    target: { readonly range: { first: number; last: number; revision?: number }; readonly level: number },
    signal: AbortSignal,
  ): Promise<void> {
    const series = mergeBlocks({ slicer: this.#deps.slicer, signal }, set, sources, resolutionMs);
    await writeTier(this.#deps, series, { set, resolutionMs, ...target, replaced: sources });
  }
}

/** Blocks of a tier that have a bucket in use for some time of the range. */
export function tierBlocksWithin({ set, resolutionMs }: Tier, range: TimeRange): readonly Block[] {
  return set.blocks.filter(
    ({ meta }) => meta.minMs < range.untilMs + resolutionMs && meta.maxMs >= range.fromMs,
  );
}

/** The newest time of buckets whose samples are not there any more. */
function newestMissing(made: BlockSet | undefined, from: BlockSet | undefined): number {
  const missing = made?.blocks.filter((block) => !isWithin(block, from?.blocks ?? [])) ?? [];
  return Math.max(-Infinity, ...missing.map(({ meta }) => meta.maxMs));
}
