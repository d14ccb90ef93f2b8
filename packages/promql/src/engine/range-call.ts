import { bug, labelValueOf, METRIC_NAME, type StepGrid } from '@vedette/model';
import { scaleHistogram } from '../histogram/histogram-arithmetic.ts';
import { unwrapParens, type Call, type Expr, type MatrixSelector, type Subquery } from '../syntax/ast.ts';
import { quoteGo } from '../syntax/go-quote.ts';
import { hasFloats, isEmpty, type Column, type ColumnStream } from './column.ts';
import { evaluateExtendedCall } from './extended-call.ts';
import { applyHistogramRule } from './histogram-range.ts';
import { dropName, uniteAfterNameDrop } from './label-drop.ts';
import { METRIC_TYPE } from './metadata-labels.ts';
import { PartedSeries } from './parted-series.ts';
import { forMetricName } from './query-annotations.ts';
import { stepTimeMs, type Evaluator, type QueryContext } from './query-context.ts';
import { RANGE_KERNELS } from './range-kernels.ts';
import { setPoint, type KernelCall, type KernelSamples, type RangeKernel } from './range-kernel.ts';
import { rangeSourceOf, type RangeSeries, type RangeSource } from './range-source.ts';
import { isOverlapping } from './start-times.ts';
import { createWindows, placeWindows, type Windows } from './windows.ts';

/** Functions that take a range vector and give a value per series: one series is read, slid over and let go. */
export function evaluateRangeCall(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const arg = rangeArgOf(call);
  if (arg.kind === 'matrix' && arg.selector.extension !== undefined)
    return evaluateExtendedCall(evaluator, call, arg, grid, (column) => {
      if (COUNTER_FUNCTIONS.has(call.name) && hasFloats(column)) remarkOnName(evaluator, column, arg);
    });
  if (KEEPING_NAME.has(call.name)) return slide(evaluator, call, grid);
  return uniteAfterNameDrop(evaluator.context, arg, slide(evaluator, call, grid));
}

/** They hand on a sample as it is, so it keeps its name. */
const KEEPING_NAME: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);

const COUNTER_FUNCTIONS: ReadonlySet<string> = new Set(['rate', 'increase']);

async function* slide(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const kernel = RANGE_KERNELS.get(call.name)?.();
  if (kernel === undefined) bug(`no kernel for ${call.name}`);
  const arg = rangeArgOf(call);
  const params = await scalarArgs(evaluator, call, grid);
  if (call.name === 'quantile_over_time')
    for (const quantile of params[0] ?? [])
      context.annotations.warnOfQuantile(quantile, call.args[0]?.position ?? call.position);
  const kernelCall: KernelCall = { params, stepTimeMs: (step) => stepTimeMs(grid, step) };
  const source = rangeSourceOf(evaluator, arg, grid, call.name);
  const rescale = rescaleOf(source, arg);
  const windows = createWindows(source.times, source.rangeMs);
  for await (const batch of source.series) {
    const columns: Column[] = [];
    for (const series of batch) {
      const column = context.budget.takeColumn(series.labels, grid.count, series.isNameDropped);
      context.samplesTotal += placeWindows(windows, series.timestampsMs, series.count, batch);
      if (context.isPauseDue(series.count + grid.count)) await context.pause();
      const fitting = (series.weights && source.answer?.kernel) ?? kernel;
      // Nothing is awaited here for most series: a promise for each would be most of the garbage of a query.
      if (series.histograms !== undefined) {
        const parted = new PartedSeries(series, series.histograms);
        await slideParted(context, { parted, windows, kernel: fitting, kernelCall, call }, column);
      } else if (fitting.slide?.(series, windows, column, kernelCall) !== true)
        await askEachWindow(context, series, windows, fitting, kernelCall, column);
      rescale?.(context, column);
      if (isEmpty(column.validity)) {
        context.budget.giveBack(column);
        continue;
      }
      if (COUNTER_FUNCTIONS.has(call.name)) {
        if (hasFloats(column)) remarkOnName(evaluator, column, arg);
        remarkOnStarts(evaluator, series, windows, arg);
      }
      if (!KEEPING_NAME.has(call.name)) dropName(context, column);
      columns.push(column);
    }
    if (columns.length > 0) yield columns;
  }
}

/** Brings what was computed over a wider window back to the one asked for. */
function rescaleOf(
  { answer, rangeMs }: RangeSource,
  arg: MatrixSelector | Subquery,
): ((context: QueryContext, column: Column) => void) | undefined {
  if (answer?.isProportional !== true || rangeMs === arg.rangeMs) return undefined;
  const factor = arg.rangeMs / rangeMs;
  return ({ budget }, column) => {
    for (let step = 0; step < column.values.length; step++)
      column.values[step] = (column.values[step] ?? 0) * factor;
    for (const [step, histogram] of budget.takeHistograms(column) ?? [])
      budget.putHistogram(column, step, scaleHistogram(histogram, factor));
  };
}

interface PartedCall {
  readonly parted: PartedSeries;
  /** Placed over the whole series. */
  readonly windows: Windows;
  readonly kernel: RangeKernel;
  readonly kernelCall: KernelCall;
  readonly call: Call;
}

/** The kernel for the floats of a series, then the rule for its histograms. */
async function slideParted(
  context: QueryContext,
  { parted, windows, kernel, kernelCall, call }: PartedCall,
  out: Column,
): Promise<void> {
  const { floats, series } = parted;
  if (floats.count > 0) {
    placeWindows(windows, floats.timestampsMs, floats.count);
    if (kernel.slide?.(floats, windows, out, kernelCall) !== true)
      await askEachWindow(context, floats, windows, kernel, kernelCall, out);
    placeWindows(windows, series.timestampsMs, series.count);
  }
  // Remarks point at the first argument, of quantile_over_time at its number.
  const { position } = unwrapParens(call.args[0] ?? call);
  await applyHistogramRule(context, { name: call.name, position, parted }, windows, out);
}

async function askEachWindow(
  context: QueryContext,
  series: KernelSamples,
  { times, lows, highs }: Windows,
  { ofWindow = (): never => bug('a kernel has a way'), sizeMin = 1 }: RangeKernel,
  call: KernelCall,
  out: Column,
): Promise<void> {
  for (let step = 0; step < times.count; step++) {
    const low = lows[step] ?? 0;
    const high = highs[step] ?? 0;
    if (high - low < sizeMin) continue;
    setPoint(out, step, ofWindow(series, low, high, step, call));
    if (context.isPauseDue((high - low) * WORK_PER_WINDOW_SAMPLE)) await context.pause();
  }
}

/** A visited sample of a window costs about five times a copied one: it is sorted or squared. */
const WORK_PER_WINDOW_SAMPLE = 5;

async function scalarArgs(evaluator: Evaluator, call: Call, grid: StepGrid): Promise<Float64Array[]> {
  const params: Float64Array[] = [];
  const range = rangeArgOf(call);
  for (const arg of call.args)
    if (unwrapParens(arg) !== range) params.push(await evaluator.scalar(arg, grid));
  return params;
}

/** The range vector among the arguments. */
export function rangeArgOf(call: Call): MatrixSelector | Subquery {
  for (const arg of call.args) {
    const inner = unwrapParens(arg);
    if (inner.kind === 'matrix' || inner.kind === 'subquery') return inner;
  }
  return bug(`${call.name} has no range vector`);
}

/** Warns when two samples of one window claim times that overlap. */
function remarkOnStarts(
  { context }: Evaluator,
  series: RangeSeries,
  { lows, highs }: Windows,
  arg: Expr,
): void {
  if (series.startsMs === undefined) return;
  for (let step = 0, i = 1; step < lows.length; step++)
    for (i = Math.max(i, (lows[step] ?? 0) + 1); i < (highs[step] ?? 0); i++)
      if (isOverlapping(series, i)) {
        const name = forMetricName(labelValueOf(series.labels, METRIC_NAME));
        context.annotations.warn(
          `sample has start time that overlaps with previous sample timestamp${name}`,
          arg.position,
        );
        return;
      }
}

function remarkOnName({ context }: Evaluator, column: Column, arg: Expr): void {
  const name = labelValueOf(column.labels, METRIC_NAME);
  if (name === '') return;
  if (context.settings.features.has('type-and-unit-labels')) {
    const type = labelValueOf(column.labels, METRIC_TYPE);
    if (type === 'counter' || type === 'histogram') return;
    context.annotations.info(
      'metric might not be a counter, __type__ label is not set to "counter" or "histogram", ' +
        `got ${quoteGo(type)}: ${quoteGo(name)}`,
      arg.position,
    );
    return;
  }
  if (/_(?:total|sum|count|bucket)$/.test(name)) return;
  context.annotations.info(
    `metric might not be a counter, name does not end in _total/_sum/_count/_bucket: ${quoteGo(name)}`,
    arg.position,
  );
}
