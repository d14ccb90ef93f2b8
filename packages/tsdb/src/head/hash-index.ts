import { bug } from '@vedette/model';

/**
 * Ids by hash: open addressing with linear probing, at most two thirds full. It knows ids and their hashes only;
 * comparing what they stand for is the caller's:
 *
 *     for (let slot = index.first(hash); index.at(slot) !== EMPTY; slot = index.next(slot))
 *       if (isTheOne(index.at(slot))) return …
 *
 * The top bits of a hash choose one of 256 tables, which grow on their own: rebuilding one of a million ids took 50 ms,
 * in which nothing else ran, and a rebuilt piece of it takes 0.2 ms. Removed ids leave a mark that is swept away when
 * their table is rebuilt.
 */
export const EMPTY = 0xffff_ffff;
/** No id may be this or `EMPTY`; comparisons with either are the caller's duty. */
export const REMOVED = 0xffff_fffe;

const TABLES = 256;
const TABLE_SHIFT = 24;

/** Slots of a table at first: 16 kB in all. */
const SLOTS_MIN = 16;

/** A slot's number has that of its table above these bits, and 30 bits in all: small integers are fastest. */
const SLOT_BITS = 22;
const SLOT_MASK = 2 ** SLOT_BITS - 1;

export class HashIndex {
  readonly #tables = Array.from({ length: TABLES }, () => new Uint32Array(SLOTS_MIN).fill(EMPTY));
  /** Slots of each table that are not EMPTY. */
  readonly #filled = new Uint32Array(TABLES);
  readonly #hashOf: (id: number) => number;

  constructor(hashOf: (id: number) => number) {
    this.#hashOf = hashOf;
  }

  get sizeBytes(): number {
    return this.#tables.reduce((sum, slots) => sum + slots.byteLength, 0);
  }

  first(hash: number): number {
    const table = hash >>> TABLE_SHIFT;
    return (table << SLOT_BITS) | (hash & (this.#slotsOf(table).length - 1));
  }

  next(slot: number): number {
    const table = slot >>> SLOT_BITS;
    return (table << SLOT_BITS) | ((slot + 1) & (this.#slotsOf(table).length - 1));
  }

  at(slot: number): number {
    return this.#slotsOf(slot >>> SLOT_BITS)[slot & SLOT_MASK] ?? EMPTY;
  }

  add(id: number): void {
    const table = this.#hashOf(id) >>> TABLE_SHIFT;
    if (((this.#filled[table] ?? 0) + 1) * 3 > this.#slotsOf(table).length * 2) this.#rebuild(table);
    this.#put(id);
  }

  remove(id: number): void {
    let slot = this.first(this.#hashOf(id));
    while (this.at(slot) !== id && this.at(slot) !== EMPTY) slot = this.next(slot);
    if (this.at(slot) === id) this.#slotsOf(slot >>> SLOT_BITS)[slot & SLOT_MASK] = REMOVED;
  }

  #slotsOf(table: number): Uint32Array<ArrayBuffer> {
    return this.#tables[table] ?? NO_SLOTS;
  }

  #put(id: number): void {
    let slot = this.first(this.#hashOf(id));
    while (this.at(slot) !== EMPTY) slot = this.next(slot);
    const table = slot >>> SLOT_BITS;
    this.#slotsOf(table)[slot & SLOT_MASK] = id;
    this.#filled[table] = (this.#filled[table] ?? 0) + 1;
  }

  #rebuild(table: number): void {
    const before = this.#slotsOf(table);
    const ids = before.filter((id) => id !== EMPTY && id !== REMOVED);
    let size = before.length;
    // Half full after the rebuild at the most, or the next one would follow at once.
    while (ids.length * 2 >= size) size *= 2;
    if (size > SLOT_MASK + 1) bug(`a table of ids has at most ${SLOT_MASK + 1} slots; got ${size}`);
    this.#tables[table] = new Uint32Array(size).fill(EMPTY);
    this.#filled[table] = 0;
    for (const id of ids) this.#put(id);
  }
}

const NO_SLOTS = new Uint32Array(0);
