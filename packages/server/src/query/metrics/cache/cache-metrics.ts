import type { MetricsRegistry } from '@vedette/sdk';
import type { ExtentStore } from './extent-store.ts';

export type CacheMetrics = ReturnType<typeof createCacheMetrics>;

export function createCacheMetrics(registry: MetricsRegistry, store: ExtentStore) {
  const bytes = registry.gauge({
    name: 'vedette_query_cache_bytes',
    help: 'Estimate of the memory that kept answers of range queries take.',
  });
  const entries = registry.gauge({
    name: 'vedette_query_cache_entries',
    help: 'Range queries of which answers are kept.',
  });
  registry.onCollect(() => {
    bytes.set(store.sizeBytes);
    entries.set(store.count);
  });
  return {
    requests: registry.counter({
      name: 'vedette_query_cache_requests_total',
      help: 'Range queries by what the result cache had of them: all (hit), a part (partial), nothing (miss), or nothing since it keeps none such (passed).',
      labelNames: ['outcome'],
    }),
    evicted: registry.counter({
      name: 'vedette_query_cache_evicted_total',
      help: 'Kept answers that made room for others.',
    }),
    forgotten: registry.counter({
      name: 'vedette_query_cache_forgotten_total',
      help: 'How often all kept answers were dropped since stored history had changed: backfill, import, deletion, retention.',
    }),
  };
}
