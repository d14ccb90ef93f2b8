import { constants, PerformanceObserver } from 'node:perf_hooks';
import type { MetricsRegistry } from '@vedette/sdk';

/** Words of Node's clients for the kinds of collections. */
const KINDS = new Map<unknown, string>([
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
]);

// The bounds of Node's clients; the lower ones are where collections of a healthy process lie.
const SECONDS_BUCKETS = [0.001, 0.01, 0.1, 1, 2, 5];

/** Counts garbage collections by kind and duration. */
export function watchGarbageCollection(metrics: MetricsRegistry): { stop: () => void } {
  const seconds = metrics.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Duration of garbage collections, by kind.',
    labelNames: ['kind'],
    buckets: SECONDS_BUCKETS,
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as { detail?: { kind?: unknown } };
      seconds.observe(entry.duration / 1000, KINDS.get(detail?.kind) ?? 'other');
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return { stop: () => observer.disconnect() };
}
