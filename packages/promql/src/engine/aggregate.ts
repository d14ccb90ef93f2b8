import { compareLabels, ExecutionError, type Labels, type StepGrid } from '@vedette/model';
import type { Aggregation } from '../syntax/ast.ts';
import { formatGoNumber } from '../syntax/go-number.ts';
import { ACCUMULATORS, type Accumulator } from './accumulators.ts';
import { aggregateQuantile } from './aggregate-quantile.ts';
import { collect, isEmpty, type Column, type ColumnStream } from './column.ts';
import { countValues } from './count-values.ts';
import { Grouping } from './grouping.ts';
import { HistogramTotals } from './histogram-totals.ts';
import { pickLimit, pickManyTop } from './pick.ts';
import { pickRatio } from './pick-ratio.ts';
import { pickTop, TOP_COUNT_MAX } from './pick-top.ts';
import type { Evaluator } from './query-context.ts';

/** Aggregations. The plain ones consume their input as a stream: one column per group is all they hold. */
export function aggregate(evaluator: Evaluator, node: Aggregation, grid: StepGrid): ColumnStream {
  switch (node.op) {
    case 'sum':
    case 'avg':
    case 'count':
    case 'group':
    case 'min':
    case 'max':
    case 'stddev':
    case 'stdvar':
      return accumulate(evaluator, node, grid, ACCUMULATORS[node.op]);
    case 'topk':
    case 'bottomk':
    case 'limitk':
    case 'limit_ratio':
    case 'quantile':
      return withParam(evaluator, node, grid);
    case 'count_values':
      return countValues(evaluator, node, grid);
  }
}

async function* accumulate(
  evaluator: Evaluator,
  node: Aggregation,
  grid: StepGrid,
  create: (count: number) => Accumulator,
): ColumnStream {
  const { context } = evaluator;
  const { budget } = context;
  const grouping = new Grouping(node, (labels: Labels) => {
    const accumulator = create(grid.count);
    budget.hold(accumulator.arrayCount * grid.count);
    return { labels, accumulator, totals: undefined as HistogramTotals | undefined };
  });
  for await (const batch of evaluator.vector(node.expr, grid))
    for (const column of batch) {
      const group = grouping.groupOf(column.labels);
      if (column.histograms !== undefined && !COUNTING.has(node.op)) {
        const histograms = budget.takeHistograms(column);
        if (node.op === 'sum' || node.op === 'avg') {
          group.totals ??= new HistogramTotals(
            context,
            node.expr.position,
            node.op === 'sum' ? 'sum' : 'mean',
          );
          if (histograms) await group.totals.add(histograms, column.labels);
        } else context.annotations.infoOfIgnoredIn(node.op, node.expr.position);
      }
      group.accumulator.add(column);
      budget.giveBack(column);
      if (context.isPauseDue(grid.count)) await context.pause();
    }
  const columns: Column[] = [];
  // In an order that does not hang on which series the range happens to begin with: ties are decided by it.
  const groups = [...grouping.groups()];
  await context.sort(groups, (a, b) => compareLabels(a.labels, b.labels));
  for (const { labels, accumulator, totals } of groups) {
    const out = budget.takeColumn(labels, grid.count);
    accumulator.finish(out);
    if (totals !== undefined) await totals.finish(out);
    budget.release(accumulator.arrayCount * grid.count);
    columns.push(out);
    if (context.isPauseDue(grid.count)) await context.pause();
  }
  yield columns.filter((column) => !isEmpty(column.validity));
}

/** To them a sample is a sample. */
const COUNTING: ReadonlySet<string> = new Set(['count', 'group']);

/** Aggregations whose parameter may differ from step to step; most hold their whole input. */
async function* withParam(evaluator: Evaluator, node: Aggregation, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const params =
    node.param === undefined ? new Float64Array(grid.count) : await evaluator.scalar(node.param, grid);
  checkParams(node, params);
  const position = node.param?.position ?? node.position;
  if (node.op === 'quantile') for (const value of params) context.annotations.warnOfQuantile(value, position);
  const isTop = node.op === 'topk' || node.op === 'bottomk';
  if (isTop && params.every((param) => param < TOP_COUNT_MAX + 1)) {
    yield* pickTop(evaluator, node, grid, params);
    return;
  }
  const columns = await collect(evaluator.vector(node.expr, grid));
  const task = { context, node, columns, params, grid };
  if (node.op === 'quantile') yield await aggregateQuantile(task);
  else if (node.op === 'limit_ratio') yield await pickRatio(task);
  else if (node.op === 'limitk') yield await pickLimit(task);
  else yield await pickManyTop(task);
}

function checkParams({ op }: Aggregation, params: Float64Array): void {
  if (op === 'quantile') return;
  const isRatio = op === 'limit_ratio';
  for (const value of params) {
    if (Number.isNaN(value)) throw paramError(`${isRatio ? 'Ratio' : 'Parameter'} value is NaN`);
    if (!isRatio && value >= 2 ** 63)
      throw paramError(`Scalar value ${formatGoNumber(value)} overflows int64`);
    if (!isRatio && value <= -(2 ** 63))
      throw paramError(`Scalar value ${formatGoNumber(value)} underflows int64`);
  }
}

function paramError(text: string): ExecutionError {
  return new ExecutionError('VED_QUERY_EXECUTION', text);
}
