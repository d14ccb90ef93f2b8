/** Calls between services as counters in memory, three hours before a fault and half an hour after it. */
import { labelsOf, MemoryMetrics, VirtualClock, type Slicer } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { queryConfigSchema } from '../../../query/metrics/config.ts';
import { createEmbeddedPromQuery } from '../../../query/metrics/embedded.ts';
import type { PromQuery } from '../../../query/metrics/port.ts';
import type { CallWindow } from './call-graph.ts';

export const MINUTE = 60_000;
export const SPLIT = 180 * MINUTE;
export const WINDOW: CallWindow = {
  fromMs: 10 * MINUTE,
  splitMs: SPLIT,
  untilMs: 210 * MINUTE,
  stepMs: MINUTE,
};
export const NEVER = new AbortController().signal;
const slicer: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

export function open(storage: MemoryMetrics): PromQuery {
  const clock = new VirtualClock({ startMs: 0 });
  const deps = { reader: storage, slicer, clock, registry: createMetricsRegistry() };
  return createEmbeddedPromQuery(deps, queryConfigSchema.parse({}));
}

/** A counter: so much more each minute, which may depend on the minute. */
export function count(
  storage: MemoryMetrics,
  labels: Record<string, string>,
  perMinute: (ms: number) => number,
): void {
  let total = 0;
  for (let ms = 0; ms <= WINDOW.untilMs; ms += MINUTE) {
    total += perMinute(ms);
    storage.add(labelsOf(labels), ms, total);
  }
}

/** A small wave, so that the series is not constant. */
export const wave = (ms: number): number => 1 + 0.02 * Math.sin(ms / (7 * MINUTE));
export const isBad = (ms: number): boolean => ms > SPLIT + 5 * MINUTE;

export interface Call {
  readonly labels: Record<string, string>;
  readonly perMinute: number;
  readonly seconds: (ms: number) => number;
  readonly failed?: (ms: number) => number;
}

export function addServiceGraph(storage: MemoryMetrics, { labels, perMinute, seconds, failed }: Call): void {
  const name = (suffix: string): Record<string, string> => ({
    __name__: `traces_service_graph_request_${suffix}`,
    ...labels,
  });
  count(storage, name('total'), (ms) => perMinute * wave(ms));
  if (failed !== undefined) count(storage, name('failed_total'), (ms) => perMinute * wave(ms) * failed(ms));
  for (const side of ['server', 'client']) {
    count(storage, name(`${side}_seconds_count`), (ms) => perMinute * wave(ms));
    count(storage, name(`${side}_seconds_sum`), (ms) => perMinute * wave(ms) * seconds(ms) * wave(ms * 3));
  }
}

export function shop(): MemoryMetrics {
  const storage = new MemoryMetrics();
  const slow = (usual: number, more: number) => (ms: number) => usual + (isBad(ms) ? more : 0);
  addServiceGraph(storage, {
    labels: { client: 'user', server: 'shop' },
    perMinute: 600,
    seconds: slow(0.2, 0.5),
  });
  addServiceGraph(storage, {
    labels: { client: 'shop', server: 'cart' },
    perMinute: 600,
    seconds: slow(0.05, 0.5),
  });
  addServiceGraph(storage, {
    labels: { client: 'cart', server: 'redis' },
    perMinute: 1200,
    seconds: slow(0.002, 0.25),
  });
  addServiceGraph(storage, {
    labels: { client: 'shop', server: 'mail' },
    perMinute: 60,
    seconds: slow(0.02, 0),
    failed: (ms) => (isBad(ms) ? 0.2 : 0),
  });
  return storage;
}
