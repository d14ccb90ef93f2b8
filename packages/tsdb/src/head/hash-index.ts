/**
 * Ids by hash: open addressing with linear probing over one typed array, at most two thirds full. It
 * knows ids and their hashes only; comparing what they stand for is the caller's:
 *
 *     for (let slot = index.first(hash); index.at(slot) !== EMPTY; slot = index.next(slot))
 *       if (isTheOne(index.at(slot))) return …
 *
 * Removed ids leave a mark that is swept away when the table is rebuilt.
 */
export const EMPTY = 0xffff_ffff;
/** No id may be this or `EMPTY`; comparisons with either are the caller's duty. */
export const REMOVED = 0xffff_fffe;

export class HashIndex {
  #slots = new Uint32Array(1024).fill(EMPTY);
  /** Slots that are not EMPTY. */
  #filled = 0;
  readonly #hashOf: (id: number) => number;

  constructor(hashOf: (id: number) => number) {
    this.#hashOf = hashOf;
  }

  get sizeBytes(): number {
    return this.#slots.byteLength;
  }

  first(hash: number): number {
    return hash & (this.#slots.length - 1);
  }

  next(slot: number): number {
    return (slot + 1) & (this.#slots.length - 1);
  }

  at(slot: number): number {
    return this.#slots[slot] ?? EMPTY;
  }

  add(id: number): void {
    if ((this.#filled + 1) * 3 > this.#slots.length * 2) this.#rebuild();
    this.#put(id);
  }

  remove(id: number): void {
    let slot = this.first(this.#hashOf(id));
    while (this.at(slot) !== id && this.at(slot) !== EMPTY) slot = this.next(slot);
    if (this.at(slot) === id) this.#slots[slot] = REMOVED;
  }

  #put(id: number): void {
    let slot = this.first(this.#hashOf(id));
    while (this.at(slot) !== EMPTY) slot = this.next(slot);
    this.#slots[slot] = id;
    this.#filled++;
  }

  #rebuild(): void {
    const ids = this.#slots.filter((id) => id !== EMPTY && id !== REMOVED);
    let size = this.#slots.length;
    // Half full after the rebuild at the most, or the next one would follow at once.
    while (ids.length * 2 >= size) size *= 2;
    this.#slots = new Uint32Array(size).fill(EMPTY);
    this.#filled = 0;
    for (const id of ids) this.#put(id);
  }
}
