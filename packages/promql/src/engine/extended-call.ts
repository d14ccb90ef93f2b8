import { bug, ExecutionError, type NativeHistogram, type StepGrid } from '@vedette/model';
import { unwrapParens, type Call, type MatrixSelector } from '../syntax/ast.ts';
import { isEmpty, type Column, type ColumnStream } from './column.ts';
import { ExtendedHistograms } from './extended-histograms.ts';
import {
  borderValuesOf,
  extendedSourceOf,
  extendedWindowAt,
  type ExtendedSource,
  type ExtendedWindow,
} from './extended-windows.ts';
import { dropName, uniteAfterNameDrop } from './label-drop.ts';
import { DELTA, INCREASE, RATE, type RateMode } from './histogram-rate.ts';
import { hasChanged, hasReset, HISTOGRAM_RULES, type Sample } from './histogram-rules.ts';
import { PartedSeries, RangeRemarks } from './parted-series.ts';
import { workOn, type Evaluator, type QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';
import type { RangeSeries } from './range-source.ts';
import { isStartReset } from './start-times.ts';
import { placeWindows } from './windows.ts';

/** Functions over a range selector with `anchored` or `smoothed`: changes that need no extrapolation. */

type ExtendedFunction = (window: ExtendedWindow, series: RangeSeries) => number;

const ANCHORED: ReadonlyMap<string, ExtendedFunction> = new Map<string, ExtendedFunction>([
  ['changes', (window, series) => countPairs(window, series, hasChanged)],
  ['delta', gaugeChange],
  ['increase', counterChange],
  ['rate', counterRate],
  ['resets', countResets],
]);
const SMOOTHED: ReadonlyMap<string, ExtendedFunction> = new Map<string, ExtendedFunction>([
  ['delta', gaugeChange],
  ['increase', counterChange],
  ['rate', counterRate],
]);

/** Refuses calls that do not go with the modifier of their range selector, in upstream's words. */
export function checkExtension({ name, args }: Call): void {
  for (const arg of args) {
    const inner = unwrapParens(arg);
    const extension = inner.kind === 'matrix' ? inner.selector.extension : undefined;
    const functions = extension === 'anchored' ? ANCHORED : SMOOTHED;
    if (extension === undefined || functions.has(name)) continue;
    throw new ExecutionError(
      'VED_QUERY_EXECUTION',
      `${extension} modifier can only be used with: ${[...functions.keys()].join(', ')} - not with ${name}`,
    );
  }
}

/** Whoever calls has made the checks above. */
export function evaluateExtendedCall(
  evaluator: Evaluator,
  call: Call,
  arg: MatrixSelector,
  grid: StepGrid,
  remark: (column: Column) => void,
): ColumnStream {
  return uniteAfterNameDrop(evaluator.context, arg, slide(evaluator, call, arg, grid, remark));
}

async function* slide(
  { context }: Evaluator,
  call: Call,
  arg: MatrixSelector,
  grid: StepGrid,
  remark: (column: Column) => void,
): ColumnStream {
  const compute = ANCHORED.get(call.name) ?? bug(`${call.name} knows no extended ranges`);
  const source = extendedSourceOf(context, arg, grid);
  for await (const batch of source.series) {
    const columns: Column[] = [];
    for (const series of batch) {
      const column = context.budget.takeColumn(series.labels, grid.count);
      const visited = placeWindows(source.windows, series.timestampsMs, series.count);
      context.samplesTotal += visited;
      if (series.histograms === undefined)
        for (let step = 0; step < grid.count; step++) fillStep(source, series, step, compute, column);
      else await fillParted(context, { source, series, call, compute }, series.histograms, column);
      if (context.isPauseDue(visited + grid.count)) await context.pause();
      if (isEmpty(column.validity)) {
        context.budget.giveBack(column);
        continue;
      }
      remark(column);
      dropName(context, column);
      columns.push(column);
    }
    if (columns.length > 0) yield columns;
  }
}

function fillStep(
  source: ExtendedSource,
  series: RangeSeries,
  step: number,
  compute: ExtendedFunction,
  out: Column,
): void {
  const window = extendedWindowAt(source, series, step);
  if (window !== undefined) setPoint(out, step, compute(window, series));
}

interface PartedFill {
  readonly source: ExtendedSource;
  readonly series: RangeSeries;
  readonly call: Call;
  readonly compute: ExtendedFunction;
}

/** The same for a series that has histograms, maybe floats beside them. */
async function fillParted(
  context: QueryContext,
  { source, series, call, compute }: PartedFill,
  histograms: ReadonlyMap<number, NativeHistogram>,
  out: Column,
): Promise<void> {
  const { position } = unwrapParens(call.args[0] ?? call);
  const parted = new PartedSeries(series, histograms);
  const remarks = new RangeRemarks(context, position, series);
  const mode = RATE_MODES.get(call.name);
  const histogramCall = { parted, rangeMs: source.rangeMs, remarks };
  const pairsOf = mode === undefined ? HISTOGRAM_RULES.get(call.name)?.(histogramCall) : undefined;
  const changes = new ExtendedHistograms(series, remarks);
  const { lows, highs, times } = source.windows;
  for (let step = 0; step < times.count; step++) {
    const kinds = parted.windowOf(lows[step] ?? 0, highs[step] ?? 0, source.endMs(step));
    const extra = parted.extraSamplesBetween(kinds.from, kinds.until);
    context.samplesTotal += extra;
    if (context.isPauseDue(workOn(kinds.high - kinds.low, extra))) await context.pause();
    const window = extendedWindowAt(source, series, step);
    if (pairsOf !== undefined) {
      if (window === undefined) continue;
      const count = pairsOf(parted.windowOf(window.first, window.last + 1, window.endMs));
      if (typeof count === 'number') setPoint(out, step, count);
      continue;
    }
    if (kinds.high === kinds.low || mode === undefined) {
      if (window !== undefined) setPoint(out, step, compute(window, series));
      continue;
    }
    if (kinds.floatHigh > kinds.floatLow) {
      remarks.mixed();
      continue;
    }
    const change = window && changes.changeOver(window, mode);
    if (change !== undefined) context.budget.putHistogram(out, step, change);
  }
}

const RATE_MODES: ReadonlyMap<string, RateMode> = new Map([
  ['delta', DELTA],
  ['increase', INCREASE],
  ['rate', RATE],
]);

function gaugeChange(window: ExtendedWindow): number {
  const { left, right } = borderValuesOf(window, false);
  return right - left;
}

function counterRate(window: ExtendedWindow): number {
  return counterChange(window) / ((window.endMs - window.startMs) / 1000);
}

/** Each fall between the borders adds what was lost; falls across a border are in its value already. */
function counterChange(window: ExtendedWindow): number {
  const { left, right } = borderValuesOf(window, true);
  const { timestampsMs, values } = window.samples;
  const from = (timestampsMs[window.first] ?? 0) <= window.startMs ? window.first + 1 : window.first;
  const until = (timestampsMs[window.last] ?? 0) >= window.endMs ? window.last - 1 : window.last;
  let lost = 0;
  let previous = left;
  for (let i = from; i <= until; i++) {
    const value = values[i] ?? 0;
    if (value < previous) lost += previous;
    previous = value;
  }
  if (right < previous) lost += previous;
  return right - left + lost;
}

function countPairs(
  { first, last }: ExtendedWindow,
  { values, histograms }: RangeSeries,
  isCounted: (before: Sample, after: Sample, i: number) => boolean,
): number {
  const sampleAt = (i: number): Sample => histograms?.get(i) ?? values[i] ?? 0;
  let count = 0;
  for (let i = first + 1; i <= last; i++) if (isCounted(sampleAt(i - 1), sampleAt(i), i)) count++;
  return count;
}

function countResets(window: ExtendedWindow, series: RangeSeries): number {
  return countPairs(window, series, (before, after, i) => hasReset(before, after) || isStartReset(series, i));
}
