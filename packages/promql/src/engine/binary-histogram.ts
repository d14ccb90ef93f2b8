import { bug, clearValidAt, isValidAt, type NativeHistogram } from '@vedette/model';
import {
  addHistograms,
  compactHistogram,
  divideHistogram,
  histogramsEqual,
  scaleHistogram,
  subtractHistograms,
  type HistogramSum,
} from '../histogram/histogram-arithmetic.ts';
import { isComparison, type ArithmeticOp, type Binary, type ComparisonOp } from '../syntax/ast.ts';
import type { Column } from './column.ts';
import type { QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';

/**
 * Binary operators where one side at least is a histogram. Few pairs of kinds have an answer: sums and differences
 * of histograms, multiples, comparison for equality. All others take the point away and leave a remark.
 */
export class HistogramOperator {
  readonly #context: QueryContext;
  readonly #node: Binary;
  readonly #op: ArithmeticOp | ComparisonOp;

  constructor(context: QueryContext, node: Binary, op: ArithmeticOp | ComparisonOp) {
    this.#context = context;
    this.#node = node;
    this.#op = op;
  }

  /** Arithmetic gives a histogram, `==` and `!=` a verdict, what does not go together nothing. */
  apply(left: Operand, right: Operand): NativeHistogram | boolean | undefined {
    const answer = isComparison(this.#op) ? this.#compare(left, right) : this.#calculate(left, right);
    if (answer === undefined) this.#remarkOnKinds(left, right);
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

  #remarkOnKinds(left: Operand, right: Operand): void {
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

/**
 * The steps of a pair of columns at which one is a histogram: arithmetic is carried out into `out`, points of kinds
 * that do not go together are taken from it. Returns the verdicts of comparisons, to be written later.
 */
export function combineHistogramPoints(
  operator: HistogramOperator,
  { left, right, out }: { left: Column; right: Column; out: Column },
  budget: QueryContext['budget'],
): ReadonlyMap<number, boolean> | undefined {
  if (left.histograms === undefined && right.histograms === undefined) return undefined;
  const verdicts = new Map<number, boolean>();
  const steps = new Set([...(left.histograms?.keys() ?? []), ...(right.histograms?.keys() ?? [])]);
  for (const step of steps) {
    if (!isValidAt(out.validity, step)) continue;
    const answer = operator.apply(operandAt(left, step), operandAt(right, step));
    if (answer === undefined) clearValidAt(out.validity, step);
    else if (typeof answer === 'boolean') verdicts.set(step, answer);
    else budget.putHistogram(out, step, answer);
  }
  return verdicts;
}

function operandAt({ histograms, values }: Column, step: number): Operand {
  return histograms?.get(step) ?? values[step] ?? 0;
}

/** Writes verdicts down: as 0 and 1 with `bool`, else the left histogram where it holds. */
export function writeVerdicts(
  verdicts: ReadonlyMap<number, boolean>,
  { left, out, isBool }: { left: Column; out: Column; isBool: boolean },
  budget: QueryContext['budget'],
): void {
  for (const [step, holds] of verdicts) {
    const histogram = left.histograms?.get(step);
    if (isBool) setPoint(out, step, holds ? 1 : 0);
    else if (holds && histogram !== undefined) budget.putHistogram(out, step, histogram);
    else clearValidAt(out.validity, step);
  }
}
