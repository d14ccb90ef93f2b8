import { getHeapSpaceStatistics } from 'node:v8';
import type { Gauge, MetricsRegistry } from '../metrics/instruments.ts';

/** V8's heap, resident memory, and what keeps the event loop busy. Returns the reader, which answers with the resident bytes. */
export function watchHeap(
  registry: MetricsRegistry,
  activeResources = (): readonly string[] => process.getActiveResourcesInfo(),
): () => number {
  const gauge = (name: string, help: string, labelNames: readonly string[] = []): Gauge =>
    registry.gauge({ name, help, labelNames, bareName: true });
  const resident = gauge('process_resident_memory_bytes', 'Resident memory.');
  const total = gauge('nodejs_heap_size_total_bytes', 'Heap that V8 took from the system.');
  const used = gauge('nodejs_heap_size_used_bytes', 'Heap in use.');
  const external = gauge('nodejs_external_memory_bytes', 'Memory outside the heap that objects on it hold.');
  const space = ['space'];
  const spaceTotal = gauge('nodejs_heap_space_size_total_bytes', 'Size of each space of the heap.', space);
  const spaceUsed = gauge('nodejs_heap_space_size_used_bytes', 'Part of each space that is in use.', space);
  const spaceFree = gauge(
    'nodejs_heap_space_size_available_bytes',
    'Part of each space that is free.',
    space,
  );
  const resources = gauge('nodejs_active_resources', 'What keeps the event loop alive, by type.', ['type']);
  const seenTypes = new Set<string>();
  return () => {
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    total.set(memory.heapTotal);
    used.set(memory.heapUsed);
    external.set(memory.external);
    for (const statistics of getHeapSpaceStatistics()) {
      // `new_space` is `new` in the metrics of Node's clients.
      const name = statistics.space_name.replace(/_space$/, '');
      spaceTotal.set(statistics.space_size, name);
      spaceUsed.set(statistics.space_used_size, name);
      spaceFree.set(statistics.space_available_size, name);
    }
    setCounts(resources, seenTypes, activeResources());
    return memory.rss;
  };
}

/** Sets the number of each type; one that is gone is 0, not its last number. */
function setCounts(gauge: Gauge, seenTypes: Set<string>, types: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const type of types) counts.set(type, (counts.get(type) ?? 0) + 1);
  for (const type of counts.keys()) seenTypes.add(type);
  for (const type of seenTypes) gauge.set(counts.get(type) ?? 0, type);
}
