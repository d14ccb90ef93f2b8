import { createCacheMetrics, type CacheMetrics, type MetricsRegistry } from '@vedette/sdk';

/** Entries live this long: products change, and a demonstration wants misses. */
const LIFE_MS = 20_000;

/** More than the shop has products. */
const ENTRIES_MAX = 1000;

/** A cache in the process. */
export class Cache {
  readonly #entries = new Map<string, { readonly value: object; readonly untilMs: number }>();
  readonly #metrics: CacheMetrics;

  constructor(registry: MetricsRegistry) {
    this.#metrics = createCacheMetrics(registry);
  }

  async read(key: string, load: () => Promise<object>): Promise<object> {
    const startMs = performance.now();
    const entry = this.#entries.get(key);
    const isHit = entry !== undefined && entry.untilMs > startMs;
    this.#metrics.requested('products', isHit ? 'hit' : 'miss');
    this.#metrics.operated('products', 'get', performance.now() - startMs);
    if (isHit) return entry.value;
    const value = await load();
    if (this.#entries.size >= ENTRIES_MAX) this.#entries.clear();
    this.#entries.set(key, { value, untilMs: performance.now() + LIFE_MS });
    return value;
  }
}
