import { childrenOf, type Expr, type Position } from './ast.ts';
import { syntaxError } from './syntax-error.ts';

/** Deeper trees would exhaust the stack of the parser or of the engine; generated queries stay below 50. */
export const EXPR_DEPTH_MAX = 500;

/** Chains such as `1+1+1…` nest to the left without recursion in the parser; walked with a stack of our own. */
export function assertShallow(root: Expr): void {
  const pending: { expr: Expr; depth: number }[] = [{ expr: root, depth: 1 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > EXPR_DEPTH_MAX) throw tooDeep(next.expr.position);
    for (const child of childrenOf(next.expr)) pending.push({ expr: child, depth: next.depth + 1 });
  }
}

export function tooDeep(position: Position): Error {
  return syntaxError(position, `expression is nested too deeply; want at most ${EXPR_DEPTH_MAX} levels`);
}
