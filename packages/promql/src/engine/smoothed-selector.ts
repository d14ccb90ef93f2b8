import type { StepGrid } from '@vedette/model';
import type { VectorSelector } from '../syntax/ast.ts';
import { countValid, isEmpty, refuseHistograms, type Column, type ColumnStream } from './column.ts';
import { interpolate } from './extended-windows.ts';
import type { QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';
import { readSamples, type RangeSeries } from './range-source.ts';
import { readRangeOf, referenceTimesOf } from './reference-times.ts';
import { createWindows, placeWindows, type Windows } from './windows.ts';

/**
 * An instant selector with `smoothed`: the value at the time asked for, interpolated between the samples
 * around it, both within the lookback. After the last sample its value holds; before the first there is
 * none. Staleness markers do not count.
 */
export async function* selectSmoothed(
  context: QueryContext,
  selector: VectorSelector,
  grid: StepGrid,
): ColumnStream {
  const times = referenceTimesOf(selector, grid, context.grid);
  const { lookbackMs } = context.settings;
  const reach = { ...times, firstMs: times.firstMs + lookbackMs };
  const windows = createWindows(reach, 2 * lookbackMs);
  const range = readRangeOf(reach, windows.rangeMs);
  for await (const batch of readSamples(context, selector.matchers, range)) {
    const columns: Column[] = [];
    for (const series of batch) {
      refuseHistograms(series, 'smoothed selectors');
      const column = context.budget.takeColumn(series.labels, grid.count);
      placeWindows(windows, series.timestampsMs, series.count);
      fill(series, windows, lookbackMs, column);
      context.samplesTotal += countValid(column.validity);
      if (isEmpty(column.validity)) context.budget.giveBack(column);
      else columns.push(column);
      if (context.isPauseDue(series.count + grid.count)) await context.pause();
    }
    if (columns.length > 0) yield columns;
  }
}

function fill(series: RangeSeries, { times, lows, highs }: Windows, lookbackMs: number, out: Column): void {
  const { timestampsMs, values } = series;
  let next = 0;
  for (let step = 0; step < times.count; step++) {
    const atMs = times.firstMs - lookbackMs + step * times.stepMs;
    const low = lows[step] ?? 0;
    const high = highs[step] ?? 0;
    if (next < low) next = low;
    while (next < high && (timestampsMs[next] ?? 0) < atMs) next++;
    if (next < high && timestampsMs[next] === atMs) setPoint(out, step, values[next] ?? 0);
    else if (next > low)
      setPoint(out, step, next < high ? interpolate(series, next - 1, atMs, false) : (values[next - 1] ?? 0));
  }
}
