/** Upstream's link to the table of an expression. */
export function graphPathOf(expr: string): string {
  const escaped = encodeURIComponent(expr)
    .replaceAll('%20', '+')
    .replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `/graph?g0.expr=${escaped}&g0.tab=1`;
}
