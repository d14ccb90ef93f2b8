/**
 * What ends when: a binary heap by time, so that one timer serves any number of decisions. An entry is never moved or
 * taken out of the middle: who gets another end is pushed again, and the owner passes over entries that are no longer
 * true when they come up.
 */
export interface Expiry {
  readonly atMs: number;
  readonly id: string;
}

export class ExpiryHeap {
  readonly #entries: Expiry[] = [];

  get size(): number {
    return this.#entries.length;
  }

  peek(): Expiry | undefined {
    return this.#entries[0];
  }

  push(expiry: Expiry): void {
    const entries = this.#entries;
    let place = entries.push(expiry) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      const above = entries[parent];
      if (above === undefined || above.atMs <= expiry.atMs) break;
      entries[place] = above;
      place = parent;
    }
    entries[place] = expiry;
  }

  /** The earliest; `undefined` when there is none. */
  pop(): Expiry | undefined {
    const entries = this.#entries;
    const first = entries[0];
    const last = entries.pop();
    if (first === undefined || last === undefined || entries.length === 0) return first;
    let place = 0;
    for (;;) {
      const left = 2 * place + 1;
      const right = entries[left + 1];
      const child = right !== undefined && right.atMs < (entries[left]?.atMs ?? 0) ? left + 1 : left;
      const below = entries[child];
      if (below === undefined || below.atMs >= last.atMs) break;
      entries[place] = below;
      place = child;
    }
    entries[place] = last;
    return first;
  }
}
