import {
  bug,
  labelsFromSorted,
  labelsOfSeriesKey,
  seriesKeyOf,
  type Labels,
  type Slicer,
} from '@vedette/model';
import type { Postings } from '../query/postings.ts';
import { EMPTY, HashIndex, REMOVED } from './hash-index.ts';
import { RoomyColumns } from './growable.ts';
import { bytesEqual, hashBytes } from './key-hash.ts';
import { compareNames, endOfPart, isPlainPair, startOfText, textOf } from './key-text.ts';
import { PairTable } from './pair-table.ts';
import { SlabArena } from './slab-arena.ts';

/**
 * Which series the head knows: from key bytes to a series id and back to labels.
 *
 * An id indexes the columns of the head. It lies below `idCount`, is given again after its series was
 * removed, and prefers to be new while others are read. Per series it costs about 30 bytes of columns and
 * hash slots and 4 bytes a label, twice (here and in the postings); label bytes and strings are shared
 * by all series that carry them.
 */
export class SeriesTable {
  readonly #arena = new SlabArena();
  readonly pairs = new PairTable(this.#arena);
  readonly #index = new HashIndex((series) => this.#hashes[series] ?? 0);
  #hashes = new Uint32Array(0);
  #keyLengths = new Uint32Array(0);
  /** Address of the series' pair ids in the arena, four bytes each. Of a free id, the next free one + 1. */
  #pairsAt = new Uint32Array(0);
  /** 0 is a free id. */
  #pairCounts = new Uint32Array(0);
  /** Which series was looked for after this one the last time. */
  #followers = new Uint32Array(0);
  /** The series that `find` found last. */
  #lastFound = 0;
  /** Ids below have room in every column. */
  #room = 0;
  #freeCount = 0;
  /** The id to be given next, plus 1; 0 is none. */
  #nextFree = 0;
  #idCount = 0;
  #version = 0;
  /** The series that came since version `#createdSince`, one for each version. */
  #created: number[] = [];
  #createdSince = 0;
  #tenure = {};
  /** Where each pair of the key ends that is being added, and its id, -1 for a new one. */
  readonly #keyPairEnds: number[] = [];
  readonly #keyPairs: number[] = [];

  /** Another object after series went: from then on an id may be another series'. */
  get tenure(): object {
    return this.#tenure;
  }

  /** Changes whenever a series comes or goes. */
  get version(): number {
    return this.#version;
  }

  /**
   * The series that came after the table had this version, if that is all that happened since; `undefined` when series
   * went, or when more came than are remembered.
   */
  createdSince(version: number): readonly number[] | undefined {
    return version < this.#createdSince ? undefined : this.#created.slice(version - this.#createdSince);
  }

  /** Series in the table. */
  get count(): number {
    return this.#idCount - this.#freeCount;
  }

  /** All ids are below. */
  get idCount(): number {
    return this.#idCount;
  }

  get sizeBytes(): number {
    const columnBytes = this.#idCount * 20;
    return columnBytes + this.#index.sizeBytes + this.#arena.reservedBytes + this.pairs.sizeBytes;
  }

  has(series: number): boolean {
    return (this.#pairCounts[series] ?? 0) > 0;
  }

  /** All series ids, ascending. */
  ids(): Uint32Array {
    const ids = new Uint32Array(this.count);
    let next = 0;
    for (let id = 0; id < this.#idCount; id++) if (this.has(id)) ids[next++] = id;
    return ids;
  }

  /** Bytes of the key. */
  keyLengthOf(series: number): number {
    return this.#keyLengths[series] ?? 0;
  }

  /** The series whose key is the bytes [from, until) of `keys`; -1 when there is none. */
  find(keys: DataView, from: number, until: number): number {
    // Senders and targets repeat the order of their series: a right guess costs the comparison alone.
    const guess = this.#followers[this.#lastFound] ?? 0;
    if (this.#keyLengths[guess] === until - from && this.#hasKey(guess, keys, from, until))
      return (this.#lastFound = guess);
    const series = this.#findByHash(keys, from, until);
    if (series < 0) return -1;
    this.#followers[this.#lastFound] = series;
    return (this.#lastFound = series);
  }

  #findByHash(keys: DataView, from: number, until: number): number {
    const hash = hashBytes(keys, from, until);
    for (let slot = this.#index.first(hash); ; slot = this.#index.next(slot)) {
      const series = this.#index.at(slot);
      if (series === EMPTY) return -1;
      if (series === REMOVED || this.#hashes[series] !== hash || this.#keyLengths[series] !== until - from)
        continue;
      if (this.#hasKey(series, keys, from, until)) return series;
    }
  }

  /** Adds a series that `find` did not find. A key that is not what `seriesKeyOf` makes is a bug. */
  create(key: Uint8Array): number {
    const view = viewOf(key);
    const count = this.#readPairs(key, view);
    const series = this.#takeId();
    if (series >= this.#room) this.#grow(series);
    const pairsAt = this.#arena.allocate(count * 4);
    this.#hashes[series] = hashBytes(view, 0, key.length);
    this.#keyLengths[series] = key.length;
    this.#pairsAt[series] = pairsAt;
    this.#pairCounts[series] = count;
    const at = this.#arena.offsetOf(pairsAt);
    const target = this.#arena.viewAt(pairsAt);
    for (let i = 0, from = 0; i < count; i++) {
      const end = this.#keyPairEnds[i] ?? 0;
      const known = this.#keyPairs[i] ?? -1;
      const pair = known >= 0 ? known : this.pairs.add(view, from, end);
      target.setUint32(at + i * 4, pair, true);
      this.pairs.addSeries(pair, series);
      from = end;
    }
    this.#index.add(series);
    this.#version++;
    this.#created.push(series);
    if (this.#created.length >= 2 * CREATED_MAX) {
      this.#created.splice(0, CREATED_MAX);
      this.#createdSince += CREATED_MAX;
    }
    return series;
  }

  /**
   * Notes the pairs of a key, which is checked to be the one and only key of its labels; returns how many there are.
   * Known pairs were checked when they came, so that of most keys a single pair is looked at letter by letter.
   */
  #readPairs(key: Uint8Array, view: DataView): number {
    if (key.length === 0) bug('a series has at least one label; got an empty series key');
    let count = 0;
    let previous = -1;
    for (let from = 0, end: number; from < key.length; from = end) {
      end = endOfPair(key, from);
      const known = this.pairs.findBytes(view, from, end) ?? -1;
      if (known < 0 && !isPlainPair(view, from, end)) assertCanonical(key.subarray(from, end));
      if (previous >= 0 && compareNames(view, previous, from) >= 0)
        bug(`labels must be sorted; got "${nameAt(view, from)}" after "${nameAt(view, previous)}"`);
      this.#keyPairs[count] = known;
      this.#keyPairEnds[count++] = end;
      previous = from;
    }
    return count;
  }

  #takeId(): number {
    if (this.#nextFree === 0) return this.#idCount++;
    const series = this.#nextFree - 1;
    this.#nextFree = this.#pairsAt[series] ?? 0;
    this.#freeCount--;
    return series;
  }

  /**
   * Removes series, given in ascending order, in slices: nobody may create or find series until it resolves.
   * Readers may look up others meanwhile, and find some of these under one label and not under another, so none
   * of these may have a sample that they see. Ids are given again from then on.
   */
  async remove(removed: Postings, slicer: Slicer): Promise<void> {
    if (removed.length === 0) return;
    this.#version++;
    this.#created = [];
    this.#createdSince = this.#version;
    this.#tenure = {};
    const pairs = new Set<number>();
    for (const series of removed) {
      if (slicer.shouldYield()) await slicer.yield();
      for (let i = 0; i < (this.#pairCounts[series] ?? 0); i++) pairs.add(this.#pairAt(series, i));
      this.#index.remove(series);
      this.#arena.release(this.#pairsAt[series] ?? 0, (this.#pairCounts[series] ?? 0) * 4);
      this.#pairCounts[series] = 0;
      this.#pairsAt[series] = this.#nextFree;
      this.#nextFree = series + 1;
      this.#freeCount++;
    }
    for (const pair of pairs) {
      await this.pairs.removeSeries(pair, removed, slicer);
      if (slicer.shouldYield()) await slicer.yield();
    }
    await this.pairs.sweep(slicer);
    // A selection made while the slices ran may hold some of them, and their ids are given again.
    this.#version++;
    this.#created = [];
    this.#createdSince = this.#version;
  }

  /** The label set, made of strings that all series share. */
  labelsOf(series: number): Labels {
    const parts: string[] = [];
    for (let i = 0; i < (this.#pairCounts[series] ?? 0); i++) {
      const pair = this.#pairAt(series, i);
      parts.push(this.pairs.nameOf(pair), this.pairs.valueOf(pair));
    }
    return labelsFromSorted(parts);
  }

  /** The value of one label; empty when the series does not have it. */
  labelValueOf(series: number, name: string): string {
    for (let i = 0; i < (this.#pairCounts[series] ?? 0); i++) {
      const pair = this.#pairAt(series, i);
      if (this.pairs.nameOf(pair) === name) return this.pairs.valueOf(pair);
    }
    return '';
  }

  /** Adds one to the count of each label pair that the series carries; `counts` is by pair id. */
  countPairs(series: number, counts: Uint32Array): void {
    for (let i = 0; i < (this.#pairCounts[series] ?? 0); i++) {
      const pair = this.#pairAt(series, i);
      counts[pair] = (counts[pair] ?? 0) + 1;
    }
  }

  #pairAt(series: number, i: number): number {
    const address = this.#pairsAt[series] ?? 0;
    return this.#arena.viewAt(address).getUint32(this.#arena.offsetOf(address) + i * 4, true);
  }

  #hasKey(series: number, keys: DataView, from: number, until: number): boolean {
    let offset = from;
    for (let i = 0; i < (this.#pairCounts[series] ?? 0); i++) {
      const pair = this.#pairAt(series, i);
      if (!this.pairs.equalsAt(pair, keys, offset, until)) return false;
      offset += this.pairs.lengthOf(pair);
    }
    return offset === until;
  }

  /** Makes room for an id, in those columns that have none; `#room` is what all have. */
  #grow(series: number): void {
    const roomy = new RoomyColumns(series);
    this.#hashes = roomy.of(this.#hashes, 0);
    this.#keyLengths = roomy.of(this.#keyLengths, 1);
    this.#pairsAt = roomy.of(this.#pairsAt, 2);
    this.#pairCounts = roomy.of(this.#pairCounts, 3);
    this.#followers = roomy.of(this.#followers, 4);
    this.#room = roomy.length;
  }
}

// At least so many new series are remembered, for whoever looks whether they concern it: a deployment of some hundred
// pods. Looking takes about a microsecond each, so that more would cost what looking anew does.
const CREATED_MAX = 1024;

/** That the bytes of a pair are those that `seriesKeyOf` writes. */
function assertCanonical(bytes: Uint8Array): void {
  const wanted = seriesKeyOf(labelsOfSeriesKey(bytes));
  const isCanonical =
    wanted.length === bytes.length && bytesEqual(viewOf(wanted), 0, viewOf(bytes), 0, bytes.length);
  if (!isCanonical) bug('a series key must be the bytes of seriesKeyOf(labels); got others');
}

function nameAt(key: DataView, from: number): string {
  return textOf(key, startOfText(key, from), endOfPart(key, from));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Where the pair that starts at `offset` ends; a key that ends before is a bug. */
export function endOfPair(key: Uint8Array, offset: number): number {
  let at = offset;
  for (let part = 0; part < 2; part++) {
    let length = 0;
    let shift = 0;
    let byte: number;
    do {
      byte = key[at++] ?? 0;
      length += (byte & 0x7f) << shift;
      shift += 7;
    } while (byte >= 0x80);
    at += length;
  }
  if (!(at <= key.length)) bug(`series key ends inside a label; want ${at} bytes, got ${key.length}`);
  return at;
}
