import { clearValidAt, type NativeHistogram, type StepGrid } from '@vedette/model';
import { extraSamplesOf } from './budget.ts';
import { hasCustomBounds } from '../histogram/bucket-bounds.ts';
import { interpolateHistograms } from '../histogram/interpolate-histograms.ts';
import type { VectorSelector } from '../syntax/ast.ts';
import { countValid, isEmpty, type Column, type ColumnStream } from './column.ts';
import { assertSamples } from './downsampled.ts';
import { remarkOnInterpolation } from './extended-histograms.ts';
import { interpolate } from './extended-windows.ts';
import { PartedSeries, RangeRemarks } from './parted-series.ts';
import { workOn, type QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';
import { readSamples, type RangeSeries } from './range-source.ts';
import { readRangeOf, referenceTimesOf } from './reference-times.ts';
import { createWindows, placeWindows, type Windows } from './windows.ts';

/**
 * An instant selector with `smoothed`: the value at the time asked for, interpolated between the samples
 * around it, both within the lookback. After the last sample its value holds; before the first there is
 * none. Staleness markers do not count. Histograms are interpolated as floats are, but for counters that were reset in
 * between; where there are floats and histograms around a time there is no value.
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
  const look = { selector, times: reach, backMs: windows.rangeMs, what: 'lookback' } as const;
  assertSamples(context, look, 'a smoothed selector');
  const range = readRangeOf(reach, windows.rangeMs);
  for await (const batch of readSamples(context, selector.matchers, range)) {
    const columns: Column[] = [];
    for (const series of batch) {
      const column = context.budget.takeColumn(series.labels, grid.count);
      placeWindows(windows, series.timestampsMs, series.count);
      fill(series, windows, lookbackMs, column);
      if (series.histograms !== undefined) {
        const parted = new PartedSeries(series, series.histograms);
        const remarks = new RangeRemarks(context, selector.position, series);
        await fillHistograms(context, remarks, parted, windows, lookbackMs, column);
      }
      context.samplesTotal += countValid(column.validity) + column.histogramsHeld;
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
    next = findNext(timestampsMs, Math.max(next, low), high, atMs);
    if (next < high && timestampsMs[next] === atMs) setPoint(out, step, values[next] ?? 0);
    else if (next > low)
      setPoint(out, step, next < high ? interpolate(series, next - 1, atMs, false) : (values[next - 1] ?? 0));
  }
}

/** The first sample from `low` to before `high` that is not before a time; `high` when there is none. */
function findNext(timestampsMs: Float64Array, low: number, high: number, atMs: number): number {
  let next = low;
  while (next < high && (timestampsMs[next] ?? 0) < atMs) next++;
  return next;
}

/** Takes the points out again where histograms are around, and puts histograms where nothing else is. */
async function fillHistograms(
  context: QueryContext,
  remarks: RangeRemarks,
  parted: PartedSeries,
  { times, lows, highs }: Windows,
  lookbackMs: number,
  out: Column,
): Promise<void> {
  const { timestampsMs } = parted.series;
  let next = 0;
  for (let step = 0; step < times.count; step++) {
    const low = lows[step] ?? 0;
    const high = highs[step] ?? 0;
    const atMs = times.firstMs - lookbackMs + step * times.stepMs;
    const kinds = parted.windowOf(low, high, atMs);
    if (kinds.high === kinds.low) continue;
    clearValidAt(out.validity, step);
    if (kinds.floatHigh > kinds.floatLow) {
      remarks.mixed();
      continue;
    }
    next = findNext(timestampsMs, Math.max(next, low), high, atMs);
    const histogram = smoothedHistogramAt(parted, remarks, { low, high, next, atMs });
    if (histogram !== undefined) context.budget.putHistogram(out, step, histogram);
    const extra = histogram === undefined ? 0 : extraSamplesOf(histogram);
    if (context.isPauseDue(workOn(1, extra))) await context.pause();
  }
}

interface Surroundings {
  readonly low: number;
  readonly high: number;
  readonly next: number;
  readonly atMs: number;
}

function smoothedHistogramAt(
  { series: { timestampsMs, histograms } }: PartedSeries,
  remarks: RangeRemarks,
  { low, high, next, atMs }: Surroundings,
): NativeHistogram | undefined {
  const after = next < high ? histograms?.get(next) : undefined;
  const afterMs = timestampsMs[next] ?? 0;
  if (after !== undefined && afterMs === atMs) return after;
  const before = next > low ? histograms?.get(next - 1) : undefined;
  if (before === undefined) return undefined;
  // It is repeated, which says nothing of a reset between this sample and the one before.
  if (after === undefined) return { ...before, counterReset: 'unknown' };
  const beforeMs = timestampsMs[next - 1] ?? 0;
  const isCounter = before.counterReset !== 'gauge' || after.counterReset !== 'gauge';
  const fraction = (atMs - beforeMs) / (afterMs - beforeMs);
  const found =
    hasCustomBounds(before) === hasCustomBounds(after)
      ? interpolateHistograms(before, after, fraction, isCounter)
      : undefined;
  if (found === undefined) remarks.mixedSchemas();
  else remarkOnInterpolation(remarks, found);
  return found?.histogram;
}
