/**
 * The blocks of a Prometheus data directory as one source. The write-ahead log beside them is not read: what is
 * not in a block yet (the last two to three hours) is had from the running server, or after a snapshot.
 *
 * 1. Blocks whose content has moved to a larger one that is there as well are left out.
 * 2. For a span all blocks that overlap it are walked at once, each in the order of its index; the smallest label
 *    set goes first. Of two samples of a series at one time that of the block that begins first counts.
 * 3. A block that turns out to be damaged ends the read; `skipDamaged` leaves it out from then on.
 *
 * Memory: the symbols of the blocks read from, and the samples of one series per block.
 */
import { compareLabels, InputError, type Files, type SeriesSamples, type TimeRange } from '@vedette/model';
import { PrometheusBlock, type BlockSeries } from './block.ts';
import { mergeSamples, SampleBuffer } from './sample-buffer.ts';
import type { ImportSource, MatcherSets } from './source.ts';

/** Damage in one block; the others may be sound. */
class DamagedBlockError extends InputError {
  readonly directory: string;

  constructor(directory: string, cause: InputError) {
    super('VED_IMPORT_INVALID', `${cause.message}; leave this block out with --skip-damaged, or restore it`, {
      cause,
    });
    this.directory = directory;
  }
}

export interface DirectoryOptions {
  readonly directory: string;
  readonly matcherSets: MatcherSets;
  /** Leaves out blocks whose `meta.json` cannot be read, instead of rejecting. */
  readonly isSkippingDamaged: boolean;
}

/** Rejects with `InputError` (VED_IMPORT_INVALID) when there is no block, or one cannot be read. */
export async function openDirectorySource(files: Files, options: DirectoryOptions): Promise<ImportSource> {
  const { directory } = options;
  const blocks: PrometheusBlock[] = [];
  const skipped: string[] = [];
  for (const { name, kind } of await files.list(directory)) {
    if (kind !== 'directory' || !ULID.test(name)) continue;
    const path = `${directory}/${name}`;
    try {
      blocks.push(await PrometheusBlock.open(files, path));
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (!options.isSkippingDamaged) throw new DamagedBlockError(path, error);
      skipped.push(error.message);
    }
  }
  if (blocks.length === 0 && skipped.length === 0)
    throw new InputError(
      'VED_IMPORT_INVALID',
      `cannot import from "${directory}": there are no Prometheus blocks in it; name the directory of --storage.tsdb.path, or a snapshot of it`,
    );
  const replaced = new Set(blocks.flatMap(({ meta }) => meta.parents));
  const kept = blocks.filter(({ meta }) => !replaced.has(meta.ulid));
  kept.sort((a, b) => a.meta.range.fromMs - b.meta.range.fromMs);
  return new DirectorySource(kept, skipped, options);
}

/** Names of blocks; directories that are being written or removed end in more. */
const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;

class DirectorySource implements ImportSource {
  readonly name: string;
  readonly skipped: string[];
  readonly #matcherSets: MatcherSets;
  #blocks: readonly PrometheusBlock[];

  constructor(blocks: readonly PrometheusBlock[], skipped: string[], options: DirectoryOptions) {
    this.#blocks = blocks;
    this.skipped = skipped;
    this.name = options.directory;
    this.#matcherSets = options.matcherSets;
  }

  get range(): TimeRange | undefined {
    if (this.#blocks.length === 0) return undefined;
    return {
      fromMs: Math.min(...this.#blocks.map(({ meta }) => meta.range.fromMs)),
      untilMs: Math.max(...this.#blocks.map(({ meta }) => meta.range.untilMs)),
    };
  }

  async *read(range: TimeRange, signal: AbortSignal): AsyncGenerator<readonly SeriesSamples[]> {
    const blocks = this.#within(range);
    const cursors = blocks.map((block) => new Cursor(block, range, this.#matcherSets));
    const merged = [new SampleBuffer(), new SampleBuffer()] as const;
    try {
      for (const cursor of cursors) await cursor.next();
      for (;;) {
        signal.throwIfAborted();
        const first = firstOf(cursors);
        if (first?.current === undefined) return;
        const { labels } = first.current;
        const same = cursors.filter(
          ({ current }) => current !== undefined && compareLabels(current.labels, labels) === 0,
        );
        yield [mergeAll(same, merged).series(labels)];
        for (const cursor of same) await cursor.next();
      }
    } finally {
      for (const cursor of cursors) await cursor.close();
      // Spans are read in order of time: what ends here is not asked again.
      for (const block of blocks) if (block.meta.range.untilMs <= range.untilMs) await block.close();
    }
  }

  partsOf(range: TimeRange): readonly string[] {
    return [...new Set(this.#within(range).flatMap(({ meta }) => meta.sources))].sort();
  }

  mayHold(range: TimeRange): boolean {
    return this.#within(range).length > 0;
  }

  async skipDamaged(error: unknown): Promise<boolean> {
    if (!(error instanceof DamagedBlockError)) return false;
    const damaged = this.#blocks.find(({ directory }) => directory === error.directory);
    if (damaged === undefined) return false;
    this.#blocks = this.#blocks.filter((block) => block !== damaged);
    this.skipped.push(error.cause instanceof Error ? error.cause.message : error.message);
    await damaged.close();
    return true;
  }

  async close(): Promise<void> {
    for (const block of this.#blocks) await block.close();
  }

  #within({ fromMs, untilMs }: TimeRange): readonly PrometheusBlock[] {
    return this.#blocks.filter(({ meta }) => meta.range.fromMs <= untilMs && meta.range.untilMs >= fromMs);
  }
}

/** Where the walk through one block stands. */
class Cursor {
  current: BlockSeries | undefined;
  readonly #block: PrometheusBlock;
  readonly #series: AsyncGenerator<BlockSeries>;

  constructor(block: PrometheusBlock, range: TimeRange, wanted: MatcherSets) {
    this.#block = block;
    this.#series = block.series(range, wanted);
  }

  async next(): Promise<void> {
    try {
      const step = await this.#series.next();
      this.current = step.done === true ? undefined : step.value;
    } catch (error) {
      throw error instanceof InputError ? new DamagedBlockError(this.#block.directory, error) : error;
    }
  }

  async close(): Promise<void> {
    await this.#series.return(undefined);
  }
}

function firstOf(cursors: readonly Cursor[]): Cursor | undefined {
  let first: Cursor | undefined;
  for (const cursor of cursors) {
    if (cursor.current === undefined) continue;
    if (first?.current === undefined || compareLabels(cursor.current.labels, first.current.labels) < 0)
      first = cursor;
  }
  return first;
}

/** The samples of one series in all blocks that have it. */
function mergeAll(cursors: readonly Cursor[], spares: readonly [SampleBuffer, SampleBuffer]): SampleBuffer {
  let merged = cursors[0]?.current?.samples ?? spares[0];
  for (const [i, { current }] of cursors.slice(1).entries()) {
    if (current === undefined) continue;
    const out = i % 2 === 0 ? spares[0] : spares[1];
    mergeSamples(merged, current.samples, out);
    merged = out;
  }
  return merged;
}
