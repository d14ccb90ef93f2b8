import {
  CanceledError,
  ExpectedError,
  TimeoutError,
  UnavailableError,
  type Clock,
  type QueryResult,
} from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import type { QueryGate } from './query-gate.ts';

/** Runs a query, counts it by its outcome and measures it. */
export type QueryMeter = (
  kind: 'instant' | 'range',
  query: () => Promise<QueryResult>,
) => Promise<QueryResult>;

/** From a rule's half millisecond to the default timeout. */
const DURATION_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120,
];

/** The own metrics of PromQL queries, whoever evaluates them. */
export function createQueryMeter(
  { clock, registry }: { readonly clock: Clock; readonly registry: MetricsRegistry },
  gate: QueryGate,
): QueryMeter {
  const queries = registry.counter({
    name: 'vedette_query_total',
    help: 'PromQL queries by kind and outcome.',
    labelNames: ['kind', 'outcome'],
  });
  const durations = registry.histogram({
    name: 'vedette_query_duration_seconds',
    help: 'Time from the arrival of a PromQL query to its answer, waiting included.',
    labelNames: ['kind'],
    buckets: DURATION_BUCKETS,
  });
  const samples = registry.counter({
    name: 'vedette_query_samples_total',
    help: 'Samples read by PromQL queries, a sample counted once per step that uses it.',
  });
  const running = registry.gauge({ name: 'vedette_query_running', help: 'PromQL queries running now.' });
  const queued = registry.gauge({
    name: 'vedette_query_queued',
    help: 'PromQL queries waiting for their turn now.',
  });
  registry.onCollect(() => {
    running.set(gate.runningCount);
    queued.set(gate.queuedCount);
  });
  return async (kind, query) => {
    const startMs = clock.monotonicMs();
    let outcome = 'success';
    try {
      const result = await query();
      samples.inc(result.stats.samplesTotal);
      return result;
    } catch (error) {
      outcome = outcomeOf(error);
      throw error;
    } finally {
      queries.inc(1, kind, outcome);
      durations.observe((clock.monotonicMs() - startMs) / 1000, kind);
    }
  };
}

function outcomeOf(error: unknown): string {
  if (error instanceof CanceledError) return 'canceled';
  if (error instanceof TimeoutError) return 'timeout';
  if (error instanceof UnavailableError) return 'busy';
  return error instanceof ExpectedError ? 'refused' : 'failed';
}
