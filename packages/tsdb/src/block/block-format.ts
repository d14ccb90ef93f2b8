import { crc32 } from 'node:zlib';
import { FatalError } from '@vedette/model';
import { corrupt } from '../chunk/varint.ts';

/**
 * The frame of a block file: a header of 16 bytes, the chunk groups, the sections, a table of the sections and a
 * trailer of 16 bytes. Groups and sections are zstd frames with a CRC-32 each, so that a flipped bit is
 * found before anything is made of it. All numbers are little-endian. `docs/formats/block.md` has every byte.
 */
export const BLOCK_HEADER_BYTES = 16;
export const BLOCK_TRAILER_BYTES = 16;
const TABLE_ENTRY_BYTES = 24;
const MAGIC = 0x42444556; // "VEDB"
const TRAILER_MAGIC = 0x45444556; // "VEDE"
const VERSION = 1;

export const SECTION_META = 1;
export const SECTION_STRINGS = 2;
export const SECTION_PAIRS = 3;
export const SECTION_SERIES = 4;
export const SECTION_POSTINGS = 5;
export const SECTION_CHUNKS = 6;
export const SECTION_GROUPS = 7;

/** Where compressed bytes stand in the file, and what must come out of them. */
export interface Extent {
  readonly offset: number;
  readonly storedBytes: number;
  readonly rawBytes: number;
  /** CRC-32 of the stored bytes. */
  readonly crc: number;
}

export interface Section extends Extent {
  readonly kind: number;
}

/** What a block says of itself; the section is JSON. */
export interface BlockMeta {
  /** Numbers of the flushes that it holds, both inclusive; equal in a block that was not compacted. */
  readonly first: number;
  readonly last: number;
  /** 0 from the head; one more than its sources when compacted. */
  readonly level: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly seriesCount: number;
  readonly chunkCount: number;
  readonly sampleCount: number;
  /** Log segments below this number hold nothing that is not in this block or one before it. */
  readonly walFloor: number;
  /** Of the buckets that it holds, in a block of downsampled samples; `sampleCount` then counts these. */
  readonly resolutionMs?: number;
}

export function blockHeader(): Uint8Array {
  const bytes = new Uint8Array(BLOCK_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint32(12, crc32(bytes.subarray(0, 12)), true);
  return bytes;
}

export function assertBlockHeader(bytes: Uint8Array, path: string): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(0, true) !== MAGIC) throw corrupt('the file does not begin with VEDB');
  if (view.getUint32(12, true) !== crc32(bytes.subarray(0, 12)))
    throw corrupt('the checksum of the header is wrong');
  const version = view.getUint16(4, true);
  if (version === VERSION) return;
  throw new FatalError(
    'VED_FORMAT_UNKNOWN',
    `cannot read block "${path}": got version ${version}, want ${VERSION}; run the version of Vedette that wrote it, or move the file away to start without what it holds`,
  );
}

/** The table of the sections and the trailer, as they end the file. */
export function tableAndTrailer(sections: readonly Section[]): Uint8Array {
  const tableBytes = sections.length * TABLE_ENTRY_BYTES;
  const bytes = new Uint8Array(tableBytes + BLOCK_TRAILER_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, section] of sections.entries()) {
    const at = i * TABLE_ENTRY_BYTES;
    view.setFloat64(at, section.offset, true);
    view.setUint32(at + 8, section.storedBytes, true);
    view.setUint32(at + 12, section.rawBytes, true);
    view.setUint32(at + 16, section.crc, true);
    view.setUint32(at + 20, section.kind, true);
  }
  view.setUint32(tableBytes, sections.length, true);
  view.setUint32(tableBytes + 4, crc32(bytes.subarray(0, tableBytes)), true);
  view.setUint32(tableBytes + 8, TRAILER_MAGIC, true);
  view.setUint32(tableBytes + 12, crc32(bytes.subarray(tableBytes, tableBytes + 12)), true);
  return bytes;
}

/** Bytes of the table in front of a trailer. */
export function tableBytesOf(trailer: Uint8Array): number {
  const view = new DataView(trailer.buffer, trailer.byteOffset);
  if (view.getUint32(8, true) !== TRAILER_MAGIC) throw corrupt('the file does not end with a trailer');
  if (view.getUint32(12, true) !== crc32(trailer.subarray(0, 12)))
    throw corrupt('the checksum of the trailer is wrong');
  return view.getUint32(0, true) * TABLE_ENTRY_BYTES;
}

export function parseTable(table: Uint8Array, trailer: Uint8Array): Map<number, Section> {
  const wanted = new DataView(trailer.buffer, trailer.byteOffset).getUint32(4, true);
  if (crc32(table) !== wanted) throw corrupt('the checksum of the section table is wrong');
  const view = new DataView(table.buffer, table.byteOffset);
  const sections = new Map<number, Section>();
  for (let at = 0; at < table.length; at += TABLE_ENTRY_BYTES) {
    const kind = view.getUint32(at + 20, true);
    sections.set(kind, {
      kind,
      offset: view.getFloat64(at, true),
      storedBytes: view.getUint32(at + 8, true),
      rawBytes: view.getUint32(at + 12, true),
      crc: view.getUint32(at + 16, true),
    });
  }
  return sections;
}

/** What the name of a block says. */
export interface BlockRange {
  readonly first: number;
  readonly last: number;
  /**
   * How often the block was written anew without what was deleted, 0 when absent. It replaces those of the same
   * range with a lower one.
   */
  readonly revision?: number;
}

/**
 * `00000012-00000023.block`, `00000012-00000023-1.block`: sorted by name is sorted by time of writing. Blocks of
 * downsampled samples say their resolution in front, `5m-00000012-00000023.block`, so that no two share a name.
 */
export function blockName({ first, last, revision = 0 }: BlockRange, prefix = ''): string {
  const suffix = revision === 0 ? '' : `-${revision}`;
  return `${prefix}${String(first).padStart(8, '0')}-${String(last).padStart(8, '0')}${suffix}.block`;
}

/** `undefined` for what is no block with this prefix. */
export function rangeOfBlockName(name: string, prefix = ''): Required<BlockRange> | undefined {
  if (!name.startsWith(prefix)) return undefined;
  const match = /^(\d{8,})-(\d{8,})(?:-(\d+))?\.block$/.exec(name.slice(prefix.length));
  if (match === null) return undefined;
  return { first: Number(match[1]), last: Number(match[2]), revision: Number(match[3] ?? 0) };
}
