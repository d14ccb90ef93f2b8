import { isValidAt } from '@vedette/model';
import { Grouping } from './grouping.ts';
import { leaveOutHistograms, type AggregationTask } from './aggregation-task.ts';
import type { Column } from './column.ts';
import { quantileOf } from './quantile.ts';
import { setPoint } from './range-kernel.ts';

/** quantile: chooses among the values of each group at each step. */
export async function aggregateQuantile(task: AggregationTask): Promise<readonly Column[]> {
  const { context, node, params, grid } = task;
  leaveOutHistograms(task, node.expr.position);
  const grouping = new Grouping(node, (labels) => ({ labels, members: [] as Column[] }));
  for (const column of task.columns) grouping.groupOf(column.labels).members.push(column);
  const results: Column[] = [];
  const tile = new Tile();
  for (const { labels, members } of grouping.groups()) {
    const out = context.budget.takeColumn(labels, grid.count);
    for (let start = 0; start < grid.count; start += TILE_STEPS) {
      const end = Math.min(grid.count, start + TILE_STEPS);
      tile.gather(members, start, end);
      for (let step = start; step < end; step++) {
        const values = tile.valuesOf(step - start);
        if (values.length > 0) setPoint(out, step, quantileOf(params[step] ?? NaN, values));
        if (context.isPauseDue(members.length * WORK_PER_POINT)) await context.pause();
      }
    }
    for (const column of members) context.budget.giveBack(column);
    results.push(out);
  }
  return results;
}

/** Copying a point and choosing among points takes about five times what copying alone does. */
const WORK_PER_POINT = 5;

// Eight values are a cache line: each column is touched once for eight steps instead of once for each.
const TILE_STEPS = 8;

/** The values of all members at some neighbouring steps, together per step. */
class Tile {
  readonly #counts = new Uint32Array(TILE_STEPS);
  #values = new Float64Array(0);
  #memberCount = 0;

  gather(members: readonly Column[], start: number, end: number): void {
    this.#memberCount = members.length;
    if (this.#values.length < members.length * TILE_STEPS)
      this.#values = new Float64Array(members.length * TILE_STEPS);
    this.#counts.fill(0);
    for (const { values, validity } of members)
      for (let step = start; step < end; step++) {
        if (!isValidAt(validity, step)) continue;
        const row = step - start;
        const count = this.#counts[row] ?? 0;
        this.#values[row * members.length + count] = values[step] ?? 0;
        this.#counts[row] = count + 1;
      }
  }

  /** Of one step; the caller may rearrange them. */
  valuesOf(row: number): Float64Array {
    const start = row * this.#memberCount;
    return this.#values.subarray(start, start + (this.#counts[row] ?? 0));
  }
}
