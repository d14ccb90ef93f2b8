import {
  formatLabels,
  labelsOf,
  SampleBatchBuilder,
  SeededRandom,
  type FileAppender,
  type FileEntry,
  type FileReader,
  type Files,
  type NativeHistogram,
  type MetricsReader,
  type SampleBatch,
  type Slicer,
  VirtualClock,
} from '@vedette/model';
import { openTsdb, type Tsdb, type TsdbOptions } from './tsdb.ts';

/** What the engine's tests share. Not part of the package. */

export const START_MS = Date.UTC(2026, 0, 2);

/** Yields at every question, so that whatever can come between two slices does. */
export const eagerSlicer: Slicer = { shouldYield: () => true, yield: () => Promise.resolve() };

export const DIRECTORY = 'data';

const OPTIONS: TsdbOptions = {
  directory: DIRECTORY,
  retentionMs: 30 * 86_400_000,
  seriesMax: 100_000,
  headBytesMax: 2 ** 24,
  cacheBytesMax: 2 ** 20,
  exemplarsMax: 1000,
};

/** Goes on over restarts, as the real one does: no two snapshots share a name. */
const random = new SeededRandom(1);

export interface OpenedTsdb extends Tsdb {
  readonly clock: VirtualClock;
  /** Messages of warnings, with their fields. */
  readonly warnings: { message: string; fields: Readonly<Record<string, unknown>> }[];
}

export async function openTestTsdb(
  files: Files,
  settings: { options?: Partial<TsdbOptions>; clock?: VirtualClock; slicer?: Slicer } = {},
): Promise<OpenedTsdb> {
  const clock = settings.clock ?? new VirtualClock({ startMs: START_MS });
  const warnings: OpenedTsdb['warnings'] = [];
  const report = {
    info: () => undefined,
    warn: (message: string, fields: Readonly<Record<string, unknown>>) => {
      warnings.push({ message, fields });
    },
  };
  const slicer = settings.slicer ?? eagerSlicer;
  const tsdb = await openTsdb({ files, clock, random, slicer, report }, { ...OPTIONS, ...settings.options });
  return { ...tsdb, clock, warnings };
}

/** A number, a histogram, or a staleness marker. */
export type TestValue = number | 'stale' | NativeHistogram;

export type TestSeries = readonly [
  labels: Readonly<Record<string, string>>,
  ...samples: (readonly [timestampMs: number, value: TestValue, startMs?: number])[],
];

export function batchOf(...series: readonly TestSeries[]): SampleBatch {
  const builder = new SampleBatchBuilder();
  for (const [labels, ...samples] of series) {
    builder.openSeries(labelsOf(labels));
    for (const [timestampMs, value, startMs] of samples) {
      if (value === 'stale') builder.addStaleMarker(timestampMs);
      else if (typeof value === 'number') builder.addSample(timestampMs, value);
      else builder.addHistogram(timestampMs, value);
      if (startMs !== undefined) builder.setStart(startMs);
    }
  }
  return builder.finish();
}

/** The samples of a batch of floats as head, log and blocks take them. */
export function floatsOf({ timestampsMs, values, staleFlags }: SampleBatch): {
  timestampsMs: Float64Array;
  values: Float64Array;
  staleFlags: Uint8Array;
  histograms: undefined;
  hasZeros: false;
} {
  return { timestampsMs, values, staleFlags, histograms: undefined, hasZeros: false };
}

/** A histogram of schema 3 with a span of buckets from `offset` on; tests change what they are about. */
export function histogramOf(counts: readonly number[], rest: Partial<NativeHistogram> = {}): NativeHistogram {
  return {
    schema: 3,
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: counts.reduce((sum, count, i) => sum + count * i, 0),
    zeroThreshold: 2 ** -128,
    zeroCount: 0,
    positive: { spans: [{ offset: -2, length: counts.length }], counts: Float64Array.from(counts) },
    negative: { spans: [], counts: new Float64Array(0) },
    customBounds: new Float64Array(0),
    counterReset: 'unknown',
    ...rest,
  };
}

/** Everything that is stored: series as people read them, with `[time, value]` pairs. */
export async function readAll(
  reader: MetricsReader,
  range = { fromMs: -Infinity, untilMs: Infinity },
): Promise<Map<string, [number, number][]>> {
  const all = new Map<string, [number, number][]>();
  for await (const batch of reader.select([], range, new AbortController().signal))
    for (const { labels, timestampsMs, values } of batch)
      all.set(
        formatLabels(labels),
        Array.from(timestampsMs, (timestampMs, i) => [timestampMs, values[i] ?? NaN]),
      );
  return all;
}

/** Like `readAll` for samples of any kind; histograms are copied. */
export async function readMixed(
  reader: MetricsReader,
  range = { fromMs: -Infinity, untilMs: Infinity },
): Promise<Map<string, [number, TestValue][]>> {
  const all = new Map<string, [number, TestValue][]>();
  for await (const batch of reader.select([], range, new AbortController().signal))
    for (const { labels, timestampsMs, values, staleFlags, histograms } of batch)
      all.set(
        formatLabels(labels),
        Array.from(timestampsMs, (timestampMs, i) => [
          timestampMs,
          staleFlags?.[i] === 1 ? 'stale' : (histograms?.get(i) ?? values[i] ?? NaN),
        ]),
      );
  return all;
}

/** Files that count what is open, and whose readers can be made to fail. */
export class WatchedFiles implements Files {
  openCount = 0;
  /** What reading a path fails with; `undefined` is read. */
  readFault: (path: string) => Error | undefined = () => undefined;
  readonly #files: Files;

  constructor(files: Files) {
    this.#files = files;
  }

  async openReader(path: string): Promise<FileReader> {
    const reader = await this.#files.openReader(path);
    this.openCount++;
    return {
      sizeBytes: reader.sizeBytes,
      read: async (offset, lengthBytes) => {
        const fault = this.readFault(path);
        if (fault !== undefined) throw fault;
        return await reader.read(offset, lengthBytes);
      },
      close: this.#closerOf(reader),
    };
  }

  async openAppender(path: string): Promise<FileAppender> {
    const appender = await this.#files.openAppender(path);
    this.openCount++;
    return {
      get sizeBytes() {
        return appender.sizeBytes;
      },
      append: (bytes) => appender.append(bytes),
      sync: () => appender.sync(),
      close: this.#closerOf(appender),
    };
  }

  makeDirectory = (path: string): Promise<void> => this.#files.makeDirectory(path);
  list = (path: string): Promise<readonly FileEntry[]> => this.#files.list(path);
  read = (path: string): Promise<Uint8Array> => this.#files.read(path);
  writeAtomic = (path: string, bytes: Uint8Array): Promise<void> => this.#files.writeAtomic(path, bytes);
  truncate = (path: string, sizeBytes: number): Promise<void> => this.#files.truncate(path, sizeBytes);
  link = (existing: string, path: string): Promise<void> => this.#files.link(existing, path);
  rename = (from: string, to: string): Promise<void> => this.#files.rename(from, to);
  remove = (path: string): Promise<void> => this.#files.remove(path);
  syncDirectory = (path: string): Promise<void> => this.#files.syncDirectory(path);
  space = (path: string): Promise<{ freeBytes: number; totalBytes: number }> => this.#files.space(path);

  #closerOf(file: { close(): Promise<void> }): () => Promise<void> {
    let isClosed = false;
    return async () => {
      if (!isClosed) this.openCount--;
      isClosed = true;
      await file.close();
    };
  }
}
