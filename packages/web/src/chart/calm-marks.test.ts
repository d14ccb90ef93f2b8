import { expect, test } from 'vitest';
import type { ChartMark } from './chart-mark.ts';
import { calmMarks } from './calm-marks.ts';

const alert = (title: string, atMs: number, endMs: number): ChartMark => ({
  kind: 'alert',
  title,
  text: `job=${title}`,
  atMs,
  endMs,
});
const shapesOf = (marks: readonly ChartMark[]): unknown[] =>
  calmMarks(marks).map(({ title, atMs, endMs }) => [title, atMs, endMs]);

test('alerts that overlap or touch become one stretch with all their names', () => {
  expect(shapesOf([alert('b', 5, 9), alert('a', 0, 5), alert('a', 2, 3), alert('c', 10, 12)])).toEqual([
    ['a, b', 0, 9],
    ['c', 10, 12],
  ]);
});

test('a long alert is not cut by a short one within it', () => {
  expect(shapesOf([alert('a', 0, 9), alert('b', 1, 2), alert('c', 8, 8)])).toEqual([['a, b, c', 0, 9]]);
});

test('one alert keeps its words, and deploys stay as they are', () => {
  const deploy: ChartMark = { kind: 'deploy', title: 'api 2', text: '', atMs: 1 };
  expect(calmMarks([deploy, alert('a', 0, 9)])).toEqual([alert('a', 0, 9), deploy]);
  expect(calmMarks([])).toEqual([]);
});
