import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf } from '../test-support/frames.ts';
import { framesOfColumns, framesOfMatrix, framesOfVector } from './prometheus-frames.ts';

const series = { refId: 'A', legend: '', format: 'time_series' } as const;
const table = { refId: 'B', legend: '', format: 'table' } as const;
const grid = { fromMs: 10_000, toMs: 40_000, stepMs: 10_000 };

test('series of a range share the grid, with gaps where nothing came', () => {
  const frames = framesOfMatrix(
    series,
    [
      {
        metric: { a: '1' },
        values: [
          [10, '1'],
          [20.0, 'NaN'],
          [40, '+Inf'],
        ],
      },
      { metric: { a: '2' }, values: [] },
    ],
    grid,
  );
  assert.deepEqual(frames[0]?.fields[1]?.values, [1, NaN, null, Infinity]);
  assert.deepEqual(frames[1]?.fields[1]?.values, [null, null, null, null]);
  assert.equal(frames[0]?.fields[0]?.values, frames[1]?.fields[0]?.values);
});

test('points beside the grid keep the times they came with', () => {
  const [frame] = framesOfMatrix(series, [{ metric: {}, values: [[10.5, '1']] }], grid);
  assert.deepEqual(columnsOf(frame), { Time: [10_500], Value: [1] });
});

test('without a grid equal times are one array', () => {
  const frames = framesOfMatrix(series, [
    {
      metric: { a: '1' },
      values: [
        [1, '1'],
        [2, '2'],
      ],
    },
    {
      metric: { a: '2' },
      values: [
        [1, '3'],
        [2, '4'],
      ],
    },
    { metric: { a: '3' }, values: [[2, '5']] },
  ]);
  assert.equal(frames[0]?.fields[0]?.values, frames[1]?.fields[0]?.values);
  assert.deepEqual(frames[2]?.fields[0]?.values, [2000]);
});

test('an instant answer is a table with a column per label, or a frame per series', () => {
  const answer = [
    { metric: { __name__: 'up', pod: 'x' }, value: [1.5, '1'] as const },
    { metric: { zone: 'z' }, value: [1.5, '-Inf'] as const },
  ];
  assert.deepEqual(columnsOf(framesOfVector(table, answer)[0]), {
    Time: [1500, 1500],
    __name__: ['up', ''],
    pod: ['x', ''],
    zone: ['', 'z'],
    'Value #B': [1, -Infinity],
  });
  assert.equal(framesOfVector(series, answer).length, 2);
  assert.deepEqual(columnsOf(framesOfVector(table, [])[0]), { Time: [], 'Value #B': [] });
});

test('a native histogram becomes a series per bucket, and a single value its average', () => {
  const histogram = {
    count: '4',
    sum: '10',
    buckets: [
      [0, '1', '2', '3'],
      [0, '0.5', '1', '1'],
    ] as const,
  };
  const frames = framesOfMatrix({ ...series, format: 'heatmap' }, [
    { metric: { job: 'a' }, histograms: [[10, histogram]] },
  ]);
  assert.deepEqual(
    frames.map(({ fields }) => fields[1]?.labels),
    [
      { job: 'a', le: '1' },
      { job: 'a', le: '2' },
    ],
  );
  assert.deepEqual(
    frames.map(({ fields }) => fields[1]?.values),
    [[1], [3]],
  );
  assert.deepEqual(
    columnsOf(framesOfVector(series, [{ metric: {}, histogram: [1, histogram] }])[0])['Value'],
    [2.5],
  );
});

test('the live form shares one array of times, and a short column ends in gaps', () => {
  const frames = framesOfColumns(series, {
    t0: 1000,
    step: 500,
    n: 3,
    series: [
      { l: { a: '1' }, v: [1, null, 2] },
      { l: { a: '2' }, v: [7] },
    ],
  });
  assert.deepEqual(columnsOf(frames[0]), { Time: [1000, 1500, 2000], Value: [1, null, 2] });
  assert.deepEqual(frames[1]?.fields[1]?.values, [7, null, null]);
  assert.equal(frames[0]?.fields[0]?.values, frames[1]?.fields[0]?.values);
});
