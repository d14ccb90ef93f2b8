import type { Matcher } from '@vedette/model';

/**
 * The tree of a PromQL expression. Nodes are immutable and hold no text: where they stood in the
 * source is in `position`, which annotations and errors print as `line:column`.
 */
export type Expr =
  | NumberLiteral
  | StringLiteral
  | VectorSelector
  | MatrixSelector
  | Subquery
  | Call
  | Aggregation
  | Binary
  | Unary
  | Paren;

/** The four types of PromQL: `vector` is an instant vector, `matrix` a range vector. */
export type ValueType = 'scalar' | 'vector' | 'matrix' | 'string';

/** Where a node stands: `start` inclusive and `end` exclusive in UTF-16 units, line and column from 1. */
export interface Position {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

export interface NumberLiteral {
  readonly kind: 'number';
  readonly position: Position;
  readonly value: number;
  /** Whether it was written as a duration (`5m`), which is how it is printed again. */
  readonly isDuration: boolean;
}

export interface StringLiteral {
  readonly kind: 'string';
  readonly position: Position;
  /** Bytes that are no UTF-8 (from `\xff`) stand as lone surrogates U+DC80…U+DCFF. */
  readonly value: string;
}

/** The time of `@`: a fixed one, or the start or end of the whole query. */
export type AtModifier =
  | { readonly kind: 'time'; readonly timestampMs: number }
  | { readonly kind: 'start' }
  | { readonly kind: 'end' };

export interface TimeShift {
  /** `offset`; negative looks into the future. */
  readonly offsetMs: number;
  readonly at: AtModifier | undefined;
}

export interface VectorSelector extends TimeShift {
  readonly kind: 'vector';
  readonly position: Position;
  /** The name written before the braces or quoted inside them; it is among the matchers too. */
  readonly name: string | undefined;
  readonly matchers: readonly Matcher[];
}

export interface MatrixSelector {
  readonly kind: 'matrix';
  readonly position: Position;
  readonly selector: VectorSelector;
  readonly rangeMs: number;
}

export interface Subquery extends TimeShift {
  readonly kind: 'subquery';
  readonly position: Position;
  readonly expr: Expr;
  readonly rangeMs: number;
  /** `undefined`: the engine's default. */
  readonly stepMs: number | undefined;
}

export interface Call {
  readonly kind: 'call';
  readonly position: Position;
  /** As in the table of signatures, lower case. */
  readonly name: string;
  readonly args: readonly Expr[];
}

export const AGGREGATION_OPS = [
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
  'limitk',
  'limit_ratio',
] as const;

export type AggregationOp = (typeof AGGREGATION_OPS)[number];

export interface Aggregation {
  readonly kind: 'aggregation';
  readonly position: Position;
  readonly op: AggregationOp;
  readonly expr: Expr;
  /** The first argument of topk, bottomk, quantile, count_values, limitk and limit_ratio. */
  readonly param: Expr | undefined;
  readonly grouping: readonly string[];
  readonly isWithout: boolean;
}

export type ArithmeticOp = '+' | '-' | '*' | '/' | '%' | '^' | 'atan2';
export type ComparisonOp = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type SetOp = 'and' | 'or' | 'unless';
export type BinaryOp = ArithmeticOp | ComparisonOp | SetOp;

export interface Binary {
  readonly kind: 'binary';
  readonly position: Position;
  readonly op: BinaryOp;
  readonly left: Expr;
  readonly right: Expr;
  readonly isBool: boolean;
  /** Set when both sides are instant vectors. */
  readonly matching: VectorMatching | undefined;
}

export interface VectorMatching {
  readonly cardinality: 'one-to-one' | 'many-to-one' | 'one-to-many' | 'many-to-many';
  /** `on (labels)`; otherwise `ignoring (labels)`, which may be empty. */
  readonly isOn: boolean;
  readonly labels: readonly string[];
  /** Labels copied from the "one" side by group_left and group_right. */
  readonly include: readonly string[];
}

export interface Unary {
  readonly kind: 'unary';
  readonly position: Position;
  readonly op: '+' | '-';
  readonly expr: Expr;
}

export interface Paren {
  readonly kind: 'paren';
  readonly position: Position;
  readonly expr: Expr;
}

/** The direct sub-expressions, in source order. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'vector':
      return [];
    case 'matrix':
      return [expr.selector];
    case 'subquery':
    case 'unary':
    case 'paren':
      return [expr.expr];
    case 'call':
      return expr.args;
    case 'aggregation':
      return expr.param === undefined ? [expr.expr] : [expr.param, expr.expr];
    case 'binary':
      return [expr.left, expr.right];
  }
}

/** Every vector selector in the tree, in source order. */
export function selectorsOf(expr: Expr): readonly VectorSelector[] {
  return expr.kind === 'vector' ? [expr] : childrenOf(expr).flatMap(selectorsOf);
}

/** The expression inside any number of parentheses. */
export function unwrapParens(expr: Expr): Expr {
  let inner = expr;
  while (inner.kind === 'paren') inner = inner.expr;
  return inner;
}

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=']);
const SET_OPS: ReadonlySet<string> = new Set(['and', 'or', 'unless']);

export function isComparison(op: BinaryOp): op is ComparisonOp {
  return COMPARISONS.has(op);
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return SET_OPS.has(op);
}
