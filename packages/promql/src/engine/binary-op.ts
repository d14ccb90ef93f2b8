import type { ArithmeticOp, ComparisonOp } from '../syntax/ast.ts';

/** Operators on columns of plain numbers. */

/** `out[i] = left[i] op right[i]` for all steps, valid or not; `out` may be one of the sides. */
export function applyArithmetic(
  op: ArithmeticOp,
  left: Float64Array,
  right: Float64Array,
  out: Float64Array,
): void {
  const count = out.length;
  switch (op) {
    case '+':
      for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) + (right[i] ?? 0);
      return;
    case '-':
      for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) - (right[i] ?? 0);
      return;
    case '*':
      for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) * (right[i] ?? 0);
      return;
    case '/':
      for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) / (right[i] ?? 0);
      return;
    case '%':
      for (let i = 0; i < count; i++) out[i] = (left[i] ?? 0) % (right[i] ?? 0);
      return;
    case '^':
      for (let i = 0; i < count; i++) out[i] = power(left[i] ?? 0, right[i] ?? 0);
      return;
    case 'atan2':
      for (let i = 0; i < count; i++) out[i] = Math.atan2(left[i] ?? 0, right[i] ?? 0);
      return;
  }
}

/** As Go (and IEEE 754) has it: 1 to any power is 1, even NaN; JavaScript says NaN. */
function power(base: number, exponent: number): number {
  if (base === 1 || (base === -1 && (exponent === Infinity || exponent === -Infinity))) return 1;
  return base ** exponent;
}

export function compare(op: ComparisonOp, left: number, right: number): boolean {
  switch (op) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}
