import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock } from '../system/system.ts';
import { APP_SERIES_MAX, timedRun, type RunClock, type RunOutcome } from './timed-run.ts';

export interface DatabaseMetricsOptions {
  /** A query that takes longer counts as slow. Default `SLOW_QUERY_MS`. */
  readonly slowQueryMs?: number;
  readonly clock?: RunClock;
}

/**
 * `db_connections{pool,state}`, `db_connections_max{pool}`, `db_query_duration_seconds{operation,outcome}`,
 * `db_slow_queries_total{operation}`. An operation is named in code (`orders.find`), never the text of a query.
 */
export interface DatabaseMetrics {
  /** Runs a query and counts it. Failure is what throws or rejects; it is thrown on. */
  time<T>(operation: string, query: () => T | Promise<T>): Promise<T>;
  /** A query that was measured elsewhere. */
  queried(operation: string, durationMs: number, outcome: RunOutcome): void;
  /** Reads a pool of connections before each exposition. */
  readPool(pool: string, read: () => ConnectionPoolState): void;
}

export interface ConnectionPoolState {
  readonly used: number;
  readonly idle: number;
  /** Callers that wait for a connection. */
  readonly waiting?: number;
  readonly max?: number;
}

// What is felt, and what an index is missing for.
const SLOW_QUERY_MS = 1000;

const QUERY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/** One for each registry. */
export function createDatabaseMetrics(
  registry: MetricsRegistry,
  options: DatabaseMetricsOptions = {},
): DatabaseMetrics {
  const { slowQueryMs = SLOW_QUERY_MS, clock = systemClock } = options;
  const seriesMax = APP_SERIES_MAX;
  const durations = registry.histogram({
    name: 'db_query_duration_seconds',
    help: 'How long queries took.',
    labelNames: ['operation', 'outcome'],
    buckets: QUERY_BUCKETS,
    seriesMax,
  });
  const slow = registry.counter({
    name: 'db_slow_queries_total',
    help: 'Queries that took longer than the threshold of the application.',
    labelNames: ['operation'],
    seriesMax,
  });
  const connections = registry.gauge({
    name: 'db_connections',
    help: 'Connections by state; waiting are callers without one.',
    labelNames: ['pool', 'state'],
    seriesMax,
  });
  const max = registry.gauge({
    name: 'db_connections_max',
    help: 'Connections that the pool may have.',
    labelNames: ['pool'],
    seriesMax,
  });
  const note = (operation: string, seconds: number, outcome: RunOutcome): void => {
    if (seconds >= 0) durations.observe(seconds, operation, outcome);
    if (seconds * 1000 > slowQueryMs) slow.inc(1, operation);
  };
  return {
    time: (operation, query) =>
      timedRun(clock, query, (seconds, outcome) => note(operation, seconds, outcome)),
    queried: (operation, durationMs, outcome) => note(operation, durationMs / 1000, outcome),
    readPool: (pool, read) =>
      registry.onCollect(() => {
        const state = read();
        connections.set(state.used, pool, 'used');
        connections.set(state.idle, pool, 'idle');
        if (state.waiting !== undefined) connections.set(state.waiting, pool, 'waiting');
        if (state.max !== undefined) max.set(state.max, pool);
      }),
  };
}
