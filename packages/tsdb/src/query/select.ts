import { compareLabels, type Labels, type SeriesSamples, type Slicer, type TimeRange } from '@vedette/model';
import { SampleBuffer } from './sample-buffer.ts';
import type { Selection } from './source.ts';

/** Series per batch: one await in some hundred series costs nothing against decoding them. */
export const BATCH_SERIES_MAX = 256;

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
  const nexts = selections.map(() => 0);
  const buffer = new SampleBuffer();
  for (;;) {
    signal.throwIfAborted();
    const first = [...nexts];
    const merged = takeSeries(selections, nexts);
    if (merged.length === 0) return;
    for (const [i, selection] of selections.entries())
      await selection.prepare(first[i] ?? 0, nexts[i] ?? 0, range);
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

/** The next series in order, up to a batch of them; moves `nexts` behind. */
function takeSeries(selections: readonly Selection[], nexts: number[]): MergedSeries[] {
  const merged: MergedSeries[] = [];
  while (merged.length < BATCH_SERIES_MAX) {
    let labels: Labels | undefined;
    for (const [i, selection] of selections.entries()) {
      if ((nexts[i] ?? 0) >= selection.count) continue;
      const candidate = selection.labelsAt(nexts[i] ?? 0);
      if (labels === undefined || compareLabels(candidate, labels) < 0) labels = candidate;
    }
    if (labels === undefined) break;
    merged.push({ labels, positions: takePositions(selections, nexts, labels) });
  }
  return merged;
}

function takePositions(selections: readonly Selection[], nexts: number[], labels: Labels): number[] {
  return selections.map((selection, i) => {
    const next = nexts[i] ?? 0;
    if (next >= selection.count || compareLabels(selection.labelsAt(next), labels) !== 0) return -1;
    nexts[i] = next + 1;
    return next;
  });
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
