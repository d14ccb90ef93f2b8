/** PromQL's parser in the forms in which stages declare to need it. */
import { InputError } from '@vedette/model';
import { describeExpr, parseExpr, prettyPrintExpr, type PromqlFeature } from '@vedette/promql';

/** Expressions laid out anew and taken apart. */
export function createExpressions(features: readonly PromqlFeature[]): {
  format(text: string): string;
  describe(text: string): unknown;
} {
  const enabled = new Set(features);
  return {
    format: (text) => prettyPrintExpr(parseExpr(text, enabled)),
    describe: (text) => describeExpr(parseExpr(text, enabled)),
  };
}

/** Makes the function that tells what is wrong with an expression of a rule: `undefined` when nothing. */
export function createExpressionFaultFinder(
  features: readonly PromqlFeature[],
): (expr: string) => string | undefined {
  const enabled = new Set(features);
  return (expr) => {
    try {
      parseExpr(expr, enabled);
      return undefined;
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
  };
}
