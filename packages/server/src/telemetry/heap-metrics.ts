import { getHeapSpaceStatistics } from 'node:v8';
import type { Gauge, MetricsRegistry } from '@vedette/sdk';

/** V8's heap and what keeps the event loop busy; returns the reader. */
export function watchHeap(
  metrics: MetricsRegistry,
  activeResources = (): readonly string[] => process.getActiveResourcesInfo(),
): () => void {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge =>
    metrics.gauge({ name: `nodejs_${name}`, help, labelNames });
  const total = gauge('heap_size_total_bytes', 'Heap that V8 took from the system.');
  const used = gauge('heap_size_used_bytes', 'Heap in use.');
  const external = gauge('external_memory_bytes', 'Memory outside the heap that objects on it hold.');
  const spaceTotal = gauge('heap_space_size_total_bytes', 'Size of each space of the heap.', ['space']);
  const spaceUsed = gauge('heap_space_size_used_bytes', 'Part of each space that is in use.', ['space']);
  const spaceFree = gauge('heap_space_size_available_bytes', 'Part of each space that is free.', ['space']);
  const resources = gauge('active_resources', 'What keeps the event loop alive, by type.', ['type']);
  const seenTypes = new Set<string>();
  return () => {
    const { heapTotal, heapUsed, external: externalBytes } = process.memoryUsage();
    total.set(heapTotal);
    used.set(heapUsed);
    external.set(externalBytes);
    for (const space of getHeapSpaceStatistics()) {
      // `new_space` is `new` in the metrics of Node's clients.
      const name = space.space_name.replace(/_space$/, '');
      spaceTotal.set(space.space_size, name);
      spaceUsed.set(space.space_used_size, name);
      spaceFree.set(space.space_available_size, name);
    }
    setCounts(resources, seenTypes, activeResources());
  };
}

/** Sets the number of each type; one that is gone is 0, not its last number. */
function setCounts(gauge: Gauge, seenTypes: Set<string>, types: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const type of counts.keys()) seenTypes.add(type);
  for (const type of seenTypes) gauge.set(counts.get(type) ?? 0, type);
}
