import type { Slicer } from '@vedette/model';

/**
 * Sets of series as sorted lists without repetition. Ids are numbers of one index (head or a block) and
 * mean nothing outside it.
 */
export type Postings = Uint32Array;

/** Ids in both lists. The shorter one leads; in the longer one the search gallops. */
export function intersect(a: Postings, b: Postings): Postings {
  const [short, long] = a.length <= b.length ? [a, b] : [b, a];
  const result = new Uint32Array(short.length);
  let count = 0;
  let at = 0;
  for (const id of short) {
    at = gallop(long, at, id);
    if (at === long.length) break;
    if (long[at] === id) result[count++] = id;
  }
  return result.subarray(0, count);
}

/** Ids of `a` that are not in `b`. */
export function subtract(a: Postings, b: Postings): Postings {
  const result = new Uint32Array(a.length);
  let count = 0;
  let at = 0;
  for (const id of a) {
    at = gallop(b, at, id);
    if (b[at] !== id) result[count++] = id;
  }
  return result.subarray(0, count);
}

/** Ids between two questions of the slicer: 10 to 40 µs. */
const PIECE_IDS = 4096;

/** What `operate` makes of the list, of a long one piece by piece: it must keep the order, and ids apart. */
export async function inPieces(
  list: Postings,
  operate: (piece: Postings) => Postings,
  slicer: Slicer,
): Promise<Postings> {
  if (list.length <= PIECE_IDS) return operate(list);
  const result = new Uint32Array(list.length);
  let count = 0;
  for (let from = 0; from < list.length; from += PIECE_IDS) {
    const piece = operate(list.subarray(from, from + PIECE_IDS));
    result.set(piece, count);
    count += piece.length;
    if (slicer.shouldYield()) await slicer.yield();
  }
  return result.subarray(0, count);
}

/** Ids of any of the lists; a bitmap over all ids below `idCount` sorts and merges in one. */
export async function unite(lists: readonly Postings[], idCount: number, slicer: Slicer): Promise<Postings> {
  if (lists.length === 1 && lists[0] !== undefined) return lists[0];
  const bits = new Uint32Array((idCount + 31) >>> 5);
  let count = 0;
  let seen = 0;
  for (const list of lists) {
    for (let from = 0; from < list.length; from += PIECE_IDS) {
      const until = Math.min(list.length, from + PIECE_IDS);
      count += addBits(bits, list, from, until);
      seen += until - from + 1;
      if (seen < PIECE_IDS) continue;
      seen = 0;
      if (slicer.shouldYield()) await slicer.yield();
    }
  }
  return await idsOfBits(bits, count, slicer);
}

/** Returns how many of them are new. */
function addBits(bits: Uint32Array, list: Postings, from: number, until: number): number {
  let count = 0;
  for (let i = from; i < until; i++) {
    const id = list[i] ?? 0;
    const word = bits[id >>> 5] ?? 0;
    const bit = 1 << (id & 31);
    if ((word & bit) !== 0) continue;
    bits[id >>> 5] = word | bit;
    count++;
  }
  return count;
}

async function idsOfBits(bits: Uint32Array, count: number, slicer: Slicer): Promise<Postings> {
  const result = new Uint32Array(count);
  let next = 0;
  for (let i = 0; i < bits.length; i++) {
    if ((i & 127) === 127 && slicer.shouldYield()) await slicer.yield();
    let word = bits[i] ?? 0;
    while (word !== 0) {
      const lowest = 31 - Math.clz32(word & -word);
      result[next++] = i * 32 + lowest;
      word &= word - 1;
    }
  }
  return result;
}

/** First index from `from` on whose id is at least `id`: steps that double, then a binary search. */
function gallop(list: Postings, from: number, id: number): number {
  let step = 1;
  let low = from;
  while (low + step < list.length && (list[low + step] ?? 0) < id) {
    low += step;
    step *= 2;
  }
  let high = Math.min(list.length, low + step + 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] ?? 0) < id) low = middle + 1;
    else high = middle;
  }
  return low;
}
