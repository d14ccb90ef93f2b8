import {
  FaultyFiles,
  formatLabels,
  labelsOf,
  SampleBatchBuilder,
  SeededRandom,
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

/** A disk that counts what is open, and does what its rules say; none at first. */
export function faultyFiles(files: Files, clock = new VirtualClock({ startMs: START_MS })): FaultyFiles {
  return new FaultyFiles({ clock, random: new SeededRandom(1) }, files);
}
