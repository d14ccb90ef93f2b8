import {
  clearValidAt,
  createValidity,
  isValidAt,
  setValidAt,
  type NativeHistogram,
  type SeriesSamples,
  type StepGrid,
} from '@vedette/model';
import type { VectorSelector } from '../syntax/ast.ts';
import { extraSamplesOf } from './budget.ts';
import { countValid, isEmpty, type Column, type ColumnStream } from './column.ts';
import { planNewest } from './downsampled.ts';
import type { QueryContext } from './query-context.ts';
import { readRangeOf, referenceTimesOf } from './reference-times.ts';
import { createWindows, placeWindows, type Windows } from './windows.ts';

/**
 * Evaluates an instant vector selector: per series and step the newest sample within the lookback
 * (t - lookback left out, t included), nothing when that sample is a staleness marker. The lookback is a
 * window like that of a range vector, of which the last sample counts.
 */
export async function* selectInstant(
  context: QueryContext,
  selector: VectorSelector,
  grid: StepGrid,
  yields: 'values' | 'timestamps' | 'starts',
): ColumnStream {
  const times = referenceTimesOf(selector, grid, context.grid);
  const look = { selector, times, backMs: context.settings.lookbackMs, what: 'lookback' } as const;
  const { backMs: lookbackMs, read } = planNewest(context, look);
  const range = readRangeOf(times, lookbackMs);
  const newest = new NewestSamples(createWindows(times, lookbackMs));
  for await (const batch of context.reader.select(selector.matchers, range, context.signal, read)) {
    const held = samplesIn(batch);
    context.budget.hold(held);
    const columns: Column[] = [];
    for (const series of batch) {
      const column = context.budget.takeColumn(series.labels, grid.count);
      newest.fill(batch, series, yields, column);
      context.seriesRead++;
      if (series.histograms !== undefined && yields === 'values')
        newest.putHistograms(series.histograms, column, context.budget);
      context.samplesTotal += countValid(column.validity) + column.histogramsHeld;
      if (isEmpty(column.validity)) context.budget.giveBack(column);
      else columns.push(column);
      if (context.isPauseDue(series.timestampsMs.length + grid.count)) await context.pause();
    }
    context.budget.release(held);
    if (columns.length > 0) yield columns;
  }
}

export function samplesIn(batch: readonly SeriesSamples[]): number {
  let count = 0;
  for (const { timestampsMs, histograms } of batch) {
    count += timestampsMs.length;
    if (histograms !== undefined)
      for (const histogram of histograms.values()) count += extraSamplesOf(histogram);
  }
  return count;
}

/** The newest sample in the lookback of each step, for one series after the other. */
class NewestSamples {
  readonly #windows: Windows;
  /** Steps with a sample in their lookback, for the placing of the windows that it was made for. */
  readonly #validity: Uint8Array;
  #placing = -1;

  constructor(windows: Windows) {
    this.#windows = windows;
    this.#validity = createValidity(windows.times.count);
  }

  /** Writes the series' points into an empty column: values, or the samples' own times or those of their start in seconds. */
  fill(batch: object, series: SeriesSamples, yields: 'values' | 'timestamps' | 'starts', out: Column): void {
    const { timestampsMs, values, startsMs, staleFlags } = series;
    placeWindows(this.#windows, timestampsMs, timestampsMs.length, batch);
    this.#follow();
    out.validity.set(this.#validity);
    const { highs } = this.#windows;
    if (yields === 'values') pickBefore(values, this.#windows, out.values);
    else {
      const timesMs = yields === 'timestamps' ? timestampsMs : startsMs;
      for (let step = 0; step < highs.length; step++)
        out.values[step] = (timesMs?.[(highs[step] ?? 0) - 1] ?? 0) / 1000;
    }
    if (staleFlags === undefined) return;
    for (let step = 0; step < highs.length; step++)
      if (isValidAt(out.validity, step) && staleFlags[(highs[step] ?? 0) - 1] === 1)
        clearValidAt(out.validity, step);
  }

  /** Makes histograms of the points that `fill` took from samples which are. */
  putHistograms(
    histograms: ReadonlyMap<number, NativeHistogram>,
    out: Column,
    budget: QueryContext['budget'],
  ): void {
    const { highs } = this.#windows;
    for (let step = 0; step < highs.length; step++) {
      if (!isValidAt(out.validity, step)) continue;
      const histogram = histograms.get((highs[step] ?? 0) - 1);
      if (histogram !== undefined) budget.putHistogram(out, step, histogram);
    }
  }

  #follow(): void {
    const { placing, lows, highs, firstStep, endStep } = this.#windows;
    if (placing === this.#placing) return;
    this.#placing = placing;
    this.#validity.fill(0);
    for (let step = firstStep; step < endStep; step++)
      if ((highs[step] ?? 0) > (lows[step] ?? 0)) setValidAt(this.#validity, step);
  }
}

/** The value before each border; where there is none, anything. */
function pickBefore(values: Float64Array, { highs, firstStep, endStep }: Windows, out: Float64Array): void {
  for (let step = firstStep; step < endStep; step++) {
    const high = highs[step] ?? 0;
    out[step] = values[high === 0 ? 0 : high - 1] ?? 0;
  }
}
