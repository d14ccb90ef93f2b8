import { bug, isValidAt, type StepGrid } from '@vedette/model';
import type { Call, Expr } from '../syntax/ast.ts';
import { stepTimeMs, type Evaluator } from './query-context.ts';

/** Calls that give a scalar: one value per step. */
export async function evaluateScalarCall(
  evaluator: Evaluator,
  call: Call,
  grid: StepGrid,
): Promise<Float64Array> {
  const query = evaluator.context.grid;
  const constant = (value: number): Float64Array => new Float64Array(grid.count).fill(value);
  switch (call.name) {
    case 'time':
      return new Float64Array(grid.count).map((_zero, step) => stepTimeMs(grid, step) / 1000);
    case 'pi':
      return constant(Math.PI);
    case 'start':
      return constant(query.startMs / 1000);
    case 'end':
      return constant(query.endMs / 1000);
    case 'range':
      return constant((query.endMs - query.startMs) / 1000);
    case 'step':
      return constant(query.stepMs / 1000);
    case 'scalar':
      return onlyValue(evaluator, argOf(call, 0), grid);
    case 'min_of':
    case 'max_of': {
      const first = await evaluator.scalar(argOf(call, 0), grid);
      const second = await evaluator.scalar(argOf(call, 1), grid);
      const choose = call.name === 'min_of' ? Math.min : Math.max;
      return first.map((value, step) => choose(value, second[step] ?? NaN));
    }
    default:
      return bug(`no way to evaluate ${call.name}`);
  }
}

function argOf(call: Call, index: number): Expr {
  return call.args[index] ?? bug(`${call.name} has an argument ${index}`);
}

/** The value of the only series; NaN where there is none or more than one. Histograms do not count. */
async function onlyValue(evaluator: Evaluator, arg: Expr, grid: StepGrid): Promise<Float64Array> {
  const { context } = evaluator;
  const values = new Float64Array(grid.count).fill(NaN);
  const counts = new Uint32Array(grid.count);
  for await (const batch of evaluator.vector(arg, grid))
    for (const column of batch) {
      context.budget.takeHistograms(column);
      for (let step = 0; step < grid.count; step++) {
        if (!isValidAt(column.validity, step)) continue;
        counts[step] = (counts[step] ?? 0) + 1;
        values[step] = counts[step] === 1 ? (column.values[step] ?? NaN) : NaN;
      }
      context.budget.giveBack(column);
      if (context.isPauseDue(grid.count)) await context.pause();
    }
  return values;
}
