import { crc32 } from 'node:zlib';
import { FatalError, type FileReader, type Files, type Slicer } from '@vedette/model';
import type { Reporter } from '../report.ts';
import { FRAME_BYTES } from './wal-record.ts';
import { headerFault, linkOf, segmentOfName, WAL_HEADER_BYTES, type SegmentLink } from './wal-segment.ts';

/** Bytes read at a time: the memory that replaying takes, unless one record is larger. */
const WINDOW_BYTES = 4 * 2 ** 20;

/** Where reading a segment ended early. */
export interface SegmentFault {
  readonly offset: number;
  readonly reason: string;
  /** Whether it looks like a write that was cut short: nothing whole can follow. */
  readonly isTorn: boolean;
}

/**
 * Reads the log from segment `first` on and hands out each payload whose checksum holds, in order.
 *
 * A record that is cut short at the very end of the log is what a crash leaves: it is cut off and reported. At
 * any other fault reading stops: what follows is kept under a `.damaged` name, for people to look at, and
 * reported; what came before is used. Segments before `first` are in blocks and are deleted.
 *
 * A segment says how long the one before was. One that is shorter now has lost whole records at its end, which
 * nothing else would show: the segments behind it are set aside like those behind any other damage.
 *
 * A record whose checksum holds was written like that, so what it cannot mean is no damage of the disk: the
 * start is refused, by name, rather than half a batch applied. A missing segment shows like that, too.
 */
export async function replayWal(
  deps: { files: Files; slicer: Slicer; report: Reporter },
  log: { readonly directory: string; readonly first: number },
  visit: (payload: Uint8Array, segment: number) => Promise<void>,
): Promise<void> {
  const { files, report } = deps;
  const { directory, first } = log;
  const segments = (await files.list(directory)).filter((entry) => segmentOfName(entry.name) !== undefined);
  let isDamaged = false;
  let before: SegmentLink | undefined;
  for (const [i, { name, sizeBytes }] of segments.entries()) {
    const path = `${directory}/${name}`;
    const number = segmentOfName(name) ?? 0;
    if (number < first) {
      await files.remove(path);
    } else if (isDamaged) {
      await files.rename(path, `${path}.damaged`);
      report.warn('a log segment after a damaged one was set aside', { file: `${path}.damaged`, sizeBytes });
    } else {
      const fault = await readSegment(deps, { path, number, before }, visit);
      before = { number, sizeBytes };
      if (fault === undefined) continue;
      if (fault.isTorn && i === segments.length - 1) await cutTail(deps, path, sizeBytes, fault);
      else {
        await setAside(deps, path, sizeBytes, fault);
        isDamaged = true;
      }
    }
  }
}

/** Hands out the payloads of one segment until its end or the first fault; changes nothing. */
export async function readSegment(
  { files, slicer }: { files: Files; slicer: Slicer },
  { path, number, before }: { path: string; number: number; before: SegmentLink | undefined },
  visit: (payload: Uint8Array, segment: number) => Promise<void>,
): Promise<SegmentFault | undefined> {
  const reader = await files.openReader(path);
  try {
    const header = await reader.read(0, Math.min(WAL_HEADER_BYTES, reader.sizeBytes));
    const reason = headerFault(header, path, number);
    if (reason !== undefined) return { offset: 0, reason, isTorn: header.length < WAL_HEADER_BYTES };
    let window: Uint8Array = new Uint8Array(0);
    let windowAt = WAL_HEADER_BYTES;
    /** Makes sure that the window holds `lengthBytes` from `offset` on; false when the file ends before. */
    const fill = async (offset: number, lengthBytes: number): Promise<boolean> => {
      if (windowAt + window.length >= offset + lengthBytes) return true;
      const leftBytes = reader.sizeBytes - offset;
      if (leftBytes < lengthBytes) return false;
      window = await reader.read(offset, Math.min(leftBytes, Math.max(WINDOW_BYTES, lengthBytes)));
      windowAt = offset;
      return true;
    };
    for (let offset = WAL_HEADER_BYTES; offset < reader.sizeBytes;) {
      if (!(await fill(offset, FRAME_BYTES)))
        return { offset, reason: 'the frame of a record is cut short', isTorn: true };
      const frame = new DataView(window.buffer, window.byteOffset + offset - windowAt, FRAME_BYTES);
      const payloadBytes = frame.getUint32(0, true);
      const payloadCrc = frame.getUint32(4, true);
      if (frame.getUint32(8, true) !== crc32(new Uint8Array(frame.buffer, frame.byteOffset, 8)))
        return await damageAt(reader, offset, 'the checksum of a frame is wrong');
      if (!(await fill(offset, FRAME_BYTES + payloadBytes)))
        return { offset, reason: `a record of ${payloadBytes} bytes is cut short`, isTorn: true };
      const start = offset - windowAt + FRAME_BYTES;
      const payload = window.subarray(start, start + payloadBytes);
      if (crc32(payload) !== payloadCrc)
        return await damageAt(reader, offset, 'the checksum of a record is wrong');
      const link = linkOf(payload);
      if (link === undefined)
        await visit(payload, number).catch((error: unknown) => {
          throw meaningless(error, path, offset);
        });
      else if (link.number === before?.number && before.sizeBytes < link.sizeBytes)
        return { offset: 0, reason: reasonOfGap(before, link), isTorn: false };
      offset += FRAME_BYTES + payloadBytes;
      if (slicer.shouldYield()) await slicer.yield();
    }
    return undefined;
  } finally {
    await reader.close();
  }
}

function reasonOfGap(found: SegmentLink, wanted: SegmentLink): string {
  return `the segment before, ${found.number}, has ${found.sizeBytes} bytes and had ${wanted.sizeBytes}`;
}

/** The error of a record that cannot be, with where it stands and what to do. */
function meaningless(error: unknown, path: string, offset: number): unknown {
  if (!(error instanceof FatalError) || error.code !== 'VED_STORAGE_CORRUPT') return error;
  return new FatalError(
    'VED_STORAGE_CORRUPT',
    `cannot read log segment "${path}" at byte ${offset}: ${error.message}; put a missing segment back, or move this one and those after it away to start without what they hold`,
    { cause: error },
  );
}

/** A file system may leave zeros where a write was lost: that is a torn tail. Anything else is damage. */
async function damageAt(reader: FileReader, offset: number, reason: string): Promise<SegmentFault> {
  let isTorn = true;
  for (let at = offset; at < reader.sizeBytes && isTorn; at += WINDOW_BYTES) {
    const bytes = await reader.read(at, Math.min(WINDOW_BYTES, reader.sizeBytes - at));
    isTorn = bytes.every((byte) => byte === 0);
  }
  return { offset, reason, isTorn };
}

async function cutTail(
  { files, report }: { files: Files; report: Reporter },
  file: string,
  sizeBytes: number,
  fault: SegmentFault,
): Promise<void> {
  // Without a header there is no record either.
  if (fault.offset === 0) await files.remove(file);
  else await files.truncate(file, fault.offset);
  report.warn('the log ended in the middle of a record, which was cut off', {
    file,
    cutBytes: sizeBytes - fault.offset,
    reason: fault.reason,
  });
}

async function setAside(
  { files, report }: { files: Files; report: Reporter },
  path: string,
  sizeBytes: number,
  fault: SegmentFault,
): Promise<void> {
  const file = `${path}.damaged`;
  if (fault.offset === 0) await files.rename(path, file);
  else {
    const reader = await files.openReader(path);
    try {
      await files.writeAtomic(file, await reader.read(fault.offset, sizeBytes - fault.offset));
    } finally {
      await reader.close();
    }
    await files.truncate(path, fault.offset);
  }
  report.warn('the log is damaged; what follows the damage was set aside and is not used', {
    file,
    offset: fault.offset,
    lostBytes: sizeBytes - fault.offset,
    reason: fault.reason,
  });
}
