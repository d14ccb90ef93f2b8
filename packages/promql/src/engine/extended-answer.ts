import { ExecutionError, type ResultSamples, type StepGrid } from '@vedette/model';
import type { MatrixSelector } from '../syntax/ast.ts';
import {
  borderValuesOf,
  extendedSourceOf,
  extendedWindowAt,
  type ExtendedSource,
  type ExtendedWindow,
} from './extended-windows.ts';
import type { QueryContext } from './query-context.ts';
import type { RangeSeries } from './range-source.ts';
import { placeWindows } from './windows.ts';

/**
 * A range selector with `anchored` or `smoothed` as the answer itself: the samples inside each window, and
 * a sample made at each of its borders. Histograms are refused, as in Prometheus.
 */
export async function extendedSamplesOf(
  context: QueryContext,
  selector: MatrixSelector,
  grid: StepGrid,
): Promise<ResultSamples[]> {
  const source = extendedSourceOf(context, selector, grid);
  const results: ResultSamples[] = [];
  for await (const batch of source.series)
    for (const series of batch) {
      placeWindows(source.windows, series.timestampsMs, series.count);
      refuseHistograms(selector, source, series);
      const window = extendedWindowAt(source, series, 0);
      if (window === undefined) continue;
      const samples = samplesOf(window);
      context.samplesTotal += samples.values.length;
      context.budget.hold(samples.values.length);
      results.push({ labels: series.labels, ...samples });
      if (context.isPauseDue(samples.values.length)) await context.pause();
    }
  return results;
}

function refuseHistograms(
  { selector: { extension } }: MatrixSelector,
  { windows: { lows, highs } }: ExtendedSource,
  { histograms }: RangeSeries,
): void {
  for (const i of histograms?.keys() ?? [])
    if (i >= (lows[0] ?? 0) && i < (highs[0] ?? 0))
      throw new ExecutionError(
        'VED_QUERY_EXECUTION',
        `${extension ?? ''} modifier is not supported with histograms`,
      );
}

function samplesOf(window: ExtendedWindow): Pick<ResultSamples, 'timestampsMs' | 'values'> {
  const { startMs, endMs, first, last } = window;
  const { timestampsMs, values } = window.samples;
  const { left, right } = borderValuesOf(window, false);
  const from = (timestampsMs[first] ?? 0) <= startMs ? first + 1 : first;
  const until = (timestampsMs[last] ?? 0) >= endMs ? last : last + 1;
  return {
    timestampsMs: enclosed(startMs, timestampsMs.subarray(from, until), endMs),
    values: enclosed(left, values.subarray(from, until), right),
  };
}

function enclosed(first: number, inner: Float64Array, last: number): Float64Array<ArrayBuffer> {
  const column = new Float64Array(inner.length + 2);
  column[0] = first;
  column.set(inner, 1);
  column[inner.length + 1] = last;
  return column;
}
