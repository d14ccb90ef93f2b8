import { compareLabels, type Labels, type SeriesSamples, type Slicer, type TimeRange } from '@vedette/model';
import { SampleBuffer } from './sample-buffer.ts';
import type { Selection } from './source.ts';

/** Series per batch: one await in some hundred series costs nothing against decoding them. */
const BATCH_SERIES_MAX = 256;

/** Samples per batch, after which it ends early: 4 MiB of columns. */
const BATCH_SAMPLES_MAX = 2 ** 18;

/** One series of the result and the positions at which the selections have it (-1: not at all). */
interface MergedSeries {
  readonly labels: Labels;
  readonly positions: readonly number[];
}

/**
 * Merges selections, sorted each, into one stream sorted by label set; the samples of a series follow in
 * the order of the selections. Series without a sample in the range are left out.
 */
export async function* mergeSelections(
  selections: readonly Selection[],
  range: TimeRange,
  slicer: Slicer,
  signal: AbortSignal,
): AsyncGenerator<readonly SeriesSamples[], void, undefined> {
  const merge = new SeriesMerge(selections);
  const buffer = new SampleBuffer();
  for (;;) {
    signal.throwIfAborted();
    const first = merge.nexts.slice();
    const merged = merge.take();
    if (merged.length === 0) return;
    for (const [i, selection] of selections.entries())
      await selection.prepare(first[i] ?? 0, merge.nexts[i] ?? 0, range);
    let batch: SeriesSamples[] = [];
    buffer.clear();
    for (const series of merged) {
      if (slicer.shouldYield()) await slicer.yield();
      signal.throwIfAborted();
      const samples = readSeries(selections, series, range, buffer);
      if (samples !== undefined) batch.push(samples);
      if (buffer.count < BATCH_SAMPLES_MAX) continue;
      if (batch.length > 0) yield batch;
      batch = [];
      buffer.clear();
    }
    if (batch.length > 0) yield batch;
  }
}

/** Walks the selections side by side. */
class SeriesMerge {
  readonly #selections: readonly Selection[];
  /** Position of each selection's next series. */
  readonly nexts: number[];
  /** Its labels; `undefined` at the end. */
  readonly #labels: (Labels | undefined)[];

  constructor(selections: readonly Selection[]) {
    this.#selections = selections;
    this.nexts = selections.map(() => 0);
    this.#labels = selections.map((selection) => (selection.count > 0 ? selection.labelsAt(0) : undefined));
  }

  /** The next series in order, up to a batch of them. */
  take(): MergedSeries[] {
    const merged: MergedSeries[] = [];
    while (merged.length < BATCH_SERIES_MAX) {
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

function readSeries(
  selections: readonly Selection[],
  series: MergedSeries,
  range: TimeRange,
  buffer: SampleBuffer,
): SeriesSamples | undefined {
  const start = buffer.count;
  for (const [i, selection] of selections.entries()) {
    const position = series.positions[i] ?? -1;
    if (position >= 0) selection.read(position, range, buffer);
  }
  const { timestampsMs, values, staleFlags } = buffer.within(start, range);
  if (timestampsMs.length === 0) return undefined;
  const hasStale = staleFlags.includes(1);
  return {
    labels: series.labels,
    timestampsMs,
    values,
    staleFlags: hasStale ? staleFlags : undefined,
    histograms: undefined,
  };
}
