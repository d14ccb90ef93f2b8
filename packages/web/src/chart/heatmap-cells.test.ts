import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  ROWS_MAX,
  cellsOfBuckets,
  cellsOfNative,
  cellsOfRaw,
  largestCount,
  niceSize,
  type NativeBucket,
} from './heatmap-cells.ts';
import { rowAt, rowEdges, shareOfCount } from './heatmap-scale.ts';

const timesMs = [1000, 2000];

test('cumulative buckets in any order become counts between their bounds', () => {
  const cells = cellsOfBuckets([
    { le: '+Inf', timesMs, values: [6, 9] },
    { le: '0.5', timesMs, values: [5, 7] },
    { le: '0.1', timesMs, values: [2, 7] },
  ]);
  expect(cells.rows).toEqual([
    { low: 0, high: 0.1 },
    { low: 0.1, high: 0.5 },
    { low: 0.5, high: Infinity },
  ]);
  expect([...cells.counts]).toEqual([2, 3, 1, 7, 0, 2]);
  expect(cells).toMatchObject({ t0: 1000, stepMs: 1000, columns: 2 });
});

test('buckets that were taken apart before stay as they are', () => {
  const cells = cellsOfBuckets([
    { le: '1', timesMs, values: [5, 1] },
    { le: '2', timesMs, values: [3, 2] },
  ]);
  expect([...cells.counts]).toEqual([5, 3, 1, 2]);
});

test('bounds that are no numbers are rows with names', () => {
  const cells = cellsOfBuckets([
    { le: 'slow', timesMs, values: [1, 2] },
    { le: 'fast', timesMs, values: [3, null] },
  ]);
  expect(cells.rows.map(({ name }) => name)).toEqual(['slow', 'fast']);
  expect([...cells.counts]).toEqual([1, 3, 2, Number.NaN]);
});

test('a column that is missing is unknown, not zero', () => {
  const cells = cellsOfBuckets([{ le: '1', timesMs: [0, 1000, 3000], values: [1, 2, 4] }]);
  expect([...cells.counts]).toEqual([1, 2, Number.NaN, 4]);
});

test('nothing makes an empty heatmap', () => {
  expect(cellsOfBuckets([]).columns).toBe(0);
  expect(cellsOfNative([]).rows).toEqual([]);
  expect(largestCount(cellsOfBuckets([{ le: '1', timesMs, values: [null, null] }]))).toBe(0);
});

test('buckets of two resolutions share the finer bounds', () => {
  const cells = cellsOfNative([
    {
      timesMs: [0],
      buckets: [
        [
          [0, 1, 2, 3],
          [0, 2, 4, 5],
        ],
      ],
    },
    { timesMs: [1000], buckets: [[[0, 1, 4, 6]]] },
  ]);
  expect(cells.rows).toEqual([
    { low: 1, high: 2 },
    { low: 2, high: 4 },
  ]);
  expect([...cells.counts]).toEqual([3, 5, 2, 4]);
});

test('buckets with open ends have rows with open ends', () => {
  const cells = cellsOfNative([
    {
      timesMs: [0],
      buckets: [
        [
          [3, -Infinity, 1, 3],
          [0, 1, 2, 4],
          [0, 2, Infinity, 5],
        ],
      ],
    },
    {
      timesMs: [0],
      buckets: [
        [
          [3, -Infinity, 5, 1],
          [0, 5, Infinity, 1],
        ],
      ],
    },
  ]);
  expect(cells.rows.map(({ low, high }) => [low, high])).toEqual([
    [-Infinity, 1],
    [1, 2],
    [2, 5],
    [5, Infinity],
  ]);
  expect([...cells.counts]).toEqual([4, 4, NaN, 6]);
});

test('no count is lost or made up, however many bounds there are', () => {
  const bucket = fc.tuple(
    fc.integer({ min: 0, max: 999 }),
    fc.integer({ min: 1, max: 50 }),
    fc.integer({ min: 0, max: 1000 }),
  );
  fc.assert(
    fc.property(fc.array(bucket, { minLength: 1, maxLength: 300 }), (raw) => {
      const buckets = raw.map(([low, width, count]): NativeBucket => [0, low, low + width, count]);
      const cells = cellsOfNative([{ timesMs: [0], buckets: [buckets] }]);
      const poured = [...cells.counts].reduce((sum, count) => sum + (Number.isNaN(count) ? 0 : count), 0);
      expect(poured).toBeCloseTo(
        raw.reduce((sum, [, , count]) => sum + count, 0),
        6,
      );
      expect(cells.rows.length).toBeLessThanOrEqual(ROWS_MAX + 1);
    }),
  );
});

test('raw values are counted by step and range', () => {
  const cells = cellsOfRaw([{ timesMs: [0, 999, 1000], values: [1, 12, 12] }], {
    fromMs: 0,
    toMs: 2000,
    stepMs: 1000,
    rowSize: 10,
    rowCount: 1,
    log: 0,
  });
  expect(cells.rows).toEqual([
    { low: 0, high: 10 },
    { low: 10, high: 20 },
  ]);
  expect([...cells.counts]).toEqual([1, 1, 0, 1]);
});

test('every finite raw value in the range is counted once', () => {
  const value = fc.oneof(
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.constant(Infinity),
    fc.constant(null),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 60 }), (values) => {
      const times = values.map((_, i) => i * 10);
      const spec = { fromMs: 0, toMs: values.length * 10, stepMs: 25, rowCount: 7, log: 0 as const };
      const { counts } = cellsOfRaw([{ timesMs: times, values }], spec);
      const finite = values.filter((one) => one !== null && Number.isFinite(one));
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(finite.length);
    }),
  );
});

test('logarithmic rows are powers; what is not above zero has no row', () => {
  const spec = { fromMs: 0, toMs: 1000, stepMs: 1000, rowCount: 1, log: 2 as const };
  const cells = cellsOfRaw([{ timesMs: [0, 0, 0], values: [0, 3, 8] }], spec);
  expect(cells.rows.map(({ low }) => low)).toEqual([2, 4, 8]);
  expect([...cells.counts]).toEqual([1, 0, 1]);
});

test('sizes are round and large enough', () => {
  const check = (size: number, want: number): void => expect(niceSize(size)).toBeCloseTo(want, 12);
  check(0.0011, 0.002);
  check(3, 5);
  check(7, 10);
  check(100, 100);
  check(0, 1);
});

test('rows are placed by value where their bounds allow it, as equals otherwise', () => {
  const rows = [
    { low: 1, high: 2 },
    { low: 2, high: 8 },
  ];
  expect(rowEdges(rows, 'rows')).toEqual([0, 0.5, 1]);
  expect(rowEdges(rows, 'log')).toEqual([0, 1 / 3, 1]);
  expect(
    rowEdges(
      [
        { low: 0, high: 1 },
        { low: 1, high: Infinity },
      ],
      'log',
    ),
  ).toEqual([0, 0.5, 1]);
});

test('the row under the pointer is found, at the edges too', () => {
  const edges = [0, 0.25, 1];
  expect([0, 0.2, 0.25, 0.9, 1].map((height) => rowAt(edges, height))).toEqual([0, 0, 1, 1, 1]);
});

test('colours run from the least to the most; equal counts have the last one', () => {
  expect(shareOfCount(5, 0, 10, 1)).toBe(0.5);
  expect(shareOfCount(25, 0, 100, 0.5)).toBe(0.5);
  expect(shareOfCount(50, 0, 10, 1)).toBe(1);
  expect(shareOfCount(3, 3, 3, 1)).toBe(1);
});
