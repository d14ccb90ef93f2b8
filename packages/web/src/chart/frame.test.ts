import type { LiveQueryDelta, LiveQuerySnap } from '@vedette/api';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { applyDelta, formatLabels, frameOfMatrices, frameOfSnap, lastValueOf, type Frame } from './frame.ts';

const STEP = 1000;

const columns = (frame: Frame): (readonly (number | null)[])[] => frame.series.map(({ values }) => values);

const snap = (values: LiveQuerySnap['series'][number]['v']): LiveQuerySnap => ({
  t0: 0,
  step: STEP,
  n: values.length,
  series: [{ q: 0, l: { a: '1' }, v: values }],
});

test('words for numbers become infinities and gaps', () => {
  expect(columns(frameOfSnap(snap([1, null, 'NaN', '+Inf', '-Inf'])))).toEqual([
    [1, null, null, Infinity, -Infinity],
  ]);
});

test('a delta moves the window and appends', () => {
  const frame = applyDelta(frameOfSnap(snap([1, 2, 3])), {
    t0: 1000,
    t: 3000,
    k: 1,
    series: [{ i: 0, v: [4] }],
  });
  expect(frame).toMatchObject({ t0: 1000, n: 3 });
  expect(columns(frame)).toEqual([[2, 3, 4]]);
});

test('a delta may rewrite the last two points', () => {
  const frame = applyDelta(frameOfSnap(snap([1, 2, 3])), {
    t0: 0,
    t: 1000,
    k: 3,
    series: [{ i: 0, v: [20, 30, 4] }],
  });
  expect(columns(frame)).toEqual([[1, 20, 30, 4]]);
});

test('a series that a delta does not list has gaps there', () => {
  expect(columns(applyDelta(frameOfSnap(snap([1, 2])), { t0: 0, t: 2000, k: 1, series: [] }))).toEqual([
    [1, 2, null],
  ]);
});

test('an added series gets the next index and fills the window', () => {
  const added = { q: 0, l: { a: '2' }, v: [null, null, 9] };
  const frame = applyDelta(frameOfSnap(snap([1, 2])), {
    t0: 0,
    t: 2000,
    k: 1,
    series: [{ i: 0, v: [3] }],
    added: [added],
  });
  expect(columns(frame)).toEqual([
    [1, 2, 3],
    [null, null, 9],
  ]);
  const next = applyDelta(frame, { t0: 0, t: 3000, k: 1, series: [{ i: 1, v: [10] }] });
  expect(columns(next)).toEqual([
    [1, 2, 3, null],
    [null, null, 9, 10],
  ]);
});

test('an added series with the new points only stands at the end', () => {
  const frame = applyDelta(frameOfSnap(snap([1, 2])), {
    t0: 0,
    t: 2000,
    k: 1,
    series: [],
    added: [{ q: 1, l: {}, v: [7] }],
  });
  expect(columns(frame)[1]).toEqual([null, null, 7]);
});

test('a window that jumped past everything known is all gaps but the new points', () => {
  expect(
    columns(
      applyDelta(frameOfSnap(snap([1, 2])), { t0: 9000, t: 9000, k: 2, series: [{ i: 0, v: [5, 6] }] }),
    ),
  ).toEqual([[5, 6]]);
});

test('an empty window stays empty', () => {
  expect(frameOfSnap({ t0: 0, step: STEP, n: 0, series: [] })).toEqual({
    t0: 0,
    step: STEP,
    n: 0,
    series: [],
  });
});

test('a server that announces a window without end is not believed', () => {
  const frame = frameOfSnap({ t0: 0, step: STEP, n: 1e9, series: [{ q: 0, l: {}, v: [1] }] });
  expect(frame.n).toBe(20_000);
});

test('deltas lead to the same frame as one snap of the whole', () => {
  const point = fc.option(fc.integer({ min: 0, max: 999 }), { nil: null });
  fc.assert(
    fc.property(
      fc.array(point, { minLength: 4, maxLength: 60 }),
      fc.integer({ min: 2, max: 20 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 20 }),
      (all, width, strides) => {
        let end = Math.min(width, all.length);
        let frame = frameOfSnap({ ...snap(all.slice(0, end)), t0: 0 });
        for (const stride of strides) {
          const next = Math.min(all.length, end + stride);
          if (next === end) break;
          const from = Math.max(0, next - width);
          const rewritten = Math.max(from, end - 2);
          const delta: LiveQueryDelta = {
            t0: from * STEP,
            t: rewritten * STEP,
            k: next - rewritten,
            series: [{ i: 0, v: all.slice(rewritten, next) }],
          };
          frame = applyDelta(frame, delta);
          end = next;
          expect(columns(frame)).toEqual([all.slice(from, end)]);
          expect(frame.t0).toBe(from * STEP);
        }
      },
    ),
  );
});

test('a matrix lands on the grid, and what lies outside is left out', () => {
  const matrix = [
    {
      metric: { job: 'a' },
      values: [
        [9, '1'],
        [10, '2.5'],
        [12, 'NaN'],
        [13, '+Inf'],
        [14, '9'],
      ] as const,
    },
  ];
  const frame = frameOfMatrices([[], matrix], { fromMs: 10_000, toMs: 13_000, step: 1000 });
  expect(frame.series).toEqual([
    { key: '1 {job="a"}', q: 1, labels: { job: 'a' }, values: [2.5, null, null, Infinity] },
  ]);
});

test('labels print sorted, the name in front, values escaped', () => {
  expect(formatLabels({ job: 'a', __name__: 'up', b: 'x"y' })).toBe('up{b="x\\"y", job="a"}');
  expect(formatLabels({ __name__: 'up' })).toBe('up');
  expect(formatLabels({})).toBe('{}');
});

test('the last value looks past gaps at the end', () => {
  const [series] = frameOfSnap(snap([1, 2, null])).series;
  expect(lastValueOf(series!)).toBe(2);
});
