import { bug, isValidAt, NO_LABELS, type StepGrid } from '@vedette/model';
import { unwrapParens, type Call, type Expr } from '../syntax/ast.ts';
import { evaluateAbsent } from './absent.ts';
import { fillValidity, isEmpty, type Column, type ColumnStream } from './column.ts';
import { checkExtension } from './extended-call.ts';
import { evaluateHistogramCall } from './histogram-functions.ts';
import { evaluateHistogramReading, HISTOGRAM_READINGS } from './histogram-readings.ts';
import { evaluateInfo } from './info-call.ts';
import { selectInstant } from './instant-selector.ts';
import { dropName, uniteAfterNameDrop } from './label-drop.ts';
import { evaluateLabelCall } from './label-functions.ts';
import { DATE_PARTS, POINTWISE, POINTWISE_WITH_PARAMS } from './pointwise.ts';
import { stepTimeMs, type Evaluator } from './query-context.ts';
import { evaluateRangeCall } from './range-call.ts';
import { RANGE_KERNELS } from './range-kernels.ts';
import { evaluateSort } from './sort-functions.ts';

/** Calls that give an instant vector. */
export function evaluateVectorCall(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const { name } = call;
  checkExtension(call);
  if (RANGE_KERNELS.has(name)) return evaluateRangeCall(evaluator, call, grid);
  const pointwise = POINTWISE.get(name);
  if (pointwise !== undefined) return ofEachPoint(evaluator, call, grid, pointwise);
  if (HISTOGRAM_READINGS.has(name)) return evaluateHistogramReading(evaluator, call, grid);
  if (DATE_PARTS.has(name)) return evaluateDatePart(evaluator, call, grid);
  if (POINTWISE_WITH_PARAMS.has(name)) return evaluateWithParams(evaluator, call, grid);
  switch (name) {
    case 'absent':
    case 'absent_over_time':
      return evaluateAbsent(evaluator, call, grid);
    case 'histogram_quantile':
    case 'histogram_quantiles':
    case 'histogram_fraction':
      return evaluateHistogramCall(evaluator, call, grid);
    case 'label_replace':
    case 'label_join':
      return evaluateLabelCall(evaluator, call, grid);
    case 'sort':
    case 'sort_desc':
    case 'sort_by_label':
    case 'sort_by_label_desc':
      return evaluateSort(evaluator, call, grid);
    case 'info':
      return evaluateInfo(evaluator, call, grid);
    case 'start_timestamp':
      return evaluateStartTimestamp(evaluator, call, grid);
    case 'timestamp':
      return evaluateTimestamp(evaluator, call, grid);
    case 'vector':
      return vectorOfScalar(evaluator, call, grid);
    default:
      return bug(`no way to evaluate ${name}`);
  }
}

function firstArg(call: Call): Expr {
  return call.args[0] ?? bug(`${call.name} has an argument`);
}

/** Replaces every value; the series lose their names. Histograms are left out. */
function ofEachPoint(
  evaluator: Evaluator,
  call: Call,
  grid: StepGrid,
  valueOf: (value: number, step: number) => number | undefined,
): ColumnStream {
  const arg = firstArg(call);
  return uniteAfterNameDrop(
    evaluator.context,
    arg,
    mapPoints(evaluator, evaluator.vector(arg, grid), grid, valueOf),
  );
}

async function* mapPoints(
  { context }: Evaluator,
  columns: ColumnStream,
  grid: StepGrid,
  valueOf: (value: number, step: number) => number | undefined,
): ColumnStream {
  for await (const batch of columns) {
    const kept: Column[] = [];
    for (const column of batch) {
      context.budget.takeHistograms(column);
      mapColumn(column, valueOf);
      dropName(context, column);
      if (isEmpty(column.validity)) context.budget.giveBack(column);
      else kept.push(column);
      if (context.isPauseDue(grid.count)) await context.pause();
    }
    if (kept.length > 0) yield kept;
  }
}

function mapColumn(column: Column, valueOf: (value: number, step: number) => number | undefined): void {
  const { values, validity } = column;
  for (let step = 0; step < values.length; step++) {
    if (!isValidAt(validity, step)) continue;
    const value = valueOf(values[step] ?? 0, step);
    if (value !== undefined) values[step] = value;
    else validity[step >> 3] = (validity[step >> 3] ?? 0) & ~(1 << (step & 7));
  }
}

async function* evaluateWithParams(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const valueOf = POINTWISE_WITH_PARAMS.get(call.name) ?? bug(`no function ${call.name}`);
  const params: Float64Array[] = [];
  for (const arg of call.args.slice(1)) params.push(await evaluator.scalar(arg, grid));
  const [first, second] = params;
  // round without a second argument rounds to 1.
  yield* ofEachPoint(evaluator, call, grid, (value, step) =>
    valueOf(value, first?.[step] ?? 1, second?.[step] ?? 1),
  );
}

function evaluateDatePart(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const partOf = DATE_PARTS.get(call.name) ?? bug(`no function ${call.name}`);
  if (call.args.length > 0) return ofEachPoint(evaluator, call, grid, partOf);
  return single(evaluator, grid, (step) => partOf(stepTimeMs(grid, step) / 1000));
}

/** The time of the sample for a selector, of the step for everything else. */
function evaluateTimestamp(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const arg = firstArg(call);
  const selector = unwrapParens(arg);
  if (selector.kind === 'vector') {
    const columns = selectInstant(evaluator.context, selector, grid, 'timestamps');
    const sameTimes = mapPoints(evaluator, columns, grid, (value) => value);
    return uniteAfterNameDrop(evaluator.context, arg, sameTimes);
  }
  const columns = withoutHistograms(evaluator.vector(arg, grid));
  const stepTimes = mapPoints(evaluator, columns, grid, (_value, step) => stepTimeMs(grid, step) / 1000);
  return uniteAfterNameDrop(evaluator.context, arg, stepTimes);
}

/** Keeps the points that were histograms, for whom only their times matter. */
async function* withoutHistograms(columns: ColumnStream): ColumnStream {
  for await (const batch of columns) {
    for (const column of batch) column.histograms = undefined;
    yield batch;
  }
}

/** When the counter of the newest sample began, 0 where unknown; nothing for what is no selector. */
async function* evaluateStartTimestamp(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const arg = firstArg(call);
  const selector = unwrapParens(arg);
  if (selector.kind !== 'vector') return;
  const columns = selectInstant(evaluator.context, selector, grid, 'starts');
  yield* uniteAfterNameDrop(
    evaluator.context,
    arg,
    mapPoints(evaluator, columns, grid, (value) => value),
  );
}

async function* vectorOfScalar(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const values = await evaluator.scalar(firstArg(call), grid);
  yield* single(evaluator, grid, (step) => values[step] ?? NaN);
}

/** One series without labels. */
async function* single(
  { context }: Evaluator,
  grid: StepGrid,
  valueOf: (step: number) => number,
): ColumnStream {
  const out = context.budget.takeColumn(NO_LABELS, grid.count);
  fillValidity(out.validity, grid.count);
  for (let step = 0; step < grid.count; step++) out.values[step] = valueOf(step);
  yield [out];
}
