import { InputError } from '@vedette/model';
import { ALL_FEATURES, parseExpr, printExpr } from '@vedette/promql';

/** Upstream's link to the table of an expression. */
export function graphPathOf(expr: string): string {
  const escaped = encodeURIComponent(expr)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `/graph?g0.expr=${escaped}&g0.tab=1`;
}

/** The same with the expression as Prometheus prints it: in one line, without comments. */
export function printedGraphPathOf(expr: string): string {
  try {
    return graphPathOf(printExpr(parseExpr(expr, ALL_FEATURES)));
  } catch (error) {
    // An engine elsewhere may know more than our parser.
    if (error instanceof InputError) return graphPathOf(expr);
    throw error;
  }
}
