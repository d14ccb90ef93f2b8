import {
  bug,
  compareLabels,
  type Labels,
  type SeriesSamples,
  type Slicer,
  type TimeRange,
} from '@vedette/model';
import { CHUNK_SAMPLES_MAX } from '../chunk/chunk.ts';
import type { SampleBuffer } from './sample-buffer.ts';
import { SampleBuffers } from './sample-buffers.ts';
import type { Selection } from './source.ts';

/** Series per batch: one await in some hundred series costs nothing against decoding them. */
const BATCH_SERIES_MAX = 256;

// A series of histograms over a month of blocks is some megabytes of chunks, a hundred times as much as one of floats,
// and a batch's chunks are in memory together. So streams begin with few series, and stay at them while they
// find histograms: 16 keep such a batch at about 100 MB.
const BATCH_SERIES_MIN = 16;

// Samples per batch, after which it ends early: with room for one more chunk 2^14, 280 KB of columns, which are still
// in the cache of a core when the consumer reads them (2^18 took up to a tenth longer). A histogram counts as
// many samples.
const BATCH_SAMPLES_MAX = 2 ** 14 - CHUNK_SAMPLES_MAX;

/** One series of the result and the positions at which the selections have it (-1: not at all). */
export interface MergedSeries {
  readonly labels: Labels;
  readonly positions: readonly number[];
}

interface MergeOptions {
  /** Sees each series as it was read, and may add to it. */
  readonly complete?: (series: SeriesSamples | undefined) => SeriesSamples | undefined;
  /** Where the buffer comes from, and goes when the stream was read to its end. */
  readonly buffers?: SampleBuffers;
}

/**
 * Merges selections, sorted each, into one stream sorted by label set. The samples of a series nearly always
 * follow in the order of the selections, the oldest first; where selections overlap in time, they are merged, and
 * of two samples at one time that of the earlier selection counts. Series without a sample in the range are left out.
 */
export async function* mergeSelections(
  selections: readonly Selection[],
  range: TimeRange,
  slicer: Slicer,
  signal: AbortSignal,
  { complete = asItIs, buffers = new SampleBuffers() }: MergeOptions = {},
): AsyncGenerator<readonly SeriesSamples[], void, undefined> {
  const filled = selections.filter(({ count }) => count > 0);
  const [single] = filled;
  if (single === undefined) return;
  const buffer = buffers.take();
  const source = filled.length === 1 ? new SingleSource(single) : new MergedSource(filled);
  let seriesMax = BATCH_SERIES_MIN;
  for (;;) {
    signal.throwIfAborted();
    const count = await source.advance(range, seriesMax);
    seriesMax = Math.min(BATCH_SERIES_MAX, seriesMax * 4);
    // Not after a fault or a break: whoever broke off may look at its last batch still.
    if (count === 0) return buffers.giveBack(buffer);
    signal.throwIfAborted();
    let batch: SeriesSamples[] = [];
    buffer.clear();
    for (let i = 0; i < count; i++) {
      if (slicer.shouldYield()) {
        await slicer.yield();
        signal.throwIfAborted();
      }
      const start = buffer.count;
      source.read(i, range, buffer);
      const samples = complete(samplesSince(buffer, start, source.labelsAt(i), range));
      if (samples !== undefined) batch.push(samples);
      if (samples?.histograms !== undefined) seriesMax = BATCH_SERIES_MIN;
      if (buffer.weight < BATCH_SAMPLES_MAX) continue;
      if (batch.length > 0) yield batch;
      signal.throwIfAborted();
      batch = [];
      buffer.clear();
    }
    if (batch.length > 0) yield batch;
  }
}

function asItIs(series: SeriesSamples | undefined): SeriesSamples | undefined {
  return series;
}

/** What of a selection the merge of label sets looks at. */
type SortedLabels = Pick<Selection, 'count' | 'labelsAt'>;

/** How many different series the selections have together. */
export async function countSeries(selections: readonly SortedLabels[], slicer: Slicer): Promise<number> {
  const merge = new SeriesMerge(selections);
  let count = 0;
  for (let merged = merge.take(BATCH_SERIES_MAX); merged.length > 0; merged = merge.take(BATCH_SERIES_MAX)) {
    count += merged.length;
    if (slicer.shouldYield()) await slicer.yield();
  }
  return count;
}

/** Series in sorted order, a batch at a time. */
interface BatchSource {
  /** Loads the next batch of at most `seriesMax`; returns how many series it has, 0 at the end. */
  advance(range: TimeRange, seriesMax: number): Promise<number>;
  labelsAt(i: number): Labels;
  /** Decodes series `i` of the batch. */
  read(i: number, range: TimeRange, target: SampleBuffer): void;
}

/** Nearly always all that a query wants is in the head: nothing to merge. */
class SingleSource implements BatchSource {
  readonly #selection: Selection;
  #from = 0;
  #until = 0;

  constructor(selection: Selection) {
    this.#selection = selection;
  }

  async advance(range: TimeRange, seriesMax: number): Promise<number> {
    this.#from = this.#until;
    this.#until = Math.min(this.#selection.count, this.#from + seriesMax);
    await this.#selection.prepare(this.#from, this.#until, range);
    return this.#until - this.#from;
  }

  labelsAt(i: number): Labels {
    return this.#selection.labelsAt(this.#from + i);
  }

  read(i: number, range: TimeRange, target: SampleBuffer): void {
    this.#selection.read(this.#from + i, range, target);
  }
}

class MergedSource implements BatchSource {
  readonly #selections: readonly Selection[];
  readonly #merge: SeriesMerge;
  #batch: readonly MergedSeries[] = [];

  constructor(selections: readonly Selection[]) {
    this.#selections = selections;
    this.#merge = new SeriesMerge(selections);
  }

  async advance(range: TimeRange, seriesMax: number): Promise<number> {
    const first = this.#merge.nexts.slice();
    this.#batch = this.#merge.take(seriesMax);
    for (const [i, selection] of this.#selections.entries())
      await selection.prepare(first[i] ?? 0, this.#merge.nexts[i] ?? 0, range);
    return this.#batch.length;
  }

  labelsAt(i: number): Labels {
    return this.#batch[i]?.labels ?? bug(`no series ${i} in the batch`);
  }

  read(i: number, range: TimeRange, target: SampleBuffer): void {
    const positions = this.#batch[i]?.positions ?? bug(`no series ${i} in the batch`);
    const start = target.count;
    for (const [k, selection] of this.#selections.entries()) {
      const position = positions[k] ?? -1;
      if (position < 0) continue;
      const from = target.count;
      selection.read(position, range, target);
      target.mergeRuns(start, from);
    }
  }
}

/** Walks the selections side by side. */
export class SeriesMerge {
  readonly #selections: readonly SortedLabels[];
  /** Position of each selection's next series. */
  readonly nexts: number[];
  /** Its labels; `undefined` at the end. */
  readonly #labels: (Labels | undefined)[];

  constructor(selections: readonly SortedLabels[]) {
    this.#selections = selections;
    this.nexts = selections.map(() => 0);
    this.#labels = selections.map((selection) => (selection.count > 0 ? selection.labelsAt(0) : undefined));
  }

  /** The next series in order, up to a batch of them. */
  take(seriesMax: number): MergedSeries[] {
    const merged: MergedSeries[] = [];
    while (merged.length < seriesMax) {
      let least: Labels | undefined;
      for (const labels of this.#labels)
        if (labels !== undefined && (least === undefined || compareLabels(labels, least) < 0)) least = labels;
      if (least === undefined) break;
      merged.push(this.#takeSeries(least));
    }
    return merged;
  }

  #takeSeries(labels: Labels): MergedSeries {
    const positions = this.#labels.map((own, i) => {
      if (own !== labels && (own === undefined || compareLabels(own, labels) !== 0)) return -1;
      const position = this.nexts[i] ?? 0;
      const selection = this.#selections[i];
      this.nexts[i] = position + 1;
      const hasMore = selection !== undefined && position + 1 < selection.count;
      this.#labels[i] = hasMore ? selection.labelsAt(position + 1) : undefined;
      return position;
    });
    return { labels, positions };
  }
}

/** The samples from index `start` of the buffer on; `undefined` when none is in the range. */
function samplesSince(
  buffer: SampleBuffer,
  start: number,
  labels: Labels,
  range: TimeRange,
): SeriesSamples | undefined {
  const { timestampsMs, values, staleFlags, histograms } = buffer.within(start, range);
  return values.length === 0 ? undefined : { labels, timestampsMs, values, staleFlags, histograms };
}
