export * from './parser.ts';
export {
  createPromqlEngine,
  STEPS_MAX,
  type PromqlEngine,
  type PromqlEngineDeps,
  type PromqlEngineOptions,
  type PromqlInstantRequest,
  type PromqlRangeRequest,
  type PromqlRequestOptions,
} from './engine/engine.ts';
export { histogramBuckets, type HistogramBucket } from './histogram/bucket-bounds.ts';
export type { HistogramLiteral } from './notation/histogram-literal.ts';
export { isScriptNumber, parseScriptNumber } from './notation/script-number.ts';
export {
  parseScriptTimeMs,
  parseSeriesLine,
  type ScriptValue,
  type SeriesLine,
} from './notation/series-line.ts';
export { hasCounterReset } from './histogram/counter-reset.ts';
export { formatHistogram } from './histogram/format-histogram.ts';
export {
  addHistograms,
  compactHistogram,
  subtractHistograms,
  type HistogramSum,
} from './histogram/histogram-arithmetic.ts';
