import type { Labels, Matcher, Slicer, TimeRange } from '@vedette/model';
import { matchAnySet } from '../query/match.ts';
import type { Postings } from '../query/postings.ts';
import { countSeries } from '../query/select.ts';
import type { Source } from '../query/source.ts';
import { runsOf, Tombstones } from '../query/tombstones.ts';
import type { Tier } from '../tier/tiers.ts';
import type { Block, BlockCaches } from './block.ts';
import type { BlockSet } from './block-set.ts';
import type { TombstoneFile } from './tombstone-file.ts';

/** Samples to be deleted. */
export interface DeleteRequest {
  /** Any of these sets, each a conjunction; at least one. */
  readonly matcherSets: readonly (readonly Matcher[])[];
  readonly range: TimeRange;
}

/**
 * Writes tombstones for what the blocks have, durable and in effect for all blocks at once when it resolves, with
 * the number of series. Series without a chunk in the range, and those whose chunks are deleted already, are
 * not touched. Blocks must not come or go meanwhile.
 *
 * A bucket of downsampled samples is deleted when one of its times is: what is to go must go, and of the rest nothing
 * can be told. Where the samples are still there they are not touched beyond the range.
 */
export async function deleteFromBlocks(
  deps: {
    slicer: Slicer;
    blocks: BlockSet;
    tiers: readonly Tier[];
    caches: BlockCaches;
    tombstones: TombstoneFile;
  },
  { matcherSets, range }: DeleteRequest,
): Promise<number> {
  const { slicer, caches, tombstones } = deps;
  const changes = new Map<string, Tombstones>();
  const touched: { count: number; labelsAt: (position: number) => Labels }[] = [];
  for (const { blocks, block, untilMs } of blocksOf(deps, range.untilMs)) {
    const { minMs, maxMs } = block.meta;
    // No wider than the block, so that equal deletions of different blocks stay short.
    const within = { fromMs: Math.max(range.fromMs, minMs), untilMs: Math.min(untilMs, maxMs) };
    if (within.fromMs > within.untilMs) continue;
    const source = blocks.sourceOf(block, caches);
    const index = await source.index();
    const ids = await stillThere(await matchAnySet(index, matcherSets, slicer), {
      source,
      range: within,
      slicer,
    });
    if (ids.length === 0) continue;
    const before = tombstones.of(block.name) ?? Tombstones.NONE;
    changes.set(block.name, before.with({ range: within, runs: runsOf(ids) }));
    touched.push({ count: ids.length, labelsAt: (position) => index.labelsOf(ids[position] ?? 0) });
  }
  await tombstones.put(changes);
  return await countSeries(touched, slicer);
}

/** All blocks, each with the last time that is deleted from it: a bucket has the time of its end. */
function* blocksOf(
  { blocks, tiers }: { readonly blocks: BlockSet; readonly tiers: readonly Tier[] },
  untilMs: number,
): Generator<{ readonly blocks: BlockSet; readonly block: Block; readonly untilMs: number }> {
  for (const block of blocks.blocks) yield { blocks, block, untilMs };
  for (const { set, resolutionMs } of tiers)
    for (const block of set.blocks) yield { blocks: set, block, untilMs: untilMs + resolutionMs - 1 };
}

/** Those of the series that have something in the range. */
export async function stillThere(
  ids: Postings,
  { source, range, slicer }: { source: Source; range: TimeRange; slicer: Slicer },
): Promise<Postings> {
  const kept = new Uint32Array(ids.length);
  let count = 0;
  for (const series of ids) {
    if (source.overlaps(series, range) && !source.isDeleted(series, range)) kept[count++] = series;
    if (slicer.shouldYield()) await slicer.yield();
  }
  return kept.subarray(0, count);
}
