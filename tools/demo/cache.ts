import type { Counter, Histogram, MetricsRegistry } from '@vedette/sdk';

/** Entries live this long: products change, and a demonstration wants misses. */
const LIFE_MS = 20_000;

/** More than the shop has products. */
const ENTRIES_MAX = 1000;

/** A cache in the process. */
export class Cache {
  readonly #entries = new Map<string, { readonly value: object; readonly untilMs: number }>();
  readonly #requests: Counter;
  readonly #durations: Histogram;

  constructor(registry: MetricsRegistry) {
    this.#requests = registry.counter({
      name: 'cache_requests_total',
      help: 'Reads of caches.',
      labelNames: ['cache', 'result'],
    });
    this.#durations = registry.histogram({
      name: 'cache_operation_duration_seconds',
      help: 'How long reads of caches took, without what they were read from.',
      labelNames: ['cache', 'operation'],
      buckets: [0.00001, 0.0001, 0.001, 0.01, 0.1],
    });
  }

  async read(key: string, load: () => Promise<object>): Promise<object> {
    const startMs = performance.now();
    const entry = this.#entries.get(key);
    const isHit = entry !== undefined && entry.untilMs > startMs;
    this.#requests.inc(1, 'products', isHit ? 'hit' : 'miss');
    this.#durations.observe((performance.now() - startMs) / 1000, 'products', 'get');
    if (isHit) return entry.value;
    const value = await load();
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(key, { value, untilMs: performance.now() + LIFE_MS });
    return value;
  }
}
