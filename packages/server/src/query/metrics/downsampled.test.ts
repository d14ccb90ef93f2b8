import assert from 'node:assert/strict';
import { test } from 'node:test';
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
import { queryConfigSchema } from './config.ts';
import { createEmbeddedPromQuery } from './embedded.ts';
import type { PromQuery } from './port.ts';
import { RULES_SOURCE } from './query-source.ts';
import { openEmbeddedMetrics, type EmbeddedMetrics } from '../../store/metrics/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';

/**
 * The same samples twice: in a store that downsamples them and forgets the samples, and in plain arrays. What the
 * engine makes of the first must be what it makes of the second.
 */
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const START_MS = Date.UTC(2026, 0, 2);
const SIGNAL = new AbortController().signal;
const slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

type Sample = readonly [timestampMs: number, value: number | 'stale'];

/** How long samples, and buckets of five minutes, are there. */
interface Kept {
  readonly samplesMs: number;
  readonly fiveMinutesMs: number;
}

interface Twice {
  readonly store: EmbeddedMetrics;
  readonly tiers: PromqlEngine;
  readonly samples: PromqlEngine;
  readonly clock: VirtualClock;
  close(): Promise<void>;
}

/** The whole is stored before the first of it is too old. */
const ALL: Kept = { samplesMs: 1000 * HOUR_MS, fiveMinutesMs: 1000 * HOUR_MS };

/** Appends the series in parts, each of which becomes a block, and lets so much time pass that old blocks leave. */
async function storeTwice(
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
function pointsOf(result: QueryResult): Map<string, (number | undefined)[]> {
  const found = new Map<string, (number | undefined)[]>();
  if (result.kind !== 'series') return found;
  for (const { labels, values, validity } of result.series)
    found.set(
      formatLabels(labels),
      Array.from(values, (value, step) => (isValidAt(validity, step) ? value : undefined)),
    );
  return found;
}

interface Grid {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

async function ask(
  engine: PromqlEngine,
  expr: string,
  grid: Grid,
  options?: PromqlRequestOptions,
): Promise<QueryResult> {
  return await engine.range({ expr, ...grid, options }, SIGNAL);
}

/** By how much two numbers may differ where sums are rounded in another order: some units of the largest sum on the way. */
const SUM_ERROR = 2 ** -44;

function assertClose(got: QueryResult, want: QueryResult, text: string, errorMax: number): void {
  const wanted = pointsOf(want);
  const found = pointsOf(got);
  assert.deepEqual([...found.keys()], [...wanted.keys()], text);
  for (const [labels, points] of wanted) {
    const own = found.get(labels) ?? [];
    for (const [step, point] of points.entries()) {
      const other = own[step];
      const isEqual = Object.is(other, point) || other === point;
      const isClose = other !== undefined && point !== undefined && Math.abs(other - point) <= errorMax;
      assert.ok(isEqual || isClose, `${text} of ${labels} at step ${step}: got ${other}, want ${point}`);
    }
  }
}

/** Exact: what a bucket holds is what is asked for. */
const EXACT = [
  'min_over_time',
  'max_over_time',
  'count_over_time',
  'last_over_time',
  'first_over_time',
  'present_over_time',
  'absent_over_time',
  'ts_of_last_over_time',
  'ts_of_first_over_time',
] as const;
/** Sums of the same numbers in another order. */
const ROUNDED = ['sum_over_time', 'avg_over_time', 'rate', 'increase', 'delta'] as const;

const INTERVAL_MS = 15_000;
const SPAN_MS = 8 * HOUR_MS;

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((n) => n / 10) },
  { weight: 2, arbitrary: fc.double({ min: -1e9, max: 1e9, noNaN: true }) },
  { weight: 1, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 5e-324) },
);

/** Gauges, counters with resets, constants; with gaps, with jitter, with an end. */
const shape = fc.record({
  kind: fc.constantFrom('gauge', 'counter', 'constant'),
  values: fc.array(value, { minLength: 1, maxLength: 40 }),
  resetEvery: fc.integer({ min: 5, max: 600 }),
  gaps: fc.array(fc.tuple(fc.nat(SPAN_MS), fc.nat(2 * HOUR_MS)), { maxLength: 3 }),
  jitterMs: fc.constantFrom(0, 7, 4000),
  firstMs: fc.nat(HOUR_MS),
  lastMs: fc.oneof(fc.constant(SPAN_MS), fc.nat(SPAN_MS)),
});

function samplesOf(series: typeof shape extends fc.Arbitrary<infer T> ? T : never): Sample[] {
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

/** What the numbers of a series add up to, at most: what rounding is measured by. */
function magnitudeOf(series: readonly (readonly Sample[])[]): number {
  let most = 0;
  for (const samples of series) {
    let sum = 0;
    for (const [, one] of samples) if (typeof one === 'number' && Number.isFinite(one)) sum += Math.abs(one);
    most = Math.max(most, sum);
  }
  return most;
}

async function compare(
  twice: Twice,
  series: readonly (readonly Sample[])[],
  grid: Grid,
  window: string,
): Promise<void> {
  const errorMax = magnitudeOf(series) * SUM_ERROR;
  for (const name of [...EXACT, ...ROUNDED]) {
    const expr = `${name}(x[${window}])`;
    const got = await ask(twice.tiers, expr, grid);
    const isRounded = ROUNDED.some((rounded) => rounded === name);
    assertClose(got, await ask(twice.samples, expr, grid), expr, isRounded ? errorMax : 0);
    assert.deepEqual(got.annotations.warnings, []);
  }
}

test('over windows that begin and end with a bucket of five minutes, the answer is that of the samples', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(shape, { minLength: 1, maxLength: 3 }),
      fc.integer({ min: 3, max: 6 }),
      async (shapes, partsCount) => {
        const series = shapes.map(samplesOf);
        const kept = { samplesMs: 4 * HOUR_MS, fiveMinutesMs: 100 * HOUR_MS };
        const twice = await storeTwice(series, kept, { partsCount, endMs: START_MS + SPAN_MS });
        for (const minutes of [10, 25, 120]) {
          const stepMs = 35 * MINUTE_MS;
          const startMs = START_MS + minutes * MINUTE_MS;
          await compare(
            twice,
            series,
            { startMs, endMs: START_MS + SPAN_MS + HOUR_MS, stepMs },
            `${minutes}m`,
          );
        }
        await twice.close();
      },
    ),
    { numRuns: 8 },
  );
});

test('over windows of whole hours it is, where buckets of an hour, of five minutes and samples follow each other', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(shape, { minLength: 1, maxLength: 3 }), async (shapes) => {
      const series = shapes.map(samplesOf);
      const kept = { samplesMs: 3 * HOUR_MS, fiveMinutesMs: 5 * HOUR_MS };
      const twice = await storeTwice(series, kept, { partsCount: 8, endMs: START_MS + SPAN_MS });
      const stepMs = HOUR_MS;
      for (const hours of [2, 3, 7])
        await compare(
          twice,
          series,
          { startMs: START_MS + hours * HOUR_MS, endMs: START_MS + SPAN_MS + HOUR_MS, stepMs },
          `${hours}h`,
        );
      await twice.close();
    }),
    { numRuns: 8 },
  );
});

async function openOld(): Promise<{ store: EmbeddedMetrics; query: PromQuery; close: () => Promise<void> }> {
  const samples = Array.from({ length: 120 }, (_, i): Sample => [START_MS + (i + 1) * MINUTE_MS, i]);
  const kept = { samplesMs: 4 * HOUR_MS, fiveMinutesMs: 100 * HOUR_MS };
  const twice = await storeTwice([samples], kept, { partsCount: 1, endMs: START_MS + SPAN_MS });
  const { store, clock } = twice;
  const deps = { reader: store.reader, slicer, clock, registry: createMetricsRegistry(), log: SILENT_LOG };
  return {
    store,
    query: createEmbeddedPromQuery(deps, queryConfigSchema.parse({})),
    close: () => twice.close(),
  };
}

test('rules never see downsampled samples, others do, and are told', async () => {
  const { query, close } = await openOld();
  const request = { expr: 'max_over_time(x[1m])', atMs: START_MS + HOUR_MS };
  const seen = await query.instant(request, SIGNAL);
  assert.ok(seen.kind === 'series' && seen.series[0]?.values[0] === 59);
  assert.match(seen.annotations.infos[0] ?? '', /the range of 1m at "x" is widened to 10m/);
  const rules = await query.instant({ ...request, options: { source: RULES_SOURCE } }, SIGNAL);
  assert.deepEqual([rules.kind === 'series' && rules.series.length, rules.annotations.infos], [0, []]);
  await close();
});

test('what is answered from buckets is evaluated as a whole each time, never put together from parts', async () => {
  const { query, close } = await openOld();
  const range = { expr: 'rate(x[1m])', startMs: START_MS, stepMs: MINUTE_MS };
  const first = await query.range({ ...range, endMs: START_MS + 100 * MINUTE_MS }, SIGNAL);
  const wider = { ...range, endMs: START_MS + 130 * MINUTE_MS };
  const second = await query.range(wider, SIGNAL);
  assert.ok(first.stats.samplesTotal > 0 && second.stats.samplesTotal > first.stats.samplesTotal);
  const uncached = await query.range({ ...wider, options: { isUncached: true } }, SIGNAL);
  assert.deepEqual(pointsOf(second), pointsOf(uncached));
  assert.deepEqual(second.annotations, uncached.annotations);
  await close();
});
