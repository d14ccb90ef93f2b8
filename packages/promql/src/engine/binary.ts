import { bug, clearValidAt, ExecutionError, type NativeHistogram, type StepGrid } from '@vedette/model';
import { extraSamplesOf } from './budget.ts';
import {
  isComparison,
  isSetOp,
  isTrim,
  type Binary,
  type BinaryOp,
  type ComparisonOp,
} from '../syntax/ast.ts';
import { typeOf } from '../syntax/type-check.ts';
import { dropFloatPairs, HistogramOperator } from './binary-histogram.ts';
import { applyArithmetic, compare } from './binary-op.ts';
import { combineSets } from './binary-set.ts';
import { combineVectors } from './binary-vector.ts';
import { collect, isEmpty, type Column, type ColumnStream } from './column.ts';
import { dropName, uniteAfterNameDrop } from './label-drop.ts';
import { workOn, type Evaluator, type QueryContext } from './query-context.ts';

/** Binary expressions with at least one instant vector. */
export function evaluateBinary(evaluator: Evaluator, node: Binary, grid: StepGrid): ColumnStream {
  const leftType = typeOf(node.left);
  if (leftType === 'vector' && typeOf(node.right) === 'vector') return betweenVectors(evaluator, node, grid);
  const columns = withScalar(evaluator, node, grid);
  if (isTrim(node.op) || (isComparison(node.op) && !node.isBool)) return columns;
  return uniteAfterNameDrop(evaluator.context, leftType === 'vector' ? node.left : node.right, columns);
}

/** Between two scalars. */
export async function evaluateScalarBinary(
  evaluator: Evaluator,
  node: Binary,
  grid: StepGrid,
): Promise<Float64Array> {
  const left = await evaluator.scalar(node.left, grid);
  const right = await evaluator.scalar(node.right, grid);
  applyTo(node.op, left, right, left);
  return left;
}

function applyTo(op: BinaryOp, left: Float64Array, right: Float64Array, out: Float64Array): void {
  if (isSetOp(op)) bug(`operator ${op} between scalars`);
  if (isTrim(op))
    throw new ExecutionError('VED_QUERY_EXECUTION', `operator "${op}" not allowed for Scalar operations`);
  if (!isComparison(op)) applyArithmetic(op, left, right, out);
  else for (let i = 0; i < out.length; i++) out[i] = compare(op, left[i] ?? 0, right[i] ?? 0) ? 1 : 0;
}

async function* withScalar(evaluator: Evaluator, node: Binary, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const { op } = node;
  if (isSetOp(op)) bug(`operator ${op} with a scalar`);
  const operator = new HistogramOperator(context, node, op);
  const isVectorLeft = typeOf(node.left) === 'vector';
  const scalar = await evaluator.scalar(isVectorLeft ? node.right : node.left, grid);
  for await (const batch of evaluator.vector(isVectorLeft ? node.left : node.right, grid)) {
    const kept: Column[] = [];
    for (const column of batch) {
      const histograms = context.budget.takeHistograms(column);
      const left = isVectorLeft ? column.values : scalar;
      const right = isVectorLeft ? scalar : column.values;
      if (isTrim(op)) dropFloatPairs(operator, { left: column, right: column, out: column });
      else if (isComparison(op) && !node.isBool) keepWhere(op, left, right, column);
      else {
        applyTo(op, left, right, column.values);
        dropName(context, column);
      }
      if (histograms !== undefined)
        await combineWithScalar({ context, operator, scalar, isVectorLeft }, histograms, column);
      if (isEmpty(column.validity)) context.budget.giveBack(column);
      else kept.push(column);
      if (context.isPauseDue(grid.count)) await context.pause();
    }
    if (kept.length > 0) yield kept;
  }
}

interface ScalarTask {
  readonly context: QueryContext;
  readonly operator: HistogramOperator;
  readonly scalar: Float64Array;
  readonly isVectorLeft: boolean;
}

/** A histogram and a number are never compared, so that the answers are histograms or nothing. */
async function combineWithScalar(
  { context, operator, scalar, isVectorLeft }: ScalarTask,
  histograms: ReadonlyMap<number, NativeHistogram>,
  out: Column,
): Promise<void> {
  for (const [step, histogram] of histograms) {
    const number = scalar[step] ?? 0;
    const answer = isVectorLeft ? operator.apply(histogram, number) : operator.apply(number, histogram);
    if (typeof answer === 'object') context.budget.putHistogram(out, step, answer);
    if (context.isPauseDue(workOn(1, extraSamplesOf(histogram)))) await context.pause();
  }
}

/** A comparison without `bool` filters: the value stays, the point goes. */
function keepWhere(op: ComparisonOp, left: Float64Array, right: Float64Array, column: Column): void {
  for (let step = 0; step < left.length; step++)
    if (!compare(op, left[step] ?? 0, right[step] ?? 0)) clearValidAt(column.validity, step);
}

async function* betweenVectors(evaluator: Evaluator, node: Binary, grid: StepGrid): ColumnStream {
  const { op } = node;
  const left = await collect(evaluator.vector(node.left, grid));
  // Read even with nothing on the left, as upstream does: whether a query fails must not hang on that.
  const right = await collect(evaluator.vector(node.right, grid));
  const task = { context: evaluator.context, node, left, right, grid };
  if (isSetOp(op)) yield await combineSets(task, op);
  else yield await combineVectors(task, op);
}
