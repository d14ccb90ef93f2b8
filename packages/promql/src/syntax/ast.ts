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
  /** `offset`; negative looks into the future. 0 while `offsetExpr` waits to be resolved. */
  readonly offsetMs: number;
  /** `offset` as an expression; the engine resolves it at the start of a query. */
  readonly offsetExpr: DurationExpr | undefined;
  readonly at: AtModifier | undefined;
}

/**
 * A duration that is worked out per query: `5m + step()`, `-(2 * range())`, `min_of(1h, step() * 4)`.
 * Numbers are seconds. A literal alone is no expression: it stands as milliseconds in its node.
 */
export type DurationExpr =
  | DurationQueryValue
  | DurationExtreme
  | DurationSign
  | DurationBinary
  | DurationParen;

/** What a duration expression is made of. */
export type DurationOperand = NumberLiteral | DurationExpr;

/** The step of the query, or the span from its start to its end; both 0 in an instant query. */
export interface DurationQueryValue {
  readonly kind: 'duration-value';
  readonly position: Position;
  readonly name: 'step' | 'range';
}

export interface DurationExtreme {
  readonly kind: 'duration-extreme';
  readonly position: Position;
  readonly name: 'min_of' | 'max_of';
  readonly left: DurationOperand;
  readonly right: DurationOperand;
}

/** A minus before an expression; before a literal it is part of the number, and a plus is dropped. */
export interface DurationSign {
  readonly kind: 'duration-sign';
  readonly position: Position;
  readonly expr: DurationOperand;
}

export type DurationOp = '+' | '-' | '*' | '/' | '%' | '^';

export interface DurationBinary {
  readonly kind: 'duration-binary';
  readonly position: Position;
  readonly op: DurationOp;
  readonly left: DurationOperand;
  readonly right: DurationOperand;
}

export interface DurationParen {
  readonly kind: 'duration-paren';
  readonly position: Position;
  readonly expr: DurationOperand;
}

export interface VectorSelector extends TimeShift {
  readonly kind: 'vector';
  readonly position: Position;
  /** The name written before the braces; it is the last of the matchers too. A name quoted in braces is a matcher only. */
  readonly name: string | undefined;
  readonly matchers: readonly Matcher[];
  /**
   * `anchored`: a window begins with the sample before it. `smoothed`: values at its borders, or at the
   * time of an instant selector, are interpolated.
   */
  readonly extension: 'anchored' | 'smoothed' | undefined;
}

export interface MatrixSelector {
  readonly kind: 'matrix';
  readonly position: Position;
  readonly selector: VectorSelector;
  /** 0 while `rangeExpr` waits to be resolved. */
  readonly rangeMs: number;
  readonly rangeExpr: DurationExpr | undefined;
}

export interface Subquery extends TimeShift {
  readonly kind: 'subquery';
  readonly position: Position;
  readonly expr: Expr;
  /** 0 while `rangeExpr` waits to be resolved. */
  readonly rangeMs: number;
  readonly rangeExpr: DurationExpr | undefined;
  /** `undefined`: the engine's default, or `stepExpr` waits to be resolved. */
  readonly stepMs: number | undefined;
  readonly stepExpr: DurationExpr | undefined;
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
/** They cut observations off a native histogram: `</` those above the scalar, `>/` those below. */
export type TrimOp = '</' | '>/';
/** What is carried out point by point. */
export type PointOp = ArithmeticOp | ComparisonOp | TrimOp;
export type BinaryOp = PointOp | SetOp;

export interface Binary {
  readonly kind: 'binary';
  readonly position: Position;
  readonly op: BinaryOp;
  readonly opPosition: Position;
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
  /** Values of `fill`, `fill_left` and `fill_right` for a series that has no match on the other side. */
  readonly fill: FillValues;
}

export interface FillValues {
  readonly left: number | undefined;
  readonly right: number | undefined;
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

/** Whether series without a match on the other side are filled in. */
export function hasFill({ matching }: Binary): boolean {
  return (matching?.fill.left ?? matching?.fill.right) !== undefined;
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

/** Every vector selector in the tree that reads series, in source order: not the label selector of info. */
export function selectorsOf(expr: Expr): readonly VectorSelector[] {
  if (expr.kind === 'call' && expr.name === 'info') return expr.args.slice(0, 1).flatMap(selectorsOf);
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

export function isTrim(op: BinaryOp): op is TrimOp {
  return op === '</' || op === '>/';
}

export function isSetOp(op: BinaryOp): op is SetOp {
  return SET_OPS.has(op);
}
