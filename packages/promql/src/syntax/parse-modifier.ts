import type { Expr, MatrixSelector, Subquery, VectorSelector } from './ast.ts';
import type { PromqlFeature } from './features.ts';
import { parseOffset } from './parse-duration.ts';
import { parseAt } from './parse-time.ts';
import { syntaxError } from './syntax-error.ts';
import type { TokenStream } from './token-stream.ts';

/** What may follow a selector, in any order: `offset`, `@`, `anchored`, `smoothed`. */

/** `expr` with the modifier that stands here; `undefined` when none does. */
export function parseModifier(
  tokens: TokenStream,
  expr: Expr,
  features: ReadonlySet<PromqlFeature>,
): Expr | undefined {
  if (tokens.isWord('offset')) return withOffset(tokens, expr);
  if (tokens.isSymbol('@')) return withAt(tokens, expr);
  if (tokens.isWord('anchored')) return withExtension(tokens, expr, 'anchored', features);
  if (tokens.isWord('smoothed')) return withExtension(tokens, expr, 'smoothed', features);
  return undefined;
}

function withOffset(tokens: TokenStream, expr: Expr): Expr {
  tokens.take();
  const { ms, expr: offsetExpr } = parseOffset(tokens);
  const shifted = assertShiftable(expr, 'offset');
  if (shifted.offsetMs !== 0 || shifted.offsetExpr !== undefined)
    throw syntaxError(expr.position, 'offset may not be set multiple times');
  return withShift(tokens, expr, { offsetMs: ms ?? 0, offsetExpr });
}

function withAt(tokens: TokenStream, expr: Expr): Expr {
  tokens.take();
  const at = parseAt(tokens, expr.position);
  const shifted = assertShiftable(expr, '@');
  if (shifted.at !== undefined)
    throw syntaxError(expr.position, '@ <timestamp> may not be set multiple times');
  return withShift(tokens, expr, { at });
}

function assertShiftable(expr: Expr, modifier: string): VectorSelector | Subquery {
  if (expr.kind === 'matrix') return expr.selector;
  if (expr.kind === 'vector' || expr.kind === 'subquery') return expr;
  throw syntaxError(
    expr.position,
    `${modifier} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
  );
}

type Shift = Pick<Subquery, 'offsetMs' | 'offsetExpr'> | Pick<Subquery, 'at'>;

function withShift(tokens: TokenStream, expr: Expr, shift: Shift): Expr {
  const position = tokens.positionFrom(expr.position.start);
  if (expr.kind === 'matrix') return { ...expr, position, selector: { ...expr.selector, ...shift } };
  return { ...expr, position, ...shift } as VectorSelector | Subquery;
}

function withExtension(
  tokens: TokenStream,
  expr: Expr,
  extension: 'anchored' | 'smoothed',
  features: ReadonlySet<PromqlFeature>,
): VectorSelector | MatrixSelector {
  tokens.take();
  const refused = (reason: string): Error => syntaxError(expr.position, reason);
  if (!features.has('promql-extended-range-selectors'))
    throw refused(`${extension} modifier is experimental and not enabled`);
  if (expr.kind === 'subquery') throw refused(`${extension} modifier is not supported for subqueries`);
  if (expr.kind !== 'vector' && expr.kind !== 'matrix')
    throw refused(`${extension} modifier not implemented`);
  const selector = expr.kind === 'matrix' ? expr.selector : expr;
  if (selector.extension !== undefined && selector.extension !== extension)
    throw refused('anchored and smoothed modifiers cannot be used together');
  return expr.kind === 'matrix' ? { ...expr, selector: { ...selector, extension } } : { ...expr, extension };
}
