import { childrenOf, parseExpr, printExpr, typeOf } from '@vedette/promql/parser';
import type { Expr } from '@vedette/promql/parser';

/** A step of an expression, for people who ask why it answers what it answers. */
export interface ExplainNode {
  /** Its place in the tree: `0`, `0.1`, `0.1.0`. */
  readonly id: string;
  /** As it is asked by itself. */
  readonly text: string;
  readonly step: ExplainStep;
  /** What to ask for the number of series it has at a moment; absent: it has none, as numbers and texts. */
  readonly countExpr?: string;
  /** Instant vectors alone have labels to look at. */
  readonly isVector: boolean;
  readonly children: readonly ExplainNode[];
}

/** What a step does, for a sentence: `kind` chooses it, `name` and `labels` are filled in. */
export interface ExplainStep {
  readonly kind:
    | 'select'
    | 'window'
    | 'subquery'
    | 'call'
    | 'aggregate'
    | 'aggregateBy'
    | 'aggregateWithout'
    | 'combine'
    | 'combineOn'
    | 'combineIgnoring'
    | 'filter'
    | 'negate'
    | 'literal';
  readonly name: string;
  readonly labels: string;
}

// A tree that is longer is not read; each step is a query.
export const EXPLAIN_NODES_MAX = 60;

/** The steps of an expression from the outermost on. Throws what the parser throws; `undefined` beyond `EXPLAIN_NODES_MAX`. */
export function explainTreeOf(text: string): ExplainNode | undefined {
  let count = 0;
  const visit = (expr: Expr, id: string): ExplainNode => {
    count++;
    if (expr.kind === 'paren') return visit(expr.expr, id);
    const own = printExpr(expr);
    const type = typeOf(expr);
    return {
      id,
      text: own,
      step: stepOf(expr),
      ...(type === 'vector' ? { countExpr: `count(${own})` } : {}),
      ...(type === 'matrix' ? { countExpr: `count(count_over_time(${own}))` } : {}),
      isVector: type === 'vector',
      children: childrenOf(expr)
        .filter((child) => expr.kind !== 'matrix' && child.kind !== 'number' && child.kind !== 'string')
        .map((child, i) => visit(child, `${id}.${i}`)),
    };
  };
  const tree = visit(parseExpr(text), '0');
  return count > EXPLAIN_NODES_MAX ? undefined : tree;
}

const COMPARISONS = new Set<string>(['==', '!=', '<', '<=', '>', '>=']);

function stepOf(expr: Expr): ExplainStep {
  switch (expr.kind) {
    case 'number':
    case 'string':
    case 'paren':
      return { kind: 'literal', name: '', labels: '' };
    case 'vector':
      return { kind: 'select', name: expr.name ?? '', labels: '' };
    case 'matrix':
      return { kind: 'window', name: '', labels: '' };
    case 'subquery':
      return { kind: 'subquery', name: '', labels: '' };
    case 'call':
      return { kind: 'call', name: expr.name, labels: '' };
    case 'unary':
      return { kind: 'negate', name: expr.op, labels: '' };
    case 'aggregation': {
      const labels = expr.grouping.join(', ');
      if (expr.isWithout) return { kind: 'aggregateWithout', name: expr.op, labels };
      return { kind: labels === '' ? 'aggregate' : 'aggregateBy', name: expr.op, labels };
    }
    case 'binary': {
      const { op, matching } = expr;
      if (matching === undefined)
        return { kind: COMPARISONS.has(op) && !expr.isBool ? 'filter' : 'combine', name: op, labels: '' };
      const labels = matching.labels.join(', ');
      if (matching.isOn) return { kind: 'combineOn', name: op, labels };
      return { kind: labels === '' ? 'combine' : 'combineIgnoring', name: op, labels };
    }
  }
}

/** Which labels tell the series of a step apart, and how many values each has, the most first. */
export function labelCounts(
  series: readonly Readonly<Record<string, string>>[],
): readonly { readonly name: string; readonly count: number }[] {
  const values = new Map<string, Set<string>>();
  for (const labels of series)
    for (const [name, value] of Object.entries(labels)) {
      const known = values.get(name) ?? new Set();
      values.set(name, known.add(value));
    }
  return [...values]
    .map(([name, { size }]) => ({ name, count: size }))
    .sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
}
