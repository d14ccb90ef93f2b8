/**
 * One expression for all lines of a chart. Lines of several expressions often have equal labels, of
 * which `or` would keep the first alone; a label with the line's name keeps them apart.
 */
export function exploreExprOf(exprs: readonly string[], nameOf: (q: number) => string): string {
  const [first = ''] = exprs;
  if (exprs.length < 2) return first;
  return exprs
    .map((expr, q) => `label_replace(${expr}, "line", ${JSON.stringify(nameOf(q))}, "", "")`)
    .join(' or ');
}
