import { InputError, type FileEntry, type Files } from '@vedette/model';
import { crc32c } from '../../lib/crc32c.ts';
import { ByteReader, invalid } from './byte-reader.ts';
import type { ChunkReference } from './index-file.ts';
import { assertChecksum, WindowFile } from './window-file.ts';

const MAGIC = 0x85bd40dd;
const VERSION = 1;
const HEAD_BYTES = 8;

// Upstream writes 120 samples a chunk, of floats at most 2 kB; a histogram chunk is cut at 1 kB or a few samples.
// This is far above both, and bounds what one chunk can claim in memory.
const CHUNK_BYTES_MAX = 1024 * 1024;

/** The length in front of a chunk takes at most this much. */
const LENGTH_BYTES = 5;

export interface RawChunk {
  readonly encoding: number;
  /** Valid until the next chunk is read. */
  readonly bytes: Uint8Array;
}

/** The files in the folder `chunks` of a block: opened when something in them is asked for. */
export class ChunkFiles {
  readonly #files: Files;
  readonly #paths: readonly string[];
  readonly #open = new Map<number, WindowFile>();

  static async in(files: Files, directory: string): Promise<ChunkFiles> {
    const entries = await files.list(directory);
    return new ChunkFiles(
      files,
      entries.filter(isChunkFile).map(({ name }) => `${directory}/${name}`),
    );
  }

  private constructor(files: Files, paths: readonly string[]) {
    this.#files = files;
    this.#paths = paths;
  }

  /** Rejects with `InputError` (VED_IMPORT_INVALID) that names file and byte. */
  async read({ fileNumber, offset }: ChunkReference): Promise<RawChunk> {
    const file = this.#open.get(fileNumber) ?? (await this.#openFile(fileNumber));
    return await file.at(offset, 'a chunk', () => readAt(file, offset));
  }

  /** Adds to what `error` says about the content of a chunk where it stands. */
  faultOf({ fileNumber, offset }: ChunkReference, error: InputError): InputError {
    return new InputError(
      'VED_IMPORT_INVALID',
      `cannot read a chunk at byte ${offset} of "${this.#paths[fileNumber]}": ${error.message}`,
      { cause: error },
    );
  }

  async close(): Promise<void> {
    for (const file of this.#open.values()) await file.close();
    this.#open.clear();
  }

  async #openFile(fileNumber: number): Promise<WindowFile> {
    const path = this.#paths[fileNumber];
    if (path === undefined)
      throw invalid(`cannot read chunk file ${fileNumber + 1}: there are ${this.#paths.length}`);
    const file = await WindowFile.open(this.#files, path);
    this.#open.set(fileNumber, file);
    await file.at(0, 'the head', () => assertHead(file));
    return file;
  }
}

/** `000001`; editors and backups leave others beside them. */
function isChunkFile({ name, kind }: FileEntry): boolean {
  return kind === 'file' && /^\d{6,}$/.test(name);
}

async function assertHead(file: WindowFile): Promise<void> {
  const reader = new ByteReader(await file.read(0, HEAD_BYTES));
  const magic = reader.uint32();
  if (magic !== MAGIC) throw invalid(`it holds no chunks: it begins with ${magic.toString(16)}`);
  const version = reader.byte();
  if (version !== VERSION) throw invalid(`the file has format ${version}; format ${VERSION} is known`);
}

/** Length of the content, encoding, content, checksum of both. */
async function readAt(file: WindowFile, offset: number): Promise<RawChunk> {
  if (offset < HEAD_BYTES) throw invalid('a chunk lies within the head of the file');
  const head = new ByteReader(await file.peek(offset, LENGTH_BYTES));
  const length = head.uvarint();
  if (length > CHUNK_BYTES_MAX)
    throw invalid(`a chunk takes ${length} bytes; the limit is ${CHUNK_BYTES_MAX}`);
  const bytes = await file.read(offset + head.position, 1 + length + 4);
  const content = bytes.subarray(0, 1 + length);
  assertChecksum(new ByteReader(bytes, 1 + length).uint32(), crc32c(content));
  return { encoding: content[0] ?? 0, bytes: content.subarray(1) };
}
