import type { SetOp } from '../syntax/ast.ts';
import { groupBySignature, MatchSignature, unionOfValidity, type BinaryTask } from './binary-task.ts';
import { isEmpty, pruneHistograms, type Column } from './column.ts';
import { uniteEqual } from './label-drop.ts';

/**
 * and, or, unless: per step and signature they ask only whether the other side has anything, so they
 * work on the validity bitmaps, eight steps at a time.
 */
export async function combineSets(task: BinaryTask, op: SetOp): Promise<readonly Column[]> {
  const { context, node, left, right, grid } = task;
  const signature = new MatchSignature(node.matching);
  const masked = op === 'or' ? right : left;
  const others = groupBySignature(op === 'or' ? left : right, signature);
  const byteCount = (grid.count + 7) >> 3;
  const presence = new Map<string, Uint8Array>();
  for (const [key, columns] of others) presence.set(key, unionOfValidity(columns, byteCount));
  for (const column of masked) {
    mask(column.validity, presence.get(signature.keyOf(column)), op === 'and');
    pruneHistograms(column);
    if (context.isPauseDue(byteCount)) await context.pause();
  }
  for (const column of op === 'or' ? [] : right) context.budget.giveBack(column);
  const all = op === 'or' ? [...left, ...right] : left;
  const kept: Column[] = [];
  for (const column of all)
    if (isEmpty(column.validity)) context.budget.giveBack(column);
    else kept.push(column);
  return op === 'or' ? uniteEqual(context, kept) : kept;
}

/** Keeps the steps at which `others` has (`isKept`) or has not a value. */
function mask(validity: Uint8Array, others: Uint8Array | undefined, isKept: boolean): void {
  for (let byte = 0; byte < validity.length; byte++) {
    const bits = others?.[byte] ?? 0;
    validity[byte] = (validity[byte] ?? 0) & (isKept ? bits : ~bits);
  }
}
