import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AXIS_LOOK, SERIES_LOOK, type ChartSeries, type SeriesLook } from './chart-model.ts';
import { bandsOf } from './plot-bands.ts';
import { plotDataOf } from './plot-data.ts';

const series = (key: string, values: ChartSeries['values'], look: Partial<SeriesLook> = {}): ChartSeries => ({
  key,
  name: key,
  values,
  look: { ...SERIES_LOOK, ...look },
});

const columns = (
  all: readonly ChartSeries[],
  { hidden = [], log = 0 as const }: { hidden?: string[]; log?: 0 | 2 | 10 } = {},
): unknown[] => {
  const timesMs = (all[0]?.values ?? []).map((_, i) => 5000 + i * 1000);
  const axes = [{ ...AXIS_LOOK, log }];
  return plotDataOf({ model: { timesMs, series: all }, hidden: new Set(hidden), axes }).slice(1);
};

test('times are seconds; what has no place on an axis is a gap', () => {
  const model = { timesMs: [5000, 6000, 7000], series: [series('a', [1, null, Infinity])] };
  expect(plotDataOf({ model, hidden: new Set(), axes: [AXIS_LOOK] })).toEqual([
    [5, 6, 7],
    [1, null, null],
  ]);
});

test('stacked series stand on each other; a gap adds nothing and stays a gap', () => {
  const stack = { stack: 'normal' } as const;
  expect(columns([series('a', [1, null, 3], stack), series('b', [10, 20, null], stack)])).toEqual([
    [1, null, 3],
    [11, 20, null],
  ]);
});

test('a hidden series adds nothing, and groups stack apart', () => {
  const stack = { stack: 'normal' } as const;
  const all = [
    series('a', [1], stack),
    series('b', [2], stack),
    series('c', [4], { ...stack, stackGroup: 'B' }),
    series('d', [8], stack),
  ];
  expect(columns(all)).toEqual([[1], [3], [4], [11]]);
  expect(columns(all, { hidden: ['b'] })).toEqual([[1], [2], [4], [9]]);
});

test('percent stacks end at one wherever the group has a value', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 1, max: 1e6 })), {
        minLength: 1,
      }),
      (points) => {
        const look = { stack: 'percent' } as const;
        const [, top] = columns([
          series(
            'a',
            points.map(([a]) => a),
            look,
          ),
          series(
            'b',
            points.map(([, b]) => b),
            look,
          ),
        ]) as number[][];
        for (const value of top!) expect(value).toBeCloseTo(1, 9);
      },
    ),
  );
});

test('a percent stack of zeros is zero, not nothing', () => {
  const look = { stack: 'percent' } as const;
  expect(columns([series('a', [0], look), series('b', [0], look)])).toEqual([[0], [0]]);
});

test('what is turned below the axis stacks below it', () => {
  const up = { stack: 'normal' } as const;
  const down = { ...up, transform: 'negative' } as const;
  const all = [
    series('in', [1], up),
    series('out', [2], down),
    series('in2', [4], up),
    series('out2', [8], down),
  ];
  expect(columns(all)).toEqual([[1], [-2], [5], [-10]]);
  expect(bandsOf(all, new Set())).toEqual([
    [2, 0],
    [3, 1],
  ]);
});

test('a logarithmic axis has no place for zero', () => {
  expect(columns([series('a', [0, -1, 5])], { log: 10 })).toEqual([[null, null, 5]]);
});

test('gaps are bridged up to the length asked for', () => {
  const values = [1, null, 3, null, null, 6, null];
  expect(columns([series('a', values, { spanMs: 2000 })])).toEqual([[1, undefined, 3, null, null, 6, null]]);
  expect(columns([series('a', values, { spanMs: 3000 })])).toEqual([
    [1, undefined, 3, undefined, undefined, 6, null],
  ]);
  expect(columns([series('a', values)])).toEqual([values]);
});

test('a constant is the first value throughout', () => {
  expect(columns([series('a', [null, 7, 9], { transform: 'constant' })])).toEqual([[7, 7, 7]]);
});

test('the numbers given are never changed', () => {
  const values = Object.freeze([1, null, 3]);
  columns([series('a', values, { stack: 'normal', spanMs: 5000, transform: 'constant' })]);
  expect(values).toEqual([1, null, 3]);
});

test('an area ends at the series it names, unless that is hidden or itself', () => {
  const all = [
    series('max', [2], { fillBelowTo: 'min' }),
    series('min', [1]),
    series('x', [1], { fillBelowTo: 'x' }),
  ];
  expect(bandsOf(all, new Set())).toEqual([[0, 1]]);
  expect(bandsOf(all, new Set(['min']))).toEqual([]);
});
