import type { Labels, Slicer, TimeRange } from '@vedette/model';
import type { Block, BlockCaches, BlockSelection } from '../block/block.ts';
import type { BlockSet } from '../block/block-set.ts';
import { ByteCache } from '../block/byte-cache.ts';
import type { MixedColumns } from '../chunk/sample-runs.ts';
import { SampleBuffer } from '../query/sample-buffer.ts';
import { SeriesMerge, type MergedSeries } from '../query/select.ts';
import { BucketBuffer } from './bucket-buffer.ts';
import { BucketReader } from './bucket-reader.ts';
import { bucketEndOf, foldSamples, splitSeries } from './fold-samples.ts';

/** One series for a block of downsampled samples; valid until the next one. */
export interface TierSeries {
  readonly labels: Labels;
  readonly buckets: BucketBuffer;
  /** The last histogram of each bucket, and the markers behind histograms. */
  readonly samples: MixedColumns | undefined;
}

export interface FeedDeps {
  readonly slicer: Slicer;
  readonly signal: AbortSignal;
}

/** Groups are read in order, each once: enough to hold those that twelve sources are at. */
const CACHE_BYTES = 8 * 2 ** 20;

/** Series whose chunks are loaded together. Of a day of histograms sixteen are a few MB. */
const BATCH_SERIES = 16;

const EVERYTHING: TimeRange = { fromMs: -Infinity, untilMs: Infinity };

interface FoldedBlock {
  readonly from: BlockSet;
  readonly block: Block;
  readonly isWanted: (labels: Labels) => boolean;
}

/**
 * The series of a block of samples as buckets. Of two samples at one time only that of the earlier block exists, so
 * those that an earlier block has as well are left out here.
 */
export async function* foldBlock(
  deps: FeedDeps,
  { from, block, isWanted }: FoldedBlock,
  resolutionMs: number,
): AsyncGenerator<TierSeries, void, undefined> {
  const { minMs, maxMs, first } = block.meta;
  const range = { fromMs: minMs, untilMs: maxMs };
  const earlier = from.blocks.filter(
    ({ meta }) => meta.first < first && meta.minMs <= maxMs && meta.maxMs >= minMs,
  );
  const own = new SampleBuffer();
  const others = new SampleBuffer();
  const buckets = new BucketBuffer();
  for await (const { selections, merged } of walkSeries(deps, from, [block, ...earlier], range)) {
    const [position = -1, ...otherPositions] = merged.positions;
    if (position < 0 || !isWanted(merged.labels)) continue;
    own.clear();
    selections[0]?.read(position, range, own);
    readOthers(selections.slice(1), otherPositions, range, others);
    if (others.count > 0) dropTimesOf(others, own);
    if (own.count === 0) continue;
    const { floats, histograms } = splitSeries(own.within(0, EVERYTHING), resolutionMs);
    buckets.clear();
    foldSamples(floats, resolutionMs, buckets);
    yield { labels: merged.labels, buckets, samples: histograms };
  }
}

function readOthers(
  selections: readonly BlockSelection[],
  positions: readonly number[],
  range: TimeRange,
  target: SampleBuffer,
): void {
  target.clear();
  for (const [k, selection] of selections.entries()) {
    const position = positions[k] ?? -1;
    const from = target.count;
    if (position >= 0) selection.read(position, range, target);
    target.mergeRuns(0, from);
  }
}

/** Takes the samples out of `target` at whose time `earlier` has one. */
function dropTimesOf(earlier: SampleBuffer, target: SampleBuffer): void {
  const known = earlier.columns.timestampsMs;
  const own = target.columns.timestampsMs;
  const both: TimeRange[] = [];
  for (let i = 0, k = 0; i < target.count; i++) {
    const timestampMs = own[i] ?? 0;
    while (k < earlier.count && (known[k] ?? 0) < timestampMs) k++;
    if (k < earlier.count && known[k] === timestampMs)
      both.push({ fromMs: timestampMs, untilMs: timestampMs });
  }
  if (both.length > 0) target.drop(0, both);
}

/** The series of blocks of buckets, as buckets of the same or a coarser resolution. */
export async function* mergeBlocks(
  deps: FeedDeps,
  from: BlockSet,
  blocks: readonly Block[],
  resolutionMs: number,
): AsyncGenerator<TierSeries, void, undefined> {
  const reader = new BucketReader();
  const fine = new BucketBuffer();
  const samples = new SampleBuffer();
  const buckets = new BucketBuffer();
  for await (const { selections, merged } of walkSeries(deps, from, blocks, EVERYTHING)) {
    fine.clear();
    samples.clear();
    for (const [k, selection] of selections.entries()) {
      const position = merged.positions[k] ?? -1;
      if (position >= 0) reader.read(selection, position, EVERYTHING, { buckets: fine, samples });
    }
    buckets.clear();
    for (let i = 0; i < fine.count; i++)
      buckets.put(fine.columns, i, bucketEndOf(fine.columns.endsMs[i] ?? 0, resolutionMs));
    const { histograms } = splitSeries(samples.within(0, EVERYTHING), resolutionMs);
    if (buckets.count > 0 || histograms !== undefined)
      yield { labels: merged.labels, buckets, samples: histograms };
  }
}

interface Step {
  readonly selections: readonly BlockSelection[];
  readonly merged: MergedSeries;
}

/** Every series of the blocks in order, its chunks loaded, with caches of its own: queries keep theirs. */
async function* walkSeries(
  { slicer, signal }: FeedDeps,
  from: BlockSet,
  blocks: readonly Block[],
  range: TimeRange,
): AsyncGenerator<Step, void, undefined> {
  const caches: BlockCaches = { indexes: new ByteCache(Infinity), groups: new ByteCache(CACHE_BYTES) };
  const selections: BlockSelection[] = [];
  for (const block of blocks) selections.push(await from.sourceOf(block, caches).select([], range));
  const merge = new SeriesMerge(selections);
  for (;;) {
    const starts = merge.nexts.slice();
    const batch = merge.take(BATCH_SERIES);
    if (batch.length === 0) return;
    for (const [k, selection] of selections.entries())
      await selection.prepare(starts[k] ?? 0, merge.nexts[k] ?? 0, range);
    for (const merged of batch) {
      signal.throwIfAborted();
      yield { selections, merged };
      if (slicer.shouldYield()) await slicer.yield();
    }
  }
}
