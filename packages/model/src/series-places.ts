/**
 * Where a store found the series of one sender, so that it need not look for them again by their keys.
 *
 * The sender numbers its series 0, 1, 2…; a number stands for the same key as long as the object lives. Everything else
 * is the store's: it writes what it likes under a number, and believes only what it finds there under its own `finder`.
 * It changes `finder` whenever a series may have moved; so what was noted before, or by another store, costs nobody more
 * than a look-up.
 */
export class SeriesPlaces {
  finder: object | undefined;
  #found = new Int32Array(0);

  /** Makes room for series below `count`. */
  reserve(count: number): void {
    if (count <= this.#found.length) return;
    const larger = new Int32Array(Math.max(count, this.#found.length * 2)).fill(-1);
    larger.set(this.#found);
    this.#found = larger;
  }

  /** What was noted under the number since `clear`; -1 for nothing. */
  at(number: number): number {
    return number < this.#found.length ? (this.#found[number] ?? -1) : -1;
  }

  /** Without effect beyond the room that the sender made. */
  note(number: number, place: number): void {
    if (number < this.#found.length) this.#found[number] = place;
  }

  /** Forgets all for a new finder. */
  clear(finder: object): void {
    this.finder = finder;
    this.#found.fill(-1);
  }
}

/** The number of a series that is not numbered. */
export const NO_NUMBER = 0xffff_ffff;
