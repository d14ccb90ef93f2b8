import {
  ExecutionError,
  labelsKeyOf,
  labelValueOf,
  onlyLabels,
  withLabel,
  withoutLabels,
  compareLabels,
  type Labels,
} from '@vedette/model';
import { hasFill, isComparison, isTrim, type PointOp, type VectorMatching } from '../syntax/ast.ts';
import { quoteGo } from '../syntax/go-quote.ts';
import { fillGroups } from './binary-fill.ts';
import { dropFloatPairs, HistogramAnswers, HistogramOperator } from './binary-histogram.ts';
import { applyArithmetic, compare } from './binary-op.ts';
import { groupBySignature, MatchSignature, unionOfValidity, type BinaryTask } from './binary-task.ts';
import { hasHistograms, isEmpty, type Column } from './column.ts';
import { uniteEqual, uniteInto } from './label-drop.ts';
import { withoutMetadata } from './metadata-labels.ts';

/**
 * Arithmetic and comparison between two vectors.
 *
 * 1. Series of both sides are grouped by signature. The side that may have several series per
 *    signature is "many" (with one-to-one: the left one), the other is "one".
 * 2. Within a signature the "one" series must not overlap in time; the check looks at steps only
 *    where the other side has something to match.
 * 3. Each pair of a "many" and a "one" series gives a column on the steps both have.
 * 4. Pairs that would give the same labels are united; meeting at a step is the error of a missing or
 *    insufficient group_left, even if a comparison filters the points away afterwards.
 */
export async function combineVectors(task: BinaryTask, op: PointOp): Promise<readonly Column[]> {
  const { context, node } = task;
  const matching = node.matching ?? ONE_TO_ONE;
  const isSwapped = matching.cardinality === 'one-to-many';
  const signature = new MatchSignature(matching);
  const many = groupBySignature(isSwapped ? task.right : task.left, signature);
  const ones = groupBySignature(isSwapped ? task.left : task.right, signature);
  const histogramOperator = new HistogramOperator(context, node, op);
  const pairing: Pairing = { task, op, matching, isSwapped, signature, histogramOperator };
  const results: Column[] = [];
  const isFilled = hasFill(node);
  if (isFilled || (task.left.length > 0 && task.right.length > 0)) checkOneSides(pairing, many, ones);
  const standIns = isFilled ? fillGroups(task, matching, signature, many, ones) : [];
  for (const [key, manyColumns] of many) {
    const oneColumns = ones.get(key);
    if (oneColumns === undefined) continue;
    const [left, right] = isSwapped ? [oneColumns, manyColumns] : [manyColumns, oneColumns];
    const answers =
      left.some(hasHistograms) || right.some(hasHistograms)
        ? await HistogramAnswers.of(context, histogramOperator, { left, right })
        : undefined;
    for (const column of combineGroup(pairing, manyColumns, oneColumns, answers)) results.push(column);
    if (context.isPauseDue(manyColumns.length * task.grid.count)) await context.pause();
  }
  for (const column of [...task.left, ...task.right, ...standIns]) context.budget.giveBack(column);
  return uniteEqual(context, results);
}

const ONE_TO_ONE: VectorMatching = {
  cardinality: 'one-to-one',
  isOn: false,
  labels: [],
  include: [],
  fill: { left: undefined, right: undefined },
};

interface Pairing {
  readonly task: BinaryTask;
  readonly op: PointOp;
  readonly matching: VectorMatching;
  /** The "many" side stands on the right. */
  readonly isSwapped: boolean;
  readonly signature: MatchSignature;
  readonly histogramOperator: HistogramOperator;
}

/** A step at which two "one" series share a signature is an error, when the other side has anything at all there, or may be filled. */
function checkOneSides(
  pairing: Pairing,
  many: ReadonlyMap<string, Column[]>,
  ones: ReadonlyMap<string, Column[]>,
): void {
  let manyValidity: Uint8Array | undefined;
  const byteCount = (pairing.task.grid.count + 7) >> 3;
  for (const columns of ones.values()) {
    if (columns.length < 2) continue;
    manyValidity ??= hasFill(pairing.task.node)
      ? new Uint8Array(byteCount).fill(0xff)
      : unionOfValidity([...many.values()].flat(), byteCount);
    const seen = new Uint8Array(byteCount);
    for (const column of columns)
      for (let byte = 0; byte < byteCount; byte++) {
        const bits = column.validity[byte] ?? 0;
        if (((seen[byte] ?? 0) & bits & (manyValidity[byte] ?? 0)) !== 0)
          throw duplicateError(pairing, columns, column, byte);
        seen[byte] = (seen[byte] ?? 0) | bits;
      }
  }
}

function duplicateError(
  pairing: Pairing,
  columns: readonly Column[],
  second: Column,
  byte: number,
): ExecutionError {
  const first =
    columns.find(({ validity }) => ((validity[byte] ?? 0) & (second.validity[byte] ?? 0)) !== 0) ?? second;
  const pair = [first.labels, second.labels].sort(compareLabels).map(printLabels).join(', ');
  const group = printLabels(pairing.signature.labelsOf(second.labels));
  return new ExecutionError(
    'VED_QUERY_EXECUTION',
    `found duplicate series for the match group ${group} on the ${pairing.isSwapped ? 'left' : 'right'} hand-side of the operation: ` +
      `[${pair}];many-to-many matching not allowed: matching labels must be unique on one side`,
  );
}

/** Labels as Go prints them, the name among them. */
export function printLabels(labels: Labels): string {
  const parts: string[] = [];
  for (let i = 0; i < labels.length; i += 2) parts.push(`${labels[i]}=${quoteGo(labels[i + 1] ?? '')}`);
  return `{${parts.join(', ')}}`;
}

function combineGroup(
  pairing: Pairing,
  many: readonly Column[],
  ones: readonly Column[],
  answers: HistogramAnswers | undefined,
): Column[] {
  const { context } = pairing.task;
  const matched = new Uint8Array((pairing.task.grid.count + 7) >> 3);
  /** Steps at which each set of result labels was produced, kept or filtered. */
  const produced = new Map<string, Uint8Array>();
  const byLabels = new Map<string, Column>();
  for (const one of ones)
    for (const column of many) {
      const out = combinePair(pairing, column, one, answers);
      const key = labelsKeyOf(out.labels);
      if (pairing.matching.cardinality === 'one-to-one') claim(matched, out.validity, MANY_TO_ONE_MISSING);
      else {
        const steps = produced.get(key) ?? new Uint8Array(matched.length);
        produced.set(key, steps);
        claim(steps, out.validity, GROUPING_AMBIGUOUS);
      }
      filterPair(pairing, column, one, out);
      if (answers !== undefined) {
        const [left, right] = pairing.isSwapped ? [one, column] : [column, one];
        const { isBool } = pairing.task.node;
        answers.writeVerdicts(left, right, out, { budget: context.budget, isBool });
      }
      const first = byLabels.get(key);
      if (isEmpty(out.validity)) context.budget.giveBack(out);
      else if (first === undefined) byLabels.set(key, out);
      else {
        uniteInto(first, out, context.budget);
        context.budget.giveBack(out);
      }
    }
  return [...byLabels.values()];
}

const MANY_TO_ONE_MISSING =
  'multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)';
const GROUPING_AMBIGUOUS = 'multiple matches for labels: grouping labels must ensure unique matches';

/** Marks steps as taken; throws when one of them is already. */
function claim(taken: Uint8Array, steps: Uint8Array, text: string): void {
  for (let byte = 0; byte < steps.length; byte++) {
    const bits = steps[byte] ?? 0;
    if (((taken[byte] ?? 0) & bits) !== 0) throw new ExecutionError('VED_QUERY_EXECUTION', text);
    taken[byte] = (taken[byte] ?? 0) | bits;
  }
}

/** The pair's labels and the steps both have; values of arithmetic. */
function combinePair(
  pairing: Pairing,
  many: Column,
  one: Column,
  answers: HistogramAnswers | undefined,
): Column {
  const { task, op, isSwapped } = pairing;
  const isDropped = task.node.isBool && task.context.settings.isNameRemovalDelayed;
  const labels = resultLabels(pairing, many.labels, one.labels);
  const out = task.context.budget.takeColumn(
    labels,
    task.grid.count,
    isDropped || (keepsName(op) && many.isNameDropped),
  );
  for (let byte = 0; byte < out.validity.length; byte++)
    out.validity[byte] = (many.validity[byte] ?? 0) & (one.validity[byte] ?? 0);
  const [left, right] = isSwapped ? [one, many] : [many, one];
  if (isTrim(op)) dropFloatPairs(pairing.histogramOperator, { left, right, out });
  else if (!isComparison(op)) applyArithmetic(op, left.values, right.values, out.values);
  answers?.writePoints(left, right, out, task.context.budget);
  return out;
}

/** Carries out a comparison: 0 and 1 with `bool`, otherwise the left value where it holds. */
function filterPair({ task, op, isSwapped }: Pairing, many: Column, one: Column, out: Column): void {
  if (!isComparison(op)) return;
  const left = (isSwapped ? one : many).values;
  const right = (isSwapped ? many : one).values;
  for (let step = 0; step < left.length; step++) {
    const holds = compare(op, left[step] ?? 0, right[step] ?? 0);
    if (task.node.isBool) out.values[step] = holds ? 1 : 0;
    else if (holds) out.values[step] = left[step] ?? 0;
    else out.validity[step >> 3] = (out.validity[step >> 3] ?? 0) & ~(1 << (step & 7));
  }
}

/** Comparisons and trims choose among what is there; all else makes something new. */
function keepsName(op: PointOp): boolean {
  return isComparison(op) || isTrim(op);
}

function resultLabels({ op, matching, task }: Pairing, many: Labels, one: Labels): Labels {
  const losesName = !keepsName(op) || (task.node.isBool && !task.context.settings.isNameRemovalDelayed);
  let labels = losesName ? withoutMetadata(many) : many;
  if (matching.cardinality === 'one-to-one') {
    const names = new Set(matching.labels);
    return matching.isOn ? onlyLabels(labels, names) : withoutLabels(labels, names);
  }
  for (const name of matching.include) labels = withLabel(labels, name, labelValueOf(one, name));
  return labels;
}
