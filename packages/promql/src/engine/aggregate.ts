import { ExecutionError, type Labels, type StepGrid } from '@vedette/model';
import type { Aggregation } from '../syntax/ast.ts';
import { ACCUMULATORS, type Accumulator } from './accumulators.ts';
import { aggregateQuantile } from './aggregate-quantile.ts';
import { collect, isEmpty, keepFloats, refuseHistograms, type Column, type ColumnStream } from './column.ts';
import { countValues } from './count-values.ts';
import { Grouping } from './grouping.ts';
import { pickLimit, pickTop } from './pick.ts';
import { pickRatio } from './pick-ratio.ts';
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
    return { labels, accumulator };
  });
  for await (const batch of evaluator.vector(node.expr, grid))
    for (const column of batch) {
      if (column.histograms !== undefined && ORDERING.has(node.op)) {
        context.annotations.infoOfIgnoredIn(node.op, node.expr.position);
        keepFloats(column);
      }
      if (node.op === 'sum' || node.op === 'avg') refuseHistograms(column, node.op);
      grouping.groupOf(column.labels).accumulator.add(column);
      budget.giveBack(column);
      if (context.isPauseDue(grid.count)) await context.pause();
    }
  const columns: Column[] = [];
  for (const { labels, accumulator } of grouping.groups()) {
    const out = budget.takeColumn(labels, grid.count);
    accumulator.finish(out);
    budget.release(accumulator.arrayCount * grid.count);
    columns.push(out);
  }
  yield columns.filter((column) => !isEmpty(column.validity));
}

/** They compare values, which histograms cannot be. */
const ORDERING: ReadonlySet<string> = new Set(['min', 'max', 'stddev', 'stdvar']);

/** Aggregations whose parameter may differ from step to step; they hold their whole input. */
async function* withParam(evaluator: Evaluator, node: Aggregation, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const params =
    node.param === undefined ? new Float64Array(grid.count) : await evaluator.scalar(node.param, grid);
  checkParams(node, params);
  const position = node.param?.position ?? node.position;
  if (node.op === 'quantile') for (const value of params) context.annotations.warnOfQuantile(value, position);
  const columns = await collect(evaluator.vector(node.expr, grid));
  const task = { context, node, columns, params, grid };
  if (node.op === 'quantile') yield await aggregateQuantile(task);
  else if (node.op === 'limit_ratio') yield await pickRatio(task);
  else if (node.op === 'limitk') yield await pickLimit(task);
  else yield await pickTop(task);
}

function checkParams({ op }: Aggregation, params: Float64Array): void {
  if (op === 'quantile') return;
  const isRatio = op === 'limit_ratio';
  for (const value of params) {
    if (Number.isNaN(value)) throw paramError(`${isRatio ? 'Ratio' : 'Parameter'} value is NaN`);
    if (!isRatio && value >= 2 ** 63) throw paramError(`Scalar value ${value} overflows int64`);
    if (!isRatio && value <= -(2 ** 63)) throw paramError(`Scalar value ${value} underflows int64`);
  }
}

function paramError(text: string): ExecutionError {
  return new ExecutionError('VED_QUERY_EXECUTION', text);
}
