import { bug, type StepGrid } from '@vedette/model';
import { extraSamplesOf } from './budget.ts';
import { negateHistogram } from '../histogram/histogram-arithmetic.ts';
import { unwrapParens, type Expr, type Unary } from '../syntax/ast.ts';
import { aggregate } from './aggregate.ts';
import { evaluateBinary, evaluateScalarBinary } from './binary.ts';
import { fillValidity, isEmpty, type Column, type ColumnStream } from './column.ts';
import { selectInstant } from './instant-selector.ts';
import { dropName, uniteAfterNameDrop } from './label-drop.ts';
import { workOn, type Evaluator, type QueryContext } from './query-context.ts';
import { evaluateScalarCall } from './scalar-call.ts';
import { selectSmoothed } from './smoothed-selector.ts';
import { isStepInvariant } from './step-invariance.ts';
import { evaluateVectorCall } from './vector-call.ts';

/**
 * Evaluates an expression tree series by series.
 *
 * 1. A vector is a stream of columns: one series over all steps, a batch at a time. Selectors,
 *    functions and plain aggregations pass batches on, so that a query over many series holds the
 *    columns of one batch and its groups, not all of them.
 * 2. Binary operators between vectors, sorts and `topk` need both or all series and collect them.
 * 3. What is the same at every step (`@`) is evaluated on the first step and spread.
 *
 * The classic way, all series at one step after the other, touches every series once per step and
 * cannot slide a window; it was not taken.
 */
export class QueryEvaluator implements Evaluator {
  readonly context: QueryContext;

  constructor(context: QueryContext) {
    this.context = context;
  }

  vector(expr: Expr, grid: StepGrid): ColumnStream {
    if (grid.count > 1 && isStepInvariant(expr)) return this.#spread(expr, grid);
    switch (expr.kind) {
      case 'vector':
        if (expr.extension === 'smoothed') return selectSmoothed(this.context, expr, grid);
        return selectInstant(this.context, expr, grid, 'values');
      case 'paren':
        return this.vector(expr.expr, grid);
      case 'call':
        return evaluateVectorCall(this, expr, grid);
      case 'aggregation':
        return aggregate(this, expr, grid);
      case 'binary':
        return evaluateBinary(this, expr, grid);
      case 'unary':
        if (expr.op === '+') return this.vector(expr.expr, grid);
        return uniteAfterNameDrop(this.context, expr.expr, this.#negate(expr, grid));
      case 'number':
      case 'string':
      case 'matrix':
      case 'subquery':
        return bug(`a ${expr.kind} is no instant vector`);
    }
  }

  async scalar(expr: Expr, grid: StepGrid): Promise<Float64Array> {
    switch (expr.kind) {
      case 'number':
        return new Float64Array(grid.count).fill(expr.value);
      case 'paren':
        return this.scalar(expr.expr, grid);
      case 'call':
        return evaluateScalarCall(this, expr, grid);
      case 'binary':
        return evaluateScalarBinary(this, expr, grid);
      case 'unary': {
        const values = await this.scalar(expr.expr, grid);
        return expr.op === '+' ? values : values.map((value) => -value);
      }
      case 'string':
      case 'vector':
      case 'matrix':
      case 'subquery':
      case 'aggregation':
        return bug(`a ${expr.kind} is no scalar`);
    }
  }

  string(expr: Expr): string {
    const inner = unwrapParens(expr);
    return inner.kind === 'string' ? inner.value : bug(`a ${inner.kind} is no string`);
  }

  async *#negate(node: Unary, grid: StepGrid): ColumnStream {
    for await (const batch of this.vector(node.expr, grid)) {
      for (const column of batch) {
        const histograms = this.context.budget.takeHistograms(column);
        for (let step = 0; step < grid.count; step++) column.values[step] = -(column.values[step] ?? 0);
        for (const [step, histogram] of histograms ?? []) {
          this.context.budget.putHistogram(column, step, negateHistogram(histogram));
          if (this.context.isPauseDue(workOn(1, extraSamplesOf(histogram)))) await this.context.pause();
        }
        dropName(this.context, column);
        if (this.context.isPauseDue(grid.count)) await this.context.pause();
      }
      yield batch;
    }
  }

  async *#spread(expr: Expr, grid: StepGrid): ColumnStream {
    const { budget } = this.context;
    for await (const batch of this.vector(expr, { ...grid, count: 1 })) {
      const columns: Column[] = [];
      for (const single of batch) {
        if (!isEmpty(single.validity)) {
          const out = budget.takeColumn(single.labels, grid.count, single.isNameDropped);
          out.values.fill(single.values[0] ?? 0);
          fillValidity(out.validity, grid.count);
          const histogram = single.histograms?.get(0);
          if (histogram !== undefined)
            for (let step = 0; step < grid.count; step++) budget.putHistogram(out, step, histogram);
          columns.push(out);
        }
        budget.giveBack(single);
        if (this.context.isPauseDue(grid.count)) await this.context.pause();
      }
      if (columns.length > 0) yield columns;
    }
  }
}
