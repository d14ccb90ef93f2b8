/**
 * What an alert's expression watches: the expression without its comparison, so that it has a value at all times and
 * not only while the alert fires.
 *
 * 1. Of `a > b` it is a; of `5 < a`, where the left side is a number, a; of `(a > bool 5) == 1` a as well.
 * 2. Of `a > 5 and b` and of `a > 5 unless b` it is what the left side watches: from there the values come. Of
 *    `a or b` as well: what may stand in for a is another thing.
 * 3. Of `absent(a)` it is `count(a)`: what vanished is seen as a number that ends.
 * 4. Of `(a > 5) * 100` it is `a * 100`: a filter hands on what it is given. What counts as 0 or 1 stays where it is
 *    reckoned with, as in `(a > bool 5) + (b > bool 3)`, and so do comparisons below sums, rates and subqueries: without
 *    them it would be another number.
 * 5. A share of what is counted by one metric, `rate(x{code=~"5.."}[5m]) / rate(x[5m])`, is 0 where there is the whole and
 *    no part: what never failed has no series of failures (`measuredOf`).
 */
import { createMatcher, type Matcher } from '@vedette/model';
import {
  ALL_FEATURES,
  parseExpr,
  printExpr,
  selectorsOf,
  typeOf,
  type Aggregation,
  type Binary,
  type Expr,
  type VectorSelector,
} from '@vedette/promql';
import type { LabelPair } from './identity.ts';

export interface ComparedExpr {
  /** As Prometheus prints it. */
  readonly text: string;
  readonly expr: Expr;
  /** What it must not be above or below, where that is a number. */
  readonly limit: number | undefined;
  /** Names of the metrics that it reads. */
  readonly metrics: readonly string[];
  /** It counts what must not be absent: no value is none, not one that a scrape missed. */
  readonly isOfAbsence: boolean;
}

const ORDERINGS: ReadonlySet<string> = new Set(['<', '<=', '>', '>=']);
const COMPARISONS: ReadonlySet<string> = new Set([...ORDERINGS, '==', '!=']);
const SET_OPS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

/** A sentence where there is nothing to compare. Throws `InputError` when our parser does not know the language. */
export function comparedExprOf(text: string): ComparedExpr | string {
  const { expr, limit, isOfAbsence = false } = strip(parseExpr(text, ALL_FEATURES));
  if (selectorsOf(expr).length === 0) return 'the expression reads no series: there is nothing to compare';
  if (typeOf(expr) !== 'vector')
    return `the expression gives a ${typeOf(expr)}, no series: there is nothing to compare`;
  return { expr, limit, text: printExpr(expr), metrics: metricsOf(expr), isOfAbsence };
}

interface Stripped {
  readonly expr: Expr;
  readonly limit: number | undefined;
  /** Its values are not those of what it was made of: a number behind a 0 or 1, a count behind an absence. */
  readonly isOther: boolean;
  readonly isOfAbsence?: boolean;
}

function strip(expr: Expr): Stripped {
  const same = { expr, limit: undefined, isOther: false };
  if (expr.kind === 'paren') return strip(expr.expr);
  if (expr.kind === 'call' && /^absent(_over_time)?$/.test(expr.name)) {
    const count = countOf(expr.args[0]);
    return count === undefined ? same : { expr: count, limit: undefined, isOther: true, isOfAbsence: true };
  }
  if (expr.kind !== 'binary') return same;
  if (SET_OPS.has(expr.op)) return strip(expr.left);
  if (COMPARISONS.has(expr.op)) return stripComparison(expr);
  return { ...same, expr: { ...expr, left: partOf(expr.left), right: partOf(expr.right) } };
}

/** Of a side of a calculation: without its filter, where it has the same values without it. */
function partOf(expr: Expr): Expr {
  const stripped = strip(expr);
  return stripped.isOther ? expr : stripped.expr;
}

function stripComparison({ op, left, right, isBool }: Binary): Stripped {
  const isTurned = typeOf(left) === 'scalar' && typeOf(right) === 'vector';
  const [watched, bound] = isTurned ? [right, left] : [left, right];
  const stripped = strip(watched);
  const own = ORDERINGS.has(op) ? numberOf(bound) : undefined;
  return stripped.isOther ? stripped : { ...stripped, limit: own, isOther: isBool };
}

function numberOf(expr: Expr): number | undefined {
  if (expr.kind === 'paren') return numberOf(expr.expr);
  if (expr.kind === 'number') return expr.value;
  if (expr.kind === 'unary' && expr.expr.kind === 'number')
    return expr.op === '-' ? -expr.expr.value : expr.expr.value;
  return undefined;
}

function countOf(argument: Expr | undefined): Aggregation | undefined {
  if (argument === undefined) return undefined;
  const [selector] = selectorsOf(argument);
  const counted = typeOf(argument) === 'vector' ? argument : selector;
  if (counted === undefined) return undefined;
  const { position } = argument;
  return {
    kind: 'aggregation',
    position,
    op: 'count',
    expr: counted,
    param: undefined,
    grouping: [],
    isWithout: false,
  };
}

function metricsOf(expr: Expr): readonly string[] {
  const names = selectorsOf(expr).flatMap(({ matchers }) =>
    matchers.filter(({ name, op }) => name === '__name__' && op === '=').map(({ value }) => value),
  );
  return [...new Set(names)].sort();
}

/** What to ask for the values of an expression: itself, and the zeros of a share that PromQL leaves out. */
export function measuredOf(expr: Expr): string {
  const text = printExpr(expr);
  return expr.kind === 'binary' && isShare(expr) ? `${text} or 0 * (${printExpr(expr.right)} > 0)` : text;
}

/** A part of the rate of the same counters: each side reads the same metrics, the left one with more conditions. */
function isShare({ op, left, right, matching }: Binary): boolean {
  // Labels of both sides are those of the result; with `on` and `ignoring` they may differ.
  if (op !== '/' || matching === undefined || matching.isOn || matching.labels.length > 0) return false;
  const [parts, wholes] = [selectorsOf(left), selectorsOf(right)];
  return (
    [left, right].every((side) => /\b(?:rate|irate|increase)\(/.test(printExpr(side))) &&
    parts.length > 0 &&
    parts.every((part) => wholes.some((whole) => isPartOf(part, whole)))
  );
}

function isPartOf(part: VectorSelector, whole: VectorSelector): boolean {
  const key = ({ name, op, value }: Matcher): string => JSON.stringify([name, op, value]);
  const own = new Set(part.matchers.map(key));
  return part.matchers.length > whole.matchers.length && whole.matchers.every((one) => own.has(key(one)));
}

/** The same for series with these labels alone; labels that do not reach the result from its series are left out. */
export function restrict(expr: Expr, pairs: readonly LabelPair[]): Expr {
  const passing = pairs.filter(([name]) => passes(expr, name));
  if (passing.length === 0) return expr;
  return withMatchers(
    expr,
    passing.map(([name, value]) => createMatcher(name, '=', value)),
  );
}

/** Functions whose result has other labels than what they are given. */
const RELABELLING: ReadonlySet<string> = new Set([
  'absent',
  'absent_over_time',
  'info',
  'label_join',
  'label_replace',
  'scalar',
  'vector',
]);

/** Aggregations that pick among series: of fewer series they pick others. */
const PICKING: ReadonlySet<string> = new Set(['topk', 'bottomk', 'limitk', 'limit_ratio', 'count_values']);

/** Whether a label of the result is that of every series read, so that the filter may as well stand there. */
function passes(expr: Expr, name: string): boolean {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector':
    case 'matrix':
      return true;
    case 'subquery':
    case 'unary':
    case 'paren':
      return passes(expr.expr, name);
    case 'call':
      if (RELABELLING.has(expr.name) || (name === 'le' && expr.name.startsWith('histogram_'))) return false;
      return expr.args.every((arg) => passes(arg, name));
    case 'aggregation': {
      if (PICKING.has(expr.op)) return false;
      return expr.grouping.includes(name) !== expr.isWithout && passes(expr.expr, name);
    }
    case 'binary':
      return passesBinary(expr, name);
  }
}

function passesBinary({ left, right, matching, op }: Binary, name: string): boolean {
  if (matching !== undefined) {
    const { isOn, labels, cardinality } = matching;
    const isMatched = isOn ? labels.includes(name) : !labels.includes(name);
    // On the side with more series other labels may differ; filtering both would lose their partners.
    if (!isMatched || (cardinality === 'many-to-many' && op === 'or')) return false;
  }
  return passes(left, name) && passes(right, name);
}

function withMatchers(expr: Expr, added: readonly Matcher[]): Expr {
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vector':
      return selectorWith(expr, added);
    case 'matrix':
      return { ...expr, selector: selectorWith(expr.selector, added) };
    case 'subquery':
    case 'unary':
    case 'paren':
      return { ...expr, expr: withMatchers(expr.expr, added) };
    case 'call':
      return { ...expr, args: expr.args.map((arg) => withMatchers(arg, added)) };
    case 'aggregation':
      return { ...expr, expr: withMatchers(expr.expr, added) };
    case 'binary':
      return { ...expr, left: withMatchers(expr.left, added), right: withMatchers(expr.right, added) };
  }
}

/** The name written before the braces stays the last matcher: the printer counts on it. */
function selectorWith(selector: VectorSelector, added: readonly Matcher[]): VectorSelector {
  const isThere = ({ name, op, value }: Matcher): boolean =>
    selector.matchers.some((own) => own.name === name && own.op === op && own.value === value);
  return { ...selector, matchers: [...added.filter((matcher) => !isThere(matcher)), ...selector.matchers] };
}
