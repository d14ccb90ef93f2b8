import { ExecutionError, labelsKeyOf, METRIC_NAME, type Labels, type Matcher } from '@vedette/model';
import type { Expr } from '../syntax/ast.ts';
import type { Budget } from './budget.ts';
import { collect, type Column, type ColumnStream } from './column.ts';
import { hasTypeOrUnit, withoutMetadata } from './metadata-labels.ts';
import type { QueryContext } from './query-context.ts';

/**
 * The rule that a changed value loses its metric name, and what follows from it: series that differed
 * by name alone become one. Its type and unit, where they are labels, go with it. That is an error when both have a value at the same step, and a union
 * when they take turns.
 *
 * With delayed removal the name is only marked as dropped and goes at the very end of the query.
 */

/** Drops the name of one column, at once or by mark. */
export function dropName(context: QueryContext, column: Column): void {
  if (context.settings.isNameRemovalDelayed) {
    column.isNameDropped = true;
    return;
  }
  context.hasTypedSeries ||= hasTypeOrUnit(column.labels);
  column.labels = withoutMetadata(column.labels);
}

/** Unites columns whose names were dropped from series of `source`. */
export async function* uniteAfterNameDrop(
  context: QueryContext,
  source: Expr,
  columns: ColumnStream,
): ColumnStream {
  if (context.settings.isNameRemovalDelayed) yield* columns;
  else if (hasOneName(source)) yield* uniteTyped(context, columns);
  else yield uniteEqual(context, await collect(columns));
}

/**
 * Columns of one name can become equal only when they lost a type or unit as well. Up to the first that did they
 * pass as they come; should one of those be equal to a later one, it is too late to unite them.
 */
async function* uniteTyped(context: QueryContext, columns: ColumnStream): ColumnStream {
  const passed: Labels[] = [];
  const held: Column[] = [];
  for await (const batch of columns) {
    if (context.hasTypedSeries) {
      for (const column of batch) held.push(column);
      continue;
    }
    for (const { labels } of batch) passed.push(labels);
    yield batch;
  }
  if (held.length === 0) return;
  const known = new Set(passed.map(labelsKeyOf));
  const united = uniteEqual(context, held);
  if (united.some(({ labels }) => known.has(labelsKeyOf(labels)))) throw sameLabelsError();
  yield united;
}

/** Whether all series of the expression surely have the same name, so that dropping it cannot make two equal. */
function hasOneName(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector':
      return expr.matchers.some(isNameEquality);
    case 'matrix':
      return expr.selector.matchers.some(isNameEquality);
    case 'subquery':
    case 'paren':
    case 'unary':
      return hasOneName(expr.expr);
    case 'number':
    case 'string':
      return true;
    case 'aggregation':
      return !expr.grouping.includes(METRIC_NAME);
    case 'call':
    case 'binary':
      return false;
  }
}

function isNameEquality(matcher: Matcher): boolean {
  return matcher.name === METRIC_NAME && matcher.op === '=' && matcher.value !== '';
}

/** At the end of a query: carries out the removals that were put off. */
export function finishNameDrops(context: QueryContext, columns: readonly Column[]): readonly Column[] {
  let isChanged = false;
  for (const column of columns) {
    if (!column.isNameDropped) continue;
    column.labels = withoutMetadata(column.labels);
    column.isNameDropped = false;
    isChanged = true;
  }
  return isChanged ? uniteEqual(context, columns) : columns;
}

/** Makes one column of those with equal labels; throws when two of them have a value at the same step. */
export function uniteEqual(context: QueryContext, columns: readonly Column[]): readonly Column[] {
  const byLabels = new Map<string, Column>();
  for (const column of columns) {
    const key = labelsKeyOf(column.labels) + (column.isNameDropped ? '\uffff' : '');
    const first = byLabels.get(key);
    if (first === undefined) byLabels.set(key, column);
    else {
      uniteInto(first, column, context.budget);
      context.budget.giveBack(column);
    }
  }
  return [...byLabels.values()];
}

export function uniteInto(target: Column, source: Column, budget: Budget): void {
  for (let byte = 0; byte < source.validity.length; byte++) {
    const bits = source.validity[byte] ?? 0;
    if (bits === 0) continue;
    if (((target.validity[byte] ?? 0) & bits) !== 0) throw sameLabelsError();
    target.validity[byte] = (target.validity[byte] ?? 0) | bits;
    for (let bit = 0; bit < 8; bit++)
      if ((bits & (1 << bit)) !== 0) target.values[byte * 8 + bit] = source.values[byte * 8 + bit] ?? 0;
  }
  if (source.histograms !== undefined)
    for (const [step, histogram] of source.histograms) budget.putHistogram(target, step, histogram);
}

function sameLabelsError(): ExecutionError {
  return new ExecutionError('VED_QUERY_EXECUTION', 'vector cannot contain metrics with the same labelset');
}
