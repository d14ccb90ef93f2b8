import { expect, test } from 'vitest';
import { MARKS_MAX, colourOfMark, marksAt, marksShown, type ChartMark } from './chart-mark.ts';
import { TOKENS } from '../theme/tokens.ts';

const mark = (atMs: number, endMs?: number): ChartMark => ({
  atMs,
  kind: 'alert',
  title: String(atMs),
  text: '',
  ...(endMs === undefined ? {} : { endMs }),
});

test('marks of the range are shown in order, spans that reach into it too', () => {
  const shown = marksShown([mark(50), mark(5, 12), mark(5, 9), mark(20), mark(10)], { fromMs: 10, toMs: 20 });
  expect(shown.map(({ atMs }) => atMs)).toEqual([5, 10, 20]);
});

test('of too many marks the newest are shown', () => {
  const shown = marksShown(
    Array.from({ length: MARKS_MAX + 1 }, (_, i) => mark(i)),
    { fromMs: 0, toMs: 1e6 },
  );
  expect([shown.length, shown[0]?.atMs]).toEqual([MARKS_MAX, 1]);
});

test('a mark is found beside its line and anywhere in its span', () => {
  const check = (atMs: number, want: number): void =>
    expect(marksAt([mark(10), mark(20, 30)], atMs, 1)).toHaveLength(want);
  check(8, 0);
  check(9, 1);
  check(25, 1);
  check(31, 1);
  check(32, 0);
});

test('a mark has the colour it asks for, if that is one', () => {
  expect(colourOfMark({ ...mark(1), colour: '#123456' }, 'light')).toBe('#123456');
  expect(colourOfMark({ ...mark(1), colour: 'url(x)' }, 'light')).toBe(TOKENS.light.criticalText);
});
