export type * from './metrics/instruments.ts';
export { EXPOSITION_CONTENT_TYPES, exposeMetrics, type ExpositionFormat } from './metrics/exposition.ts';
export { metricsHandler, renderMetrics, type MetricsSource } from './metrics/metrics-handler.ts';
export { expositionFormatOf } from './metrics/negotiation.ts';
export { createMetricsRegistry } from './metrics/registry.ts';
export { digestOf } from './guard/digest.ts';
export type * from './guard/guard.ts';
export {
  SUBJECT_ID_BYTES_MAX,
  SUBJECT_SCOPES,
  type Subject,
  type SubjectLike,
  type SubjectScope,
} from './guard/subject.ts';
export type * from './guard/transport.ts';
export type * from './guard/wire.ts';
export {
  ACTION_OUTCOMES,
  ACTION_ROWS_PER_BATCH_MAX,
  FEED_DIGEST_MS,
  SNAPSHOT_PIECE_MAX,
} from './guard/wire.ts';
export { systemClock, systemRandom, type SdkClock, type SdkRandom } from './system/system.ts';
export type { SlidingWindows, SubjectHash } from './windows/sliding-windows.ts';
