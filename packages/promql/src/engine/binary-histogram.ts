import { bug, clearValidAt, isValidAt, type NativeHistogram } from '@vedette/model';
import { extraSamplesOf } from './budget.ts';
import {
  addHistograms,
  compactHistogram,
  divideHistogram,
  histogramsEqual,
  scaleHistogram,
  subtractHistograms,
  type HistogramSum,
} from '../histogram/histogram-arithmetic.ts';
import { trimLower, trimUpper } from '../histogram/trim-histogram.ts';
import { isComparison, type Binary, type PointOp } from '../syntax/ast.ts';
import type { Column } from './column.ts';
import { workOn, type QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';

/**
 * Binary operators where one side at least is a histogram. Few pairs of kinds have an answer: sums and differences
 * of histograms, multiples, comparison for equality. All others take the point away and leave a remark.
 */
export class HistogramOperator {
  readonly #context: QueryContext;
  readonly #node: Binary;
  readonly #op: PointOp;

  constructor(context: QueryContext, node: Binary, op: PointOp) {
    this.#context = context;
    this.#node = node;
    this.#op = op;
  }

  /** Arithmetic gives a histogram, `==` and `!=` a verdict, what does not go together nothing. */
  apply(left: Operand, right: Operand): NativeHistogram | boolean | undefined {
    const answer = isComparison(this.#op) ? this.#compare(left, right) : this.#calculate(left, right);
    if (answer === undefined) this.remarkOnKinds(left, right);
    return answer === 'incompatible' ? undefined : answer;
  }

  #compare(left: Operand, right: Operand): boolean | undefined {
    if (typeof left === 'number' || typeof right === 'number') return undefined;
    if (this.#op === '==') return histogramsEqual(left, right);
    return this.#op === '!=' ? !histogramsEqual(left, right) : undefined;
  }

  #calculate(left: Operand, right: Operand): NativeHistogram | 'incompatible' | undefined {
    const op = this.#op;
    if (typeof left === 'number') {
      if (typeof right === 'number') bug('one side at least is a histogram');
      return op === '*' ? compactHistogram(scaleHistogram(right, left)) : undefined;
    }
    if (typeof right === 'number') {
      if (op === '</') return trimUpper(left, right);
      if (op === '>/') return trimLower(left, right);
      if (op === '*') return compactHistogram(scaleHistogram(left, right));
      return op === '/' ? compactHistogram(divideHistogram(left, right)) : undefined;
    }
    if (op === '+') return this.#finish(addHistograms(left, right), 'addition');
    return op === '-' ? this.#finish(subtractHistograms(left, right), 'subtraction') : undefined;
  }

  #finish(
    sum: HistogramSum | undefined,
    operation: 'addition' | 'subtraction',
  ): NativeHistogram | 'incompatible' {
    const { annotations } = this.#context;
    const { position } = this.#node;
    if (sum === undefined) {
      annotations.warn(`incompatible bucket layout encountered for binary operator ${this.#op}`, position);
      return 'incompatible';
    }
    if (sum.isCounterResetConflict) annotations.warnOfResetConflict(operation, position);
    if (sum.isReconciled) annotations.infoOfReconciledBounds(operation, position);
    return sum.histogram;
  }

  /** Tells that two operands of these kinds do not go together. */
  remarkOnKinds(left: Operand, right: Operand): void {
    const op = this.#op;
    this.#context.annotations.info(
      `incompatible sample types encountered for binary operator "${op}": ${kindOf(left)} ${op} ${kindOf(right)}`,
      this.#node.position,
    );
  }
}

type Operand = number | NativeHistogram;

function kindOf(operand: Operand): string {
  return typeof operand === 'number' ? 'float' : 'histogram';
}

/** What an operator makes of the points of a pair that a histogram takes part in, by step. */
type PairAnswers = ReadonlyMap<number, NativeHistogram | boolean | undefined>;

/**
 * The answers to all pairs of two groups of columns, worked out ahead: it may take long and pauses, which pairs of
 * floats never do.  */
export class HistogramAnswers {
  readonly #byPair = new Map<Column, Map<Column, PairAnswers>>();

  static async of(
    context: QueryContext,
    operator: HistogramOperator,
    { left, right }: { left: readonly Column[]; right: readonly Column[] },
  ): Promise<HistogramAnswers> {
    const answers = new HistogramAnswers();
    for (const leftColumn of left) {
      const row = new Map<Column, PairAnswers>();
      answers.#byPair.set(leftColumn, row);
      for (const rightColumn of right)
        row.set(rightColumn, await answerPair(context, operator, leftColumn, rightColumn));
    }
    return answers;
  }

  /** Puts the answers of a pair into `out`, where points that have none are taken away; verdicts are left to `writeVerdicts`. */
  writePoints(left: Column, right: Column, out: Column, budget: QueryContext['budget']): void {
    for (const [step, answer] of this.#of(left, right))
      if (answer === undefined) clearValidAt(out.validity, step);
      else if (typeof answer === 'object') budget.putHistogram(out, step, answer);
  }

  /** Writes verdicts down: as 0 and 1 with `bool`, else the left histogram where it holds. */
  writeVerdicts(
    left: Column,
    right: Column,
    out: Column,
    deps: { budget: QueryContext['budget']; isBool: boolean },
  ): void {
    for (const [step, holds] of this.#of(left, right)) {
      if (typeof holds !== 'boolean') continue;
      const histogram = left.histograms?.get(step);
      if (deps.isBool) setPoint(out, step, holds ? 1 : 0);
      else if (holds && histogram !== undefined) deps.budget.putHistogram(out, step, histogram);
      else clearValidAt(out.validity, step);
    }
  }

  #of(left: Column, right: Column): PairAnswers {
    return this.#byPair.get(left)?.get(right) ?? bug('every pair of a group was answered');
  }
}

async function answerPair(
  context: QueryContext,
  operator: HistogramOperator,
  left: Column,
  right: Column,
): Promise<PairAnswers> {
  const answers = new Map<number, NativeHistogram | boolean | undefined>();
  for (const step of new Set([...(left.histograms?.keys() ?? []), ...(right.histograms?.keys() ?? [])])) {
    if (!isValidAt(left.validity, step) || !isValidAt(right.validity, step)) continue;
    answers.set(step, operator.apply(operandAt(left, step), operandAt(right, step)));
    const histogram = left.histograms?.get(step) ?? right.histograms?.get(step);
    const work = workOn(1, histogram === undefined ? 0 : extraSamplesOf(histogram));
    if (context.isPauseDue(work)) await context.pause();
  }
  return answers;
}

/** Trims know no pair of floats: such points go, with a remark. */
export function dropFloatPairs(
  operator: HistogramOperator,
  { left, right, out }: { left: Column; right: Column; out: Column },
): void {
  let isAnyDropped = false;
  for (let step = 0; step < out.values.length; step++) {
    if (!isValidAt(out.validity, step)) continue;
    if (left.histograms?.has(step) === true || right.histograms?.has(step) === true) continue;
    clearValidAt(out.validity, step);
    isAnyDropped = true;
  }
  if (isAnyDropped) operator.remarkOnKinds(0, 0);
}

function operandAt({ histograms, values }: Column, step: number): Operand {
  return histograms?.get(step) ?? values[step] ?? 0;
}
