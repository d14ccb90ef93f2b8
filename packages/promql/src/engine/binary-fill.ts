import { NO_LABELS } from '@vedette/model';
import type { VectorMatching } from '../syntax/ast.ts';
import { unionOfValidity, type BinaryTask, type MatchSignature } from './binary-task.ts';
import type { Column } from './column.ts';

/**
 * `fill`, `fill_left`, `fill_right`: where one side of a match group has no series at a step, a series
 * of the given value stands in. It has the labels of the match group and no others.
 *
 * The stand-ins are made before the pairing, for exactly the steps at which they are needed, so that
 * the pairing knows nothing of them. As in Prometheus "left" is the side of the many in `group_right`
 * too: there `fill_left` fills the right side of the text.
 */
export function fillGroups(
  { context, grid }: BinaryTask,
  { fill }: VectorMatching,
  signature: MatchSignature,
  many: Map<string, Column[]>,
  ones: Map<string, Column[]>,
): readonly Column[] {
  const standIns: Column[] = [];
  const byteCount = (grid.count + 7) >> 3;
  for (const key of new Set([...many.keys(), ...ones.keys()])) {
    const manyColumns = many.get(key) ?? [];
    const oneColumns = ones.get(key) ?? [];
    const manySteps = unionOfValidity(manyColumns, byteCount);
    const oneSteps = unionOfValidity(oneColumns, byteCount);
    const labels = signature.labelsOf((manyColumns[0] ?? oneColumns[0])?.labels ?? NO_LABELS);
    const standIn = (value: number, has: Uint8Array, lacks: Uint8Array): Column => {
      const column = context.budget.takeColumn(labels, grid.count);
      column.values.fill(value);
      for (let byte = 0; byte < byteCount; byte++)
        column.validity[byte] = (has[byte] ?? 0) & ~(lacks[byte] ?? 0);
      standIns.push(column);
      return column;
    };
    if (fill.right !== undefined) ones.set(key, [...oneColumns, standIn(fill.right, manySteps, oneSteps)]);
    if (fill.left !== undefined) many.set(key, [...manyColumns, standIn(fill.left, oneSteps, manySteps)]);
  }
  return standIns;
}
