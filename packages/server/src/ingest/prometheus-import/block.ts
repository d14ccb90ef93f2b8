import {
  compareLabels,
  formatLabels,
  InputError,
  type Files,
  type Labels,
  type TimeRange,
} from '@vedette/model';
import { z } from 'zod';
import { invalid } from './byte-reader.ts';
import { ChunkFiles } from './chunk-files.ts';
import { readChunk } from './chunk.ts';
import { IndexFile, type IndexedSeries } from './index-file.ts';
import { SampleBuffer } from './sample-buffer.ts';
import { isWanted, type MatcherSets } from './source.ts';
import { readTombstones, type Tombstones } from './tombstones.ts';

/** What of `meta.json` is used. `maxTime` is exclusive. */
const metaSchema = z.object({
  version: z.literal(1),
  ulid: z.string(),
  minTime: z.int(),
  maxTime: z.int(),
  compaction: z
    .object({
      sources: z.array(z.string()).nullish(),
      parents: z.array(z.object({ ulid: z.string() })).nullish(),
    })
    .optional(),
});

export interface BlockMeta {
  readonly ulid: string;
  readonly range: TimeRange;
  /** The blocks that it was first made of: they stay the same however often it is compacted. */
  readonly sources: readonly string[];
  /** Blocks whose content is in this one; they may not be removed yet. */
  readonly parents: readonly string[];
}

/** One series of a block. The buffer is used again for the next one. */
export interface BlockSeries {
  readonly labels: Labels;
  readonly samples: SampleBuffer;
}

/** One block directory of Prometheus: `meta.json`, `index`, `chunks/`, `tombstones`. */
export class PrometheusBlock {
  readonly directory: string;
  readonly meta: BlockMeta;
  readonly #files: Files;
  /** Opened when it is first read from. */
  #parts: Promise<Parts> | undefined;

  /** Reads `meta.json` alone. Rejects with `InputError` (VED_IMPORT_INVALID). */
  static async open(files: Files, directory: string): Promise<PrometheusBlock> {
    return new PrometheusBlock(files, directory, await readMeta(files, directory));
  }

  private constructor(files: Files, directory: string, meta: BlockMeta) {
    this.#files = files;
    this.directory = directory;
    this.meta = meta;
  }

  /** Series that are wanted and have samples in `range`, sorted. Throws `InputError` (VED_IMPORT_INVALID) with the place. */
  async *series(range: TimeRange, wanted: MatcherSets): AsyncGenerator<BlockSeries> {
    this.#parts ??= openParts(this.#files, this.directory);
    const parts = await this.#parts;
    const [samples, spare] = [new SampleBuffer(), new SampleBuffer()];
    let previous: Labels | undefined;
    for await (const series of parts.index.series()) {
      if (series.labels.length === 0)
        throw invalid(`cannot read "${this.directory}": a series has no labels`);
      if (previous !== undefined && compareLabels(previous, series.labels) >= 0)
        throw invalid(
          `cannot read "${this.directory}": series are not sorted; got ${formatLabels(series.labels)} after ${formatLabels(previous)}`,
        );
      previous = series.labels;
      if (!isWanted(series.labels, wanted)) continue;
      samples.clear();
      await readSamples(parts, series, range, samples);
      const kept = withoutDeleted(parts.tombstones.get(series.reference), samples, spare);
      if (kept.length > 0) yield { labels: series.labels, samples: kept };
    }
  }

  /** Lets go of files and memory; a later read opens them again. */
  async close(): Promise<void> {
    const parts = await this.#parts?.catch(() => undefined);
    this.#parts = undefined;
    await parts?.index.close();
    await parts?.chunks.close();
  }
}

interface Parts {
  readonly index: IndexFile;
  readonly chunks: ChunkFiles;
  readonly tombstones: Tombstones;
}

async function openParts(files: Files, directory: string): Promise<Parts> {
  const tombstones = await readTombstones(files, directory);
  const chunks = await ChunkFiles.in(files, `${directory}/chunks`);
  return { index: await IndexFile.open(files, `${directory}/index`), chunks, tombstones };
}

// The largest seen, of blocks merged a hundred times, have 100 kB.
const META_BYTES_MAX = 16 * 1024 * 1024;

async function readMeta(files: Files, directory: string): Promise<BlockMeta> {
  const path = `${directory}/meta.json`;
  const entry = (await files.list(directory)).find(({ name }) => name === 'meta.json');
  if (entry === undefined) throw invalid(`cannot read "${path}": it is missing`);
  if (entry.sizeBytes > META_BYTES_MAX)
    throw invalid(`cannot read "${path}": it has ${entry.sizeBytes} bytes; the limit is ${META_BYTES_MAX}`);
  const parsed = metaSchema.safeParse(parseJson(path, await files.read(path)));
  if (!parsed.success)
    throw invalid(`cannot read "${path}": ${z.prettifyError(parsed.error).replaceAll('\n', ' ')}`);
  const { ulid, minTime, maxTime, compaction } = parsed.data;
  return {
    ulid,
    range: { fromMs: minTime, untilMs: Math.max(minTime, maxTime - 1) },
    sources: compaction?.sources ?? [ulid],
    parents: compaction?.parents?.map((parent) => parent.ulid) ?? [],
  };
}

function parseJson(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new InputError('VED_IMPORT_INVALID', `cannot read "${path}": it is not JSON`, { cause: error });
  }
}

async function readSamples(
  { chunks }: Parts,
  series: IndexedSeries,
  range: TimeRange,
  out: SampleBuffer,
): Promise<void> {
  for (const chunk of series.chunks) {
    if (chunk.maxMs < range.fromMs || chunk.minMs > range.untilMs) continue;
    const { encoding, bytes } = await chunks.read(chunk);
    const [count, lastMs] = [out.length, out.lastMs];
    try {
      readChunk(encoding, bytes, range, out);
      if (out.length > count && out.timestampMsAt(count) <= lastMs)
        throw invalid(`it begins at ${out.timestampMsAt(count)}, the chunk before ends at ${lastMs}`);
    } catch (error) {
      throw error instanceof InputError ? chunks.faultOf(chunk, error) : error;
    }
  }
}

function withoutDeleted(
  deleted: readonly TimeRange[] | undefined,
  samples: SampleBuffer,
  spare: SampleBuffer,
): SampleBuffer {
  if (deleted === undefined) return samples;
  spare.clear();
  for (let i = 0; i < samples.length; i++) {
    const timestampMs = samples.timestampMsAt(i);
    const isDeleted = deleted.some(({ fromMs, untilMs }) => timestampMs >= fromMs && timestampMs <= untilMs);
    if (!isDeleted) spare.addFrom(samples, i);
  }
  return spare;
}
