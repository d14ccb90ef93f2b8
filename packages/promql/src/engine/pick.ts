import { groupsOf, leaveOutHistograms, Picks, presentAt, type AggregationTask } from './aggregation-task.ts';
import type { Column } from './column.ts';

/** topk and bottomk of many, and limitk: some series of each group, chosen anew at every step. */

/** Sorts: for parameters beyond what `pickTop` keeps in order. */
export async function pickManyTop(task: AggregationTask): Promise<readonly Column[]> {
  leaveOutHistograms(task, task.node.position);
  const sign = task.node.op === 'topk' ? -1 : 1;
  return pickEach(task, (present, step, countMax) => {
    present.sort((a, b) => compareNanLast(a.values[step] ?? 0, b.values[step] ?? 0, sign));
    return present.slice(0, countMax);
  });
}

export async function pickLimit(task: AggregationTask): Promise<readonly Column[]> {
  return pickEach(task, (present, _step, countMax) => present.slice(0, countMax));
}

async function pickEach(
  task: AggregationTask,
  choose: (present: Column[], step: number, countMax: number) => readonly Column[],
): Promise<readonly Column[]> {
  const picks = new Picks(task);
  for (const columns of groupsOf(task))
    for (let step = 0; step < task.grid.count; step++) {
      const countMax = Math.trunc(task.params[step] ?? 0);
      if (countMax < 1) continue;
      for (const column of choose(presentAt(columns, step), step, countMax)) picks.pick(column, step);
      if (task.context.isPauseDue(columns.length * WORK_PER_COMPARED_POINT)) await task.context.pause();
    }
  return picks.finish();
}

/** Sorting compares each point some ten times. */
const WORK_PER_COMPARED_POINT = 10;

/** Orders by value times `sign`; NaN comes last either way, equal values keep their order. */
export function compareNanLast(a: number, b: number, sign: number): number {
  if (Number.isNaN(a)) return Number.isNaN(b) ? 0 : 1;
  if (Number.isNaN(b)) return -1;
  return a === b ? 0 : a < b ? -sign : sign;
}
