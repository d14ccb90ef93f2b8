/**
 * The engine alone: the reader hands out decoded columns of 300 counters over 24 hours at 15 s, the
 * queries have 1,436 steps of 60 s. `node packages/promql/src/engine/engine.bench.ts`
 */
import { labelsOf, type Labels, type MetricsReader, type SeriesSamples, type Slicer } from '@vedette/model';
import { SeededRandom, VirtualClock } from '@vedette/model';
import { bench, do_not_optimize, run } from 'mitata';
import { createPromqlEngine } from './engine.ts';

const SERIES_COUNT = 300;
const SAMPLE_COUNT = 5760;
const INTERVAL_MS = 15_000;

function makeSeries(): SeriesSamples[] {
  const random = new SeededRandom(1);
  return Array.from({ length: SERIES_COUNT }, (_series, index) => {
    const timestampsMs = new Float64Array(SAMPLE_COUNT);
    const values = new Float64Array(SAMPLE_COUNT);
    let value = 0;
    for (let i = 0; i < SAMPLE_COUNT; i++) {
      timestampsMs[i] = i * INTERVAL_MS + Math.floor(random.float() * 6) - 3;
      value = random.float() < 0.0005 ? 0 : value + Math.floor(random.float() * 100) / 10;
      values[i] = value;
    }
    return {
      labels: labelsOfIndex(index),
      timestampsMs,
      values,
      staleFlags: undefined,
      histograms: undefined,
    };
  });
}

function labelsOfIndex(index: number): Labels {
  return labelsOf({ __name__: 'x_total', job: `job-${index % 10}`, instance: `host-${index}` });
}

const all = makeSeries();
const nothing = { items: [], isTruncated: false };
const reader: MetricsReader = {
  select: async function* () {
    for (let i = 0; i < all.length; i += 100) yield all.slice(i, i + 100);
  },
  series: async () => nothing,
  labelNames: async () => nothing,
  labelValues: async () => nothing,
  metadata: () => [],
  exemplars: async () => [],
};
const slicer: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
const engine = createPromqlEngine({ reader, slicer, clock: new VirtualClock({ startMs: 0 }) });
const grid = { startMs: 240_000, endMs: 240_000 + 1435 * 60_000, stepMs: 60_000 };
const { signal } = new AbortController();

for (const expr of [
  'sum by (job) (rate(x_total[5m]))',
  'sum(rate(x_total[5m]))',
  'rate(x_total[5m])',
  'x_total',
  'avg by (job) (x_total)',
  'max_over_time(x_total[1h])',
  'avg_over_time(x_total[5m])',
  'topk(5, rate(x_total[5m]))',
  'rate(x_total[5m]) / ignoring (x) rate(x_total[5m]) > 0.5',
])
  bench(expr, async () => do_not_optimize(await engine.range({ expr, ...grid }, signal)));

await run();
