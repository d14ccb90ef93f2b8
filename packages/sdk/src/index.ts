export type * from './metrics/instruments.ts';
export { EXPOSITION_CONTENT_TYPES, exposeMetrics, type ExpositionFormat } from './metrics/exposition.ts';
export { metricsHandler, renderMetrics } from './metrics/metrics-handler.ts';
export type { MetricsSource } from './metrics/metrics-page.ts';
export { expositionFormatOf } from './metrics/negotiation.ts';
export { createMetricsRegistry } from './metrics/registry.ts';
export { createGuard } from './guard/create-guard.ts';
export { digestOf } from './guard/digest.ts';
export type * from './guard/guard-options.ts';
export type * from './guard/guard.ts';
export { createHttpTransport, type HttpTransportOptions } from './guard/http-transport.ts';
export {
  formatIp,
  IpRanges,
  parseIp,
  parseIpRange,
  type IpAddress,
  type IpRange,
} from './guard/ip-network.ts';
export {
  formatKeyFile,
  generatePseudonymKey,
  parseKeyFile,
  PSEUDONYM_KEYS_MAX,
  type PseudonymKey,
} from './guard/key-file.ts';
export type { GuardIds } from './guard/known-subject.ts';
export { pseudonymsOf } from './guard/pseudonym.ts';
export { normalisedId } from './guard/subject-id.ts';
export {
  SUBJECT_ID_BYTES_MAX,
  SUBJECT_SCOPES,
  type Subject,
  type SubjectLike,
  type SubjectScope,
} from './guard/subject.ts';
export { BatchRefusedError, type FeedListener, type GuardTransport } from './guard/transport.ts';
export type * from './guard/wire.ts';
export {
  ACTION_OUTCOMES,
  ACTION_ROWS_PER_BATCH_MAX,
  FEED_DIGEST_MS,
  SNAPSHOT_PIECE_MAX,
} from './guard/wire.ts';
export { systemClock, systemRandom, type SdkClock, type SdkRandom } from './system/system.ts';
export { createSlidingWindows, type SlidingWindowsOptions } from './windows/create-sliding-windows.ts';
export type { SlidingWindows, SubjectHash } from './windows/sliding-windows.ts';
export { hashSeedOf, hashSubject, type HashSeed, type MutableSubjectHash } from './windows/subject-hash.ts';
export {
  createHttpMetrics,
  STATUS_ABORTED,
  type HttpExchange,
  type HttpMetrics,
  type HttpMetricsOptions,
  type RouteOf,
} from './http/http-metrics.ts';
export { refusalOf, type Refusal, type RefusalOptions, type RequestLimit } from './http/refusal.ts';
export { createAiMetrics } from './app/ai-metrics.ts';
export type * from './app/ai-metrics.ts';
export { createAuthMetrics, type AuthMetrics } from './app/auth-metrics.ts';
export { createCacheMetrics } from './app/cache-metrics.ts';
export type * from './app/cache-metrics.ts';
export { createDatabaseMetrics } from './app/database-metrics.ts';
export type * from './app/database-metrics.ts';
export { createJobMetrics } from './app/job-metrics.ts';
export type * from './app/job-metrics.ts';
export { createQueueMetrics, type QueueMetrics } from './app/queue-metrics.ts';
export type { RunClock, RunOutcome } from './app/timed-run.ts';
export { createUsageMetrics } from './app/usage-metrics.ts';
export type * from './app/usage-metrics.ts';
