import { crc32 } from 'node:zlib';
import { ExpectedError, FatalError, type Files } from '@vedette/model';
import { ByteCursor, corrupt, writeVarint } from '../chunk/varint.ts';
import { Tombstones, type Deletion } from '../query/tombstones.ts';
import type { Reporter } from '../report.ts';

const HEADER_BYTES = 16;
const MAGIC = 0x54444556; // "VEDT", little-endian.
const VERSION = 1;

// Bytes of a run, a range and a name at most, with their counts.
const RUN_BYTES_MAX = 14;
const RANGE_BYTES = 20;

/**
 * The tombstones of all blocks, in memory and in one file, `docs/formats/tombstones.md`. The file is replaced as
 * a whole, so that a deletion is there in every block or in none. Entries of blocks that are gone mean nothing;
 * they are dropped at the start, before a block could get the name again.
 */
export class TombstoneFile {
  readonly #files: Files;
  readonly #path: string;
  #byBlock: ReadonlyMap<string, Tombstones>;
  #sizeBytes = 0;
  #problem: string | undefined;

  private constructor(files: Files, path: string, byBlock: ReadonlyMap<string, Tombstones>) {
    this.#files = files;
    this.#path = path;
    this.#byBlock = byBlock;
  }

  /** Reads the file if there is one. A damaged one is set aside and reported; another version is refused. */
  static async open(deps: { files: Files; report: Reporter }, directory: string): Promise<TombstoneFile> {
    const { files, report } = deps;
    const path = `${directory}/${TOMBSTONE_FILE}`;
    const names = new Set((await files.list(directory)).map(({ name }) => name));
    const opened = new TombstoneFile(files, path, new Map());
    try {
      if (names.has(TOMBSTONE_FILE)) opened.#take(await files.read(path));
    } catch (error) {
      if (!(error instanceof ExpectedError) || error.code !== 'VED_STORAGE_CORRUPT') throw error;
      await files.rename(path, `${path}.damaged`);
      names.add(`${TOMBSTONE_FILE}.damaged`);
      report.warn('the list of deleted samples is damaged and was set aside; they are visible again', {
        file: `${path}.damaged`,
        error,
      });
    }
    if (names.has(`${TOMBSTONE_FILE}.damaged`))
      opened.#problem = `the list of deleted samples was damaged, they are visible again: delete them anew, then remove ${path}.damaged to end this message with the next start`;
    return opened;
  }

  /** Bytes of the file. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** A sentence for operators; `undefined` when all is well. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Names of the blocks that have some. */
  get blocks(): readonly string[] {
    return [...this.#byBlock.keys()];
  }

  of(block: string): Tombstones | undefined {
    return this.#byBlock.get(block);
  }

  /** Replaces the tombstones of some blocks: first in the file, then for readers, all at once. */
  async put(changes: ReadonlyMap<string, Tombstones>): Promise<void> {
    if (changes.size > 0) await this.#save(new Map([...this.#byBlock, ...changes]));
  }

  /** Drops those of all blocks for which `isThere` is false. */
  async retain(isThere: (block: string) => boolean): Promise<void> {
    const kept = new Map([...this.#byBlock].filter(([block]) => isThere(block)));
    if (kept.size < this.#byBlock.size) await this.#save(kept);
  }

  /** The content of the file. */
  encode(): Uint8Array {
    return encodeTombstones(this.#byBlock);
  }

  async #save(byBlock: ReadonlyMap<string, Tombstones>): Promise<void> {
    const bytes = encodeTombstones(byBlock);
    if (byBlock.size === 0) await this.#files.remove(this.#path);
    else await this.#files.writeAtomic(this.#path, bytes);
    this.#byBlock = byBlock;
    this.#sizeBytes = byBlock.size === 0 ? 0 : bytes.length;
  }

  #take(bytes: Uint8Array): void {
    this.#byBlock = decodeTombstones(bytes, this.#path);
    this.#sizeBytes = bytes.length;
  }
}

export const TOMBSTONE_FILE = 'tombstones';

export function encodeTombstones(byBlock: ReadonlyMap<string, Tombstones>): Uint8Array {
  const blocks = [...byBlock].map(([block, tombstones]) => ({
    name: new TextEncoder().encode(block),
    deletions: tombstones.deletions(),
  }));
  let sizeMax = HEADER_BYTES;
  for (const { name, deletions } of blocks) {
    sizeMax += RANGE_BYTES + name.length;
    for (const { runs } of deletions) sizeMax += RANGE_BYTES + runs.length * RUN_BYTES_MAX;
  }
  const bytes = new Uint8Array(sizeMax);
  let at = HEADER_BYTES;
  for (const { name, deletions } of blocks) {
    at = writeVarint(bytes, at, name.length);
    bytes.set(name, at);
    at = writeVarint(bytes, at + name.length, deletions.length);
    for (const deletion of deletions) at = writeDeletion(bytes, at, deletion);
  }
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint32(8, crc32(bytes.subarray(HEADER_BYTES, at)), true);
  view.setUint32(12, crc32(bytes.subarray(0, 12)), true);
  return bytes.slice(0, at);
}

function writeDeletion(bytes: Uint8Array, offset: number, { range, runs }: Deletion): number {
  const view = new DataView(bytes.buffer);
  view.setFloat64(offset, range.fromMs, true);
  view.setFloat64(offset + 8, range.untilMs, true);
  let at = writeVarint(bytes, offset + 16, runs.length / 2);
  let previous = 0;
  for (const edge of runs) {
    at = writeVarint(bytes, at, edge - previous);
    previous = edge;
  }
  return at;
}

export function decodeTombstones(bytes: Uint8Array, path: string): Map<string, Tombstones> {
  assertHeader(bytes, path);
  const cursor = new ByteCursor().open(bytes, HEADER_BYTES);
  const byBlock = new Map<string, Tombstones>();
  while (cursor.remaining > 0) {
    const nameAt = cursor.skip(cursor.varint());
    const name = new TextDecoder().decode(bytes.subarray(nameAt, cursor.offset));
    let tombstones = Tombstones.NONE;
    for (let left = cursor.varint(); left > 0; left--) tombstones = tombstones.with(readDeletion(cursor));
    byBlock.set(name, tombstones);
  }
  return byBlock;
}

function readDeletion(cursor: ByteCursor): Deletion {
  const range = { fromMs: cursor.double(), untilMs: cursor.double() };
  const edges = cursor.varint() * 2;
  if (edges > cursor.remaining) throw corrupt('a tombstone ends inside its series');
  const runs = new Uint32Array(edges);
  let previous = 0;
  for (let i = 0; i < edges; i++) runs[i] = previous += cursor.varint();
  return { range, runs };
}

function assertHeader(bytes: Uint8Array, path: string): void {
  if (bytes.length < HEADER_BYTES) throw corrupt(`"${path}" has ${bytes.length} bytes, want ${HEADER_BYTES}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) throw corrupt(`"${path}" does not begin with VEDT`);
  if (view.getUint32(12, true) !== crc32(bytes.subarray(0, 12)))
    throw corrupt(`the checksum of the header of "${path}" is wrong`);
  const version = view.getUint16(4, true);
  if (version !== VERSION)
    throw new FatalError(
      'VED_FORMAT_UNKNOWN',
      `cannot read the list of deleted samples "${path}": got version ${version}, want ${VERSION}; run the version of Vedette that wrote it, or move the file away to see them again`,
    );
  if (view.getUint32(8, true) !== crc32(bytes.subarray(HEADER_BYTES)))
    throw corrupt(`the checksum of "${path}" is wrong`);
}
