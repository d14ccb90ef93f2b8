import type { Files, Slicer } from '@vedette/model';
import { mergeSelections } from '../query/select.ts';
import type { Block } from './block.ts';
import type { BlockRange } from './block-format.ts';
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
 * of that level. Only neighbours are merged, so that of two samples at one time the first stored one still counts;
 * and never one that is downsampled already with one that is not, of which then nobody could tell which part is.
 */
export function planCompaction(
  blocks: readonly Block[],
  retentionMs: number,
  isDownsampled: (block: Block) => boolean = () => false,
): readonly Block[] | undefined {
  const levels = levelsOf(blocks);
  for (let start = 0; start + FAN_IN <= blocks.length; start++) {
    const run = blocks.slice(start, start + FAN_IN);
    const level = levels[start] ?? 0;
    if (levels[start + FAN_IN - 1] !== level) continue;
    const minMs = Math.min(...run.map((block) => block.meta.minMs));
    const maxMs = Math.max(...run.map((block) => block.meta.maxMs));
    const downsampled = run.filter(isDownsampled).length;
    if (downsampled !== 0 && downsampled !== run.length) continue;
    if (level === 0 || maxMs - minMs <= spanMsMax(retentionMs)) return run;
  }
  return undefined;
}

/** What each block counts as: it gets no more neighbours of its own level once one of a higher level is behind it. */
export function levelsOf(blocks: readonly Block[]): readonly number[] {
  const levels = blocks.map(({ meta }) => meta.level);
  for (let i = levels.length - 2; i >= 0; i--) levels[i] = Math.max(levels[i] ?? 0, levels[i + 1] ?? 0);
  return levels;
}

/** As upstream: whoever limits the size alone loses no more than a month with one block. */
const SPAN_MS_MAX = 31 * DAY_MS;

/** How long a time one block may cover: at least a day. */
export function spanMsMax(retentionMs: number): number {
  return Math.min(SPAN_MS_MAX, Math.max(DAY_MS, retentionMs / 10));
}

export interface CompactDeps {
  readonly files: Files;
  readonly slicer: Slicer;
  readonly blocks: BlockSet;
}

/** Writes the sources into one block without what was deleted from them, which takes their place. */
export async function compact(
  deps: CompactDeps,
  sources: readonly Block[],
  signal: AbortSignal,
): Promise<void> {
  const range = {
    first: Math.min(...sources.map((block) => block.meta.first)),
    last: Math.max(...sources.map((block) => block.meta.last)),
  };
  await rewrite(
    deps,
    sources,
    { range, level: 1 + Math.max(...sources.map(({ meta }) => meta.level)) },
    signal,
  );
}

/** Writes a block anew without what was deleted from it. */
export async function clean(deps: CompactDeps, block: Block, signal: AbortSignal): Promise<void> {
  const { first, last, level } = block.meta;
  const revision = 1 + (deps.blocks.rangeOf(block)?.revision ?? 0);
  await rewrite(deps, [block], { range: { first, last, revision }, level }, signal);
}

/** Killed at any point, nothing is lost or doubled, and nothing that was deleted comes back. */
async function rewrite(
  deps: CompactDeps,
  sources: readonly Block[],
  target: { readonly range: BlockRange; readonly level: number },
  signal: AbortSignal,
): Promise<void> {
  const { slicer, blocks } = deps;
  const caches = { indexes: new ByteCache(Infinity), groups: new ByteCache(CACHE_BYTES) };
  const everything = { fromMs: -Infinity, untilMs: Infinity };
  const selections = [];
  for (const source of sources) selections.push(await blocks.sourceOf(source, caches).select([], everything));
  const { first, last } = target.range;
  const path = blocks.pathOf(target.range);
  const writer = await BlockWriter.create(deps, path);
  try {
    let noStale = new Uint8Array(0);
    for await (const batch of mergeSelections(selections, everything, slicer, signal)) {
      for (const { labels, timestampsMs, values, staleFlags, histograms } of batch) {
        if (noStale.length < values.length) noStale = new Uint8Array(values.length * 2);
        const flags = staleFlags ?? noStale.subarray(0, values.length);
        await writer.addSeries(labels, { timestampsMs, values, staleFlags: flags, histograms });
      }
    }
    const walFloor = Math.max(...sources.map((block) => block.meta.walFloor));
    if (writer.seriesCount > 0) await writer.finish({ first, last, level: target.level, walFloor });
    else await writer.discard();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  if (writer.seriesCount > 0) await blocks.publish(path, sources);
  else await blocks.drop(sources);
}
