/**
 * The unit that an expression most likely has, from the suffix that Prometheus' conventions give its
 * metrics. A guess for axis labels only: what cannot be told is a plain number.
 */
export function unitOfExpr(expr: string): string {
  const isPerSecond = /\b(i?rate|deriv)\s*\(/.test(expr);
  if (/\/(?![^[]*\])/.test(withoutStrings(expr))) return 'short';
  if (/_ratio\b/.test(expr)) return 'percentunit';
  if (/_bytes(_total)?\b/.test(expr)) return isPerSecond ? 'Bps' : 'bytes';
  if (/\bhistogram_quantile\s*\(/.test(expr)) return /_seconds(_bucket)?\b/.test(expr) ? 's' : 'short';
  if (/_seconds(_sum)?\b/.test(expr) && !isPerSecond) return 's';
  return 'short';
}

function withoutStrings(expr: string): string {
  return expr.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`/g, '""');
}
