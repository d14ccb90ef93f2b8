import { Grouping } from './grouping.ts';
import { leaveOutHistograms, presentAt, type AggregationTask } from './aggregation-task.ts';
import type { Column } from './column.ts';
import { quantileOfSorted, sortNanFirst } from './quantile.ts';
import { setPoint } from './range-kernel.ts';

/** quantile: sorts the values of each group at each step. */
export async function aggregateQuantile(task: AggregationTask): Promise<readonly Column[]> {
  const { context, node, params, grid } = task;
  leaveOutHistograms(task, node.expr.position);
  const grouping = new Grouping(node, (labels) => ({ labels, members: [] as Column[] }));
  for (const column of task.columns) grouping.groupOf(column.labels).members.push(column);
  const results: Column[] = [];
  for (const { labels, members } of grouping.groups()) {
    const out = context.budget.takeColumn(labels, grid.count);
    for (let step = 0; step < grid.count; step++) {
      const values = Float64Array.from(presentAt(members, step), (column) => column.values[step] ?? 0);
      if (values.length > 0) setPoint(out, step, quantileOfSorted(params[step] ?? NaN, sortNanFirst(values)));
      if (context.isPauseDue(members.length * WORK_PER_SORTED_POINT)) await context.pause();
    }
    for (const column of members) context.budget.giveBack(column);
    results.push(out);
  }
  return results;
}

const WORK_PER_SORTED_POINT = 10;
