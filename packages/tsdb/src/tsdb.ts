import {
  ExpectedError,
  FatalError,
  type Clock,
  type Files,
  type MetricsReader,
  type MetricsWriter,
  type SeriesSamples,
  type Slicer,
} from '@vedette/model';
import type { BlockCaches } from './block/block.ts';
import { BlockImports, type ImportResult } from './block/block-import.ts';
import { BlockSet } from './block/block-set.ts';
import { ByteCache } from './block/byte-cache.ts';
import { spanMsMax } from './block/compact.ts';
import { cardinalityOf, type Cardinality } from './cardinality.ts';
import { CommitQueue } from './commit-queue.ts';
import { DamagedFiles } from './damaged-files.ts';
import { Head } from './head/head.ts';
import { HeadCeiling } from './head-ceiling.ts';
import { Maintenance } from './maintenance.ts';
import { MetadataTable } from './metadata-table.ts';
import { TsdbReader } from './query/reader.ts';
import { replayIntoHead } from './replay.ts';
import type { Reporter } from './report.ts';
import { SpaceGuard } from './space-guard.ts';
import { Views } from './views.ts';
import { Wal } from './wal/wal.ts';

export interface TsdbDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly report: Reporter;
}

export interface TsdbOptions {
  /** Everything is below; nobody else writes there. */
  readonly directory: string;
  /** Samples older than this are refused, and removed with their block. */
  readonly retentionMs: number;
  /**
   * How far back from the newest stored sample, of whichever series, one is taken that is older than the newest of
   * its own series. 0, the default, refuses all of them.
   */
  readonly outOfOrderWindowMs?: number;
  /** Active series that the head takes. */
  readonly seriesMax: number;
  /** Bytes of samples in the head after which it is written to a block early; far above it, batches are refused. */
  readonly headBytesMax: number;
  /** Bytes of decompressed blocks kept for the next query, and as many of their indexes. */
  readonly cacheBytesMax: number;
}

/**
 * The embedded engine: head, write-ahead log and blocks of one directory, as the ports `MetricsWriter` and
 * `MetricsReader`.
 */
export interface Tsdb {
  readonly writer: MetricsWriter;
  readonly reader: MetricsReader;
  stats(): TsdbStats;
  /** The `limit` largest contributors to the series of the head, by several measures. */
  cardinality(limit: number): Cardinality;
  /** Writes the head to a block now. For backups and tests; it happens by itself. */
  flush(): Promise<void>;
  /**
   * Writes old samples of another server to a block, past the log and the head. The stream has the form of
   * `MetricsReader.select`: series sorted by label set, none twice, each with all its samples of one stretch of time
   * that `importSpanMsMax` bounds; its arrays may be reused. It may overlap what is stored: where a series has a
   * sample already, that one counts; later ones count less than the imported. The block is durable and visible, as
   * a whole, when this resolves. Samples before the retention or ahead of the clock are left out and counted.
   *
   * Rejects with `InputError` (VED_IMPORT_REFUSED) beyond a limit, with `UnavailableError` (VED_STORAGE_FULL) when
   * the disk is nearly full, with the reason of `signal`, and with what the stream throws; nothing is kept then.
   * One import runs at a time, the next one waits.
   */
  importBlock(series: AsyncIterable<readonly SeriesSamples[]>, signal: AbortSignal): Promise<ImportResult>;
  /** How long a time one import may cover. */
  readonly importSpanMsMax: number;
  /** Applies what was accepted, syncs and closes the log. Closing twice is safe. */
  close(): Promise<void>;
}

export interface TsdbStats {
  readonly activeSeries: number;
  readonly headChunks: number;
  readonly headRange: { readonly minMs: number; readonly maxMs: number } | undefined;
  /** Estimate of the head's memory. */
  readonly headBytes: number;
  readonly cacheBytes: number;
  readonly walBytes: number;
  readonly blocks: number;
  readonly blockBytes: number;
  /** Samples accepted since the start. */
  readonly samplesAppendedTotal: number;
  /** How many of those were older than the newest of their series. */
  readonly outOfOrderSamplesTotal: number;
  /** Such samples in the head, waiting for the next block. */
  readonly headOutOfOrderSamples: number;
  /** True while the disk is too full to write. */
  readonly isFull: boolean;
  readonly openViews: number;
  /** The oldest sample of head and blocks; `undefined` when there is none. */
  readonly oldestSampleMs: number | undefined;
  /** What is wrong now, in sentences for operators; empty when all is well. */
  readonly problems: readonly string[];
}

/**
 * Opens the directory, which may be new: loads the blocks, replays the log, starts the maintenance. Rejects
 * with `FatalError`: VED_FORMAT_UNKNOWN for files of another version, VED_STORAGE_FULL and VED_STORAGE_UNUSABLE
 * when the disk refuses; damage is set aside and reported.
 */
export async function openTsdb(deps: TsdbDeps, options: TsdbOptions): Promise<Tsdb> {
  try {
    return await open(deps, options);
  } catch (error) {
    throw fatalOf(error, options.directory);
  }
}

async function open(deps: TsdbDeps, options: TsdbOptions): Promise<Tsdb> {
  const { files, clock, slicer, report } = deps;
  const walDirectory = `${options.directory}/wal`;
  const blockDirectory = `${options.directory}/blocks`;
  await files.makeDirectory(walDirectory);
  await files.makeDirectory(blockDirectory);
  await files.syncDirectory(options.directory);

  const head = new Head();
  const views = new Views();
  const metadata = new MetadataTable();
  const caches = {
    indexes: new ByteCache(options.cacheBytesMax),
    groups: new ByteCache(options.cacheBytesMax),
  };
  const blocks = await BlockSet.open({ files, slicer, report, views, caches }, blockDirectory);
  await replayIntoHead({ files, slicer, report, head, views }, walDirectory, blocks.walFloor);
  const wal = await Wal.open({ files, clock, report }, walDirectory, blocks.walFloor);
  const guard = new SpaceGuard({ files, report }, options.directory);
  const ceiling = new HeadCeiling(head, options.headBytesMax);
  const damaged = new DamagedFiles(files, [walDirectory, blockDirectory]);
  const assertWritable = (): void => {
    guard.assertWritable();
    ceiling.assertWritable();
  };
  const writer = new CommitQueue(
    { clock, slicer, head, views, journal: wal, history: blocks, metadata, assertWritable },
    options,
  );
  const reader = new TsdbReader({ head, views, slicer, metadata, stored: () => blocks });
  const maintenance = new Maintenance(
    { files, clock, slicer, report, head, views, blocks, wal, writer, guard, damaged },
    options,
  );
  const imports = new BlockImports(
    { files, clock, slicer, head, blocks, guard, runBetween: (task) => maintenance.runBetween(task) },
    options,
  );
  await maintenance.start();

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const giveUpImports = imports.stop();
    await maintenance.stop();
    await giveUpImports;
    await writer.close();
    try {
      await wal.close();
    } finally {
      await blocks.close();
    }
  };
  return {
    writer,
    reader,
    stats: () => statsOf({ head, views, caches, wal, blocks, writer, guard, ceiling, maintenance, damaged }),
    cardinality: (limit) => cardinalityOf(head.series.pairs, limit),
    flush: () => maintenance.flush(),
    importBlock: (series, signal) => imports.run(series, signal),
    importSpanMsMax: spanMsMax(options.retentionMs),
    close: () => (closing ??= close()),
  };
}

/** An error of the disk as one that ends the start; any other as it is. */
function fatalOf(error: unknown, directory: string): unknown {
  if (!(error instanceof Error) || error instanceof ExpectedError || !('code' in error)) return error;
  // Codes of the system begin with E; those of Node itself are mistakes of ours.
  if (!/^E(?!RR_)/.test(String(error.code))) return error;
  if (error.code === 'ENOSPC')
    return new FatalError(
      'VED_STORAGE_FULL',
      `cannot open the metrics store "${directory}": the disk is full; free space on it and start again`,
      { cause: error },
    );
  return new FatalError(
    'VED_STORAGE_UNUSABLE',
    `cannot open the metrics store "${directory}": ${error.message}; make its files readable and writable for this user`,
    { cause: error },
  );
}

interface Parts {
  readonly head: Head;
  readonly views: Views;
  readonly caches: BlockCaches;
  readonly wal: Wal;
  readonly blocks: BlockSet;
  readonly writer: CommitQueue;
  readonly guard: SpaceGuard;
  readonly ceiling: HeadCeiling;
  readonly maintenance: Maintenance;
  readonly damaged: DamagedFiles;
}

function statsOf(parts: Parts): TsdbStats {
  const { head, caches, blocks, guard } = parts;
  const oldestMs = Math.min(blocks.oldestMs, head.range?.minMs ?? Infinity);
  const problems = [guard, parts.ceiling, parts.writer, parts.maintenance, parts.damaged].map(
    ({ problem }) => problem,
  );
  return {
    activeSeries: head.series.count,
    headChunks: head.chunkCount,
    headRange: head.range,
    headBytes: head.sizeBytes,
    cacheBytes: caches.groups.sizeBytes + caches.indexes.sizeBytes,
    walBytes: parts.wal.sizeBytes,
    blocks: blocks.blocks.length,
    blockBytes: blocks.sizeBytes,
    samplesAppendedTotal: parts.writer.acceptedTotal,
    outOfOrderSamplesTotal: parts.writer.lateTotal,
    headOutOfOrderSamples: head.lateSampleCount,
    isFull: guard.isFull,
    openViews: parts.views.openCount,
    oldestSampleMs: oldestMs === Infinity ? undefined : oldestMs,
    problems: problems.filter((problem) => problem !== undefined),
  };
}
