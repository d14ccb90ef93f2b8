import type { FileReader, Files, Labels, Matcher, Slicer, TimeRange } from '@vedette/model';
import { HistogramEncoder } from '../chunk/histogram-encoder.ts';
import { corrupt } from '../chunk/varint.ts';
import { orUnavailable } from '../disk-error.ts';
import type { LastSample } from '../head/head.ts';
import { ChunkReader } from '../query/chunk-reader.ts';
import { matchSeries } from '../query/match.ts';
import { SampleBuffer } from '../query/sample-buffer.ts';
import type { Selection, Source } from '../query/source.ts';
import type { Tombstones } from '../query/tombstones.ts';
import {
  assertBlockHeader,
  BLOCK_HEADER_BYTES,
  BLOCK_TRAILER_BYTES,
  parseTable,
  SECTION_CHUNKS,
  SECTION_GROUPS,
  SECTION_META,
  SECTION_PAIRS,
  SECTION_POSTINGS,
  SECTION_SERIES,
  SECTION_STRINGS,
  tableBytesOf,
  type BlockMeta,
  type Extent,
  type Section,
} from './block-format.ts';
import { BlockIndex } from './block-index.ts';
import type { ByteCache, Sized } from './byte-cache.ts';
import { decompress } from './zstd.ts';

/** An open block file. Its index and chunk groups are loaded when needed and live in caches of the owner. */
export class Block {
  readonly path: string;
  /** The last part of the path: blocks never share it, not even over time. */
  readonly name: string;
  readonly meta: BlockMeta;
  readonly sizeBytes: number;
  readonly #reader: FileReader;
  readonly #sections: ReadonlyMap<number, Section>;

  private constructor(
    path: string,
    reader: FileReader,
    sections: ReadonlyMap<number, Section>,
    meta: BlockMeta,
  ) {
    this.path = path;
    this.name = path.slice(path.lastIndexOf('/') + 1);
    this.#reader = reader;
    this.#sections = sections;
    this.meta = meta;
    this.sizeBytes = reader.sizeBytes;
  }

  /** Reads header, trailer and meta. Throws VED_STORAGE_CORRUPT or VED_FORMAT_UNKNOWN. */
  static async open(files: Files, path: string): Promise<Block> {
    const reader = await files.openReader(path);
    try {
      if (reader.sizeBytes < BLOCK_HEADER_BYTES + BLOCK_TRAILER_BYTES)
        throw corrupt(`a block of ${reader.sizeBytes} bytes is too short`);
      assertBlockHeader(await reader.read(0, BLOCK_HEADER_BYTES), path);
      const trailerAt = reader.sizeBytes - BLOCK_TRAILER_BYTES;
      const trailer = await reader.read(trailerAt, BLOCK_TRAILER_BYTES);
      const tableBytes = tableBytesOf(trailer);
      if (tableBytes > trailerAt - BLOCK_HEADER_BYTES)
        throw corrupt(`a section table of ${tableBytes} bytes does not fit the file`);
      const table = await reader.read(trailerAt - tableBytes, tableBytes);
      const sections = parseTable(table, trailer);
      const meta = await readSection(reader, sections, SECTION_META);
      return new Block(path, reader, sections, JSON.parse(new TextDecoder().decode(meta)) as BlockMeta);
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  index(cache: ByteCache): Promise<BlockIndex> {
    return cache.get(`${this.path} index`, async () => {
      const section = (kind: number): Promise<Uint8Array> => readSection(this.#reader, this.#sections, kind);
      return new BlockIndex({
        strings: await section(SECTION_STRINGS),
        pairs: await section(SECTION_PAIRS),
        series: await section(SECTION_SERIES),
        postings: await section(SECTION_POSTINGS),
        chunks: await section(SECTION_CHUNKS),
        groups: await section(SECTION_GROUPS),
      });
    });
  }

  /** A decompressed chunk group. */
  async group(cache: ByteCache, index: BlockIndex, group: number): Promise<Uint8Array> {
    const loaded = await cache.get(`${this.path} group ${group}`, async (): Promise<Group> => {
      const bytes = await readExtent(this.#reader, index.groupExtent(group));
      return { bytes, sizeBytes: bytes.length };
    });
    return loaded.bytes;
  }

  async close(): Promise<void> {
    await this.#reader.close();
  }
}

interface Group extends Sized {
  readonly bytes: Uint8Array;
}

/** The newest sample of a series in a block; `undefined` when the block does not have the series. */
export async function findLastInBlock(
  block: Block,
  caches: BlockCaches,
  labels: Labels,
): Promise<LastSample | undefined> {
  const index = await block.index(caches.indexes);
  const series = index.findSeries(labels);
  if (series === undefined) return undefined;
  const chunk = index.endChunkOf(series) - 1;
  const bytes = await block.group(caches.groups, index, index.groupOf(chunk));
  const buffer = new SampleBuffer();
  const start = index.offsetOf(chunk);
  new ChunkReader().read(bytes, start, start + index.lengthOf(chunk), buffer);
  const { timestampsMs, values, staleFlags, histograms } = buffer.within(0, EVERYTHING);
  const last = values.length - 1;
  const timestampMs = timestampsMs[last] ?? 0;
  const histogram = histograms?.get(last);
  return {
    timestampMs,
    value: values[last] ?? 0,
    isStale: staleFlags?.[last] === 1,
    histogram: histogram && new HistogramEncoder().encodeOne(timestampMs, histogram),
  };
}

const EVERYTHING = { fromMs: -Infinity, untilMs: Infinity };

/** Where decoded parts of blocks are kept. */
export interface BlockCaches {
  readonly indexes: ByteCache;
  readonly groups: ByteCache;
}

export interface BlockSourceDeps {
  readonly caches: BlockCaches;
  readonly slicer: Slicer;
  /** Told of a block that cannot be read; the error goes on to whoever asked. */
  readonly onDamage: (block: Block, error: unknown) => void;
  /** What of the block is deleted; `undefined`, nearly always, is nothing. */
  readonly tombstones: Tombstones | undefined;
}

/** A block as a source of series. */
export class BlockSource implements Source {
  readonly #deps: BlockSourceDeps;
  readonly #block: Block;
  #index: BlockIndex | undefined;

  constructor(deps: BlockSourceDeps, block: Block) {
    this.#deps = deps;
    this.#block = block;
  }

  async index(): Promise<BlockIndex> {
    return (this.#index ??= await this.#guard(() => this.#block.index(this.#deps.caches.indexes)));
  }

  /** After `index`. */
  overlaps(series: number, range: TimeRange): boolean {
    const index = this.#index;
    if (index === undefined) return false;
    const end = index.endChunkOf(series);
    for (let chunk = index.firstChunkOf(series); chunk < end; chunk++)
      if (index.chunkOverlaps(chunk, range)) return true;
    return false;
  }

  /** After `index`. */
  isDeleted(series: number, range: TimeRange): boolean {
    const index = this.#index;
    const deleted = this.#deps.tombstones?.of(series) ?? [];
    if (index === undefined || deleted.length === 0) return false;
    const end = index.endChunkOf(series);
    for (let chunk = index.firstChunkOf(series); chunk < end; chunk++)
      if (index.chunkOverlaps(chunk, range) && !index.isChunkCovered(chunk, deleted)) return false;
    return true;
  }

  finish(): void {
    // Blocks do not change: nothing was held.
  }

  async select(matchers: readonly Matcher[], range: TimeRange): Promise<BlockSelection> {
    const index = await this.index();
    const ids = await matchSeries(index, matchers, this.#deps.slicer);
    const load = (group: number): Promise<Uint8Array> =>
      this.#guard(() => this.#block.group(this.#deps.caches.groups, index, group));
    const { tombstones } = this.#deps;
    const kept = ids.filter((series) => this.overlaps(series, range));
    return new BlockSelection({ index, load, tombstones }, kept);
  }

  async #guard<T>(read: () => Promise<T>): Promise<T> {
    try {
      return await orUnavailable('read stored samples', read);
    } catch (error) {
      this.#deps.onDamage(this.#block, error);
      throw error;
    }
  }
}

interface BlockSelectionDeps {
  readonly index: BlockIndex;
  readonly load: (group: number) => Promise<Uint8Array>;
  readonly tombstones: Tombstones | undefined;
}

export class BlockSelection implements Selection {
  readonly #index: BlockIndex;
  readonly #ids: Uint32Array;
  readonly #load: (group: number) => Promise<Uint8Array>;
  readonly #tombstones: Tombstones | undefined;
  readonly #reader = new ChunkReader();
  #groups = new Map<number, Uint8Array>();

  constructor(deps: BlockSelectionDeps, ids: Uint32Array) {
    this.#index = deps.index;
    this.#load = deps.load;
    this.#tombstones = deps.tombstones;
    this.#ids = ids;
  }

  get count(): number {
    return this.#ids.length;
  }

  labelsAt(position: number): Labels {
    return this.#index.labelsOf(this.#ids[position] ?? 0);
  }

  async prepare(from: number, until: number, range: TimeRange): Promise<void> {
    const groups = new Map<number, Uint8Array>();
    for (let position = from; position < until; position++) {
      const series = this.#ids[position] ?? 0;
      const deleted = this.#tombstones?.of(series) ?? [];
      const end = this.#index.endChunkOf(series);
      for (let chunk = this.#index.firstChunkOf(series); chunk < end; chunk++) {
        const group = this.#index.groupOf(chunk);
        if (groups.has(group) || !this.#isWanted(chunk, range, deleted)) continue;
        groups.set(group, this.#groups.get(group) ?? (await this.#load(group)));
      }
    }
    this.#groups = groups;
  }

  read(position: number, range: TimeRange, target: SampleBuffer): void {
    const firstSample = target.count;
    const deleted = this.visitChunks(position, range, (bytes, start, end) =>
      this.#reader.read(bytes, start, end, target, range.fromMs),
    );
    if (deleted.length > 0) target.drop(firstSample, deleted);
  }

  /** Shows the chunks that overlap the range, each as [start, end) of some bytes; returns which times of them are deleted. */
  visitChunks(
    position: number,
    range: TimeRange,
    visit: (bytes: Uint8Array, start: number, end: number) => void,
  ): readonly TimeRange[] {
    const series = this.#ids[position] ?? 0;
    const deleted = this.#tombstones?.of(series) ?? [];
    const endChunk = this.#index.endChunkOf(series);
    for (let chunk = this.#index.firstChunkOf(series); chunk < endChunk; chunk++) {
      if (!this.#isWanted(chunk, range, deleted)) continue;
      const bytes = this.#groups.get(this.#index.groupOf(chunk));
      if (bytes === undefined) throw corrupt('a chunk group was not loaded');
      const start = this.#index.offsetOf(chunk);
      visit(bytes, start, start + this.#index.lengthOf(chunk));
    }
    return deleted;
  }

  #isWanted(chunk: number, range: TimeRange, deleted: readonly TimeRange[]): boolean {
    if (!this.#index.chunkOverlaps(chunk, range)) return false;
    return deleted.length === 0 || !this.#index.isChunkCovered(chunk, deleted);
  }
}

async function readSection(
  reader: FileReader,
  sections: ReadonlyMap<number, Section>,
  kind: number,
): Promise<Uint8Array> {
  const section = sections.get(kind);
  if (section === undefined) throw corrupt(`section ${kind} is missing`);
  return await readExtent(reader, section);
}

async function readExtent(reader: FileReader, extent: Extent): Promise<Uint8Array> {
  const end = extent.offset + extent.storedBytes;
  if (!(end <= reader.sizeBytes))
    throw corrupt(`the file has ${reader.sizeBytes} bytes, want at least ${end}: a part of it is missing`);
  return decompress(await reader.read(extent.offset, extent.storedBytes), extent);
}
