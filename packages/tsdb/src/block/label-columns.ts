import { compareUtf8, type Labels, type Slicer, sortSliced } from '@vedette/model';
import { EMPTY, HashIndex } from '../head/hash-index.ts';
import { SECTION_PAIRS, SECTION_POSTINGS, SECTION_SERIES, SECTION_STRINGS } from './block-format.ts';
import { NumberColumn } from './number-column.ts';
import { concat } from './section-bytes.ts';

/** Maps of texts: one of a million is built anew for 50 ms when it grows. */
const SHARDS = 64;

/**
 * The labels of a block's series while it is written, and the sections that its file has of them.
 *
 * 1. Texts and pairs get numbers in the order of their coming; a series is the numbers of its pairs.
 * 2. At the end the texts are sorted, which gives each its final number, and the pairs by the numbers of their value,
 *    then of their name: both are small whole numbers, so counting sorts them.
 * 3. Whatever goes over all labels asks the slicer: of a million series they are six million.
 */
export class LabelColumns {
  readonly #shards = Array.from({ length: SHARDS }, () => new Map<string, number>());
  #textCount = 0;
  /** By the number of a pair, those of its texts. */
  readonly #names = new NumberColumn();
  readonly #values = new NumberColumn();
  readonly #pairs = new HashIndex((pair) => pairHash(this.#names.at(pair), this.#values.at(pair)));
  readonly #seriesPairs = new NumberColumn();
  readonly #seriesEnds = new NumberColumn();

  get seriesCount(): number {
    return this.#seriesEnds.length;
  }

  /** The next series, in the order of label sets. */
  add(labels: Labels): void {
    for (let i = 0; i < labels.length; i += 2) {
      const name = this.#numberOf(labels[i] ?? '');
      this.#seriesPairs.push(this.#pairOf(name, this.#numberOf(labels[i + 1] ?? '')));
    }
    this.#seriesEnds.push(this.#seriesPairs.length);
  }

  /** Strings, pairs, series and postings, under their final numbers. */
  async *sections(slicer: Slicer): AsyncGenerator<{ readonly kind: number; readonly raw: Uint8Array }> {
    const sorted = await this.#sortedTexts(slicer);
    const ranks = new Uint32Array(sorted.length);
    for (const [rank, text] of sorted.entries()) {
      ranks[this.#numberOf(text)] = rank;
      if ((rank & 255) === 0 && slicer.shouldYield()) await slicer.yield();
    }
    yield { kind: SECTION_STRINGS, raw: await stringSection(sorted, slicer) };

    const rankOf = (text: number): number => ranks[text] ?? 0;
    const names = await this.#names.words(slicer, rankOf);
    const values = await this.#values.words(slicer, rankOf);
    const inComing = await this.#names.words(slicer, counter());
    const byValue = await sortedByCount(inComing, { keys: values, keyCount: sorted.length }, slicer);
    const order = await sortedByCount(byValue, { keys: names, keyCount: sorted.length }, slicer);
    const final = new Uint32Array(order.length);
    const columns = [new Uint32Array(order.length), new Uint32Array(order.length)] as const;
    for (const [rank, pair] of order.entries()) {
      final[pair] = rank;
      columns[0][rank] = names[pair] ?? 0;
      columns[1][rank] = values[pair] ?? 0;
      if ((rank & 1023) === 0 && slicer.shouldYield()) await slicer.yield();
    }
    yield { kind: SECTION_PAIRS, raw: await concat([Uint32Array.of(order.length), ...columns], slicer) };

    const pairs = await this.#seriesPairs.words(slicer, (pair) => final[pair] ?? 0);
    const ends = await this.#seriesEnds.words(slicer);
    yield { kind: SECTION_SERIES, raw: await concat([Uint32Array.of(ends.length), ends, pairs], slicer) };
    yield { kind: SECTION_POSTINGS, raw: await postingSection({ ends, pairs }, order.length, slicer) };
  }

  #numberOf(text: string): number {
    const shard = this.#shards[shardOf(text)];
    let number = shard?.get(text);
    if (number === undefined) shard?.set(text, (number = this.#textCount++));
    return number ?? 0;
  }

  #pairOf(name: number, value: number): number {
    for (let slot = this.#pairs.first(pairHash(name, value)); ; slot = this.#pairs.next(slot)) {
      const pair = this.#pairs.at(slot);
      if (pair === EMPTY) break;
      if (this.#names.at(pair) === name && this.#values.at(pair) === value) return pair;
    }
    const pair = this.#names.length;
    this.#names.push(name);
    this.#values.push(value);
    this.#pairs.add(pair);
    return pair;
  }

  async #sortedTexts(slicer: Slicer): Promise<string[]> {
    const texts: string[] = [];
    for (const shard of this.#shards)
      for (const text of shard.keys()) {
        texts.push(text);
        if ((texts.length & 1023) === 0 && slicer.shouldYield()) await slicer.yield();
      }
    await sortSliced(texts, compareUtf8, slicer);
    return texts;
  }
}

/** A few letters from here and there: numbered texts differ at the end, paths in the middle. */
function shardOf(text: string): number {
  const { length } = text;
  if (length === 0) return 0;
  const near = text.charCodeAt(length - 1) + 31 * text.charCodeAt(Math.max(0, length - 2));
  return (near + 7 * text.charCodeAt(length >>> 1) + 17 * text.charCodeAt(0) + length) % SHARDS;
}

function pairHash(name: number, value: number): number {
  let hash = Math.imul(name, 0x9e3779b1) ^ Math.imul(value, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** 0, 1, 2, … whatever is asked. */
function counter(): () => number {
  let next = 0;
  return () => next++;
}

/** The ids in the order of their keys, which lie below `keyCount`; equal ones stay as they are. */
async function sortedByCount(
  ids: Uint32Array,
  { keys, keyCount }: { readonly keys: Uint32Array; readonly keyCount: number },
  slicer: Slicer,
): Promise<Uint32Array> {
  const nexts = await startsOf(keys, keyCount, slicer);
  const sorted = new Uint32Array(ids.length);
  for (const [i, id] of ids.entries()) {
    const key = keys[id] ?? 0;
    const at = nexts[key] ?? 0;
    sorted[at] = id;
    nexts[key] = at + 1;
    if ((i & 1023) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  return sorted;
}

/** By key, how many of the keys are smaller. */
async function startsOf(keys: Uint32Array, keyCount: number, slicer: Slicer): Promise<Uint32Array> {
  const starts = new Uint32Array(keyCount);
  for (const [i, key] of keys.entries()) {
    starts[key] = (starts[key] ?? 0) + 1;
    if ((i & 1023) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  let sum = 0;
  for (let key = 0; key < keyCount; key++) {
    const count = starts[key] ?? 0;
    starts[key] = sum;
    sum += count;
    if ((key & 1023) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  return starts;
}

async function stringSection(sorted: readonly string[], slicer: Slicer): Promise<Uint8Array> {
  const ends = new Uint32Array(sorted.length);
  let end = 0;
  for (const [i, text] of sorted.entries()) {
    ends[i] = end += Buffer.byteLength(text);
    if ((i & 255) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  const texts = Buffer.alloc(end);
  for (const [i, text] of sorted.entries()) {
    texts.write(text, i === 0 ? 0 : (ends[i - 1] ?? 0));
    if ((i & 255) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  return await concat([Uint32Array.of(ends.length), ends, texts], slicer);
}

/** Series come in ascending order, so each pair's list does. */
async function postingSection(
  series: { readonly ends: Uint32Array; readonly pairs: Uint32Array },
  pairCount: number,
  slicer: Slicer,
): Promise<Uint8Array> {
  const { ends: seriesEnds, pairs } = series;
  // What begins with a pair's list ends with its last series: where the next one's begins.
  const nexts = await startsOf(pairs, pairCount, slicer);
  const postings = new Uint32Array(pairs.length);
  let label = 0;
  for (const [one, end] of seriesEnds.entries()) {
    for (; label < end; label++) {
      const pair = pairs[label] ?? 0;
      const at = nexts[pair] ?? 0;
      postings[at] = one;
      nexts[pair] = at + 1;
    }
    if ((one & 255) === 0 && slicer.shouldYield()) await slicer.yield();
  }
  return await concat([nexts, postings], slicer);
}
