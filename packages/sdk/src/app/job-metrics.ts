import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock } from '../system/system.ts';
import { APP_SERIES_MAX, timedRun, type RunClock, type RunOutcome } from './timed-run.ts';

export interface JobMetricsOptions {
  /** First word of the names: `sandbox` gives `sandbox_runs_total`. Default `job`. */
  readonly prefix?: string;
  readonly clock?: RunClock;
}

/**
 * Runs of something that begins and ends: jobs, sandboxes, tools.
 *
 * `job_runs_total{kind,outcome}`, `job_run_duration_seconds{kind,outcome}`, `job_runs_active{kind}`, and of pools
 * `job_pool_size{pool}` and `job_pool_free{pool}`. The rate of success is
 * `sum(rate(job_runs_total{outcome="success"}[5m])) / sum(rate(job_runs_total[5m]))`.
 */
export interface JobMetrics {
  /** Runs and counts. Failure is what throws or rejects; it is thrown on. `kind` is named in code, never an id. */
  time<T>(kind: string, run: () => T | Promise<T>): Promise<T>;
  /** A run that was measured elsewhere. */
  ran(kind: string, durationMs: number, outcome: RunOutcome): void;
  /** Reads a pool before each exposition. */
  readPool(pool: string, read: () => PoolState): void;
}

export interface PoolState {
  readonly size: number;
  readonly free: number;
}

// From a function call to an hour's batch.
const RUN_BUCKETS = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];

/** One for each registry and prefix. */
export function createJobMetrics(registry: MetricsRegistry, options: JobMetricsOptions = {}): JobMetrics {
  const { prefix = 'job', clock = systemClock } = options;
  const seriesMax = APP_SERIES_MAX;
  const ofRun = { labelNames: ['kind', 'outcome'], seriesMax };
  const ofPool = { labelNames: ['pool'], seriesMax };
  const runs = registry.counter({ name: `${prefix}_runs_total`, help: 'Runs that ended.', ...ofRun });
  const durations = registry.histogram({
    name: `${prefix}_run_duration_seconds`,
    help: 'How long runs took.',
    buckets: RUN_BUCKETS,
    ...ofRun,
  });
  const active = registry.gauge({
    name: `${prefix}_runs_active`,
    help: 'Runs under way.',
    labelNames: ['kind'],
    seriesMax,
  });
  const size = registry.gauge({ name: `${prefix}_pool_size`, help: 'Places of the pool.', ...ofPool });
  const free = registry.gauge({ name: `${prefix}_pool_free`, help: 'Places that are free.', ...ofPool });
  const note = (kind: string, seconds: number, outcome: RunOutcome): void => {
    runs.inc(1, kind, outcome);
    if (seconds >= 0) durations.observe(seconds, kind, outcome);
  };
  return {
    time: (kind, run) => {
      active.inc(1, kind);
      return timedRun(clock, run, (seconds, outcome) => {
        active.inc(-1, kind);
        note(kind, seconds, outcome);
      });
    },
    ran: (kind, durationMs, outcome) => note(kind, durationMs / 1000, outcome),
    readPool: (pool, read) =>
      registry.onCollect(() => {
        const state = read();
        size.set(state.size, pool);
        free.set(state.free, pool);
      }),
  };
}
