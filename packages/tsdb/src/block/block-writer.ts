import { crc32 } from 'node:zlib';
import { bug, type FileAppender, type Files, type Labels, type Slicer } from '@vedette/model';
import { BucketEncoder } from '../chunk/bucket-encoder.ts';
import { CHUNK_SAMPLES_MAX } from '../chunk/chunk.ts';
import { ChunkEncoder } from '../chunk/chunk-encoder.ts';
import { HistogramEncoder } from '../chunk/histogram-encoder.ts';
import { runsOf, type MixedColumns, type SampleRun } from '../chunk/sample-runs.ts';
import type { BucketBuffer } from '../tier/bucket-buffer.ts';
import {
  blockHeader,
  SECTION_CHUNKS,
  SECTION_GROUPS,
  SECTION_META,
  tableAndTrailer,
  type BlockMeta,
  type Extent,
  type Section,
} from './block-format.ts';
import { LabelColumns } from './label-columns.ts';
import { NumberColumn } from './number-column.ts';
import { concat } from './section-bytes.ts';
import { compress } from './zstd.ts';

// Chunks are compressed 64 KiB at a time: a query for one series decompresses one group in 0.1 ms; with
// 256 KiB blocks were 3 % smaller.
const GROUP_BYTES = 2 ** 16;

/** What only the caller knows of a block. */
export type BlockOrigin = Pick<BlockMeta, 'first' | 'last' | 'level' | 'walFloor' | 'resolutionMs'>;

/**
 * Writes a block file: series in the order of their label sets, each with all its samples; then `finish`.
 * Groups go to a temporary file as they fill; memory is the index alone. Until the final rename
 * nothing is there; `discard` takes the temporary file away.
 */
export class BlockWriter {
  readonly #files: Files;
  readonly #slicer: Slicer;
  readonly #path: string;
  readonly #appender: FileAppender;
  readonly #encoder = new ChunkEncoder();
  readonly #histograms = new HistogramEncoder();
  /** Made with the first bucket. */
  #buckets: BucketEncoder | undefined;
  #group = new Uint8Array(GROUP_BYTES * 2);
  #groupBytes = 0;
  readonly #groups: Extent[] = [];
  readonly #labels = new LabelColumns();
  readonly #chunkEnds = new NumberColumn();
  readonly #chunkGroups = new NumberColumn();
  readonly #chunkOffsets = new NumberColumn();
  readonly #chunkLengths = new NumberColumn();
  readonly #chunkMinMs = new NumberColumn();
  readonly #chunkMaxMs = new NumberColumn();
  #sampleCount = 0;
  #minMs = Infinity;
  #maxMs = -Infinity;

  private constructor(deps: { files: Files; slicer: Slicer }, path: string, appender: FileAppender) {
    this.#files = deps.files;
    this.#slicer = deps.slicer;
    this.#path = path;
    this.#appender = appender;
  }

  static async create(deps: { files: Files; slicer: Slicer }, path: string): Promise<BlockWriter> {
    await deps.files.remove(`${path}.tmp`);
    const appender = await deps.files.openAppender(`${path}.tmp`);
    const writer = new BlockWriter(deps, path, appender);
    try {
      await appender.append(blockHeader());
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return writer;
  }

  get seriesCount(): number {
    return this.#labels.seriesCount;
  }

  /** All samples of the next series, at least one, increasing in time. */
  async addSeries(labels: Labels, samples: MixedColumns): Promise<void> {
    if (samples.timestampsMs.length === 0) bug('a series of a block has at least one sample');
    this.#labels.add(labels);
    for (const run of runsOf(samples)) await this.#addRun(samples, run);
    await this.#closeSeries();
  }

  /** All buckets of the next series, and the samples beside them that are kept as they are; at least one of either. */
  async addBuckets(
    labels: Labels,
    buckets: BucketBuffer,
    { samples, resolutionMs }: { readonly samples: MixedColumns | undefined; readonly resolutionMs: number },
  ): Promise<void> {
    this.#labels.add(labels);
    const encoder = (this.#buckets ??= new BucketEncoder());
    const { columns, count } = buckets;
    for (let from = 0; from < count; from += CHUNK_SAMPLES_MAX) {
      const until = Math.min(count, from + CHUNK_SAMPLES_MAX);
      const chunk = encoder.encode(columns, from, until, resolutionMs);
      await this.#addChunk(chunk, columns.endsMs.subarray(from, until));
    }
    if (samples !== undefined) for (const run of runsOf(samples)) await this.#addRun(samples, run);
    await this.#closeSeries();
  }

  /** Writes the index, makes the file durable and gives it its name, which may be another than planned. */
  async finish(origin: BlockOrigin, path = this.#path): Promise<void> {
    await this.#flushGroup();
    const meta: BlockMeta = {
      ...origin,
      minMs: this.#minMs,
      maxMs: this.#maxMs,
      seriesCount: this.#labels.seriesCount,
      chunkCount: this.#chunkGroups.length,
      sampleCount: this.#sampleCount,
    };
    const sections = [await this.#section(SECTION_META, new TextEncoder().encode(JSON.stringify(meta)))];
    for await (const { kind, raw } of this.#labels.sections(this.#slicer))
      sections.push(await this.#section(kind, raw));
    sections.push(await this.#section(SECTION_CHUNKS, await this.#chunkSection()));
    sections.push(await this.#section(SECTION_GROUPS, await this.#groupSection()));
    await this.#appender.append(tableAndTrailer(sections));
    await this.#appender.sync();
    await this.#appender.close();
    await this.#files.rename(`${this.#path}.tmp`, path);
  }

  async discard(): Promise<void> {
    await this.#appender.close();
    // What cannot be removed now is by the next attempt, or the next start. The caller has an error to tell already.
    await this.#files.remove(`${this.#path}.tmp`).catch(() => undefined);
  }

  async #closeSeries(): Promise<void> {
    this.#chunkEnds.push(this.#chunkGroups.length);
    if (this.#slicer.shouldYield()) await this.#slicer.yield();
  }

  async #addRun(samples: MixedColumns, run: SampleRun): Promise<void> {
    await this.#addChunk(this.#encode(samples, run), samples.timestampsMs.subarray(run.from, run.until));
  }

  async #addChunk(chunk: Uint8Array, timestampsMs: Float64Array): Promise<void> {
    const minMs = timestampsMs[0] ?? 0;
    const maxMs = timestampsMs.at(-1) ?? 0;
    this.#chunkGroups.push(this.#groups.length);
    this.#chunkOffsets.push(this.#groupBytes);
    this.#chunkLengths.push(chunk.length);
    this.#chunkMinMs.push(minMs);
    this.#chunkMaxMs.push(maxMs);
    this.#sampleCount += timestampsMs.length;
    this.#minMs = Math.min(this.#minMs, minMs);
    this.#maxMs = Math.max(this.#maxMs, maxMs);
    if (this.#groupBytes + chunk.length > this.#group.length) this.#growGroup(chunk.length);
    this.#group.set(chunk, this.#groupBytes);
    this.#groupBytes += chunk.length;
    if (this.#groupBytes >= GROUP_BYTES) await this.#flushGroup();
  }

  #encode(samples: MixedColumns, { from, until, histograms }: SampleRun): Uint8Array {
    const timestampsMs = samples.timestampsMs.subarray(from, until);
    const staleFlags = samples.staleFlags.subarray(from, until);
    if (histograms !== undefined) return this.#histograms.encode({ timestampsMs, histograms, staleFlags });
    const { columns } = this.#encoder;
    columns.timestampsMs.set(timestampsMs);
    columns.values.set(samples.values.subarray(from, until));
    columns.staleFlags.set(staleFlags);
    return this.#encoder.encode(until - from);
  }

  /** A chunk of large histograms may not fit behind what a group has. */
  #growGroup(lengthBytes: number): void {
    const larger = new Uint8Array(this.#groupBytes + lengthBytes);
    larger.set(this.#group.subarray(0, this.#groupBytes));
    this.#group = larger;
  }

  async #flushGroup(): Promise<void> {
    if (this.#groupBytes === 0) return;
    this.#groups.push(await this.#write(this.#group.subarray(0, this.#groupBytes)));
    this.#groupBytes = 0;
  }

  async #section(kind: number, raw: Uint8Array): Promise<Section> {
    return { kind, ...(await this.#write(raw)) };
  }

  async #write(raw: Uint8Array): Promise<Extent> {
    const offset = this.#appender.sizeBytes;
    const stored = await compress(raw);
    await this.#appender.append(stored);
    return { offset, storedBytes: stored.length, rawBytes: raw.length, crc: crc32(stored) };
  }

  async #chunkSection(): Promise<Uint8Array> {
    const slicer = this.#slicer;
    const columns = [
      Uint32Array.of(this.#chunkGroups.length),
      await this.#chunkEnds.words(slicer),
      await this.#chunkGroups.words(slicer),
      await this.#chunkOffsets.words(slicer),
      await this.#chunkLengths.words(slicer),
      await this.#chunkMinMs.doubles(slicer),
      await this.#chunkMaxMs.doubles(slicer),
    ];
    return await concat(columns, slicer);
  }

  async #groupSection(): Promise<Uint8Array> {
    const facts = this.#groups.flatMap(({ storedBytes, rawBytes, crc }) => [storedBytes, rawBytes, crc]);
    const offsets = Float64Array.from(this.#groups, (group) => group.offset);
    return await concat(
      [Uint32Array.of(this.#groups.length), Uint32Array.from(facts), offsets],
      this.#slicer,
    );
  }
}
