import {
  FatalError,
  type Clock,
  type Exemplar,
  type Files,
  type Labels,
  type Matcher,
  type MetricsReader,
  type MetricsWriter,
  type Random,
  type SeriesSamples,
  type Slicer,
  type TimeRange,
} from '@vedette/model';
import type { BlockCaches } from './block/block.ts';
import { BlockImports, type ImportResult, type RunBetween } from './block/block-import.ts';
import { BlockSet, type BlockSetDeps } from './block/block-set.ts';
import { ByteCache } from './block/byte-cache.ts';
import { spanMsMax } from './block/compact.ts';
import { TombstoneFile } from './block/tombstone-file.ts';
import type { Cardinality } from './cardinality.ts';
import { CommitQueue } from './commit-queue.ts';
import { DepartedSeries } from './departed-series.ts';
import { DamagedFiles } from './damaged-files.ts';
import { isDiskError } from './disk-error.ts';
import { ExemplarBuffer } from './exemplar/exemplar-buffer.ts';
import { Head } from './head/head.ts';
import { HeadCeiling } from './head-ceiling.ts';
import { Maintenance } from './maintenance.ts';
import { MetadataTable } from './metadata-table.ts';
import { TsdbReader } from './query/reader.ts';
import { replayIntoHead } from './replay.ts';
import { isKeptLong } from './retention-rules.ts';
import { StartRepairs } from './repair.ts';
import type { Reporter } from './report.ts';
import { SettledHistory } from './settled-history.ts';
import { removeUnfinishedSnapshots } from './snapshot.ts';
import { Retention, type RetentionOptions } from './retention.ts';
import { cardinalityOfHead, censusOf, type CardinalityQuery, type SeriesCensus } from './series-census.ts';
import { SeriesCulprits } from './series-culprits.ts';
import { SeriesLimits, type JobSeries, type SeriesLimitOptions } from './series-limits.ts';
import { SeriesTurnover } from './series-turnover.ts';
import { SeriesWatch } from './series-watch.ts';
import { SpaceGuard } from './space-guard.ts';
import { StoreAdmin, type SnapshotOptions } from './store-admin.ts';
import { Tiers, type DownsamplingOptions, type TierOptions } from './tier/tiers.ts';
import { Views } from './views.ts';
import { Wal } from './wal/wal.ts';

export interface TsdbDeps {
  readonly files: Files;
  readonly clock: Clock;
  /** Names snapshots. */
  readonly random: Random;
  readonly slicer: Slicer;
  readonly report: Reporter;
}

export interface TsdbOptions extends SeriesLimitOptions, RetentionOptions {
  /** Everything is below; nobody else writes there. */
  readonly directory: string;
  /** How long downsampled samples are kept; absent: none are made, what there is of them stays and is read. */
  readonly downsampling?: DownsamplingOptions | undefined;
  /**
   * How far back from the newest stored sample, of whichever series, one is taken that is older than the newest of
   * its own series. 0, the default, refuses all of them.
   */
  readonly outOfOrderWindowMs?: number;
  /** Bytes of samples in the head after which it is written to a block early; far above it, batches are refused. */
  readonly headBytesMax: number;
  /** Bytes of decompressed blocks kept for the next query, and as many of their indexes. */
  readonly cacheBytesMax: number;
  /** Exemplars kept of all series together; 0 keeps none. */
  readonly exemplarsMax: number;
  /** Whether a zero is stored where a counter began (`SampleBatch.startsMs`), as far as it is newer than its series. */
  readonly createdZeroSamples?: boolean | undefined;
}

/**
 * The embedded engine: head, write-ahead log and blocks of one directory, as the ports `MetricsWriter` and
 * `MetricsReader`.
 */
export interface Tsdb {
  readonly writer: MetricsWriter;
  readonly reader: MetricsReader;
  stats(): TsdbStats;
  /** The largest contributors to the series of the head, by several measures; counted in slices. */
  cardinality(query: CardinalityQuery): Promise<Cardinality>;
  /** Who has series in the head and who creates them, the `limit` first of each list. */
  census(limit: number): Promise<SeriesCensus>;
  /** Writes the head to a block now. It happens by itself. Rejects with `UnavailableError` when the disk refuses. */
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
  /**
   * Hides the samples in `range` of the series that satisfy every matcher of any set (at least one): queries that
   * begin after it resolves do not see them, a restart does not bring them back. Samples that are appended later
   * are not hidden, whatever their time. The disk keeps them until `cleanTombstones` or the next compaction of
   * their block. Resolves with the number of series touched; rejects with `UnavailableError` when the disk refuses, then
   * nothing is hidden.
   */
  deleteSeries(matcherSets: readonly (readonly Matcher[])[], range: TimeRange): Promise<number>;
  /**
   * Removes exemplars for which `isGone` says so, from the log, too. Resolves with how many; rejects with
   * `UnavailableError` when the disk refuses: then they are gone from memory, and from the disk with the next flush.
   */
  deleteExemplars(isGone: (series: Labels, exemplar: Exemplar) => boolean): Promise<number>;
  /** Rewrites the block files that hold deleted samples; killed under way, those not yet rewritten stay hidden. */
  cleanTombstones(): Promise<void>;
  /**
   * Writes a copy of everything acknowledged (`hasHead`: false leaves out what is in no block yet) to
   * `snapshots/NAME` below the store's directory, or to `into`, and resolves with NAME; the copy opens as a store. What
   * was not finished ends in `.tmp`.
   */
  snapshot(options: SnapshotOptions): Promise<string>;
  /** Applies what was accepted, syncs and closes the log. Closing twice is safe. */
  close(): Promise<void>;
}

export interface TsdbStats {
  readonly activeSeries: number;
  readonly seriesMax: number;
  /** Jobs that have half of their limit of series or more, the nearest first; a few seconds old. */
  readonly nearJobs: readonly JobSeries[];
  /** Active series that ended with a staleness marker, and others that nothing came for lately; a minute old. */
  readonly staleSeries: number;
  readonly stoppedSeries: number;
  /** Since the start, as the next. */
  readonly seriesCreatedTotal: number;
  readonly seriesRemovedTotal: number;
  /** New series that were refused, by the limit; one that comes again counts again. */
  readonly seriesRefusedTotal: { readonly total: number; readonly job: number; readonly labels: number };
  /** Blocks that left by age or for the size of all. */
  readonly retentionBlocksTotal: { readonly time: number; readonly size: number };
  readonly headChunks: number;
  readonly headRange: { readonly minMs: number; readonly maxMs: number } | undefined;
  /** Estimate of the head's memory. */
  readonly headBytes: number;
  readonly cacheBytes: number;
  readonly walBytes: number;
  readonly blocks: number;
  readonly blockBytes: number;
  /** Blocks of downsampled samples by resolution (`5m`, `1h`), which `blocks` and `blockBytes` do not count. */
  readonly downsampled: readonly {
    readonly resolution: string;
    readonly blocks: number;
    readonly blockBytes: number;
  }[];
  /** Size of the list of deleted samples. */
  readonly tombstoneBytes: number;
  /** Exemplars in memory. */
  readonly exemplars: number;
  /** Samples accepted since the start. */
  readonly samplesAppendedTotal: number;
  /** How many of those were older than the newest of their series. */
  readonly outOfOrderSamplesTotal: number;
  /** Such samples in the head, waiting for the next block. */
  readonly headOutOfOrderSamples: number;
  /** True while the disk is too full to write. */
  readonly isFull: boolean;
  readonly openViews: number;
  /** The oldest sample of head and blocks, or that a bucket may tell of; `undefined` when there is none. */
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
  const { files, clock, slicer } = deps;
  const report = new StartRepairs(deps.report);
  const head = new Head();
  const views = new Views();
  const metadata = new MetadataTable();
  const exemplars = new ExemplarBuffer(options.exemplarsMax);
  const caches = createCaches(options.cacheBytesMax);
  const settled = new SettledHistory(clock, options.outOfOrderWindowMs);
  const onChange = (): void => settled.change();
  const storing = { files, clock, slicer, report, views, caches, onChange };
  const stored = await openStored(storing, head, options);
  const { walDirectory, tombstones, blocks, tiers, damaged } = stored;
  await replayIntoHead({ files, slicer, report, head, views, exemplars }, walDirectory, blocks.walFloor);
  const wal = await Wal.open({ files, clock, report }, walDirectory, blocks.walFloor);
  report.summarise({
    blocks: blocks.blocks,
    newestMs: Math.max(blocks.newestMs, head.range?.maxMs ?? -Infinity),
  });
  const guard = new SpaceGuard({ files, report }, options.directory);
  const ceiling = new HeadCeiling(head, options.headBytesMax);
  const assertWritable = (): void => {
    guard.assertWritable();
    ceiling.assertWritable();
  };
  const counting = createCounting({ clock, slicer, report, head }, options);
  const writer = new CommitQueue(
    {
      ...counting,
      clock,
      slicer,
      head,
      views,
      journal: wal,
      history: blocks,
      metadata,
      exemplars,
      settled,
      assertWritable,
    },
    options,
  );
  const held = { ...deps, report, head, views, caches, blocks, tiers, tombstones, exemplars, settled };
  const reader = new TsdbReader({ ...held, metadata, stored: () => blocks });
  const retention = new Retention({ ...held, wal, guard, onChange }, options);
  const maintenance = new Maintenance(
    { ...held, ...counting, wal, guard, writer, damaged, retention },
    options,
  );
  const runBetween: RunBetween = (task) => maintenance.perform((steps) => task(() => steps.flush()));
  const imports = new BlockImports({ ...held, guard, runBetween }, options);
  const admin = new StoreAdmin({ ...held, maintenance }, options.directory);
  await maintenance.start();

  const importSpanMsMax = spanMsMax(options.retentionMs);
  const inside = { ...held, ...counting, wal, guard, ceiling, damaged, retention };
  const { seriesMax } = options;
  return doorOf({ ...inside, seriesMax, writer, reader, maintenance, imports, admin, importSpanMsMax });
}

/** What counts the series of the head. */
function createCounting(
  deps: Pick<TsdbDeps, 'clock' | 'slicer' | 'report'> & { readonly head: Head },
  options: SeriesLimitOptions,
): Counting {
  const limits = new SeriesLimits(deps.head, options);
  return {
    limits,
    culprits: new SeriesCulprits({ ...deps, limits }),
    turnover: new SeriesTurnover(),
    watch: new SeriesWatch({ ...deps, limits }, options),
    departed: new DepartedSeries(deps),
  };
}

interface Counting {
  readonly limits: SeriesLimits;
  readonly culprits: SeriesCulprits;
  readonly turnover: SeriesTurnover;
  readonly watch: SeriesWatch;
  readonly departed: DepartedSeries;
}

/** Series that leave sooner than the others leave no buckets. */
function tierOptionsOf({
  downsampling,
  retentionRules = [],
  retentionMs,
}: Omit<TsdbOptions, 'directory'>): TierOptions | undefined {
  return (
    downsampling && {
      ...downsampling,
      isDownsampled: (labels) => isKeptLong(labels, retentionRules, retentionMs),
    }
  );
}

interface Stored {
  readonly walDirectory: string;
  readonly tombstones: TombstoneFile;
  readonly blocks: BlockSet;
  readonly tiers: Tiers;
  readonly damaged: DamagedFiles;
}

/** The blocks of the directory, and what belongs to them. */
async function openStored(
  deps: Omit<BlockSetDeps, 'tombstones'> & { readonly clock: Clock },
  head: Head,
  { directory, ...options }: TsdbOptions,
): Promise<Stored> {
  const { files } = deps;
  const { walDirectory, blockDirectory } = await prepareDirectories(deps, directory);
  const tombstones = await TombstoneFile.open(deps, directory);
  const blocks = await BlockSet.open({ ...deps, tombstones }, blockDirectory);
  const tiers = await Tiers.open(
    { ...deps, tombstones, head, raw: blocks },
    directory,
    tierOptionsOf(options),
  );
  const tierDirectories = tiers.all.map(({ set }) => set.directory);
  const damaged = new DamagedFiles(files, [walDirectory, blockDirectory, ...tierDirectories]);
  return { walDirectory, tombstones, blocks, tiers, damaged };
}

/** What the owner is handed. */
function doorOf(parts: Parts): Tsdb {
  const { writer, reader, maintenance, imports, admin, importSpanMsMax } = parts;
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const giveUpImports = imports.stop();
    await maintenance.stop();
    await giveUpImports;
    await writer.close();
    try {
      await parts.wal.close();
    } finally {
      await parts.blocks.close();
      await parts.tiers.close();
    }
  };
  return {
    writer,
    reader,
    stats: () => statsOf(parts),
    cardinality: (query) => cardinalityOfHead(parts, query),
    census: (limit) =>
      censusOf(parts, { limit, seriesMax: parts.seriesMax, monotonicMs: parts.clock.monotonicMs() }),
    flush: () => maintenance.flush(),
    importBlock: (series, signal) => imports.run(series, signal),
    importSpanMsMax,
    deleteSeries: (matcherSets, range) => admin.deleteSeries(matcherSets, range),
    deleteExemplars: (isGone) => admin.deleteExemplars(isGone),
    cleanTombstones: () => admin.cleanTombstones(),
    snapshot: (what) => admin.snapshot(what),
    close: () => (closing ??= close()),
  };
}

/** Makes what is missing and removes what a killed process left of a snapshot. */
async function prepareDirectories(
  deps: { readonly files: Files; readonly report: Reporter },
  directory: string,
): Promise<{ walDirectory: string; blockDirectory: string }> {
  const { files } = deps;
  const walDirectory = `${directory}/wal`;
  const blockDirectory = `${directory}/blocks`;
  await files.makeDirectory(walDirectory);
  await files.makeDirectory(blockDirectory);
  await files.syncDirectory(directory);
  await removeUnfinishedSnapshots(deps, directory);
  return { walDirectory, blockDirectory };
}

function createCaches(bytesMax: number): BlockCaches {
  return { indexes: new ByteCache(bytesMax), groups: new ByteCache(bytesMax) };
}

/** An error of the disk as one that ends the start; any other as it is. */
function fatalOf(error: unknown, directory: string): unknown {
  if (!isDiskError(error)) return error;
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

interface Parts extends Counting {
  readonly clock: Clock;
  readonly slicer: Slicer;
  readonly retention: Retention;
  readonly seriesMax: number;
  readonly head: Head;
  readonly views: Views;
  readonly caches: BlockCaches;
  readonly wal: Wal;
  readonly blocks: BlockSet;
  readonly tiers: Tiers;
  readonly tombstones: TombstoneFile;
  readonly exemplars: ExemplarBuffer;
  readonly writer: CommitQueue;
  readonly guard: SpaceGuard;
  readonly ceiling: HeadCeiling;
  readonly maintenance: Maintenance;
  readonly damaged: DamagedFiles;
  readonly reader: TsdbReader;
  readonly imports: BlockImports;
  readonly admin: StoreAdmin;
  readonly importSpanMsMax: number;
}

function statsOf(parts: Parts): TsdbStats {
  const { head, caches, blocks, guard } = parts;
  const oldestMs = Math.min(blocks.oldestMs, parts.tiers.oldestMs, head.range?.minMs ?? Infinity);
  const problems = [
    guard,
    parts.ceiling,
    parts.writer,
    parts.watch,
    parts.maintenance,
    parts.damaged,
    parts.tombstones,
    parts.wal,
  ].map(({ problem }) => problem);
  return {
    activeSeries: head.series.count,
    seriesMax: parts.seriesMax,
    nearJobs: parts.watch.jobs,
    staleSeries: parts.departed.staleCount,
    stoppedSeries: parts.departed.stoppedCount,
    seriesCreatedTotal: parts.turnover.createdTotal,
    seriesRemovedTotal: parts.turnover.removedTotal,
    seriesRefusedTotal: parts.writer.refusedSeries,
    retentionBlocksTotal: parts.retention.removedBlocks,
    headChunks: head.chunkCount,
    headRange: head.range,
    headBytes: head.sizeBytes,
    cacheBytes: caches.groups.sizeBytes + caches.indexes.sizeBytes,
    walBytes: parts.wal.sizeBytes,
    blocks: blocks.blocks.length,
    blockBytes: blocks.sizeBytes,
    downsampled: parts.tiers.all.map(({ name, set }) => ({
      resolution: name,
      blocks: set.blocks.length,
      blockBytes: set.sizeBytes,
    })),
    tombstoneBytes: parts.tombstones.sizeBytes,
    exemplars: parts.exemplars.count,
    samplesAppendedTotal: parts.writer.acceptedTotal,
    outOfOrderSamplesTotal: parts.writer.lateTotal,
    headOutOfOrderSamples: head.lateSampleCount,
    isFull: guard.isFull,
    openViews: parts.views.openCount,
    oldestSampleMs: oldestMs === Infinity ? undefined : oldestMs,
    problems: problems.filter((problem) => problem !== undefined),
  };
}
