import { isValidAt, type StepGrid } from '@vedette/model';
import type { Aggregation, Position } from '../syntax/ast.ts';
import type { Column } from './column.ts';
import { Grouping } from './grouping.ts';
import type { QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';

/** An aggregation that needs its whole input at once, with one parameter per step. */
export interface AggregationTask {
  readonly context: QueryContext;
  readonly node: Aggregation;
  readonly columns: readonly Column[];
  readonly params: Float64Array;
  readonly grid: StepGrid;
}

/** The columns of each group, in the order they came. */
export function groupsOf({ node, columns }: AggregationTask): readonly Column[][] {
  const grouping = new Grouping<Column[]>(node, () => []);
  for (const column of columns) grouping.groupOf(column.labels).push(column);
  return grouping.groups();
}

/** For aggregations that need the order of values. */
export function leaveOutHistograms({ context, node, columns }: AggregationTask, position: Position): void {
  for (const column of columns) {
    if (column.histograms === undefined) continue;
    context.annotations.infoOfIgnoredIn(node.op, position);
    context.budget.takeHistograms(column);
  }
}

/** Of `columns` those with a value at `step`. */
export function presentAt(columns: readonly Column[], step: number): Column[] {
  return columns.filter((column) => isValidAt(column.validity, step));
}

/** An empty column for each input, to pick points into, and the way to get the ones that were used. */
export class Picks {
  readonly #task: AggregationTask;
  readonly #picked = new Map<Column, Column>();

  constructor(task: AggregationTask) {
    this.#task = task;
  }

  /** Copies the point of `source` at `step`. The first pick of a series gives it its place in the order. */
  pick(source: Column, step: number): void {
    let out = this.#picked.get(source);
    if (out === undefined) {
      out = this.#task.context.budget.takeColumn(source.labels, source.values.length, source.isNameDropped);
      this.#picked.set(source, out);
    }
    const histogram = source.histograms?.get(step);
    if (histogram !== undefined) this.#task.context.budget.putHistogram(out, step, histogram);
    else setPoint(out, step, source.values[step] ?? 0);
  }

  /** Gives the inputs back. */
  finish(): readonly Column[] {
    for (const column of this.#task.columns) this.#task.context.budget.giveBack(column);
    return [...this.#picked.values()];
  }
}
