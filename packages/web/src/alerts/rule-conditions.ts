import { parseExpr, printExpr, typeOf } from '@vedette/promql/parser';
import type { Binary, ComparisonOp, Expr } from '@vedette/promql/parser';

/** Whether a series has to pass a condition, may pass it instead of another, or must not pass it. */
export type ConditionRole = 'needed' | 'either' | 'excluded';

/** A place in an expression where series are kept or dropped. */
export type Condition =
  | {
      readonly kind: 'threshold';
      readonly role: ConditionRole;
      /** As it is written. */
      readonly text: string;
      /** The side with series; the operator is turned around where it was written on the right. */
      readonly left: string;
      readonly op: ComparisonOp;
      /** What gives the number to compare with: an expression of one number. */
      readonly threshold: string;
    }
  | {
      /** Series against series: `difference` is the one side less the other, which `op` compares with 0. */
      readonly kind: 'difference';
      readonly role: ConditionRole;
      readonly text: string;
      readonly op: ComparisonOp;
      readonly difference: string;
    }
  | {
      /** `absent(…)`: it answers when nothing is found. */
      readonly kind: 'absent';
      readonly role: ConditionRole;
      readonly text: string;
      readonly count: string;
    };

/** A rule with more conditions is not read by anybody; each one is a query. */
export const CONDITIONS_MAX = 12;

const TURNED: Readonly<Record<ComparisonOp, ComparisonOp>> = {
  '==': '==',
  '!=': '!=',
  '<': '>',
  '<=': '>=',
  '>': '<',
  '>=': '<=',
};

/**
 * The conditions that decide whether a rule fires, in the order in which they are written: comparisons and `absent()`
 * at the top of the expression and below `and`, `or` and `unless`. What is compared inside of a function or an
 * aggregation is a matter of the number that comes out of it. At most `CONDITIONS_MAX`; throws what the parser throws.
 */
export function conditionsOf(expr: string): readonly Condition[] {
  return conditionsIn(parseExpr(expr), 'needed').slice(0, CONDITIONS_MAX);
}

function conditionsIn(expr: Expr, role: ConditionRole): Condition[] {
  if (expr.kind === 'paren') return conditionsIn(expr.expr, role);
  if (expr.kind === 'call' && (expr.name === 'absent' || expr.name === 'absent_over_time'))
    return [absence(expr, role)];
  if (expr.kind !== 'binary') return [];
  const { op, left, right } = expr;
  if (op === 'and') return [...conditionsIn(left, role), ...conditionsIn(right, role)];
  if (op === 'or') return [...conditionsIn(left, either(role)), ...conditionsIn(right, either(role))];
  if (op === 'unless') return [...conditionsIn(left, role), ...conditionsIn(right, 'excluded')];
  if (!isComparison(op) || expr.isBool) return [];
  // `0.1 < ratio < 0.9` is two conditions.
  return [...conditionsIn(left, role), ...conditionsIn(right, role), comparison(expr, op, role)];
}

function either(role: ConditionRole): ConditionRole {
  return role === 'excluded' ? role : 'either';
}

function isComparison(op: string): op is ComparisonOp {
  return Object.hasOwn(TURNED, op);
}

function absence(call: Extract<Expr, { kind: 'call' }>, role: ConditionRole): Condition {
  const [inner] = call.args;
  const asked = inner === undefined ? 'vector(0)' : printExpr(inner);
  const count = call.name === 'absent' ? `count(${asked})` : `count(count_over_time(${asked}))`;
  return { kind: 'absent', role, text: printExpr(call), count };
}

function comparison(expr: Binary, op: ComparisonOp, role: ConditionRole): Condition {
  const { left, right } = expr;
  const text = printExpr(expr);
  if (typeOf(right) === 'scalar')
    return { kind: 'threshold', role, text, left: printExpr(left), op, threshold: printExpr(right) };
  if (typeOf(left) === 'scalar')
    return {
      kind: 'threshold',
      role,
      text,
      left: printExpr(right),
      op: TURNED[op],
      threshold: printExpr(left),
    };
  return { kind: 'difference', role, text, op, difference: differenceOf(expr) };
}

/** The same matching with a minus between. A minus binds more tightly than a comparison, hence the parentheses. */
function differenceOf(expr: Binary): string {
  const wrapped = (inner: Expr): Expr =>
    inner.kind === 'paren' ? inner : { kind: 'paren', position: inner.position, expr: inner };
  return printExpr({ ...expr, op: '-', left: wrapped(expr.left), right: wrapped(expr.right) });
}
