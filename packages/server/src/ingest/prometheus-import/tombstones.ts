import { InputError, type Files, type TimeRange } from '@vedette/model';
import { crc32c } from '../../lib/crc32c.ts';
import { ByteReader, invalid } from './byte-reader.ts';
import { assertChecksum } from './window-file.ts';

const MAGIC = 0x0130ba30;
const VERSION = 1;
const CHECKSUM_BYTES = 4;

// An entry takes some 15 bytes; four million deletions of single series wait for no clean-up.
const TOMBSTONES_BYTES_MAX = 64 * 1024 * 1024;

/** What was deleted of a block, by series, in times that are both inclusive. Readers leave it out. */
export type Tombstones = ReadonlyMap<number, readonly TimeRange[]>;

/** The file `tombstones` of a block; a missing one is empty. Rejects with `InputError` (VED_IMPORT_INVALID). */
export async function readTombstones(files: Files, directory: string): Promise<Tombstones> {
  const path = `${directory}/tombstones`;
  const entry = (await files.list(directory)).find(({ name }) => name === 'tombstones');
  if (entry === undefined) return new Map();
  try {
    if (entry.sizeBytes > TOMBSTONES_BYTES_MAX)
      throw invalid(`it has ${entry.sizeBytes} bytes; the limit is ${TOMBSTONES_BYTES_MAX}`);
    return parseTombstones(await files.read(path));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError('VED_IMPORT_INVALID', `cannot read "${path}": ${error.message}`, { cause: error });
  }
}

/** Magic, version, and for each deletion the series and its times; at the end a checksum of the deletions. */
export function parseTombstones(bytes: Uint8Array): Tombstones {
  const head = new ByteReader(bytes);
  const magic = head.uint32();
  if (magic !== MAGIC) throw invalid(`it holds no tombstones: it begins with ${magic.toString(16)}`);
  const version = head.byte();
  if (version !== VERSION) throw invalid(`it has format ${version}; format ${VERSION} is known`);
  const content = head.bytes(head.left - CHECKSUM_BYTES);
  assertChecksum(head.uint32(), crc32c(content));
  const reader = new ByteReader(content);
  const bySeries = new Map<number, TimeRange[]>();
  while (reader.left > 0) {
    const reference = reader.uvarint();
    const range = { fromMs: reader.varint(), untilMs: reader.varint() };
    const known = bySeries.get(reference);
    if (known === undefined) bySeries.set(reference, [range]);
    else known.push(range);
  }
  return bySeries;
}
