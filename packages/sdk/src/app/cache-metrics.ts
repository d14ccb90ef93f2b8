import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock } from '../system/system.ts';
import { APP_SERIES_MAX, timedRun, type RunClock } from './timed-run.ts';

export interface CacheMetricsOptions {
  readonly clock?: RunClock;
}

export type CacheResult = 'hit' | 'miss';

/**
 * `cache_requests_total{cache,result}`, `cache_operation_duration_seconds{cache,operation}`. Caches and operations
 * (`get`, `set`, `delete`) are named in code; never a key.
 */
export interface CacheMetrics {
  /** A read, by whether the cache had what was asked for. */
  requested(cache: string, result: CacheResult): void;
  /** Runs an operation of the cache itself and measures it, also when it throws or rejects, which is thrown on. */
  time<T>(cache: string, operation: string, run: () => T | Promise<T>): Promise<T>;
  /** An operation that was measured elsewhere. */
  operated(cache: string, operation: string, durationMs: number): void;
}

// From a map in the process, some microseconds, to a network that lost a packet.
const OPERATION_BUCKETS = [0.000_01, 0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1];

/** One for each registry. */
export function createCacheMetrics(
  registry: MetricsRegistry,
  { clock = systemClock }: CacheMetricsOptions = {},
): CacheMetrics {
  const seriesMax = APP_SERIES_MAX;
  const requests = registry.counter({
    name: 'cache_requests_total',
    help: 'Reads of caches, by whether they had it.',
    labelNames: ['cache', 'result'],
    seriesMax,
  });
  const durations = registry.histogram({
    name: 'cache_operation_duration_seconds',
    help: 'How long operations of caches took, without what is behind them.',
    labelNames: ['cache', 'operation'],
    buckets: OPERATION_BUCKETS,
    seriesMax,
  });
  const note = (seconds: number, cache: string, operation: string): void => {
    if (seconds >= 0) durations.observe(seconds, cache, operation);
  };
  return {
    requested: (cache, result) => requests.inc(1, cache, result),
    time: (cache, operation, run) => timedRun(clock, run, (seconds) => note(seconds, cache, operation)),
    operated: (cache, operation, durationMs) => note(durationMs / 1000, cache, operation),
  };
}
