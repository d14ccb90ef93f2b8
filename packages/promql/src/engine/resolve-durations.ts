import { InputError } from '@vedette/model';
import {
  childrenOf,
  type DurationExpr,
  type DurationOperand,
  type Expr,
  type Position,
} from '../syntax/ast.ts';
import type { QueryGrid } from './query-context.ts';
import { DURATION_SECONDS_MAX } from '../syntax/parse-duration.ts';
import { formatPosition } from '../syntax/syntax-error.ts';

/**
 * Works out the duration expressions of a query before it runs: in the tree returned every range,
 * offset and step is a number of ms. `step()` and `range()` are those of the whole query, also inside
 * subqueries, and 0 in an instant query. A tree without such expressions is returned as it is.
 */
export function resolveDurations(expr: Expr, query: QueryGrid): Expr {
  return hasDurationExpr(expr) ? resolved(expr, query) : expr;
}

function hasDurationExpr(expr: Expr): boolean {
  switch (expr.kind) {
    case 'vector':
      return expr.offsetExpr !== undefined;
    case 'matrix':
      return expr.rangeExpr !== undefined || hasDurationExpr(expr.selector);
    case 'subquery':
      if ((expr.offsetExpr ?? expr.rangeExpr ?? expr.stepExpr) !== undefined) return true;
      return hasDurationExpr(expr.expr);
    case 'number':
    case 'string':
    case 'call':
    case 'aggregation':
    case 'binary':
    case 'unary':
    case 'paren':
      return childrenOf(expr).some(hasDurationExpr);
  }
}

function resolved(expr: Expr, query: QueryGrid): Expr {
  const child = (inner: Expr): Expr => resolved(inner, query);
  switch (expr.kind) {
    case 'number':
    case 'string':
      return expr;
    case 'vector':
      return withOffset(expr, query);
    case 'matrix': {
      const rangeMs = spanMs(expr.rangeExpr, query) ?? expr.rangeMs;
      return { ...expr, selector: withOffset(expr.selector, query), rangeMs, rangeExpr: undefined };
    }
    case 'subquery': {
      const rangeMs = spanMs(expr.rangeExpr, query) ?? expr.rangeMs;
      const stepMs = spanMs(expr.stepExpr, query) ?? expr.stepMs;
      const inner = child(expr.expr);
      return {
        ...withOffset(expr, query),
        expr: inner,
        rangeMs,
        rangeExpr: undefined,
        stepMs,
        stepExpr: undefined,
      };
    }
    case 'call':
      return { ...expr, args: expr.args.map(child) };
    case 'aggregation':
      return { ...expr, param: expr.param && child(expr.param), expr: child(expr.expr) };
    case 'binary':
      return { ...expr, left: child(expr.left), right: child(expr.right) };
    case 'unary':
    case 'paren':
      return { ...expr, expr: child(expr.expr) };
  }
}

function withOffset<Node extends { offsetMs: number; offsetExpr: DurationExpr | undefined }>(
  node: Node,
  query: QueryGrid,
): Node {
  if (node.offsetExpr === undefined) return node;
  return { ...node, offsetMs: durationMsOf(node.offsetExpr, query), offsetExpr: undefined };
}

/** A range or step: longer than nothing. */
function spanMs(expr: DurationExpr | undefined, query: QueryGrid): number | undefined {
  if (expr === undefined) return undefined;
  const durationMs = durationMsOf(expr, query);
  if (!(durationMs > 0)) throw durationError(expr.position, 'duration must be greater than 0');
  return durationMs;
}

/** Parts of a millisecond are cut off, as in Prometheus. */
function durationMsOf(expr: DurationExpr, query: QueryGrid): number {
  const seconds = secondsOf(expr, query);
  if (!(Math.abs(seconds) < DURATION_SECONDS_MAX))
    throw durationError(expr.position, 'duration is out of range');
  return Math.trunc(seconds * 1000);
}

function secondsOf(operand: DurationOperand, query: QueryGrid): number {
  const part = (inner: DurationOperand): number => secondsOf(inner, query);
  switch (operand.kind) {
    case 'number':
      return operand.value;
    case 'duration-value':
      return (operand.name === 'step' ? query.stepMs : query.endMs - query.startMs) / 1000;
    case 'duration-extreme':
      return (operand.name === 'min_of' ? Math.min : Math.max)(part(operand.left), part(operand.right));
    case 'duration-sign':
      return -part(operand.expr);
    case 'duration-paren':
      return part(operand.expr);
    case 'duration-binary': {
      const left = part(operand.left);
      const right = part(operand.right);
      if (right === 0 && operand.op === '/') throw durationError(operand.position, 'division by zero');
      if (right === 0 && operand.op === '%') throw durationError(operand.position, 'modulo by zero');
      return OPERATORS[operand.op](left, right);
    }
  }
}

const OPERATORS: Readonly<Record<'+' | '-' | '*' | '/' | '%' | '^', (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
};

function durationError(position: Position, reason: string): InputError {
  return new InputError('VED_QUERY_INVALID', `${formatPosition(position)}: ${reason}`);
}
