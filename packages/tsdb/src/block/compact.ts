import type { Files, Slicer } from '@vedette/model';
import { mergeSelections } from '../query/select.ts';
import type { Block } from './block.ts';
import type { BlockSet } from './block-set.ts';
import { BlockWriter } from './block-writer.ts';
import { ByteCache } from './byte-cache.ts';

// Twelve blocks of two hours make one of a day; a month is then 30 files and at most 11 small ones.
const FAN_IN = 12;

const DAY_MS = 86_400_000;

/** Groups are read in order, each once: enough to hold those that twelve sources are at. */
const CACHE_BYTES = 8 * 2 ** 20;

/**
 * The next blocks worth merging: the first twelve neighbours of one level. Blocks of a day are merged further
 * only while the result is no longer than a tenth of the retention, since a block goes as a whole.
 *
 * A block with one of a higher level behind it (an imported one) gets no more neighbours of its own: it counts as
 * of that level. Only neighbours are merged, so that of two samples at one time the first stored one still counts.
 */
export function planCompaction(blocks: readonly Block[], retentionMs: number): readonly Block[] | undefined {
  const levels = blocks.map(({ meta }) => meta.level);
  for (let i = levels.length - 2; i >= 0; i--) levels[i] = Math.max(levels[i] ?? 0, levels[i + 1] ?? 0);
  for (let start = 0; start + FAN_IN <= blocks.length; start++) {
    const run = blocks.slice(start, start + FAN_IN);
    const level = levels[start] ?? 0;
    if (levels[start + FAN_IN - 1] !== level) continue;
    const minMs = Math.min(...run.map((block) => block.meta.minMs));
    const maxMs = Math.max(...run.map((block) => block.meta.maxMs));
    if (level === 0 || maxMs - minMs <= spanMsMax(retentionMs)) return run;
  }
  return undefined;
}

/** How long a time one block may cover: at least a day. */
export function spanMsMax(retentionMs: number): number {
  return Math.max(DAY_MS, retentionMs / 10);
}

/** Writes the sources into one block, which takes their place. Killed at any point, nothing is lost or doubled. */
export async function compact(
  deps: { files: Files; slicer: Slicer; blocks: BlockSet },
  sources: readonly Block[],
  signal: AbortSignal,
): Promise<void> {
  const { slicer, blocks } = deps;
  const caches = { indexes: new ByteCache(Infinity), groups: new ByteCache(CACHE_BYTES) };
  const everything = { fromMs: -Infinity, untilMs: Infinity };
  const range = {
    first: Math.min(...sources.map((block) => block.meta.first)),
    last: Math.max(...sources.map((block) => block.meta.last)),
  };
  const selections = [];
  for (const source of sources) selections.push(await blocks.sourceOf(source, caches).select([], everything));
  const writer = await BlockWriter.create(deps, blocks.pathOf(range));
  try {
    let noStale = new Uint8Array(0);
    for await (const batch of mergeSelections(selections, everything, slicer, signal)) {
      for (const { labels, timestampsMs, values, staleFlags } of batch) {
        if (noStale.length < values.length) noStale = new Uint8Array(values.length * 2);
        const flags = staleFlags ?? noStale.subarray(0, values.length);
        await writer.addSeries(labels, { timestampsMs, values, staleFlags: flags });
      }
    }
    const level = 1 + Math.max(...sources.map((block) => block.meta.level));
    const walFloor = Math.max(...sources.map((block) => block.meta.walFloor));
    await writer.finish({ ...range, level, walFloor });
  } catch (error) {
    await writer.discard();
    throw error;
  }
  await blocks.publish(blocks.pathOf(range), sources);
}
