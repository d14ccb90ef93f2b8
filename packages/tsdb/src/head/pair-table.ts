import { bug, labelsFromSorted, seriesKeyOf, type Slicer } from '@vedette/model';
import { inPieces, subtract, type Postings } from '../query/postings.ts';
import { HashIndex, EMPTY, REMOVED } from './hash-index.ts';
import { resized, roomyLength, RoomyColumns } from './growable.ts';
import { bytesEqual, hashBytes } from './key-hash.ts';
import { PagedList } from './paged-list.ts';
import type { SlabArena } from './slab-arena.ts';
import { endOfPart, startOfText, textOf } from './key-text.ts';

/** A label name and the ids of its pairs, in no order: `pairs[0, count)`. */
interface NameEntry {
  readonly name: string;
  pairs: Uint32Array<ArrayBuffer>;
  count: number;
}

/** Names that are told by their bytes: a head has some hundred. A power of two. */
const NAME_GUESSES = 256;

/** What a value's text takes, roughly. */
const TEXT_BYTES = 50;

/**
 * The label pairs (name and value) of the head: each is held once, as the very bytes it has in a series
 * key, and with the list of series that carry it. A series key is the bytes of its pairs in a row, so keys
 * themselves are not stored. The text of a value is made when somebody asks: of a flood of new series hardly any is,
 * and a million strings that live on cost the collector more than all else that a new series costs.
 *
 * A pair lives while a series carries it. Lists handed out are never changed below their length: an id
 * that does not belong at the end makes a new list then, and moves the rest of a list that nobody has.
 */
export class PairTable {
  readonly #arena: SlabArena;
  readonly #index = new HashIndex((pair) => this.#hashes[pair] ?? 0);
  readonly #names = new Map<string, NameEntry>();
  /** Names by a few bits of the hash of their bytes; empty where a name was swept. */
  readonly #nameGuesses = Array.from<NameEntry | undefined>({ length: NAME_GUESSES });
  #hashes = new Uint32Array(0);
  #addresses = new Uint32Array(0);
  #lengths = new Uint32Array(0);
  #seriesCounts = new Uint32Array(0);
  /** The only series of a pair; most values of ids, paths and pods have one. Of a free pair, the next free one + 1. */
  #firstSeries = new Uint32Array(0);
  /** Ids below have room in every column. */
  #room = 0;
  readonly #lists = new PagedList<Uint32Array>();
  /** 1 when the list was handed out. */
  #isShared = new Uint8Array(0);
  readonly #nameTexts = new PagedList<string>();
  /** Those that were asked for. */
  readonly #valueTexts = new PagedList<string>();
  #idCount = 0;
  #textCount = 0;
  #freeCount = 0;
  /** The pair to be given next, plus 1; 0 is none. */
  #nextFree = 0;
  /** Pairs that lost their last series and await `sweep`. */
  readonly #deadPairs = new Set<number>();
  #listBytes = 0;

  constructor(arena: SlabArena) {
    this.#arena = arena;
  }

  /** All pair ids are below; some of them may be free. */
  get idCount(): number {
    return this.#idCount;
  }

  get pairCount(): number {
    return this.#idCount - this.#freeCount;
  }

  /** Estimate of what lies outside the arena: columns, lists and strings. */
  get sizeBytes(): number {
    const pages = this.#lists.sizeBytes + this.#nameTexts.sizeBytes + this.#valueTexts.sizeBytes;
    const texts = this.#textCount * TEXT_BYTES;
    return this.#index.sizeBytes + this.#idCount * 21 + this.#listBytes + pages + texts;
  }

  nameOf(pair: number): string {
    return this.#nameTexts.get(pair) ?? bug(`no label pair ${pair}`);
  }

  valueOf(pair: number): string {
    return this.#valueTexts.get(pair) ?? this.#decodeValue(pair);
  }

  #decodeValue(pair: number): string {
    if (!(pair < this.#idCount)) bug(`no label pair ${pair}`);
    const address = this.#addresses[pair] ?? 0;
    // Swept while a reader walked over a list that it was handed before.
    if (address === 0) return '';
    const view = this.#arena.viewAt(address);
    const from = this.#arena.offsetOf(address);
    const value = textOf(view, startOfText(view, endOfPart(view, from)), from + this.lengthOf(pair));
    this.#valueTexts.set(pair, value);
    this.#textCount++;
    return value;
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
    return this.findBytes(new DataView(key.buffer, key.byteOffset, key.byteLength), 0, key.length);
  }

  /** Series that carry the pair, ascending. */
  postingsOf(pair: number): Postings {
    const count = this.#seriesCounts[pair] ?? 0;
    if (count === 1) return this.#firstSeries.slice(pair, pair + 1);
    this.#isShared[pair] = 1;
    return (this.#lists.get(pair) ?? NOTHING).subarray(0, count);
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
  findBytes(key: DataView, from: number, until: number): number | undefined {
    const hash = hashBytes(key, from, until);
    for (let slot = this.#index.first(hash); ; slot = this.#index.next(slot)) {
      const pair = this.#index.at(slot);
      if (pair === EMPTY) return undefined;
      if (pair === REMOVED || this.#hashes[pair] !== hash || this.#lengths[pair] !== until - from) continue;
      if (this.equalsAt(pair, key, from, until)) return pair;
    }
  }

  /** Adds a pair that `findBytes` does not find: its key bytes, [from, until), which are copied. */
  add(key: DataView, from: number, until: number): number {
    const pair = this.#takeId();
    if (pair >= this.#room) this.#grow(pair);
    const address = this.#arena.allocate(until - from);
    const bytes = new Uint8Array(key.buffer, key.byteOffset + from, until - from);
    this.#arena.bytesAt(address).set(bytes, this.#arena.offsetOf(address));
    this.#addresses[pair] = address;
    this.#lengths[pair] = until - from;
    this.#hashes[pair] = hashBytes(key, from, until);
    this.#seriesCounts[pair] = 0;
    this.#nameTexts.set(pair, this.#addToName(this.#entryOf(key, from), pair));
    this.#index.add(pair);
    return pair;
  }

  #takeId(): number {
    if (this.#nextFree === 0) return this.#idCount++;
    const pair = this.#nextFree - 1;
    this.#nextFree = this.#firstSeries[pair] ?? 0;
    this.#freeCount--;
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
    const list = count === 1 ? this.#firstSeries.slice(pair, pair + 1) : (this.#lists.get(pair) ?? NOTHING);
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
    const larger = new Uint32Array(count < list.length ? list.length : roomyLength(count));
    larger.set(list.subarray(0, at));
    larger[at] = series;
    larger.set(list.subarray(at, count), at + 1);
    this.#setList(pair, larger);
  }

  /** Takes series out of the pair's list, some of which carry it. A pair without series goes with the next `sweep`. */
  async removeSeries(pair: number, removed: Postings, slicer: Slicer): Promise<void> {
    // The only series is one of them.
    const kept = this.seriesCountOf(pair) === 1 ? NOTHING : await this.#without(pair, removed, slicer);
    this.#seriesCounts[pair] = kept.length;
    this.#firstSeries[pair] = kept[0] ?? 0;
    this.#setList(pair, kept.length > 1 ? kept : undefined);
    if (kept.length === 0) this.#deadPairs.add(pair);
  }

  async #without(pair: number, removed: Postings, slicer: Slicer): Promise<Uint32Array<ArrayBuffer>> {
    const kept = await inPieces(this.postingsOf(pair), (piece) => subtract(piece, removed), slicer);
    return kept.slice();
  }

  /** Forgets the pairs that no series carries. Nobody may add series meanwhile. */
  async sweep(slicer: Slicer): Promise<void> {
    const names = new Set<string>();
    for (const pair of this.#deadPairs) {
      if (slicer.shouldYield()) await slicer.yield();
      names.add(this.nameOf(pair));
      this.#index.remove(pair);
      this.#arena.release(this.#addresses[pair] ?? 0, this.#lengths[pair] ?? 0);
      this.#addresses[pair] = 0;
      if (this.#valueTexts.get(pair) !== undefined) {
        this.#valueTexts.set(pair, undefined);
        this.#textCount--;
      }
      this.#firstSeries[pair] = this.#nextFree;
      this.#nextFree = pair + 1;
      this.#freeCount++;
    }
    this.#nameGuesses.fill(undefined);
    for (const name of names) {
      await this.#sweepName(name, slicer);
      if (slicer.shouldYield()) await slicer.yield();
    }
    this.#deadPairs.clear();
  }

  async #sweepName(name: string, slicer: Slicer): Promise<void> {
    const isAlive = (pair: number): boolean => (this.#seriesCounts[pair] ?? 0) > 0;
    const alive = await inPieces(this.pairsOf(name), (piece) => piece.filter(isAlive), slicer);
    const kept = alive.slice();
    this.#listBytes -= this.#names.get(name)?.pairs.byteLength ?? 0;
    this.#names.delete(name);
    if (kept.length === 0) return;
    this.#names.set(name, { name, pairs: kept, count: kept.length });
    this.#listBytes += kept.byteLength;
  }

  #setList(pair: number, list: Uint32Array | undefined): void {
    this.#listBytes += (list?.byteLength ?? 0) - (this.#lists.get(pair)?.byteLength ?? 0);
    if (list !== undefined || this.#lists.get(pair) !== undefined) this.#lists.set(pair, list);
    this.#isShared[pair] = 0;
  }

  /** The entry of the name that begins at `from` of a key; new ones have no pair yet. */
  #entryOf(key: DataView, from: number): NameEntry {
    const end = endOfPart(key, from);
    const guess = hashBytes(key, from, end) % NAME_GUESSES;
    const guessed = this.#nameGuesses[guess];
    if (guessed !== undefined && this.#hasName(guessed, key, from, end)) return guessed;
    const name = textOf(key, startOfText(key, from), end);
    let entry = this.#names.get(name);
    if (entry === undefined) {
      this.#names.set(name, (entry = { name, pairs: new Uint32Array(1), count: 0 }));
      this.#listBytes += 4;
    }
    return (this.#nameGuesses[guess] = entry);
  }

  /** Whether [from, end) of a key are the bytes of the name, its length among them: each of its pairs begins with them. */
  #hasName(entry: NameEntry, key: DataView, from: number, end: number): boolean {
    const address = this.#addresses[entry.pairs[0] ?? 0] ?? 0;
    if ((this.#lengths[entry.pairs[0] ?? 0] ?? 0) < end - from) return false;
    return bytesEqual(this.#arena.viewAt(address), this.#arena.offsetOf(address), key, from, end - from);
  }

  /** Returns the one string that stands for the name. */
  #addToName(entry: NameEntry, pair: number): string {
    if (entry.count === entry.pairs.length) {
      const size = roomyLength(entry.count);
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
