import {
  CanceledError,
  ExpectedError,
  TimeoutError,
  UnavailableError,
  type Clock,
  type MetricsReader,
  type QueryResult,
  type Slicer,
} from '@vedette/model';
import { createPromqlEngine, parseExpr, selectorsOf } from '@vedette/promql';
import type { MetricsRegistry } from '@vedette/sdk';
import type { QueryConfig } from './config.ts';
import type { PromQuery } from './port.ts';
import { QueryGate } from './query-gate.ts';

export interface EmbeddedPromQueryDeps {
  readonly reader: MetricsReader;
  readonly slicer: Slicer;
  readonly clock: Clock;
  readonly registry: MetricsRegistry;
}

/** PromQL by our own engine over our own storage. Series, labels and metadata come straight from the reader. */
export function createEmbeddedPromQuery(deps: EmbeddedPromQueryDeps, config: QueryConfig): PromQuery {
  const { reader, clock } = deps;
  const features = new Set(config.features);
  const engine = createPromqlEngine(deps, {
    lookbackMs: config.lookback_delta,
    timeoutMs: config.timeout,
    samplesMax: config.max_samples,
    isNameRemovalDelayed: config.delayed_name_removal,
    features,
  });
  const gate = new QueryGate({
    clock,
    runningMax: config.max_concurrency,
    queuedMax: config.max_queued,
    waitMsMax: config.timeout,
  });
  const measured = createMeter(deps, gate);
  return {
    instant: (request, signal) =>
      measured('instant', () => gate.run(signal, () => engine.instant(request, signal))),
    range: (request, signal) =>
      measured('range', () => gate.run(signal, () => engine.range(request, signal))),
    series: (request, signal) => reader.series(request, signal),
    labelNames: (request, signal) => reader.labelNames(request, signal),
    labelValues: (name, request, signal) => reader.labelValues(name, request, signal),
    metadata: async (family) => reader.metadata(family),
    exemplars: async (expr, range, signal) =>
      await reader.exemplars(
        selectorsOf(parseExpr(expr, features)).map(({ matchers }) => matchers),
        range,
        signal,
      ),
  };
}

type Meter = (kind: 'instant' | 'range', query: () => Promise<QueryResult>) => Promise<QueryResult>;

/** From a rule's half millisecond to the default timeout. */
const DURATION_BUCKETS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30, 120,
];

function createMeter({ clock, registry }: EmbeddedPromQueryDeps, gate: QueryGate): Meter {
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
