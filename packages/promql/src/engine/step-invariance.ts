import { childrenOf, type Expr } from '../syntax/ast.ts';

/**
 * Whether an expression has the same value at every step, so that it is evaluated once: its selectors
 * are all fixed by `@`, and no function in it asks for the time of evaluation.
 */
export function isStepInvariant(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector':
    case 'subquery':
      return expr.at !== undefined;
    case 'matrix':
      return expr.selector.at !== undefined;
    case 'call':
      if (TIME_DEPENDENT.has(expr.name) && !isOwnTime(expr.name, expr.args)) return false;
      return expr.args.every(isStepInvariant);
    case 'number':
    case 'string':
    case 'aggregation':
    case 'binary':
    case 'unary':
    case 'paren':
      return childrenOf(expr).every(isStepInvariant);
  }
}

const TIME_DEPENDENT: ReadonlySet<string> = new Set([
  'time',
  'timestamp',
  'predict_linear',
  'day_of_month',
  'day_of_week',
  'day_of_year',
  'days_in_month',
  'hour',
  'minute',
  'month',
  'year',
]);

/** Date functions with an argument take their time from it. */
function isOwnTime(name: string, args: readonly Expr[]): boolean {
  return args.length > 0 && name !== 'timestamp' && name !== 'predict_linear';
}
