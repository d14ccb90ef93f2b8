import { compareUtf8, labelsFromSorted, type Labels, type TimeRange } from '@vedette/model';
import { corrupt } from '../chunk/varint.ts';
import type { LabelIndex } from '../query/label-index.ts';
import { intersect, type Postings } from '../query/postings.ts';
import { isCovered } from '../query/tombstones.ts';
import type { Extent } from './block-format.ts';

/** The raw bytes of the index sections. */
export interface IndexSections {
  readonly strings: Uint8Array;
  readonly pairs: Uint8Array;
  readonly series: Uint8Array;
  readonly postings: Uint8Array;
  readonly chunks: Uint8Array;
  readonly groups: Uint8Array;
}

/**
 * The index of a block in memory: the sections as they stand in the file, read as typed arrays. Strings
 * are sorted by bytes and made when asked for; pairs are sorted by name and value; series by label set. So
 * the order of ids is the order of what they stand for.
 */
export class BlockIndex implements LabelIndex {
  readonly sizeBytes: number;
  readonly #stringBytes: Uint8Array;
  readonly #stringEnds: Uint32Array;
  readonly #strings: (string | undefined)[];
  readonly #pairNames: Uint32Array;
  readonly #pairValues: Uint32Array;
  readonly #seriesEnds: Uint32Array;
  readonly #seriesPairs: Uint32Array;
  readonly #postingEnds: Uint32Array;
  readonly #postings: Uint32Array;
  readonly #chunkEnds: Uint32Array;
  readonly #chunkGroups: Uint32Array;
  readonly #chunkOffsets: Uint32Array;
  readonly #chunkLengths: Uint32Array;
  readonly #chunkMinMs: Float64Array;
  readonly #chunkMaxMs: Float64Array;
  readonly #groupOffsets: Float64Array;
  /** Three numbers a group: stored bytes, raw bytes, CRC-32. */
  readonly #groupFacts: Uint32Array;

  constructor(sections: IndexSections) {
    const strings = new ArrayReader(sections.strings);
    this.#stringEnds = strings.words(strings.word());
    this.#stringBytes = strings.rest();
    this.#strings = Array.from<string | undefined>({ length: this.#stringEnds.length });
    const pairs = new ArrayReader(sections.pairs);
    const pairCount = pairs.word();
    this.#pairNames = pairs.words(pairCount);
    this.#pairValues = pairs.words(pairCount);
    const series = new ArrayReader(sections.series);
    this.#seriesEnds = series.words(series.word());
    this.#seriesPairs = series.words(this.#seriesEnds.at(-1) ?? 0);
    const postings = new ArrayReader(sections.postings);
    this.#postingEnds = postings.words(pairCount);
    this.#postings = postings.words(this.#postingEnds.at(-1) ?? 0);
    const chunks = new ArrayReader(sections.chunks);
    const chunkCount = chunks.word();
    this.#chunkEnds = chunks.words(this.#seriesEnds.length);
    this.#chunkGroups = chunks.words(chunkCount);
    this.#chunkOffsets = chunks.words(chunkCount);
    this.#chunkLengths = chunks.words(chunkCount);
    this.#chunkMinMs = chunks.doubles(chunkCount);
    this.#chunkMaxMs = chunks.doubles(chunkCount);
    const groups = new ArrayReader(sections.groups);
    const groupCount = groups.word();
    this.#groupFacts = groups.words(groupCount * 3);
    this.#groupOffsets = groups.doubles(groupCount);
    let sizeBytes = this.#stringEnds.length * 40;
    for (const section of Object.values(sections) as Uint8Array[]) sizeBytes += section.length;
    this.sizeBytes = sizeBytes;
  }

  get idCount(): number {
    return this.#seriesEnds.length;
  }

  allIds(): Postings {
    return Uint32Array.from({ length: this.idCount }, (_, i) => i);
  }

  names(): readonly string[] {
    const names: string[] = [];
    for (let pair = 0; pair < this.#pairNames.length; pair++)
      if (pair === 0 || this.#pairNames[pair] !== this.#pairNames[pair - 1])
        names.push(this.#stringAt(this.#pairNames[pair] ?? 0));
    return names;
  }

  pairsOf(name: string): Uint32Array {
    const id = this.#findString(name);
    if (id === undefined) return new Uint32Array(0);
    const from = firstAtLeast(this.#pairNames, id);
    return Uint32Array.from({ length: firstAtLeast(this.#pairNames, id + 1) - from }, (_, i) => from + i);
  }

  findPair(name: string, value: string): number | undefined {
    const nameId = this.#findString(name);
    const valueId = this.#findString(value);
    if (nameId === undefined || valueId === undefined) return undefined;
    const from = firstAtLeast(this.#pairNames, nameId);
    const values = this.#pairValues.subarray(from, firstAtLeast(this.#pairNames, nameId + 1));
    const at = firstAtLeast(values, valueId);
    return values[at] === valueId ? from + at : undefined;
  }

  valueOf(pair: number): string {
    return this.#stringAt(this.#pairValues[pair] ?? 0);
  }

  postingsOf(pair: number): Postings {
    return this.#postings.subarray(startOf(this.#postingEnds, pair), this.#postingEnds[pair]);
  }

  labelsOf(series: number): Labels {
    const parts: string[] = [];
    for (let i = startOf(this.#seriesEnds, series); i < (this.#seriesEnds[series] ?? 0); i++) {
      const pair = this.#seriesPairs[i] ?? 0;
      parts.push(this.#stringAt(this.#pairNames[pair] ?? 0), this.#stringAt(this.#pairValues[pair] ?? 0));
    }
    return labelsFromSorted(parts);
  }

  /** Whether one of the ranges includes the whole chunk. */
  isChunkCovered(chunk: number, ranges: readonly TimeRange[]): boolean {
    return isCovered(ranges, this.#chunkMinMs[chunk] ?? 0, this.#chunkMaxMs[chunk] ?? 0);
  }

  findSeries(labels: Labels): number | undefined {
    let found: Postings | undefined;
    for (let i = 0; i < labels.length; i += 2) {
      const pair = this.findPair(labels[i] ?? '', labels[i + 1] ?? '');
      if (pair === undefined) return undefined;
      const postings = this.postingsOf(pair);
      found = found === undefined ? postings : intersect(found, postings);
    }
    // Others may carry all these labels and more.
    return found?.find(
      (series) => (this.#seriesEnds[series] ?? 0) - startOf(this.#seriesEnds, series) === labels.length / 2,
    );
  }

  /** The chunks of a series have consecutive numbers, oldest first: [from, until). */
  firstChunkOf(series: number): number {
    return startOf(this.#chunkEnds, series);
  }

  endChunkOf(series: number): number {
    return this.#chunkEnds[series] ?? 0;
  }

  chunkOverlaps(chunk: number, range: { fromMs: number; untilMs: number }): boolean {
    return (this.#chunkMinMs[chunk] ?? 0) <= range.untilMs && (this.#chunkMaxMs[chunk] ?? 0) >= range.fromMs;
  }

  groupOf(chunk: number): number {
    return this.#chunkGroups[chunk] ?? 0;
  }

  /** Where the chunk stands in its decompressed group. */
  offsetOf(chunk: number): number {
    return this.#chunkOffsets[chunk] ?? 0;
  }

  lengthOf(chunk: number): number {
    return this.#chunkLengths[chunk] ?? 0;
  }

  groupExtent(group: number): Extent {
    return {
      offset: this.#groupOffsets[group] ?? 0,
      storedBytes: this.#groupFacts[group * 3] ?? 0,
      rawBytes: this.#groupFacts[group * 3 + 1] ?? 0,
      crc: this.#groupFacts[group * 3 + 2] ?? 0,
    };
  }

  #stringAt(id: number): string {
    const known = this.#strings[id];
    if (known !== undefined) return known;
    const bytes = this.#stringBytes.subarray(startOf(this.#stringEnds, id), this.#stringEnds[id]);
    return (this.#strings[id] = decoder.decode(bytes));
  }

  #findString(wanted: string): number | undefined {
    let low = 0;
    let high = this.#stringEnds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareUtf8(this.#stringAt(middle), wanted) < 0) low = middle + 1;
      else high = middle;
    }
    return low < this.#stringEnds.length && this.#stringAt(low) === wanted ? low : undefined;
  }
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Takes typed arrays out of a section, one behind the other; doubles start at a multiple of 8. */
class ArrayReader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    // Typed arrays need an aligned start, which a decompressed buffer from a pool may not have.
    this.#bytes = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  }

  word(): number {
    return this.words(1)[0] ?? 0;
  }

  words(count: number): Uint32Array {
    return new Uint32Array(this.#bytes.buffer, this.#take(count * 4), count);
  }

  doubles(count: number): Float64Array {
    this.#offset = (this.#offset + 7) & ~7;
    return new Float64Array(this.#bytes.buffer, this.#take(count * 8), count);
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#offset);
  }

  #take(lengthBytes: number): number {
    const start = this.#offset;
    this.#offset += lengthBytes;
    if (this.#offset > this.#bytes.length)
      throw corrupt(`an index section has ${this.#bytes.length} bytes, want ${this.#offset}`);
    return this.#bytes.byteOffset + start;
  }
}

function startOf(ends: Uint32Array, i: number): number {
  return i === 0 ? 0 : (ends[i - 1] ?? 0);
}

function firstAtLeast(sorted: Uint32Array, bound: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
