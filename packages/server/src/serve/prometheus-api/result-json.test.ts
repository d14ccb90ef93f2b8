import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createValidity,
  labelsOf,
  setValidAt,
  type NativeHistogram,
  type QueryResult,
  type Slicer,
} from '@vedette/model';
import { TimeSlicer } from '../../lib/time-slicer.ts';
import { createTestClock } from '../test-server.ts';
import { resultJson } from './result-json.ts';

const NO_SLICER: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
const REST = {
  annotations: { warnings: [], infos: [] },
  stats: { samplesTotal: 5, samplesPeak: 3, seriesRead: 1 },
};

async function collect(pieces: AsyncIterable<Uint8Array>): Promise<string[]> {
  const all: string[] = [];
  for await (const piece of pieces) all.push(new TextDecoder().decode(piece));
  return all;
}

async function textOf(result: QueryResult, limit?: number, slicer = NO_SLICER): Promise<string> {
  const pieces = await collect(resultJson(result, { limit, stats: undefined, slicer }));
  return pieces.join('');
}

async function dataOf(result: QueryResult, limit?: number): Promise<unknown> {
  return (JSON.parse(await textOf(result, limit)) as { data: { result: unknown } }).data.result;
}

function column(values: readonly (number | undefined)[]) {
  const validity = createValidity(values.length);
  for (const [i, value] of values.entries()) if (value !== undefined) setValidAt(validity, i);
  return { values: Float64Array.from(values, (value) => value ?? 0), validity };
}

const HISTOGRAM: NativeHistogram = {
  schema: 0,
  count: 12,
  sum: 18.5,
  zeroThreshold: 0.001,
  zeroCount: 2,
  positive: {
    spans: [
      { offset: 0, length: 2 },
      { offset: 1, length: 1 },
    ],
    counts: Float64Array.of(1, 0, 4),
  },
  negative: { spans: [{ offset: 0, length: 2 }], counts: Float64Array.of(2, 3) },
  customBounds: new Float64Array(0),
  counterReset: 'unknown',
};

test('holes are left out and NaN is a value', async () => {
  const result: QueryResult = {
    kind: 'series',
    grid: { startMs: 500, stepMs: 500, count: 4 },
    series: [{ labels: labelsOf({ a: 'x"y' }), ...column([1, undefined, NaN, -Infinity]) }],
    ...REST,
  };
  assert.equal(
    await textOf(result),
    '{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"x\\"y"},"values":[[0.500,"1"],[1.500,"NaN"],[2,"-Inf"]]}]}}',
  );
});

test('a scalar over a range is a matrix of one series without labels', async () => {
  const result: QueryResult = {
    kind: 'scalar',
    grid: { startMs: 0, stepMs: 1000, count: 2 },
    values: Float64Array.of(1, 2),
    ...REST,
  };
  assert.deepEqual(await dataOf(result), [
    {
      metric: {},
      values: [
        [0, '1'],
        [1, '2'],
      ],
    },
  ]);
});

test('raw samples keep their own times', async () => {
  const result: QueryResult = {
    kind: 'samples',
    grid: { startMs: 9000, stepMs: 0, count: 1 },
    series: [
      {
        labels: labelsOf({ a: 'b' }),
        timestampsMs: Float64Array.of(7, 1007),
        values: Float64Array.of(1, 0),
        histograms: new Map([[1, HISTOGRAM]]),
      },
    ],
    ...REST,
  };
  const [series] = (await dataOf(result)) as { values: unknown; histograms: unknown[][] }[];
  assert.deepEqual(series?.values, [[0.007, '1']]);
  assert.equal(series?.histograms[0]?.[0], 1.007);
});

test('histograms list their filled buckets from low to high', async () => {
  const grid = { startMs: 1000, stepMs: 0, count: 1 };
  const histograms = new Map([[0, HISTOGRAM]]);
  const result: QueryResult = {
    kind: 'series',
    grid,
    series: [{ labels: labelsOf({}), ...column([0]), histograms }],
    ...REST,
  };
  assert.deepEqual(await dataOf(result), [
    {
      metric: {},
      histogram: [
        1,
        {
          count: '12',
          sum: '18.5',
          buckets: [
            [1, '-2', '-1', '3'],
            [1, '-1', '-0.5', '2'],
            [3, '-0.001', '0.001', '2'],
            [0, '0.5', '1', '1'],
            [0, '4', '8', '4'],
          ],
        },
      ],
    },
  ]);
});

test('custom buckets carry their own bounds', async () => {
  const custom: NativeHistogram = {
    ...HISTOGRAM,
    schema: -53,
    zeroCount: 0,
    negative: { spans: [], counts: new Float64Array(0) },
    positive: { spans: [{ offset: 0, length: 3 }], counts: Float64Array.of(1, 2, 3) },
    customBounds: Float64Array.of(0.1, 0.5),
  };
  const grid = { startMs: 1000, stepMs: 0, count: 1 };
  const result: QueryResult = {
    kind: 'series',
    grid,
    series: [{ labels: labelsOf({}), ...column([0]), histograms: new Map([[0, custom]]) }],
    ...REST,
  };
  const [entry] = (await dataOf(result)) as { histogram: [number, { buckets: unknown }] }[];
  assert.deepEqual(entry?.histogram[1].buckets, [
    [3, '-Inf', '0.1', '1'],
    [0, '0.1', '0.5', '2'],
    [0, '0.5', '+Inf', '3'],
  ]);
});

test('floats and histograms of one series stand in their own lists', async () => {
  const result: QueryResult = {
    kind: 'series',
    grid: { startMs: 0, stepMs: 1000, count: 3 },
    series: [{ labels: labelsOf({}), ...column([1, 0, undefined]), histograms: new Map([[1, HISTOGRAM]]) }],
    ...REST,
  };
  const [series] = (await dataOf(result)) as { values: unknown; histograms: unknown[][] }[];
  assert.deepEqual(series?.values, [[0, '1']]);
  assert.equal(series?.histograms.length, 1);
  assert.equal(series?.histograms[0]?.[0], 1);
});

test('a limit cuts series and says so, and only beyond it', async () => {
  const series = ['a', 'b', 'c'].map((x) => ({ labels: labelsOf({ x }), ...column([1]) }));
  const result: QueryResult = { kind: 'series', grid: { startMs: 0, stepMs: 0, count: 1 }, series, ...REST };
  assert.equal(((await dataOf(result, 2)) as unknown[]).length, 2);
  assert.match(await textOf(result, 2), /"warnings":\["results truncated due to limit"\]\}$/);
  assert.equal(((await dataOf(result, 3)) as unknown[]).length, 3);
  assert.doesNotMatch(await textOf(result, 3), /warnings/);
});

test('at most ten remarks of a kind are shown', async () => {
  const warnings = Array.from({ length: 12 }, (_, i) => `w${i}`);
  const result: QueryResult = {
    kind: 'scalar',
    grid: { startMs: 0, stepMs: 0, count: 1 },
    values: Float64Array.of(1),
    stats: REST.stats,
    annotations: { warnings, infos: ['i'] },
  };
  const body = JSON.parse(await textOf(result)) as { warnings: string[]; infos: string[] };
  assert.deepEqual(body.warnings.slice(9), ['w9', '2 more warning annotations omitted']);
  assert.deepEqual(body.infos, ['i']);
});

test('a label called __proto__ survives', async () => {
  const result: QueryResult = {
    kind: 'series',
    grid: { startMs: 0, stepMs: 0, count: 1 },
    series: [{ labels: labelsOf(JSON.parse('{"__proto__":"x"}') as Record<string, string>), ...column([1]) }],
    ...REST,
  };
  assert.match(await textOf(result), /"metric":\{"__proto__":"x"\}/);
});

test('a long answer comes in pieces, and the work pauses whenever its slice is used up', async () => {
  const values = Array.from({ length: 5000 }, (_, i) => i);
  const series = Array.from({ length: 40 }, (_, i) => ({
    labels: labelsOf({ i: String(i) }),
    ...column(values),
  }));
  const result: QueryResult = {
    kind: 'series',
    grid: { startMs: 0, stepMs: 1000, count: 5000 },
    series,
    ...REST,
  };
  let pauses = 0;
  const slicer: Slicer = { shouldYield: () => true, yield: () => Promise.resolve(void pauses++) };
  const ends: number[] = [];
  const onEnd = (bytes: number): void => void ends.push(bytes);
  const pieces = await collect(resultJson(result, { limit: undefined, stats: undefined, slicer, onEnd }));
  // ASCII: a unit is a byte.
  assert.deepEqual(ends, [pieces.join('').length]);
  assert.ok(pieces.length > 40, `${pieces.length} pieces`);
  assert.ok(pieces.every(({ length }) => length < 256 * 1024));
  assert.ok(pauses >= 40 * 10, `${pauses} pauses`);
  const parsed = JSON.parse(pieces.join('')) as { data: { result: { values: unknown[] }[] } };
  assert.equal(parsed.data.result.length, 40);
  assert.deepEqual(parsed.data.result[39]?.values[4999], [4999, '4999']);
});

test('stats are added when asked for', async () => {
  const result: QueryResult = {
    kind: 'scalar',
    grid: { startMs: 0, stepMs: 0, count: 1 },
    values: Float64Array.of(1),
    ...REST,
  };
  const stats = { stats: result.stats, seconds: 0.25 };
  const slicer = new TimeSlicer(createTestClock());
  const [text = ''] = await collect(resultJson(result, { limit: undefined, stats, slicer }));
  const { data } = JSON.parse(text) as {
    data: { stats: { timings: { execTotalTime: number }; samples: unknown } };
  };
  assert.equal(data.stats.timings.execTotalTime, 0.25);
  assert.deepEqual(data.stats.samples, { totalQueryableSamples: 5, peakSamples: 3 });
});
