/**
 * Which expressions have answers that may be put together from parts.
 *
 * The rule is strict: the value at a step must be the same, to the last bit, whatever range it is asked in.
 *
 * 1. Nothing may refer to the range itself: `@ start()`, `@ end()`, and durations or functions of step and range.
 * 2. Nothing may look past its step, where samples are still to come: negative offsets, smoothed selectors. A fixed
 *    `@` may, too; it is left out as a whole, since dashboards hardly have one.
 * 3. `sum_over_time` and `avg_over_time` are differences of running sums, whose last bits hang on where the range begins.
 * 4. Where several series become one value, the order in which they are added, or in which ties are decided, must not
 *    hang on which series the range begins with. `isOrderly` follows that order through the tree.
 *
 * What is not known to hold is taken not to. Whether native histograms take part is seen while reading only: see
 * `RangeCache`.
 */
import { METRIC_NAME } from '@vedette/model';
import { childrenOf, typeOf, type Aggregation, type Binary, type Call, type Expr } from '@vedette/promql';

export function isCacheable(expr: Expr): boolean {
  return isSteady(expr) && childrenOf(expr).every(isCacheable);
}

/** Whether the node itself keeps the rule, its children aside. */
function isSteady(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector':
      return isShiftSteady(expr) && expr.extension === undefined;
    case 'matrix':
      return expr.rangeExpr === undefined;
    case 'subquery':
      return isShiftSteady(expr) && expr.rangeExpr === undefined && expr.stepExpr === undefined;
    case 'call':
      return !UNSTEADY_FUNCTIONS.has(expr.name);
    case 'aggregation':
      return !ORDERED_AGGREGATIONS.has(expr.op) || isOrderly(expr.expr);
    case 'number':
    case 'string':
    case 'binary':
    case 'unary':
    case 'paren':
      return true;
  }
}

function isShiftSteady(shift: {
  readonly at: unknown;
  readonly offsetMs: number;
  readonly offsetExpr: unknown;
}): boolean {
  return shift.at === undefined && shift.offsetExpr === undefined && shift.offsetMs >= 0;
}

/** They ask for the range, sum over it in a running way, or (`info`) choose among series that others of the range decide. */
const UNSTEADY_FUNCTIONS: ReadonlySet<string> = new Set([
  'start',
  'end',
  'range',
  'step',
  'sum_over_time',
  'avg_over_time',
  'info',
]);

/** Rounding, ties, or the sign of a zero are decided by the order of the series. */
const ORDERED_AGGREGATIONS: ReadonlySet<string> = new Set<Aggregation['op']>([
  'sum',
  'avg',
  'stddev',
  'stdvar',
  'min',
  'max',
  'topk',
  'bottomk',
  'limitk',
]);

/** They give a series per group, in the order of the groups' labels. */
const ACCUMULATING: ReadonlySet<string> = new Set<Aggregation['op']>([
  'sum',
  'avg',
  'count',
  'group',
  'min',
  'max',
  'stddev',
  'stdvar',
]);

/** Their answers come in an order of their own, or of the first step that has one. */
const REORDERING_FUNCTIONS: ReadonlySet<string> = new Set([
  'histogram_quantile',
  'histogram_quantiles',
  'histogram_fraction',
  'label_replace',
  'label_join',
  'sort',
  'sort_desc',
  'sort_by_label',
  'sort_by_label_desc',
]);

/** They hand samples on as they are, names included. */
const KEEPING_NAME: ReadonlySet<string> = new Set(['last_over_time', 'first_over_time']);

/** Whether two series that a vector has come in the same order in whatever range. */
function isOrderly(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector':
    case 'number':
    case 'string':
      return true;
    case 'matrix':
      return isOrderly(expr.selector);
    case 'subquery':
    case 'paren':
      return isOrderly(expr.expr);
    case 'unary':
      return isOrderly(expr.expr) && hasDistinctRest(expr.expr);
    case 'call':
      return isCallOrderly(expr);
    case 'aggregation':
      return ACCUMULATING.has(expr.op);
    case 'binary':
      return isBinaryOrderly(expr);
  }
}

function isCallOrderly({ name, args }: Call): boolean {
  if (REORDERING_FUNCTIONS.has(name)) return false;
  return args.every((arg) => isOrderly(arg) && (KEEPING_NAME.has(name) || hasDistinctRest(arg)));
}

function isBinaryOrderly({ op, left, right, matching }: Binary): boolean {
  if (matching !== undefined) return (op === 'and' || op === 'unless') && isOrderly(left);
  const vector = typeOf(left) === 'vector' ? left : right;
  return isOrderly(vector) && hasDistinctRest(vector);
}

/** Whether no two series can differ by their names alone: one that lost its name would be united with another. */
function hasDistinctRest(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector':
      return expr.matchers.some(({ name, op, value }) => name === METRIC_NAME && op === '=' && value !== '');
    case 'matrix':
      return hasDistinctRest(expr.selector);
    case 'subquery':
    case 'paren':
    case 'unary':
      return hasDistinctRest(expr.expr);
    case 'number':
    case 'string':
      return true;
    case 'aggregation':
      return ACCUMULATING.has(expr.op) ? !expr.grouping.includes(METRIC_NAME) : hasDistinctRest(expr.expr);
    case 'call':
      return expr.args.every(hasDistinctRest);
    case 'binary':
      return hasDistinctRest(expr.left) && hasDistinctRest(expr.right);
  }
}
