import type { Clock, MetricsReader, Slicer } from '@vedette/model';
import { createPromqlEngine, parseExpr, selectorsOf } from '@vedette/promql';
import type { MetricsRegistry } from '@vedette/sdk';
import type { QueryConfig } from './config.ts';
import type { PromQuery, QueryOptions } from './port.ts';
import { QueryGate } from './query-gate.ts';
import { createQueryMeter } from './query-meter.ts';

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
  const measured = createQueryMeter(deps, gate);
  const inTurn = <T>({ options }: Timed, signal: AbortSignal, work: () => Promise<T>): Promise<T> =>
    gate.run(signal, work, options?.timeoutMs);
  return {
    instant: (request, signal) =>
      measured('instant', () => inTurn(request, signal, () => engine.instant(request, signal))),
    range: (request, signal) =>
      measured('range', () => inTurn(request, signal, () => engine.range(request, signal))),
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

/** Its own timeout holds for the wait, too: who asks with one has left by then. */
interface Timed {
  readonly options?: QueryOptions | undefined;
}
