import { constants, PerformanceObserver } from 'node:perf_hooks';
import type { MetricsRegistry, ObserverChild } from '../metrics/instruments.ts';

/** Words of Node's clients for the kinds of collections. */
const KINDS: readonly (readonly [code: number, word: string])[] = [
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weakcb'],
];

// The bounds of Node's clients, so that their dashboards and rules go on.
const SECONDS_BUCKETS = [0.001, 0.01, 0.1, 1, 2, 5];

/**
 * Counts garbage collections by kind and duration. Every entry of a batch is counted: prom-client takes the first
 * alone, which misses most of them when the loop is busy.
 */
export function watchGarbageCollection(registry: MetricsRegistry): { stop: () => void } {
  const seconds = registry.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Duration of garbage collections, by kind.',
    labelNames: ['kind'],
    buckets: SECONDS_BUCKETS,
    bareName: true,
  });
  const children = new Map<unknown, ObserverChild>();
  const childOf = (code: unknown): ObserverChild => {
    const known = children.get(code);
    if (known !== undefined) return known;
    const made = seconds.child(KINDS.find(([own]) => own === code)?.[1] ?? 'other');
    children.set(code, made);
    return made;
  };
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail } = entry as { detail?: { kind?: unknown } };
      childOf(detail?.kind).observe(entry.duration / 1000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return { stop: () => observer.disconnect() };
}
