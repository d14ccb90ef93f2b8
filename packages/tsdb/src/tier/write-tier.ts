import type { Files, Slicer } from '@vedette/model';
import type { Block } from '../block/block.ts';
import type { BlockRange } from '../block/block-format.ts';
import type { BlockSet } from '../block/block-set.ts';
import { BlockWriter } from '../block/block-writer.ts';
import type { TierSeries } from './tier-feed.ts';

/** The block that is to be written. */
export interface TierBlock {
  readonly set: BlockSet;
  readonly resolutionMs: number;
  readonly range: BlockRange;
  readonly level: number;
  /** What it takes the place of in its own set. */
  readonly replaced: readonly Block[];
}

/**
 * Writes series to a block and publishes it; false when there were none, and then there is no block. Killed at any
 * point, the block is there as a whole or not at all, and its number says which blocks it was made from.
 */
export async function writeTier(
  deps: { readonly files: Files; readonly slicer: Slicer },
  series: AsyncIterable<TierSeries>,
  { set, resolutionMs, range, level, replaced }: TierBlock,
): Promise<boolean> {
  const { first, last } = range;
  const path = set.pathOf(range);
  const writer = await BlockWriter.create(deps, path);
  try {
    for await (const { labels, buckets, samples } of series)
      await writer.addBuckets(labels, buckets, { samples, resolutionMs });
    // The log is none of its business: what it holds is in other blocks, too.
    if (writer.seriesCount > 0) await writer.finish({ first, last, level, walFloor: 0, resolutionMs });
    else await writer.discard();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  if (writer.seriesCount > 0) await set.publish(path, replaced);
  else if (replaced.length > 0) await set.drop(replaced);
  return writer.seriesCount > 0;
}
