import type { MetricsReader, QueryResult, Slicer } from '@vedette/model';
import { createPromqlEngine, parseExpr, selectorsOf } from '@vedette/promql';
import type { MemoryGuard } from '../../lib/memory-guard.ts';
import { createCachedRange, type CachedRangeOptions } from './cache/cached-range.ts';
import type { QueryConfig } from './config.ts';
import type { InstantRequest, PromQuery, QueryOptions, RangeRequest } from './port.ts';
import { createQueryRunner, type QueryRunnerDeps } from './query-runner.ts';

export interface EmbeddedPromQueryDeps extends QueryRunnerDeps {
  readonly reader: MetricsReader;
  readonly slicer: Slicer;
  /** Absent: queries use what memory there is. Those of rules are never given up. */
  readonly memory?: MemoryGuard | undefined;
}

/** PromQL by our own engine over our own storage. Series, labels and metadata come straight from the reader. */
export function createEmbeddedPromQuery(deps: EmbeddedPromQueryDeps, config: QueryConfig): PromQuery {
  const { reader } = deps;
  const options = engineOptionsOf(config);
  const engine = createPromqlEngine(deps, options);
  const runner = createQueryRunner(deps, config);
  const cachedRange = createCachedRange(deps, options, config.cache_bytes_max);
  const guarded = async <T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    await (deps.memory === undefined ? work(signal) : deps.memory.run(signal, work));
  const evaluate = (
    request: InstantRequest | RangeRequest,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<QueryResult>,
  ): Promise<QueryResult> =>
    request.options?.source?.kind === 'rules' ? work(signal) : guarded(signal, work);
  return {
    instant: (request, signal) =>
      runner.instant(request, signal, () =>
        evaluate(request, signal, (stop) => engine.instant(fromSamples(request), stop)),
      ),
    range: (request, signal) =>
      runner.range(request, signal, () => {
        const cached = mayBeCached(request) ? cachedRange : undefined;
        return evaluate(request, signal, (stop) =>
          cached === undefined ? engine.range(fromSamples(request), stop) : cached(request, stop),
        );
      }),
    series: (request, signal) => guarded(signal, (stop) => reader.series(request, stop)),
    labelNames: (request, signal) => guarded(signal, (stop) => reader.labelNames(request, stop)),
    labelValues: (name, request, signal) =>
      guarded(signal, (stop) => reader.labelValues(name, request, stop)),
    metadata: async (family) => reader.metadata(family),
    exemplars: async (expr, range, signal) =>
      await reader.exemplars(
        selectorsOf(parseExpr(expr, options.features)).map(({ matchers }) => matchers),
        range,
        signal,
      ),
  };
}

function engineOptionsOf(config: QueryConfig): CachedRangeOptions {
  return {
    lookbackMs: config.lookback_delta,
    timeoutMs: config.timeout,
    samplesMax: config.max_samples,
    isNameRemovalDelayed: config.delayed_name_removal,
    features: new Set(config.features),
  };
}

/** Rules must never see anything but what is stored; what is kept was not asked for in another resolution. */
function mayBeCached({ options }: RangeRequest): boolean {
  const isPlain = options?.isRawOnly !== true && (options?.coarsestMs ?? 0) === 0;
  return isPlain && options?.source?.kind !== 'rules' && options?.isUncached !== true;
}

/** Of rules: what they find must not change because samples were downsampled meanwhile. */
function fromSamples<T extends { readonly options?: QueryOptions | undefined }>(request: T): T {
  const { options } = request;
  return options?.source?.kind === 'rules'
    ? { ...request, options: { ...options, isRawOnly: true } }
    : request;
}
