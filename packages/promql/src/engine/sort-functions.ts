import { compareLabels, isValidAt, labelValueOf, type StepGrid } from '@vedette/model';
import type { Call } from '../syntax/ast.ts';
import { collect, type Column, type ColumnStream } from './column.ts';
import { compareNanLast } from './pick.ts';
import type { Evaluator } from './query-context.ts';

/** sort, sort_desc, sort_by_label, sort_by_label_desc: they mean something at a single step only. */
export async function* evaluateSort(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const [vector, ...rest] = call.args;
  if (vector === undefined) return;
  if (context.grid.stepMs > 0)
    context.annotations.warn(
      'sort is ineffective for range queries since results are always ordered by labels',
      call.position,
    );
  const columns = await collect(evaluator.vector(vector, grid));
  // Histograms have no order: sorting by value leaves them out, at a single step and at many.
  if (!call.name.startsWith('sort_by_label'))
    for (const column of columns) context.budget.takeHistograms(column);
  if (grid.count === 1)
    await context.sort(
      columns,
      comparison(
        call.name,
        rest.map((arg) => evaluator.string(arg)),
      ),
    );
  yield columns.filter((column) => column.values.length > 1 || isValidAt(column.validity, 0));
}

function comparison(name: string, labels: readonly string[]): (a: Column, b: Column) => number {
  const sign = name.endsWith('_desc') ? -1 : 1;
  if (!name.startsWith('sort_by_label'))
    return (a, b) => compareNanLast(a.values[0] ?? 0, b.values[0] ?? 0, sign);
  return (a, b) => {
    for (const label of labels) {
      const order = compareNatural(labelValueOf(a.labels, label), labelValueOf(b.labels, label));
      if (order !== 0) return sign * order;
    }
    return sign * compareLabels(a.labels, b.labels);
  };
}

/** Numbers inside texts count as numbers: `x2` before `x10`. */
export function compareNatural(a: string, b: string): number {
  const left = a.match(/\d+|\D+/g) ?? [];
  const right = b.match(/\d+|\D+/g) ?? [];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const [x = '', y = ''] = [left[i], right[i]];
    if (x === y) continue;
    const difference = Number(x) - Number(y);
    if (/^\d/.test(x) && /^\d/.test(y) && difference !== 0) return difference;
    return x < y ? -1 : 1;
  }
  return left.length - right.length;
}
