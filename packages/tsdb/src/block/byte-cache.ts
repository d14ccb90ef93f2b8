/**
 * Keeps what was loaded and decoded from files, up to a number of bytes; the least recently used goes
 * first. What is asked for twice at the same time is loaded once. A failed load is not kept.
 */
export class ByteCache {
  readonly #bytesMax: number;
  readonly #entries = new Map<string, { readonly value: Promise<Sized>; sizeBytes: number }>();
  #sizeBytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Keys must name the type as well: what is found under one is what was loaded for it. */
  async get<T extends Sized>(key: string, load: () => Promise<T>): Promise<T> {
    const known = this.#entries.get(key);
    if (known !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return (await known.value) as T;
    }
    const value = load();
    const entry = { value, sizeBytes: 0 };
    this.#entries.set(key, entry);
    try {
      const loaded = await value;
      if (this.#entries.get(key) === entry) {
        entry.sizeBytes = loaded.sizeBytes;
        this.#sizeBytes += entry.sizeBytes;
        this.#evict();
      }
      return loaded;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** Forgets everything whose key begins so. */
  drop(prefix: string): void {
    for (const [key, { sizeBytes }] of this.#entries) {
      if (!key.startsWith(prefix)) continue;
      this.#sizeBytes -= sizeBytes;
      this.#entries.delete(key);
    }
  }

  #evict(): void {
    for (const [key, { sizeBytes }] of this.#entries) {
      if (this.#sizeBytes <= this.#bytesMax) return;
      this.#sizeBytes -= sizeBytes;
      this.#entries.delete(key);
    }
  }
}

export interface Sized {
  readonly sizeBytes: number;
}
