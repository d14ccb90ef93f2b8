import { ExpectedError, FatalError, type Files, type Slicer } from '@vedette/model';
import { Block, BlockSource, type BlockSelection } from './block/block.ts';
import { rangeOfBlockName } from './block/block-format.ts';
import { ByteCache } from './block/byte-cache.ts';
import { decodeTombstones, TOMBSTONE_FILE } from './block/tombstone-file.ts';
import { corrupt } from './chunk/varint.ts';
import { SampleBuffer } from './query/sample-buffer.ts';
import { mergeSelections } from './query/select.ts';
import { BucketBuffer } from './tier/bucket-buffer.ts';
import { BucketReader } from './tier/bucket-reader.ts';
import { decodeGone, GONE_FILE } from './tier/gone-file.ts';
import { RESOLUTIONS } from './tier/tiers.ts';
import { readRecord, type ReplayColumns } from './wal/wal-record.ts';
import { readSegment } from './wal/wal-replay.ts';
import { segmentOfName, type SegmentLink } from './wal/wal-segment.ts';

/**
 * Looks at every byte of a store that nobody has open, and changes nothing.
 *
 * 1. A block is read as compaction reads it: header, table, every section and every chunk group with its checksum, every
 *    chunk decoded; what comes out must be what its meta section says.
 * 2. A log segment is read as a start reads it: every frame, every record with its checksum, every entry.
 * 3. What has another name is named by what it is: set aside, unfinished, snapshots, or none of ours.
 *
 * It costs the time to read everything once, about 100 MB/s with decoding, and the memory of one group.
 */
export async function examineStore(deps: ExamineDeps, directory: string): Promise<readonly ExaminedFile[]> {
  const found: ExaminedFile[] = [];
  for (const { name, sizeBytes, kind } of await deps.files.list(directory)) {
    const path = `${directory}/${name}`;
    const prefix = kind === 'directory' ? PREFIXES.get(name) : undefined;
    if (prefix !== undefined) found.push(...(await examineBlocks(deps, path, prefix)));
    else if (kind === 'directory' && name === 'wal') found.push(...(await examineLog(deps, path)));
    else if (kind === 'directory' && name === 'snapshots') continue;
    else if (name === GONE_FILE) found.push(await examineGone(deps, { path, sizeBytes }));
    else if (name === TOMBSTONE_FILE) found.push(await examineTombstones(deps, { path, sizeBytes }));
    else found.push({ ...NOTHING, path, sizeBytes, kind: kindOfName(name) });
  }
  return found;
}

/** Directories of blocks, with what the names of their blocks begin with. */
const PREFIXES: ReadonlyMap<string, string> = new Map([
  ['blocks', ''],
  ...RESOLUTIONS.map(({ name }) => [`blocks-${name}`, `${name}-`] as const),
]);

export interface ExamineDeps {
  readonly files: Files;
  readonly slicer: Slicer;
}

/** A file and what was found in it. */
export interface ExaminedFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** `downsampled`: a block of buckets, or the note beside them. `aside`: a start or a repair found it damaged; `unfinished`: a start removes it; `unknown`: not written by a store. */
  readonly kind: 'block' | 'downsampled' | 'log' | 'tombstones' | 'aside' | 'unfinished' | 'unknown';
  /** Series of a block; 0 elsewhere. */
  readonly seriesCount: number;
  /** Samples that can be read: of a log those that were asked to be written, a few of which may not have been taken. */
  readonly sampleCount: number;
  /** Times of the first and the last of them. */
  readonly minMs: number | undefined;
  readonly maxMs: number | undefined;
  readonly fault: FileFault | undefined;
}

export interface FileFault {
  /**
   * `damaged`: the content is not what was written. `torn`: the last write did not end, as after a crash; the next start
   * cuts it off. `version`: sound, of a program that is not this one. `unreadable`: the disk refuses.
   */
  readonly kind: 'damaged' | 'torn' | 'version' | 'unreadable';
  readonly reason: string;
  /** From where on nothing can be used. */
  readonly offset: number;
}

const NOTHING = { seriesCount: 0, sampleCount: 0, minMs: undefined, maxMs: undefined, fault: undefined };

const EVER = { fromMs: -Infinity, untilMs: Infinity };

/** Groups are read in order, each once. */
const CACHE_BYTES = 8 * 2 ** 20;

interface FoundFile {
  readonly path: string;
  readonly sizeBytes: number;
}

async function examineBlocks(
  deps: ExamineDeps,
  directory: string,
  prefix: string,
): Promise<readonly ExaminedFile[]> {
  const found: ExaminedFile[] = [];
  for (const { name, sizeBytes } of await deps.files.list(directory)) {
    const path = `${directory}/${name}`;
    if (rangeOfBlockName(name, prefix) === undefined)
      found.push({ ...NOTHING, path, sizeBytes, kind: kindOfName(name) });
    else found.push(await examineBlock(deps, { path, sizeBytes }, prefix));
  }
  return found;
}

async function examineBlock(deps: ExamineDeps, file: FoundFile, prefix: string): Promise<ExaminedFile> {
  const empty = { ...NOTHING, ...file, kind: prefix === '' ? 'block' : 'downsampled' } as const;
  try {
    const block = await Block.open(deps.files, file.path);
    try {
      return { ...empty, ...(await contentOf(deps, block, prefix)) };
    } finally {
      await block.close();
    }
  } catch (error) {
    return { ...empty, fault: faultOf(error) };
  }
}

/** Counts what a block holds; throws when it is not what it says of itself. */
async function contentOf(
  { slicer }: ExamineDeps,
  block: Block,
  prefix: string,
): Promise<Pick<ExaminedFile, 'seriesCount' | 'sampleCount' | 'minMs' | 'maxMs'>> {
  const { meta, name } = block;
  const range = rangeOfBlockName(name, prefix);
  if (range?.first !== meta.first || range.last !== meta.last)
    throw corrupt(`the name "${name}" is not that of blocks ${meta.first} to ${meta.last}`);
  const caches = { indexes: new ByteCache(Infinity), groups: new ByteCache(CACHE_BYTES) };
  const source = new BlockSource({ caches, slicer, onDamage: () => undefined, tombstones: undefined }, block);
  const selection = await source.select([], EVER);
  const { seriesCount, sampleCount } =
    prefix === '' ? await countSamples(selection, slicer) : await countBuckets(selection, slicer);
  if (seriesCount !== meta.seriesCount || sampleCount !== meta.sampleCount)
    throw corrupt(
      `got ${sampleCount} samples of ${seriesCount} series, want ${meta.sampleCount} of ${meta.seriesCount}`,
    );
  return { seriesCount, sampleCount, minMs: meta.minMs, maxMs: meta.maxMs };
}

interface Count {
  readonly seriesCount: number;
  readonly sampleCount: number;
}

async function countSamples(selection: BlockSelection, slicer: Slicer): Promise<Count> {
  let seriesCount = 0;
  let sampleCount = 0;
  for await (const batch of mergeSelections([selection], EVER, slicer, new AbortController().signal)) {
    for (const { timestampsMs } of batch) {
      seriesCount++;
      sampleCount += timestampsMs.length;
    }
  }
  return { seriesCount, sampleCount };
}

async function countBuckets(selection: BlockSelection, slicer: Slicer): Promise<Count> {
  const reader = new BucketReader();
  const buckets = new BucketBuffer();
  const samples = new SampleBuffer();
  let sampleCount = 0;
  for (let position = 0; position < selection.count; position++) {
    await selection.prepare(position, position + 1, EVER);
    buckets.clear();
    samples.clear();
    reader.read(selection, position, EVER, { buckets, samples });
    sampleCount += buckets.count + samples.count;
    if (slicer.shouldYield()) await slicer.yield();
  }
  return { seriesCount: selection.count, sampleCount };
}

async function examineGone({ files }: ExamineDeps, file: FoundFile): Promise<ExaminedFile> {
  const examined = { ...NOTHING, ...file, kind: 'downsampled' } as const;
  try {
    decodeGone(await files.read(file.path), file.path);
    return examined;
  } catch (error) {
    return { ...examined, fault: faultOf(error) };
  }
}

async function examineLog(deps: ExamineDeps, directory: string): Promise<readonly ExaminedFile[]> {
  const found: ExaminedFile[] = [];
  const entries = await deps.files.list(directory);
  const last = entries.findLast(({ name }) => segmentOfName(name) !== undefined)?.name;
  let before: SegmentLink | undefined;
  for (const { name, sizeBytes } of entries) {
    const path = `${directory}/${name}`;
    const number = segmentOfName(name);
    if (number === undefined) found.push({ ...NOTHING, path, sizeBytes, kind: kindOfName(name) });
    else {
      found.push(await examineSegment(deps, { path, sizeBytes }, { number, isLast: name === last, before }));
      before = { number, sizeBytes };
    }
  }
  return found;
}

async function examineSegment(
  deps: ExamineDeps,
  file: FoundFile,
  { number, isLast, before }: SegmentPlace,
): Promise<ExaminedFile> {
  const counter = new RecordCounter();
  const read = (payload: Uint8Array): Promise<void> => {
    counter.count(payload);
    return Promise.resolve();
  };
  let fault: FileFault | undefined;
  try {
    const end = await readSegment(deps, { path: file.path, number, before }, read);
    if (end !== undefined)
      fault = { kind: end.isTorn && isLast ? 'torn' : 'damaged', reason: end.reason, offset: end.offset };
  } catch (error) {
    fault = faultOf(error);
  }
  const { sampleCount, minMs, maxMs } = counter;
  const hasSamples = sampleCount > 0;
  return {
    ...file,
    kind: 'log',
    seriesCount: 0,
    sampleCount,
    minMs: hasSamples ? minMs : undefined,
    maxMs: hasSamples ? maxMs : undefined,
    fault,
  };
}

interface SegmentPlace {
  readonly number: number;
  readonly isLast: boolean;
  /** The one before it that is there. */
  readonly before: SegmentLink | undefined;
}

/** Samples of log records, and their times. */
class RecordCounter {
  sampleCount = 0;
  minMs = Infinity;
  maxMs = -Infinity;
  readonly #columns: ReplayColumns = {
    timestampsMs: new Float64Array(1024),
    values: new Float64Array(1024),
    staleFlags: new Uint8Array(1024),
    histograms: undefined,
    hasZeros: false,
  };

  count(payload: Uint8Array): void {
    readRecord(payload, this.#columns, {
      window: () => undefined,
      define: () => undefined,
      newestHistogram: () => undefined,
      exemplar: () => undefined,
      samples: (_, { timestampsMs }, count) => {
        this.sampleCount += count;
        for (let i = 0; i < count; i++) {
          const timestampMs = timestampsMs[i] ?? 0;
          this.minMs = Math.min(this.minMs, timestampMs);
          this.maxMs = Math.max(this.maxMs, timestampMs);
        }
      },
    });
  }
}

async function examineTombstones({ files }: ExamineDeps, file: FoundFile): Promise<ExaminedFile> {
  const examined = { ...NOTHING, ...file, kind: 'tombstones' } as const;
  try {
    decodeTombstones(await files.read(file.path), file.path);
    return examined;
  } catch (error) {
    return { ...examined, fault: faultOf(error) };
  }
}

function kindOfName(name: string): ExaminedFile['kind'] {
  if (name.endsWith('.damaged')) return 'aside';
  return name.endsWith('.tmp') || /^import-\d+\.block$/.test(name) ? 'unfinished' : 'unknown';
}

/** What stands in the way of reading; bugs are thrown on. */
function faultOf(error: unknown): FileFault {
  if (error instanceof FatalError && error.code === 'VED_FORMAT_UNKNOWN')
    return { kind: 'version', reason: error.message, offset: 0 };
  if (error instanceof ExpectedError && error.code === 'VED_STORAGE_CORRUPT')
    return { kind: 'damaged', reason: error.message, offset: 0 };
  if (error instanceof Error && ('code' in error || error.message.startsWith('cannot read')))
    return { kind: 'unreadable', reason: error.message, offset: 0 };
  throw error;
}
