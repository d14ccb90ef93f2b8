import { ExecutionError, formatLabels, type SeriesSamples, type StepGrid } from '@vedette/model';
import type { VectorSelector } from '../syntax/ast.ts';
import { countValid, isEmpty, type Column, type ColumnStream } from './column.ts';
import type { QueryContext } from './query-context.ts';
import { readRangeOf, referenceTimesOf, type ReferenceTimes } from './reference-times.ts';

/**
 * Evaluates an instant vector selector: per series and step the newest sample within the lookback
 * (t - lookback left out, t included), nothing when that sample is a staleness marker.
 */
export async function* selectInstant(
  context: QueryContext,
  selector: VectorSelector,
  grid: StepGrid,
  yields: 'values' | 'timestamps',
): ColumnStream {
  const times = referenceTimesOf(selector, grid, context.grid);
  const { lookbackMs } = context.settings;
  const range = readRangeOf(times, lookbackMs);
  for await (const batch of context.reader.select(selector.matchers, range, context.signal)) {
    const held = samplesIn(batch);
    context.budget.hold(held);
    const columns: Column[] = [];
    for (const series of batch) {
      refuseHistograms(series);
      const column = context.budget.takeColumn(series.labels, grid.count);
      fillFromSamples(series, times, lookbackMs, column);
      if (yields === 'timestamps') replaceByTimestamps(series, times, column);
      context.seriesRead++;
      context.samplesTotal += countValid(column.validity);
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
  for (const series of batch) count += series.timestampsMs.length;
  return count;
}

/** Native histograms are refused rather than answered wrongly. */
export function refuseHistograms(series: SeriesSamples): void {
  if (series.histograms === undefined || series.histograms.size === 0) return;
  throw new ExecutionError(
    'VED_QUERY_UNSUPPORTED',
    `cannot evaluate native histograms: not supported yet; got some in series ${formatLabels(series.labels)}; ` +
      'select float series only, such as its classic buckets',
  );
}

function fillFromSamples(
  series: SeriesSamples,
  times: ReferenceTimes,
  lookbackMs: number,
  out: Column,
): void {
  const { timestampsMs, values, staleFlags } = series;
  const sampleCount = timestampsMs.length;
  let next = 0;
  for (let step = 0; step < times.count; step++) {
    const referenceMs = times.firstMs + step * times.stepMs;
    while (next < sampleCount && (timestampsMs[next] ?? 0) <= referenceMs) next++;
    if (next === 0 || (timestampsMs[next - 1] ?? 0) <= referenceMs - lookbackMs) continue;
    if (staleFlags !== undefined && staleFlags[next - 1] === 1) continue;
    out.values[step] = values[next - 1] ?? 0;
    out.validity[step >> 3] = (out.validity[step >> 3] ?? 0) | (1 << (step & 7));
  }
}

/** For `timestamp(selector)`: the time of the sample itself, in seconds. */
function replaceByTimestamps(series: SeriesSamples, times: ReferenceTimes, out: Column): void {
  const { timestampsMs } = series;
  let next = 0;
  for (let step = 0; step < times.count; step++) {
    const referenceMs = times.firstMs + step * times.stepMs;
    while (next < timestampsMs.length && (timestampsMs[next] ?? 0) <= referenceMs) next++;
    out.values[step] = (timestampsMs[next - 1] ?? 0) / 1000;
  }
}
