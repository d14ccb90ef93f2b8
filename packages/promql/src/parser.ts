/** The language without the engine; runs in a browser too. */
export { AGGREGATION_OPS, childrenOf, selectorsOf } from './syntax/ast.ts';
export type * from './syntax/ast.ts';
export { describeExpr } from './syntax/describe.ts';
export { ALL_FEATURES, PROMQL_FEATURES, type PromqlFeature } from './syntax/features.ts';
export { parseExpr, parseMetricSelector } from './syntax/parse.ts';
export { prettyPrintExpr } from './syntax/pretty-print.ts';
export { printExpr } from './syntax/print.ts';
export { typeOf } from './syntax/type-check.ts';
