import { childrenOf, type Expr } from '@vedette/promql/parser';

/** Functions whose answer depends on the time of evaluation, even when all selectors are fixed. */
const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'days_in_month',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'hour',
  'minute',
  'month',
  'year',
  'predict_linear',
  'time',
  'timestamp',
  'start',
  'end',
  'range',
  'step',
]);

export function dependsOnEvaluationTime(expr: Expr): boolean {
  if (expr.kind === 'call' && TIME_DEPENDENT.has(expr.name)) return true;
  return childrenOf(expr).some(dependsOnEvaluationTime);
}

/** The expression with `@ timestampMs` on every selector and subquery that has none; a subquery shields what is in it. */
export function fixedAt(expr: Expr, timestampMs: number): Expr {
  const at = { kind: 'time', timestampMs } as const;
  switch (expr.kind) {
    case 'vector':
    case 'subquery':
      return expr.at === undefined ? { ...expr, at } : expr;
    case 'matrix':
      return expr.selector.at === undefined ? { ...expr, selector: { ...expr.selector, at } } : expr;
    case 'call':
      return { ...expr, args: expr.args.map((arg) => fixedAt(arg, timestampMs)) };
    case 'aggregation': {
      const param = expr.param === undefined ? undefined : fixedAt(expr.param, timestampMs);
      return { ...expr, param, expr: fixedAt(expr.expr, timestampMs) };
    }
    case 'binary':
      return { ...expr, left: fixedAt(expr.left, timestampMs), right: fixedAt(expr.right, timestampMs) };
    case 'unary':
    case 'paren':
      return { ...expr, expr: fixedAt(expr.expr, timestampMs) };
    case 'number':
    case 'string':
      return expr;
  }
}
