import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock } from '../system/system.ts';
import { APP_SERIES_MAX, timedRun, type RunClock, type RunOutcome } from './timed-run.ts';

/**
 * `queue_size{queue}`, `queue_workers_active{queue}`, `queue_tasks_completed_total{queue,outcome}`,
 * `queue_task_duration_seconds{queue}`, `queue_wait_seconds{queue}`.
 */
export interface QueueMetrics {
  /** Works on one task: counts the worker while it runs, and the task when it ends. What it throws is thrown on. */
  time<T>(queue: string, task: () => T | Promise<T>): Promise<T>;
  /** How long a task had waited when a worker took it. */
  waited(queue: string, waitMs: number): void;
  /** Reads the number of waiting tasks before each exposition. */
  readSize(queue: string, read: () => number): void;
}

const TASK_BUCKETS = [0.005, 0.025, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 900, 3600];

/** One for each registry. */
export function createQueueMetrics(
  registry: MetricsRegistry,
  options: { readonly clock?: RunClock } = {},
): QueueMetrics {
  const { clock = systemClock } = options;
  const ofQueue = { labelNames: ['queue'], seriesMax: APP_SERIES_MAX };
  const size = registry.gauge({ name: 'queue_size', help: 'Tasks that wait.', ...ofQueue });
  const active = registry.gauge({ name: 'queue_workers_active', help: 'Workers at a task.', ...ofQueue });
  const completed = registry.counter({
    name: 'queue_tasks_completed_total',
    help: 'Tasks that ended.',
    labelNames: ['queue', 'outcome'],
    seriesMax: APP_SERIES_MAX,
  });
  const durations = registry.histogram({
    name: 'queue_task_duration_seconds',
    help: 'How long tasks took, without their wait.',
    buckets: TASK_BUCKETS,
    ...ofQueue,
  });
  const waits = registry.histogram({
    name: 'queue_wait_seconds',
    help: 'How long tasks waited for a worker.',
    buckets: TASK_BUCKETS,
    ...ofQueue,
  });
  return {
    time: (queue, task) => {
      active.inc(1, queue);
      return timedRun(clock, task, (seconds, outcome: RunOutcome) => {
        active.inc(-1, queue);
        completed.inc(1, queue, outcome);
        durations.observe(seconds, queue);
      });
    },
    waited: (queue, waitMs) => {
      // A clock that was set back makes waits below nothing.
      if (waitMs >= 0) waits.observe(waitMs / 1000, queue);
    },
    readSize: (queue, read) => registry.onCollect(() => size.set(read(), queue)),
  };
}
