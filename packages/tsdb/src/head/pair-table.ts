import { bug, labelsFromSorted, seriesKeyOf, type Slicer } from '@vedette/model';
import { subtract, type Postings } from '../query/postings.ts';
import { HashIndex, EMPTY, REMOVED } from './hash-index.ts';
import { resized, RoomyColumns } from './growable.ts';
import { bytesEqual, hashBytes } from './key-hash.ts';
import type { SlabArena } from './slab-arena.ts';

/** A label name and the ids of its pairs, in no order: `pairs[0, count)`. */
interface NameEntry {
  readonly name: string;
  pairs: Uint32Array<ArrayBuffer>;
  count: number;
}

/**
 * The label pairs (name and value) of the head: each is held once, as the very bytes it has in a series
 * key, as strings, and with the list of series that carry it. A series key is the bytes of its pairs in
 * a row, so keys themselves are not stored.
 *
 * A pair lives while a series carries it. Lists handed out are never changed below their length: an id
 * that does not belong at the end makes a new list then, and moves the rest of a list that nobody has.
 */
export class PairTable {
  readonly #arena: SlabArena;
  readonly #index = new HashIndex((pair) => this.#hashes[pair] ?? 0);
  readonly #names = new Map<string, NameEntry>();
  #hashes = new Uint32Array(0);
  #addresses = new Uint32Array(0);
  #lengths = new Uint32Array(0);
  #seriesCounts = new Uint32Array(0);
  /** The only series of a pair; most values of ids, paths and pods have one. */
  #firstSeries = new Uint32Array(0);
  /** Ids below have room in every column. */
  #room = 0;
  readonly #lists: (Uint32Array | undefined)[] = [];
  /** 1 when the list was handed out. */
  #isShared = new Uint8Array(0);
  readonly #nameStrings: string[] = [];
  readonly #valueStrings: string[] = [];
  readonly #freePairs: number[] = [];
  /** Pairs that lost their last series and await `sweep`. */
  readonly #deadPairs = new Set<number>();
  #listBytes = 0;

  constructor(arena: SlabArena) {
    this.#arena = arena;
  }

  /** All pair ids are below; some of them may be free. */
  get idCount(): number {
    return this.#nameStrings.length;
  }

  get pairCount(): number {
    return this.#nameStrings.length - this.#freePairs.length;
  }

  /** Estimate of what lies outside the arena: columns, lists, and about 90 bytes of strings a pair. */
  get sizeBytes(): number {
    return this.#index.sizeBytes + this.#hashes.length * 21 + this.#listBytes + this.pairCount * 90;
  }

  nameOf(pair: number): string {
    return this.#nameStrings[pair] ?? bug(`no label pair ${pair}`);
  }

  valueOf(pair: number): string {
    return this.#valueStrings[pair] ?? bug(`no label pair ${pair}`);
  }

  lengthOf(pair: number): number {
    return this.#lengths[pair] ?? 0;
  }

  names(): string[] {
    return [...this.#names.keys()];
  }

  /** Pairs of the name as they are now; later ones are not seen through it. */
  pairsOf(name: string): Uint32Array {
    const entry = this.#names.get(name);
    return entry === undefined ? NOTHING : entry.pairs.subarray(0, entry.count);
  }

  find(name: string, value: string): number | undefined {
    const key = seriesKeyOf(labelsFromSorted([name, value]));
    return this.findBytes(key, 0, key.length);
  }

  /** Series that carry the pair, ascending. */
  postingsOf(pair: number): Postings {
    const count = this.#seriesCounts[pair] ?? 0;
    if (count === 1) return this.#firstSeries.slice(pair, pair + 1);
    this.#isShared[pair] = 1;
    return (this.#lists[pair] ?? NOTHING).subarray(0, count);
  }

  seriesCountOf(pair: number): number {
    return this.#seriesCounts[pair] ?? 0;
  }

  /** Whether the pair's bytes stand at `offset` of a key that ends at `end`. */
  equalsAt(pair: number, key: DataView, offset: number, end: number): boolean {
    const length = this.#lengths[pair] ?? 0;
    const address = this.#addresses[pair] ?? 0;
    if (length > end - offset) return false;
    return bytesEqual(this.#arena.viewAt(address), this.#arena.offsetOf(address), key, offset, length);
  }

  /** The pair whose key bytes are [from, until). */
  findBytes(key: Uint8Array, from: number, until: number): number | undefined {
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
    const hash = hashBytes(view, from, until);
    for (let slot = this.#index.first(hash); ; slot = this.#index.next(slot)) {
      const pair = this.#index.at(slot);
      if (pair === EMPTY) return undefined;
      if (pair === REMOVED || this.#hashes[pair] !== hash || this.#lengths[pair] !== until - from) continue;
      if (this.equalsAt(pair, view, from, until)) return pair;
    }
  }

  /** Adds a pair that `findBytes` does not find: its key bytes, which are copied, and its strings. */
  add(bytes: Uint8Array, name: string, value: string): number {
    const pair = this.#freePairs.pop() ?? this.#nameStrings.length;
    if (pair >= this.#room) this.#grow(pair);
    const address = this.#arena.allocate(bytes.length);
    this.#arena.bytesAt(address).set(bytes, this.#arena.offsetOf(address));
    this.#addresses[pair] = address;
    this.#lengths[pair] = bytes.length;
    this.#hashes[pair] = hashBytes(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
    this.#seriesCounts[pair] = 0;
    this.#nameStrings[pair] = this.#addToName(name, pair);
    this.#valueStrings[pair] = value;
    this.#lists[pair] = undefined;
    this.#index.add(pair);
    return pair;
  }

  addSeries(pair: number, series: number): void {
    const count = this.#seriesCounts[pair] ?? 0;
    this.#seriesCounts[pair] = count + 1;
    if (count === 0) {
      this.#deadPairs.delete(pair);
      this.#firstSeries[pair] = series;
      return;
    }
    const list = count === 1 ? this.#firstSeries.slice(pair, pair + 1) : (this.#lists[pair] ?? NOTHING);
    const isLast = (list[count - 1] ?? 0) < series;
    if (isLast && count < list.length) {
      list[count] = series;
      return;
    }
    const at = isLast ? count : firstAbove(list, count, series);
    if (count > 1 && count < list.length && this.#isShared[pair] === 0) {
      list.copyWithin(at + 1, at, count);
      list[at] = series;
      return;
    }
    const larger = new Uint32Array(count < list.length ? list.length : Math.ceil((count + 1) * 1.5));
    larger.set(list.subarray(0, at));
    larger[at] = series;
    larger.set(list.subarray(at, count), at + 1);
    this.#setList(pair, larger);
  }

  /** Takes series out of the pair's list. A pair without series goes with the next `sweep`. */
  removeSeries(pair: number, removed: Postings): void {
    const kept = subtract(this.postingsOf(pair), removed).slice();
    this.#seriesCounts[pair] = kept.length;
    this.#firstSeries[pair] = kept[0] ?? 0;
    this.#setList(pair, kept.length > 1 ? kept : undefined);
    if (kept.length === 0) this.#deadPairs.add(pair);
  }

  /** Forgets the pairs that no series carries. Nobody may add series meanwhile. */
  async sweep(slicer: Slicer): Promise<void> {
    const names = new Set<string>();
    for (const pair of this.#deadPairs) {
      if (slicer.shouldYield()) await slicer.yield();
      names.add(this.nameOf(pair));
      this.#index.remove(pair);
      this.#arena.release(this.#addresses[pair] ?? 0, this.#lengths[pair] ?? 0);
      this.#valueStrings[pair] = '';
      this.#freePairs.push(pair);
    }
    for (const name of names) {
      this.#sweepName(name);
      if (slicer.shouldYield()) await slicer.yield();
    }
    this.#deadPairs.clear();
  }

  #sweepName(name: string): void {
    const kept = this.pairsOf(name).filter((pair) => (this.#seriesCounts[pair] ?? 0) > 0);
    this.#listBytes -= this.#names.get(name)?.pairs.byteLength ?? 0;
    this.#names.delete(name);
    if (kept.length === 0) return;
    this.#names.set(name, { name, pairs: kept, count: kept.length });
    this.#listBytes += kept.byteLength;
  }

  #setList(pair: number, list: Uint32Array | undefined): void {
    this.#listBytes += (list?.byteLength ?? 0) - (this.#lists[pair]?.byteLength ?? 0);
    this.#lists[pair] = list;
    this.#isShared[pair] = 0;
  }

  /** Returns the one string that stands for the name. */
  #addToName(name: string, pair: number): string {
    let entry = this.#names.get(name);
    if (entry === undefined) {
      this.#names.set(name, (entry = { name, pairs: new Uint32Array(1), count: 0 }));
      this.#listBytes += 4;
    }
    if (entry.count === entry.pairs.length) {
      const size = Math.ceil((entry.count + 1) * 1.5);
      this.#listBytes += (size - entry.count) * 4;
      entry.pairs = resized(entry.pairs, size);
    }
    entry.pairs[entry.count++] = pair;
    return entry.name;
  }

  /** Makes room for an id, in those columns that have none; `#room` is what all have. */
  #grow(pair: number): void {
    const roomy = new RoomyColumns(pair);
    this.#hashes = roomy.of(this.#hashes, 0);
    this.#addresses = roomy.of(this.#addresses, 1);
    this.#lengths = roomy.of(this.#lengths, 2);
    this.#seriesCounts = roomy.of(this.#seriesCounts, 3);
    this.#isShared = roomy.of(this.#isShared, 4);
    this.#firstSeries = roomy.of(this.#firstSeries, 5);
    this.#room = roomy.length;
  }
}

/** Index of the first of `list[0, count)` that is above `id`; there is one. */
function firstAbove(list: Uint32Array, count: number, id: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) > id) high = middle;
    else low = middle + 1;
  }
  return low;
}

const NOTHING = new Uint32Array(0);
