import { crc32 } from 'node:zlib';
import { FatalError } from '@vedette/model';
import { FRAME_BYTES } from './wal-record.ts';

/**
 * A segment file of the log: a header of 16 bytes, then records, each a frame of 12 bytes (`wal-record.ts`) and
 * its payload. Segments are numbered from 1 without end; the name is the number in eight digits.
 */
export const WAL_HEADER_BYTES = 16;
const MAGIC = 0x57444556; // "VEDW", little-endian.
const VERSION = 1;

const RECORD_LINK = 5;
const LINK_BYTES = 13;

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

/** A segment that another follows. */
export interface SegmentLink {
  readonly number: number;
  /** How long it was when the next one began: everything in it had been synced. */
  readonly sizeBytes: number;
}

/** The first record of a segment that follows another: what is missing at the end of that one shows. */
export function linkRecord({ number, sizeBytes }: SegmentLink): Uint8Array {
  const bytes = new Uint8Array(FRAME_BYTES + LINK_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(FRAME_BYTES, RECORD_LINK);
  view.setUint32(FRAME_BYTES + 1, number, true);
  view.setFloat64(FRAME_BYTES + 5, sizeBytes, true);
  view.setUint32(0, LINK_BYTES, true);
  view.setUint32(4, crc32(bytes.subarray(FRAME_BYTES)), true);
  view.setUint32(8, crc32(bytes.subarray(0, 8)), true);
  return bytes;
}

/** What a record says of the segment before; `undefined` for a record of samples. */
export function linkOf(payload: Uint8Array): SegmentLink | undefined {
  if (payload[0] !== RECORD_LINK || payload.length !== LINK_BYTES) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset);
  return { number: view.getUint32(1, true), sizeBytes: view.getFloat64(5, true) };
}
