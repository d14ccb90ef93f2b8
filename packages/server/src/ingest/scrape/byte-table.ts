import { bug } from '@vedette/model';

/**
 * A set of byte strings, numbered 0, 1, 2… in the order they came. All bytes lie in one arena and the
 * hash slots in one Int32Array: about 20 bytes beyond the string itself, where a Map of strings takes
 * over 100, and a look-up makes no string. Strings are never removed; who wants fewer builds a new table.
 */
export class ByteTable {
  #arena = new Uint8Array(1024);
  #arenaView = new DataView(this.#arena.buffer);
  #ends = new Uint32Array(16);
  /** The hash of each string, so that growing the slots does not read the strings again. */
  #hashes = new Uint32Array(16);
  #count = 0;
  /** Open addressing, power of two long, at most half full; a slot holds number + 1, 0 is free. */
  #slots = new Int32Array(32);

  get count(): number {
    return this.#count;
  }

  /** The number of the string `bytes[start, end)`, or -1. */
  indexOf(bytes: Uint8Array, start: number, end: number): number {
    return (this.#slots[this.#slotOf(bytes, start, end, hashBytes(bytes, start, end))] ?? 0) - 1;
  }

  /** Adds a string that is not there yet, and returns its number. */
  add(bytes: Uint8Array, start: number, end: number): number {
    if ((this.#count + 1) * 2 > this.#slots.length) this.#growSlots();
    const hash = hashBytes(bytes, start, end);
    const slot = this.#slotOf(bytes, start, end, hash);
    if (this.#slots[slot] !== 0) bug('a byte string must not be added twice');
    const from = this.#startOf(this.#count);
    this.#reserve(from + end - start);
    this.#arena.set(bytes.subarray(start, end), from);
    this.#ends[this.#count] = from + end - start;
    this.#hashes[this.#count] = hash;
    this.#slots[slot] = ++this.#count;
    return this.#count - 1;
  }

  lengthOf(index: number): number {
    return (this.#ends[index] ?? 0) - this.#startOf(index);
  }

  /** Whether string `index` stands at byte `start` of the view; what lies beyond its end matches nothing. */
  standsAt(index: number, view: DataView, start: number): boolean {
    const from = this.#startOf(index);
    const length = (this.#ends[index] ?? 0) - from;
    return start + length <= view.byteLength && equalAt(this.#arenaView, from, view, start, length);
  }

  /** A view of string `index`, or of all from there up to, not including, `end`: they lie one behind the other. Valid until the next `add`. */
  bytesOf(index: number, end = index + 1): Uint8Array {
    return this.#arena.subarray(this.#startOf(index), this.#ends[end - 1]);
  }

  #startOf(index: number): number {
    return index === 0 ? 0 : (this.#ends[index - 1] ?? 0);
  }

  /** The slot that holds the string, or the free one where it belongs. */
  #slotOf(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (let held = this.#slots[slot] ?? 0; held !== 0; held = this.#slots[slot] ?? 0) {
      const isEqual =
        this.#hashes[held - 1] === hash &&
        this.lengthOf(held - 1) === end - start &&
        equalBytes(this.#arena, this.#startOf(held - 1), bytes, start, end - start);
      if (isEqual) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  #reserve(sizeBytes: number): void {
    if (sizeBytes > this.#arena.length) {
      const larger = new Uint8Array(Math.max(sizeBytes, this.#arena.length * 2));
      larger.set(this.#arena);
      this.#arena = larger;
      this.#arenaView = new DataView(larger.buffer);
    }
    if (this.#count === this.#ends.length) {
      this.#ends = doubled(this.#ends);
      this.#hashes = doubled(this.#hashes);
    }
  }

  #growSlots(): void {
    const larger = new Int32Array(this.#slots.length * 2);
    const mask = larger.length - 1;
    for (let index = 0; index < this.#count; index++) {
      let slot = (this.#hashes[index] ?? 0) & mask;
      while (larger[slot] !== 0) slot = (slot + 1) & mask;
      larger[slot] = index + 1;
    }
    this.#slots = larger;
  }
}

function doubled(column: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(column.length * 2);
  larger.set(column);
  return larger;
}

function equalBytes(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** Four bytes at a time: three times as fast as byte by byte, and it is the hottest loop of a scrape. */
function equalAt(a: DataView, aStart: number, b: DataView, bStart: number, length: number): boolean {
  let i = 0;
  for (; i + 4 <= length; i += 4)
    if (a.getInt32(aStart + i, true) !== b.getInt32(bStart + i, true)) return false;
  for (; i < length; i++) if (a.getUint8(aStart + i) !== b.getUint8(bStart + i)) return false;
  return true;
}

/** FNV-1a over the bytes, then mixed: its low bits alone spread badly over a power of two. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}
