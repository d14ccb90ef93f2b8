import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Corners, drawLine } from './plot-line.ts';

type Point = readonly [x: number, y: number];

function cornersOf(points: readonly Point[]): Point[] {
  const path: Point[] = [];
  const corners = new Corners({ lineTo: (x, y) => path.push([x, y]) });
  for (const [x, y] of points) corners.to(x, y);
  corners.end();
  return path;
}

/** From where to where a line reaches at `x`; empty where it is not. */
function reachAt(line: readonly Point[], x: number): readonly number[] {
  const heights: number[] = [];
  for (const [i, [toX, toY]] of line.entries()) {
    if (toX === x) heights.push(toY);
    const [fromX, fromY] = line[i - 1] ?? [toX, toY];
    if (fromX < x && toX > x) heights.push(fromY + ((toY - fromY) * (x - fromX)) / (toX - fromX));
  }
  const sorted = heights.map((height) => Math.round(height * 1e6) / 1e6).toSorted((a, b) => a - b);
  return sorted.length === 0 ? [] : [sorted[0] ?? 0, sorted.at(-1) ?? 0];
}

test('a line with fewer corners covers the same pixels', () => {
  const step = fc.tuple(fc.constantFrom(0, 0, 1, 1, 2), fc.integer({ min: 0, max: 6 }));
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), (steps) => {
      let x = 0;
      const points = steps.map(([forward, y]): Point => [(x += forward), y]);
      const line = cornersOf(points);
      for (let at = 0; at <= x; at += 0.5) expect(reachAt(line, at)).toEqual(reachAt(points, at));
      expect(line[0]).toEqual(points[0]);
      expect(line.at(-1)).toEqual(points.at(-1));
      expect(line.length).toBeLessThanOrEqual(points.length + 2);
    }),
  );
});

test('a column of pixels has four corners at most: in, the extremes in their order, out', () => {
  const column = [5, 7, 2, 6, 9, 4].map((y): Point => [3, y]);
  expect(cornersOf([[2, 5], ...column, [4, 4]])).toEqual([
    [2, 5],
    [3, 5],
    [3, 2],
    [3, 9],
    [3, 4],
    [4, 4],
  ]);
});

test('a quiet line of 2,000 points has two corners, a slope as well', () => {
  expect(cornersOf(Array.from({ length: 2000 }, (_, i): Point => [i >> 1, 40]))).toEqual([
    [0, 40],
    [999, 40],
  ]);
  expect(cornersOf(Array.from({ length: 100 }, (_, i): Point => [i, i * 2]))).toEqual([
    [0, 0],
    [99, 198],
  ]);
});

test('null interrupts a line, undefined does not', () => {
  const path: Point[] = [];
  const gaps = drawLine(new Corners({ lineTo: (x, y) => path.push([x, y]) }), {
    values: [null, 1, undefined, 3, null, null, 5, null],
    first: 0,
    last: 7,
    xOf: (i) => i * 10,
    yOf: (value) => value * 2,
  });
  expect(gaps).toEqual([[30, 60]]);
  expect(path.map(([x]) => x)).toEqual([10, 30, 60]);
});

test('a line without a point draws nothing', () => {
  const nothing = { values: [null, null], first: 0, last: 1, xOf: Number, yOf: Number };
  const draw = (): never => {
    throw new Error('drawn');
  };
  expect(drawLine(new Corners({ lineTo: draw }), nothing)).toEqual([]);
});
