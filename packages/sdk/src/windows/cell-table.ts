import type { SubjectHash } from './sliding-windows.ts';

/**
 * Cells of subjects by open addressing with linear probing, in one `Int32Array` of four words a slot:
 *
 *     [ low | high | count of the last window << 16, count of the running one | window, 0 is empty ]
 *
 * Windows are numbered from 1 by the owner. A slot is 16 bytes, so that one probe is one line of the processor's cache (five columns were five). Nothing is ever removed:
 * a cell that last counted before the last window is dead, its slot is taken by the next newcomer that passes it,
 * and a rebuild leaves it behind. A table holds some thousand cells, so that a rebuild takes a fraction of a
 * millisecond; there are as many tables as it takes (`sliding-windows`), each growing by itself.
 */
export class CellTable {
  slots = new Int32Array(SLOTS_MIN * WORDS);
  /** Slots that are not empty, dead ones among them. */
  #used = 0;
  readonly #cellsMax: number;
  /** Window in which a rebuild found no room: not tried again within it. */
  #fullIndex = -1;

  constructor(cellsMax: number) {
    this.#cellsMax = cellsMax;
  }

  /** Where the cell's words begin; -1: none. */
  find({ high, low }: SubjectHash): number {
    return findCell(this.slots, high | 0, low | 0);
  }

  /** A word of the slot at which `find` begins. */
  warm(low: number): number {
    return this.slots[(low << WORDS_LOG2) & (this.slots.length - 1)] ?? 0;
  }

  /**
   * A cell, zeroed, of the running window `index`, for a key that has none; -1 when there is no room. A tenth of the
   * room is for suspects alone.
   */
  open(key: SubjectHash, index: number, isSuspect: boolean): number {
    const dead = this.#findDead(key, index);
    if (dead >= 0) return this.#write(dead, key, index);
    const cellsMax = isSuspect ? this.#cellsMax : this.#cellsMax * (1 - SUSPECT_SHARE);
    if (this.#used >= cellsMax && this.#fullIndex !== index) {
      this.#resize(index, this.#liveCount(index));
      if (this.#used >= cellsMax) this.#fullIndex = index;
    }
    if (this.#used >= cellsMax) return -1;
    if (this.#used >= (this.slots.length / WORDS) * LOAD_MAX) this.#resize(index, this.#liveCount(index) + 1);
    this.#used++;
    return this.#write(this.#findEmpty(key), key, index);
  }

  /** Gives memory back when nine tenths of the slots hold nothing alive. */
  shrink(index: number): void {
    const slotCount = this.slots.length / WORDS;
    if (slotCount <= SLOTS_MIN) return;
    const liveCount = this.#liveCount(index);
    if (liveCount < slotCount * SHRINK_BELOW) this.#resize(index, liveCount);
  }

  /** Moves what is alive into a table with room for twice `cellCount`, as far as the limit allows. */
  #resize(index: number, cellCount: number): void {
    const from = this.slots;
    let slotCount = SLOTS_MIN;
    while (slotCount * LOAD_MAX < Math.min(cellCount * GROWTH, this.#cellsMax)) slotCount *= 2;
    this.slots = new Int32Array(slotCount * WORDS);
    this.#used = 0;
    const mask = this.slots.length - 1;
    for (let at = 0; at < from.length; at += WORDS) {
      if (!isLive(from[at + 3] ?? 0, index)) continue;
      let to = ((from[at] ?? 0) << WORDS_LOG2) & mask;
      while (this.slots[to + 3] !== 0) to = (to + WORDS) & mask;
      for (let word = 0; word < WORDS; word++) this.slots[to + word] = from[at + word] ?? 0;
      this.#used++;
    }
  }

  #liveCount(index: number): number {
    let count = 0;
    for (let at = 3; at < this.slots.length; at += WORDS) if (isLive(this.slots[at] ?? 0, index)) count++;
    return count;
  }

  #findDead({ low }: SubjectHash, index: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    for (let at = (low << WORDS_LOG2) & mask; slots[at + 3] !== 0; at = (at + WORDS) & mask)
      if (!isLive(slots[at + 3] ?? 0, index)) return at;
    return -1;
  }

  #findEmpty({ low }: SubjectHash): number {
    const mask = this.slots.length - 1;
    let at = (low << WORDS_LOG2) & mask;
    while (this.slots[at + 3] !== 0) at = (at + WORDS) & mask;
    return at;
  }

  #write(at: number, { high, low }: SubjectHash, index: number): number {
    this.slots[at] = low;
    this.slots[at + 1] = high;
    this.slots[at + 2] = 0;
    this.slots[at + 3] = index;
    return at;
  }
}

/** The hot loop: 32-bit integers alone. */
function findCell(slots: Int32Array, high: number, low: number): number {
  const mask = slots.length - 1;
  let at = (low << WORDS_LOG2) & mask;
  while (slots[at] !== low || slots[at + 1] !== high) {
    if (slots[at + 3] === 0) return -1;
    at = (at + WORDS) & mask;
  }
  return slots[at + 3] === 0 ? -1 : at;
}

/** `window` is the word of the slot, `running` the index of the running window. */
function isLive(window: number, running: number): boolean {
  return window >= running - 1 && window !== 0;
}

const WORDS = 4;
const WORDS_LOG2 = 2;

// A table of nobody: 256 bytes, so that some hundred of them cost nothing before the first subject.
const SLOTS_MIN = 16;

/** Linear probing looks at 1.8 slots for a hit and 3.6 for a miss at this load; at 0.7 it is 2.2 and 6. */
const LOAD_MAX = 0.6;

// Growing to twice the cells leaves the load between 0.3 and 0.6 and moves each cell twice at most.
const GROWTH = 2;

const SHRINK_BELOW = 0.1;

const SUSPECT_SHARE = 0.1;
