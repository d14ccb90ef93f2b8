import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { QueryResult } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import fc from 'fast-check';
import type { EmbeddedMetrics } from '../../store/metrics/embedded.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { queryConfigSchema } from './config.ts';
import {
  ask,
  HOUR_MS,
  MINUTE_MS,
  pointsOf,
  samplesOf,
  shape,
  SIGNAL,
  slicer,
  SPAN_MS,
  START_MS,
  storeTwice,
  type Grid,
  type Sample,
  type Twice,
} from './downsampled-fixture.ts';
import { createEmbeddedPromQuery } from './embedded.ts';
import type { PromQuery } from './port.ts';
import { RULES_SOURCE } from './query-source.ts';

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
