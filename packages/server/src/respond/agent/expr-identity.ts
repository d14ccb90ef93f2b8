/**
 * What an alert is about by its expression: `sum by (route) (rate(x{job="shop"}[5m]))` leaves no job on the alert, but all
 * that it was worked out from has that one.
 */
import { ALL_FEATURES, parseExpr, selectorsOf } from '@vedette/promql';
import { levelOf, type LabelPair } from './identity.ts';

/** Labels that name something and that every selector asks for with one value; none of an expression that is none. */
export function identityOfExpr(expr: string | undefined): readonly LabelPair[] {
  const [first, ...others] = expr === undefined ? [] : fixedLabelsOf(expr);
  if (first === undefined) return [];
  return [...first].filter(([name, value]) => others.every((other) => other.get(name) === value));
}

/** Of each selector; two values of one label are none. */
function fixedLabelsOf(expr: string): readonly ReadonlyMap<string, string>[] {
  let selectors: ReturnType<typeof selectorsOf>;
  try {
    selectors = selectorsOf(parseExpr(expr, ALL_FEATURES));
  } catch {
    // Of another system, or in a newer language: what changed tells of it.
    return [];
  }
  return selectors.map(
    ({ matchers }) =>
      new Map(
        matchers
          .filter(({ name, op, value }) => op === '=' && value !== '' && levelOf(name) !== undefined)
          .map(({ name, value }) => [name, value]),
      ),
  );
}
