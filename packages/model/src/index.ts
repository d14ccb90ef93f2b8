export { abortWith } from './abort-with.ts';
export { bug, BugError } from './bug.ts';
export type { Clock, Timer } from './clock.ts';
export { formatDurationMs, parseDurationMs } from './duration.ts';
export * from './error.ts';
export { EXEMPLAR_LABEL_CHARACTERS_MAX, type Exemplar, type SeriesExemplars } from './exemplar.ts';
export { FaultyFiles, type FaultRule } from './faulty-files.ts';
export type { FileAppender, FileEntry, FileReader, Files } from './files.ts';
export { reduceResolution } from './histogram-resolution.ts';
export { createLabelPattern, type LabelPattern } from './label-pattern.ts';
export * from './labels.ts';
export { createMatcher, formatMatcher, quotePattern, type Matcher, type MatcherOp } from './matcher.ts';
export { MemoryMetrics } from './memory-metrics.ts';
export { MemoryFiles } from './memory-files.ts';
export type { MetricMetadata, MetricType } from './metric-metadata.ts';
export type * from './metrics-reader.ts';
export type * from './metrics-writer.ts';
export {
  findHistogramFault,
  SCHEMA_CUSTOM,
  SCHEMA_MAX,
  SCHEMA_MIN,
  type HistogramBuckets,
  type NativeHistogram,
} from './native-histogram.ts';
export * from './query-result.ts';
export type { Random } from './random.ts';
export {
  createRelabelRule,
  relabel,
  RELABEL_ACTIONS,
  type RelabelAction,
  type RelabelOptions,
  type RelabelRule,
} from './relabel.ts';
export { SampleBatchBuilder } from './sample-batch-builder.ts';
export { SeededRandom } from './seeded-random.ts';
export { labelsOfSeriesKey, seriesKeyOf } from './series-key.ts';
export { NO_NUMBER, SeriesPlaces } from './series-places.ts';
export type { Slicer } from './slicer.ts';
export { sortSliced } from './sort-sliced.ts';
export { isStaleAt, STALE_NAN_HIGH, STALE_NAN_LOW, writeStaleAt } from './stale.ts';
export { compareUtf8 } from './utf8.ts';
export { VirtualClock } from './virtual-clock.ts';
