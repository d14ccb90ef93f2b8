import { compareLabels, type Files, type Labels, type Slicer, sortSliced } from '@vedette/model';
import { HeadView, type Head } from '../head/head.ts';
import { SampleBuffer } from '../query/sample-buffer.ts';
import type { BlockSet } from './block-set.ts';
import { BlockWriter } from './block-writer.ts';

/** An epoch of the head that waits to become a block: everything in log segments below `walFloor`. */
export interface FrozenEpoch {
  readonly epoch: number;
  readonly walFloor: number;
}

const EVERYTHING = { fromMs: -Infinity, untilMs: Infinity };

/**
 * Writes a frozen epoch to a block and publishes it, while batches go on being appended; an epoch without
 * samples makes no block. When it throws, nothing has changed and it may be tried again.
 */
export async function flushEpoch(
  deps: { files: Files; slicer: Slicer; head: Head; blocks: BlockSet },
  frozen: FrozenEpoch,
  signal: AbortSignal,
): Promise<void> {
  const { head, slicer, blocks } = deps;
  const view = new HeadView(frozen.epoch + 1, Infinity);
  const all: { series: number; labels: Labels }[] = [];
  for (const series of head.series.ids()) {
    if (slicer.shouldYield()) await slicer.yield();
    if (head.overlaps(series, view, head.endOf(series), EVERYTHING.fromMs, EVERYTHING.untilMs))
      all.push({ series, labels: head.series.labelsOf(series) });
  }
  if (all.length === 0) return;
  await sortSliced(all, (a, b) => compareLabels(a.labels, b.labels), slicer);

  const number = blocks.nextNumber();
  const range = { first: number, last: number };
  const path = blocks.pathOf(range);
  const writer = await BlockWriter.create(deps, path);
  try {
    const buffer = new SampleBuffer();
    for (const { series, labels } of all) {
      signal.throwIfAborted();
      buffer.clear();
      head.read(series, view, head.endOf(series), EVERYTHING, buffer);
      const { staleFlags = new Uint8Array(buffer.count), ...samples } = buffer.within(0, EVERYTHING);
      await writer.addSeries(labels, { ...samples, staleFlags });
    }
    await writer.finish({ ...range, level: 0, walFloor: frozen.walFloor });
  } catch (error) {
    await writer.discard();
    throw error;
  }
  await blocks.publish(path, [], () => {
    blocks.hiddenEpoch = frozen.epoch;
  });
}

/** Frees what `flushEpoch` published, once nobody reads it any more. */
export async function dropEpoch(
  deps: { slicer: Slicer; head: Head; blocks: BlockSet },
  epoch: number,
): Promise<void> {
  const { head, slicer, blocks } = deps;
  for (const series of head.series.ids()) {
    head.dropFrozen(series, epoch);
    if (slicer.shouldYield()) await slicer.yield();
  }
  head.forgetFrozenRange(epoch);
  blocks.hiddenEpoch = undefined;
}
