import { expect, test } from 'vitest';
import { POINTS_MAX, pointsAt, pointsShown, type ChartPoint } from './chart-point.ts';

const point = (atMs: number, value = 1): ChartPoint => ({ atMs, value, title: 'trace', text: '' });

test('points outside of the range are not drawn, those at its ends are', () => {
  const shown = pointsShown(
    [9, 10, 20, 21].map((atMs) => point(atMs)),
    { fromMs: 10, toMs: 20 },
  );
  expect(shown.map(({ atMs }) => atMs)).toEqual([10, 20]);
});

test('of too many points the largest values stay', () => {
  const many = Array.from({ length: POINTS_MAX + 1 }, (_, i) => point(i, i));
  const shown = pointsShown(many, { fromMs: 0, toMs: POINTS_MAX });
  expect(shown).toHaveLength(POINTS_MAX);
  expect(shown.some(({ value }) => value === 0)).toBe(false);
  expect(pointsShown(many.slice(1), { fromMs: 0, toMs: POINTS_MAX })).toEqual(many.slice(1));
});

test('the nearest point under the pointer comes first, those out of reach do not', () => {
  const points = [point(3), point(1), point(9)];
  expect(pointsAt(points, ({ atMs }) => atMs, 5).map(({ atMs }) => atMs)).toEqual([1, 3]);
});
