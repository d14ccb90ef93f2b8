/**
 * The index of a Prometheus block, formats 1 and 2: which series there are, and where the chunks of each lie.
 *
 * 1. The last 52 bytes are the table of contents: where the sections begin, zero for one that is not there.
 * 2. Symbols: every text of every label, read into memory.
 * 3. The table of postings tells, for each label and value, where the list of its series stands. Only the list of
 *    all series is asked for (the entry of the empty label): matchers are applied to the label sets themselves.
 * 4. Series, sorted by label set, each with a checksum: references to symbols, then chunks with their times. They
 *    are read one after the other. In format 2 a reference times 16 is the place in the file.
 *
 * Label indices and the table of them served lookups of old versions and are not read. Every section that is read
 * is checked against its checksum before. Memory: the symbols, and four bytes a series.
 */
import { labelsFromPairs, type Files, type Labels } from '@vedette/model';
import { crc32c } from '../../lib/crc32c.ts';
import { ByteReader, invalid, safe } from './byte-reader.ts';
import { SymbolTable } from './symbol-table.ts';
import { assertChecksum, WindowFile } from './window-file.ts';

/** One chunk of a series, as the index tells it. */
export interface ChunkReference {
  /** First and last time, both inclusive. */
  readonly minMs: number;
  readonly maxMs: number;
  /** Number of the file among the chunk files, from 0, and the byte in it. */
  readonly fileNumber: number;
  readonly offset: number;
}

export interface IndexedSeries {
  /** How tombstones name it. */
  readonly reference: number;
  readonly labels: Labels;
  readonly chunks: readonly ChunkReference[];
}

const MAGIC = 0xbaaad700;
const CONTENTS_BYTES = 6 * 8 + 4;

// Texts of a million series with long label values are some 100 MB.
const SYMBOLS_BYTES_MAX = 512 * 1024 * 1024;

// Upstream's own limit of series in one index is 2^32; 20 million take 80 MB here, and no import of ours takes more than storage.metrics.series_max.
const SERIES_MAX = 20_000_000;

// A series of a month, flushed every two hours, has 400 chunks; at 120 samples of one second each 21,600. 12 bytes a chunk.
const SERIES_BYTES_MAX = 4 * 1024 * 1024;

// The head of a table of postings: its count and the entry of all series, which stands first.
const FIRST_ENTRY_BYTES = 64;

export class IndexFile {
  readonly #file: WindowFile;
  readonly #version: 1 | 2;
  readonly #symbols: SymbolTable;
  readonly #series: Uint32Array;

  /** Rejects with `InputError` (VED_IMPORT_INVALID) that names file and byte. */
  static async open(files: Files, path: string): Promise<IndexFile> {
    const file = await WindowFile.open(files, path);
    try {
      const version = await file.at(0, 'the head', () => readVersion(file));
      const contents = await file.at(file.sizeBytes - CONTENTS_BYTES, 'the table of contents', () =>
        readContents(file),
      );
      const symbols = await file.at(contents.symbols, 'the symbols', () =>
        readSymbols(file, contents.symbols, version),
      );
      const allSeries = await file.at(contents.postingsTable, 'the table of postings', () =>
        findAllSeries(file, contents.postingsTable),
      );
      const series =
        allSeries === undefined
          ? new Uint32Array()
          : await file.at(allSeries, 'the list of series', () => readPostings(file, allSeries));
      return new IndexFile(file, { version, symbols, series });
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  private constructor(
    file: WindowFile,
    parts: { readonly version: 1 | 2; readonly symbols: SymbolTable; readonly series: Uint32Array },
  ) {
    this.#file = file;
    this.#version = parts.version;
    this.#symbols = parts.symbols;
    this.#series = parts.series;
  }

  get seriesCount(): number {
    return this.#series.length;
  }

  /** All series, sorted by label set. Throws `InputError` (VED_IMPORT_INVALID) at the first that is damaged. */
  async *series(): AsyncGenerator<IndexedSeries> {
    for (const reference of this.#series) {
      const offset = this.#version === 2 ? reference * 16 : reference;
      yield await this.#file.at(offset, 'a series', () => this.#read(reference, offset));
    }
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  async #read(reference: number, offset: number): Promise<IndexedSeries> {
    const head = new ByteReader(await this.#file.peek(offset, 10));
    const length = head.uvarint();
    if (length > SERIES_BYTES_MAX)
      throw invalid(`a series takes ${length} bytes; the limit is ${SERIES_BYTES_MAX}`);
    const bytes = await this.#file.read(offset + head.position, length + 4);
    const content = bytes.subarray(0, length);
    assertChecksum(new ByteReader(bytes, length).uint32(), crc32c(content));
    const reader = new ByteReader(content);
    return { reference, labels: this.#readLabels(reader), chunks: readChunks(reader) };
  }

  #readLabels(reader: ByteReader): Labels {
    const count = reader.uvarint();
    if (count > reader.left) throw invalid(`${count} labels are announced, ${reader.left} bytes are left`);
    const pairs: [string, string][] = [];
    for (let i = 0; i < count; i++)
      pairs.push([this.#symbols.text(reader.uvarint()), this.#symbols.text(reader.uvarint())]);
    return labelsFromPairs(pairs);
  }
}

async function readVersion(file: WindowFile): Promise<1 | 2> {
  const reader = new ByteReader(await file.read(0, 5));
  const magic = reader.uint32();
  if (magic !== MAGIC) throw invalid(`it is no index: it begins with ${magic.toString(16)}`);
  const version = reader.byte();
  if (version !== 1 && version !== 2)
    throw invalid(`the index has format ${version}; formats 1 and 2 are known`);
  return version;
}

interface Contents {
  readonly symbols: number;
  readonly postingsTable: number;
}

async function readContents(file: WindowFile): Promise<Contents> {
  const bytes = await file.read(file.sizeBytes - CONTENTS_BYTES, CONTENTS_BYTES);
  const reader = new ByteReader(bytes);
  const symbols = reader.uint64();
  // Series, label indices, the table of label indices, postings: found through the rest.
  for (let i = 0; i < 4; i++) reader.uint64();
  const postingsTable = reader.uint64();
  assertChecksum(reader.uint32(), crc32c(bytes.subarray(0, CONTENTS_BYTES - 4)));
  return { symbols, postingsTable };
}

async function readSymbols(file: WindowFile, offset: number, version: 1 | 2): Promise<SymbolTable> {
  const { start, length } = await file.checkSection(offset);
  if (length > SYMBOLS_BYTES_MAX)
    throw invalid(`the symbols take ${length} bytes; the limit is ${SYMBOLS_BYTES_MAX}`);
  const bytes = await file.read(start, length);
  return new SymbolTable(bytes.slice(), { version, fileOffset: start });
}

/** Where the list of all series stands; `undefined` when there are none. */
async function findAllSeries(file: WindowFile, offset: number): Promise<number | undefined> {
  const { start, length } = await file.checkSection(offset);
  const reader = new ByteReader(await file.read(start, Math.min(length, FIRST_ENTRY_BYTES)));
  if (reader.uint32() === 0) return undefined;
  const partCount = reader.uvarint();
  if (partCount !== 2 || reader.text() !== '' || reader.text() !== '')
    throw invalid('the list of all series is not the first one');
  return safe(reader.uvarint());
}

async function readPostings(file: WindowFile, offset: number): Promise<Uint32Array> {
  const { start, length } = await file.checkSection(offset);
  if (length > 4 + SERIES_MAX * 4) throw invalid(`there are more than ${SERIES_MAX} series`);
  const reader = new ByteReader(await file.read(start, length));
  const count = reader.uint32();
  if (count * 4 !== reader.left) throw invalid(`${count} series are announced, there are ${reader.left / 4}`);
  const references = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    references[i] = reader.uint32();
    if (i > 0 && (references[i] ?? 0) <= (references[i - 1] ?? 0)) throw invalid('series must increase');
  }
  return references;
}

/** Times and places of the first chunk in full, of the others as differences to the one before. */
function readChunks(reader: ByteReader): ChunkReference[] {
  const count = reader.uvarint();
  if (count > reader.left) throw invalid(`${count} chunks are announced, ${reader.left} bytes are left`);
  const chunks: ChunkReference[] = [];
  let maxMs = 0;
  let place = 0n;
  for (let i = 0; i < count; i++) {
    const minMs = i === 0 ? reader.varint() : maxMs + reader.uvarint();
    maxMs = safe(minMs + reader.uvarint());
    place = i === 0 ? BigInt(reader.uvarint()) : place + BigInt(reader.varint());
    if (place < 0n) throw invalid('a chunk lies before the first file');
    chunks.push({
      minMs,
      maxMs,
      fileNumber: Number(place >> 32n),
      offset: Number(place & 0xffff_ffffn),
    });
  }
  return chunks;
}
