import {
  formatLabels,
  isValidAt,
  labelsOf,
  MemoryFiles,
  MemoryMetrics,
  SampleBatchBuilder,
  SeededRandom,
  VirtualClock,
  type Labels,
  type MetricsReader,
  type QueryResult,
} from '@vedette/model';
import { createPromqlEngine, type PromqlEngine, type PromqlRequestOptions } from '@vedette/promql';
import { createMetricsRegistry } from '@vedette/sdk';
import fc from 'fast-check';
import { openEmbeddedMetrics, type EmbeddedMetrics } from '../../store/metrics/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';

/**
 * The same samples twice: in a store that downsamples them and forgets the samples, and in plain arrays. What the
 * engine makes of the first must be what it makes of the second.
 */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 60 * MINUTE_MS;
export const START_MS = Date.UTC(2026, 0, 2);
export const SIGNAL = new AbortController().signal;
export const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

export type Sample = readonly [timestampMs: number, value: number | 'stale'];

/** How long samples, and buckets of five minutes, are there. */
interface Kept {
  readonly samplesMs: number;
  readonly fiveMinutesMs: number;
}

export interface Twice {
  readonly store: EmbeddedMetrics;
  readonly tiers: PromqlEngine;
  readonly samples: PromqlEngine;
  readonly clock: VirtualClock;
  close(): Promise<void>;
}

/** The whole is stored before the first of it is too old. */
const ALL: Kept = { samplesMs: 1000 * HOUR_MS, fiveMinutesMs: 1000 * HOUR_MS };

/** Appends the series in parts, each of which becomes a block, and lets so much time pass that old blocks leave. */
export async function storeTwice(
  series: readonly (readonly Sample[])[],
  kept: Kept,
  { partsCount, endMs }: { readonly partsCount: number; readonly endMs: number },
): Promise<Twice> {
  const files = new MemoryFiles(new SeededRandom(1));
  const writing = await openStore(files, new VirtualClock({ startMs: endMs }), ALL);
  const memory = new MemoryMetrics();
  const partMs = (endMs - START_MS) / partsCount;
  for (let part = 0; part < partsCount; part++) {
    const batch = new SampleBatchBuilder();
    for (const [i, samples] of series.entries()) {
      const labels = labelsOf({ __name__: 'x', i: String(i) });
      const within = samples.filter(
        ([timestampMs]) => Math.floor((timestampMs - START_MS - 1) / partMs) === part,
      );
      put(batch, memory, labels, within);
    }
    await writing.writer.append(batch.finish());
    // Makes a block of it.
    await writing.admin.snapshot({ hasHead: true });
  }
  await writing.close();
  const clock = new VirtualClock({ startMs: endMs });
  const store = await openStore(files, clock, kept);
  // Old blocks leave when the clock was right for ten minutes.
  for (let i = 0; i < 3; i++) {
    await clock.advance(5 * MINUTE_MS + 5000);
    await store.admin.cleanTombstones();
  }
  const features = ['promql-experimental-functions'] as const;
  const engineOf = (reader: MetricsReader): PromqlEngine =>
    createPromqlEngine({ reader, slicer, clock }, { features });
  return {
    store,
    clock,
    tiers: engineOf(store.reader),
    samples: engineOf(memory),
    close: () => store.close(),
  };
}

function put(
  batch: SampleBatchBuilder,
  memory: MemoryMetrics,
  labels: Labels,
  samples: readonly Sample[],
): void {
  batch.openSeries(labels);
  for (const [timestampMs, value] of samples)
    if (value === 'stale') {
      batch.addStaleMarker(timestampMs);
      memory.addStaleMarker(labels, timestampMs);
    } else {
      batch.addSample(timestampMs, value);
      memory.add(labels, timestampMs, value);
    }
}

async function openStore(files: MemoryFiles, clock: VirtualClock, kept: Kept): Promise<EmbeddedMetrics> {
  return await openEmbeddedMetrics(
    { files, clock, random, slicer, log: SILENT_LOG, metrics: createMetricsRegistry() },
    {
      directory: 'metrics',
      retentionMs: kept.samplesMs,
      downsampling: { fiveMinutesMs: kept.fiveMinutesMs, oneHourMs: 1000 * HOUR_MS },
      seriesMax: 1000,
      headBytesMax: 2 ** 24,
      cacheBytesMax: 2 ** 20,
      exemplarsMax: 0,
    },
  );
}

const random = new SeededRandom(2);

/** Series with their points, as text and numbers. */
export function pointsOf(result: QueryResult): Map<string, (number | undefined)[]> {
  const found = new Map<string, (number | undefined)[]>();
  if (result.kind !== 'series') return found;
  for (const { labels, values, validity } of result.series)
    found.set(
      formatLabels(labels),
      Array.from(values, (value, step) => (isValidAt(validity, step) ? value : undefined)),
    );
  return found;
}

export interface Grid {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export async function ask(
  engine: PromqlEngine,
  expr: string,
  grid: Grid,
  options?: PromqlRequestOptions,
): Promise<QueryResult> {
  return await engine.range({ expr, ...grid, options }, SIGNAL);
}

const INTERVAL_MS = 15_000;
export const SPAN_MS = 8 * HOUR_MS;

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((n) => n / 10) },
  { weight: 2, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 5e-324) },
);

/** Gauges, counters with resets, constants; with gaps, with jitter, with an end. */
export const shape = fc.record({
  kind: fc.constantFrom('gauge', 'counter', 'constant'),
  values: fc.array(value, { minLength: 1, maxLength: 40 }),
  resetEvery: fc.integer({ min: 5, max: 600 }),
  gaps: fc.array(fc.tuple(fc.nat(SPAN_MS), fc.nat(2 * HOUR_MS)), { maxLength: 3 }),
  jitterMs: fc.constantFrom(0, 7, 4000),
  firstMs: fc.nat(HOUR_MS),
  lastMs: fc.oneof(fc.constant(SPAN_MS), fc.nat(SPAN_MS)),
});

export function samplesOf(series: typeof shape extends fc.Arbitrary<infer T> ? T : never): Sample[] {
  const { kind, values, resetEvery, gaps, jitterMs, firstMs, lastMs } = series;
  const samples: Sample[] = [];
  let counter = 0;
  let wasGap = false;
  for (let i = 0, atMs = firstMs + 1; atMs <= Math.min(lastMs, SPAN_MS); i++, atMs += INTERVAL_MS) {
    const one = values[i % values.length] ?? 0;
    counter = i % resetEvery === 0 ? 0 : counter + (Number.isFinite(one) ? Math.abs(one) : 0);
    const timestampMs = START_MS + Math.min(SPAN_MS, atMs + ((i * 2971) % (jitterMs + 1)));
    if (timestampMs <= (samples.at(-1)?.[0] ?? 0)) continue;
    const isGap = gaps.some(([fromMs, lengthMs]) => atMs >= fromMs && atMs < fromMs + lengthMs);
    if (isGap && !wasGap) samples.push([timestampMs, 'stale']);
    wasGap = isGap;
    if (isGap) continue;
    samples.push([timestampMs, kind === 'gauge' ? one : kind === 'counter' ? counter : (values[0] ?? 0)]);
  }
  return samples;
}
