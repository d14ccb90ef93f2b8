import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  isValidAt,
  labelsOf,
  labelValueOf,
  MemoryMetrics,
  VirtualClock,
  type NativeHistogram,
  type QueryResult,
  type Slicer,
} from '@vedette/model';
import { customOf, histogramOf, run } from '../test-support/histograms.ts';
import { PROMQL_FEATURES } from '../syntax/features.ts';
import { engineOver, NEVER } from '../test-support/storage.ts';
import { createPromqlEngine } from './engine.ts';

const STEP_MS = 15_000;

/** A histogram of `count` observations of 1, none of it said in any other place. */
function observed(count: number, parts: Partial<NativeHistogram> = {}): NativeHistogram {
  return histogramOf({ count, sum: count, positive: run(0, count), ...parts });
}

function storageOf(name: string, samples: readonly (NativeHistogram | number)[]): MemoryMetrics {
  const storage = new MemoryMetrics();
  const labels = labelsOf({ __name__: name });
  for (const [i, sample] of samples.entries())
    if (typeof sample === 'number') storage.add(labels, i * STEP_MS, sample);
    else storage.addHistogram(labels, i * STEP_MS, sample);
  return storage;
}

async function evaluate(storage: MemoryMetrics, expr: string): Promise<QueryResult> {
  const request = { expr, startMs: 0, endMs: 300_000, stepMs: 20_000 };
  return engineOver(storage).range(request, NEVER);
}

/** Each step's number, or the count of its histogram. */
function countsOf(result: QueryResult): (number | undefined)[] {
  assert.ok(result.kind === 'series');
  const [series] = result.series;
  return Array.from({ length: result.grid.count }, (_step, step) => {
    if (series === undefined || !isValidAt(series.validity, step)) return undefined;
    return series.histograms?.get(step)?.count ?? series.values[step];
  });
}

/** The point at the last step, and what was remarked on the way there. */
async function lastOf(
  samples: readonly (NativeHistogram | number)[],
  call: string,
): Promise<{ point: NativeHistogram | number | undefined; remarks: readonly string[] }> {
  const atMs = (samples.length - 1) * STEP_MS;
  const result = await engineOver(storageOf('h_total', samples)).instant({ expr: call, atMs }, NEVER);
  assert.ok(result.kind === 'series');
  const [series] = result.series;
  const { warnings, infos } = result.annotations;
  return { point: series?.histograms?.get(0) ?? series?.values[0], remarks: [...warnings, ...infos] };
}

const FUNCTIONS = [
  'rate',
  'increase',
  'delta',
  'irate',
  'idelta',
  'resets',
  'changes',
  'sum_over_time',
  'avg_over_time',
  'count_over_time',
  'first_over_time',
  'last_over_time',
  'present_over_time',
];

test('the count of a histogram fares as a float with the same values does', async () => {
  const counter = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 20 });
  const call = fc.tuple(fc.constantFrom(...FUNCTIONS), fc.constantFrom('20s', '1m', '2m', '2m:10s'));
  const property = fc.asyncProperty(counter, call, async (values, [name, range]) => {
    const expr = `${name}(x[${range}])`;
    const floats = countsOf(await evaluate(storageOf('x', values), expr));
    const histograms = countsOf(
      await evaluate(
        storageOf(
          'x',
          values.map((value) => observed(value)),
        ),
        expr,
      ),
    );
    assertClose(expr, floats, histograms);
  });
  await fc.assert(property, { numRuns: 300 });
});

function assertClose(
  expr: string,
  floats: readonly (number | undefined)[],
  histograms: readonly (number | undefined)[],
): void {
  for (const [step, want] of floats.entries()) {
    const got = histograms[step];
    const margin = 1e-9 * Math.max(1, Math.abs(want ?? NaN));
    const isSame = want === got || Math.abs((want ?? NaN) - (got ?? NaN)) <= margin;
    assert.ok(isSame, `${expr} at step ${step}: floats ${floats.join()}, histograms ${histograms.join()}`);
  }
}

const EXTENDED = [
  ...['rate', 'increase', 'delta', 'resets', 'changes'].map((name) => [name, 'anchored'] as const),
  ...['rate', 'increase', 'delta'].map((name) => [name, 'smoothed'] as const),
];

test('the count of a histogram fares as a float does between anchored and smoothed borders', async () => {
  const counter = fc.array(fc.option(fc.integer({ min: 0, max: 20 })), { minLength: 1, maxLength: 20 });
  const call = fc.tuple(fc.constantFrom(...EXTENDED), fc.constantFrom('20s', '1m', '75s'));
  const property = fc.asyncProperty(counter, call, async (values, [[name, extension], range]) => {
    const expr = `${name}(x[${range}] ${extension})`;
    const [floats, histograms] = [new MemoryMetrics(), new MemoryMetrics()];
    const labels = labelsOf({ __name__: 'x' });
    for (const [i, value] of values.entries()) {
      if (value === null) continue;
      floats.add(labels, i * STEP_MS, value);
      histograms.addHistogram(labels, i * STEP_MS, observed(value));
    }
    assertClose(expr, countsOf(await evaluate(floats, expr)), countsOf(await evaluate(histograms, expr)));
  });
  await fc.assert(property, { numRuns: 300 });
});

test('what changes over a window comes out as a gauge with its buckets', async () => {
  const { point, remarks } = await lastOf([observed(2), observed(5), observed(9)], 'increase(h_total[45s])');
  assert.ok(typeof point === 'object');
  assert.deepEqual(remarks, []);
  assert.equal(point.counterReset, 'gauge');
  // 7 over 30 s, drawn out to the whole 45 s but not to below zero.
  const want = (7 * (30 + (30 * 2) / 7)) / 30;
  assert.ok(Math.abs(point.count - want) < 1e-9, `${point.count}`);
  assert.deepEqual([...point.positive.counts], [point.count]);
});

test('a window of both kinds has an answer only where the function can have one', async () => {
  const mixed = [1, observed(2), 3, observed(9)];
  const warning = 'PromQL warning: encountered a mix of histograms and floats for metric name "h_total"';
  const ignored =
    'PromQL info: ignored histograms in a range containing both floats and histograms for metric name "h_total"';
  for (const name of ['rate', 'increase', 'delta', 'irate', 'idelta', 'sum_over_time', 'avg_over_time']) {
    const { point, remarks } = await lastOf(mixed, `${name}(h_total[2m])`);
    assert.equal(point, undefined, name);
    assert.deepEqual(remarks, [`${warning} (1:${name.length + 2})`], name);
  }
  for (const [name, want] of [
    ['min_over_time', 1],
    ['max_over_time', 3],
    ['stdvar_over_time', 1],
    ['mad_over_time', 1],
    ['ts_of_max_over_time', 30],
  ] as const) {
    const { point, remarks } = await lastOf(mixed, `${name}(h_total[2m])`);
    assert.equal(point, want, name);
    assert.deepEqual(remarks, [`${ignored} (1:${name.length + 2})`], name);
  }
  const quantile = await lastOf(mixed, 'quantile_over_time(0.5, h_total[2m])');
  assert.deepEqual(quantile, { point: 2, remarks: [`${ignored} (1:20)`] });
  for (const [name, want] of [
    ['resets', 3],
    ['changes', 3],
    ['count_over_time', 4],
    ['ts_of_first_over_time', 0],
    ['ts_of_last_over_time', 45],
  ] as const)
    assert.deepEqual(await lastOf(mixed, `${name}(h_total[2m])`), { point: want, remarks: [] }, name);
});

test('the last two samples decide for irate, whatever stood before them', async () => {
  assert.deepEqual(await lastOf([observed(1), 4, 10], 'irate(h_total[2m])'), { point: 0.4, remarks: [] });
  const { point } = await lastOf([7, observed(4), observed(10)], 'irate(h_total[2m])');
  assert.ok(typeof point === 'object');
  assert.equal(point.count, 0.4);
});

test('functions of floats have nothing to say about histograms alone', async () => {
  for (const name of ['min_over_time', 'deriv', 'stddev_over_time', 'ts_of_min_over_time'])
    assert.deepEqual(
      await lastOf([observed(1), observed(2)], `${name}(h_total[2m])`),
      { point: undefined, remarks: [] },
      name,
    );
});

test('a gauge is no counter and a counter no gauge', async () => {
  const gauge = (count: number): NativeHistogram => observed(count, { counterReset: 'gauge' });
  const text = (kind: string, column: number): string =>
    `PromQL warning: this native histogram metric is not a ${kind}: "h_total" (1:${column})`;
  const remarksOf = async (name: string, first: NativeHistogram, last: NativeHistogram): Promise<unknown> =>
    (await lastOf([first, observed(5, { counterReset: last.counterReset }), last], `${name}(h_total[2m])`))
      .remarks;
  assert.deepEqual(await remarksOf('rate', gauge(1), observed(9)), [text('counter', 6)]);
  assert.deepEqual(await remarksOf('irate', gauge(1), gauge(9)), [text('counter', 7)]);
  assert.deepEqual(await remarksOf('delta', gauge(1), gauge(9)), []);
  assert.deepEqual(await remarksOf('delta', gauge(1), observed(9)), [text('gauge', 7)]);
  assert.deepEqual(await remarksOf('idelta', observed(1), observed(9)), [text('gauge', 8)]);
});

test('exponential and custom buckets in one window have no answer, unless a reset parts them', async () => {
  const text =
    'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "h_total"';
  const custom = customOf([1, 2], 3, 4);
  const later = customOf([1, 2], 4, 6);
  for (const name of ['rate', 'sum_over_time', 'avg_over_time', 'idelta']) {
    const { point, remarks } = await lastOf([observed(1), custom], `${name}(h_total[2m])`);
    // From exponential to custom buckets is a reset: only what asks for no counter notices.
    if (name === 'rate') assert.ok(typeof point === 'object', name);
    else assert.ok(remarks.includes(`${text} (1:${name.length + 2})`), `${name}: ${remarks.join()}`);
  }
  const { point, remarks } = await lastOf([observed(1), custom, later], 'increase(h_total[2m])');
  assert.ok(typeof point === 'object');
  assert.deepEqual(remarks, []);
  const between = await lastOf([custom, observed(1), later], 'increase(h_total[2m])');
  assert.deepEqual(between, { point: undefined, remarks: [`${text} (1:10)`] });
});

test('differing custom bounds are reconciled, and that is told', async () => {
  const samples = [customOf([1, 2, 3], 1, 1, 1, 1), customOf([1, 3], 2, 3, 2)];
  const info = 'PromQL info: mismatched custom buckets were reconciled during';
  assert.deepEqual((await lastOf(samples, 'increase(h_total[2m])')).remarks, [`${info} subtraction (1:10)`]);
  assert.deepEqual((await lastOf(samples, 'sum_over_time(h_total[2m])')).remarks, [
    `${info} aggregation (1:15)`,
  ]);
});

test('histograms that are and are not after a reset are a conflict in a sum', async () => {
  const samples = [observed(1, { counterReset: 'reset' }), observed(2, { counterReset: 'not-reset' })];
  const { point, remarks } = await lastOf(samples, 'sum_over_time(h_total[2m])');
  assert.ok(typeof point === 'object');
  assert.equal(point.count, 3);
  assert.deepEqual(remarks, [
    'PromQL warning: conflicting counter resets during histogram aggregation (1:15)',
  ]);
  // In a subquery the hints compare with samples that its steps may have left out.
  assert.deepEqual((await lastOf(samples, 'sum_over_time(h_total[2m:15s])')).remarks, []);
});

test('work on histograms asks between every few of them whether to pause', async () => {
  const samples = Array.from({ length: 400 }, (_sample, i) => observed(i));
  for (const expr of [
    'sum(x)',
    'x * 2',
    'x + x',
    'x == x',
    '-x',
    'rate(x[1m])',
    'sum_over_time(x[30s])',
    'rate(x[1m] smoothed)',
    'count_values("v", x)',
    'resets(x[1m] anchored)',
    'x smoothed',
  ]) {
    let questions = 0;
    const slicer: Slicer = {
      shouldYield: () => ++questions < 0,
      yield: () => Promise.resolve(),
    };
    const deps = { reader: storageOf('x', samples), slicer, clock: new VirtualClock({ startMs: 0 }) };
    const request = { expr, startMs: 0, endMs: 399 * STEP_MS, stepMs: STEP_MS };
    await createPromqlEngine(deps, { features: PROMQL_FEATURES }).range(request, NEVER);
    // A hundred microseconds of work, so that a slice of 5 ms is never far exceeded.
    assert.ok(questions >= samples.length / 4 - 1, `${expr}: ${questions}`);
  }
});

test('a counter of histograms that is known to have begun anew was reset, though nothing fell', async () => {
  const storage = new MemoryMetrics();
  const labels = labelsOf({ __name__: 'h_total' });
  for (const [i, count] of [4, 6, 9].entries())
    storage.addHistogram(labels, i * STEP_MS, observed(count), i === 2 ? STEP_MS + 5000 : 0);
  const pointOf = async (expr: string): Promise<NativeHistogram | number | undefined> => {
    const result = await engineOver(storage).instant({ expr, atMs: 2 * STEP_MS }, NEVER);
    assert.ok(result.kind === 'series');
    return result.series[0]?.histograms?.get(0) ?? result.series[0]?.values[0];
  };
  assert.equal(await pointOf('resets(h_total[1m])'), 1);
  const irate = await pointOf('irate(h_total[1m])');
  assert.ok(typeof irate === 'object');
  assert.equal(irate.count, 9 / 15);
  const increase = await pointOf('increase(h_total[45s])');
  assert.ok(typeof increase === 'object');
  // 2 before and 9 after the reset, drawn out to the start of the window.
  assert.ok(Math.abs(increase.count - (11 * (30 + (30 * 4) / 11)) / 30) < 1e-9, `${increase.count}`);
});

test('the count of a counter of histograms that began inside a window fares as a float does', async () => {
  const samples = fc.array(
    fc.record({ value: fc.integer({ min: 0, max: 20 }), ageMs: fc.constantFrom(0, 1000, 10_000, 40_000) }),
    { minLength: 1, maxLength: 12 },
  );
  const call = fc.tuple(
    fc.constantFrom('rate', 'increase', 'irate', 'resets'),
    fc.constantFrom('20s', '50s'),
  );
  const property = fc.asyncProperty(samples, call, async (points, [name, range]) => {
    const [floats, histograms] = [new MemoryMetrics(), new MemoryMetrics()];
    const labels = labelsOf({ __name__: 'x_total' });
    for (const [i, { value, ageMs }] of points.entries()) {
      const startMs = ageMs === 0 ? 0 : i * STEP_MS - ageMs;
      floats.add(labels, i * STEP_MS, value, startMs);
      histograms.addHistogram(labels, i * STEP_MS, observed(value), startMs);
    }
    const expr = `${name}(x_total[${range}])`;
    assertClose(expr, countsOf(await evaluate(floats, expr)), countsOf(await evaluate(histograms, expr)));
    const plain = engineOver(floats, { features: [] });
    const storageWithout = storageOf(
      'x_total',
      points.map(({ value }) => value),
    );
    const request = { expr, startMs: 0, endMs: 300_000, stepMs: 20_000 };
    assert.deepEqual(
      countsOf(await plain.range(request, NEVER)),
      countsOf(await evaluate(storageWithout, expr)),
      'without the feature starts do not count',
    );
  });
  await fc.assert(property, { numRuns: 300 });
});

test('info passes histograms', async () => {
  const storage = new MemoryMetrics();
  const target = labelsOf({ __name__: 'target_info', job: 'a', instance: 'b', version: '1' });
  storage.addHistogram(labelsOf({ __name__: 'j_total', job: 'a', instance: 'b' }), 0, observed(7));
  storage.add(target, 0, 1);
  const joined = await engineOver(storage).instant({ expr: 'info(j_total)', atMs: STEP_MS }, NEVER);
  assert.ok(joined.kind === 'series');
  assert.equal(joined.series[0]?.histograms?.get(0)?.count, 7);
  assert.equal(labelValueOf(joined.series[0].labels, 'version'), '1');
});
