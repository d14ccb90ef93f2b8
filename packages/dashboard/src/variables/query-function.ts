/** What the text of a query variable asks for. */
export type VariableQuery =
  | { readonly kind: 'label-values'; readonly selector?: string; readonly label: string }
  | { readonly kind: 'label-names'; readonly pattern: string }
  | { readonly kind: 'metrics'; readonly pattern: string }
  | { readonly kind: 'query-result'; readonly expr: string }
  | { readonly kind: 'series'; readonly selector: string };

/**
 * Reads `label_values(label)`, `label_values(selector, label)`, `label_names(pattern)`,
 * `metrics(pattern)`, `query_result(expr)`; anything else is a selector whose series are listed, as in
 * Grafana. Variables are filled in before.
 */
export function readVariableQuery(text: string): VariableQuery | undefined {
  const query = text.trim();
  if (query === '') return undefined;
  const call = /^(label_values|label_names|metrics|query_result)\s*\(/.exec(query);
  if (call === null || !query.endsWith(')')) return { kind: 'series', selector: query };
  const inside = query.slice(call[0].length, -1).trim();
  switch (call[1] ?? '') {
    case 'label_values':
      return labelValuesQuery(inside);
    case 'label_names':
      return { kind: 'label-names', pattern: inside };
    case 'metrics':
      return { kind: 'metrics', pattern: inside };
    default:
      return inside === '' ? undefined : { kind: 'query-result', expr: inside };
  }
}

/** The label stands behind the last comma: a selector may hold commas, the name of a label cannot. */
function labelValuesQuery(inside: string): VariableQuery | undefined {
  const comma = inside.lastIndexOf(',');
  const label = unquoted(inside.slice(comma + 1).trim());
  if (label === '') return undefined;
  const selector = comma < 0 ? '' : inside.slice(0, comma).trim();
  return selector === '' ? { kind: 'label-values', label } : { kind: 'label-values', selector, label };
}

function unquoted(label: string): string {
  return /^(["']).*\1$/.test(label) ? label.slice(1, -1) : label;
}
