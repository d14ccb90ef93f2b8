import { crc32 } from 'node:zlib';
import { FatalError } from '@vedette/model';

/**
 * A segment file of the log: a header of 16 bytes, then records, each a frame of 12 bytes (`wal-record.ts`) and
 * its payload. Segments are numbered from 1 without end; the name is the number in eight digits.
 */
export const WAL_HEADER_BYTES = 16;
const MAGIC = 0x57444556; // "VEDW", little-endian.
const VERSION = 1;

export function segmentName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.wal`;
}

/** The number in a segment's name; `undefined` for any other file. */
export function segmentOfName(name: string): number | undefined {
  const match = /^(\d{8,})\.wal$/.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export function segmentHeader(segment: number): Uint8Array {
  const bytes = new Uint8Array(WAL_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, VERSION, true);
  view.setUint32(8, segment, true);
  view.setUint32(12, crc32(bytes.subarray(0, 12)), true);
  return bytes;
}

/** What is wrong with the header, if anything. A sound header of another version is refused outright. */
export function headerFault(bytes: Uint8Array, path: string, segment: number): string | undefined {
  if (bytes.length < WAL_HEADER_BYTES)
    return `the header has ${bytes.length} bytes, want ${WAL_HEADER_BYTES}`;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(0, true) !== MAGIC) return 'the file does not begin with VEDW';
  if (view.getUint32(12, true) !== crc32(bytes.subarray(0, 12))) return 'the checksum of the header is wrong';
  const version = view.getUint16(4, true);
  if (version === VERSION) {
    const number = view.getUint32(8, true);
    return number === segment ? undefined : `the header is that of segment ${number}`;
  }
  throw new FatalError(
    'VED_FORMAT_UNKNOWN',
    `cannot read log segment "${path}": got version ${version}, want ${VERSION}; run the version of Vedette that wrote it, or move the file away to start without what it holds`,
  );
}
