import { expect, test } from 'vitest';
import { nextSort, sortRows, type LegendRow } from './legend-rows.ts';
import { hiddenAfter } from './visibility.ts';

const row = (name: string, value: number | null): LegendRow => ({
  key: name,
  name,
  colour: '',
  isDashed: false,
  cells: [{ value, text: String(value) }],
});

const names = (rows: readonly LegendRow[]): string[] => rows.map(({ name }) => name);

test('rows without a value come last, whichever way the legend is sorted', () => {
  const rows = [row('gap', null), row('small', 1), row('large', 2)];
  expect(names(sortRows(rows, { column: 0, isDescending: true }))).toEqual(['large', 'small', 'gap']);
  expect(names(sortRows(rows, { column: 0, isDescending: false }))).toEqual(['small', 'large', 'gap']);
});

test('names are sorted as people count, and no order is the order given', () => {
  const rows = [row('node10', 1), row('node2', 2)];
  expect(names(sortRows(rows, { column: -1, isDescending: false }))).toEqual(['node2', 'node10']);
  expect(names(sortRows(rows, undefined))).toEqual(['node10', 'node2']);
});

test('a head sorts numbers largest first, names from A, and the third press ends it', () => {
  const first = nextSort(undefined, 0);
  expect(first).toEqual({ column: 0, isDescending: true });
  expect(nextSort(first, 0)).toEqual({ column: 0, isDescending: false });
  expect(nextSort(nextSort(first, 0), 0)).toBeUndefined();
  expect(nextSort(first, -1)).toEqual({ column: -1, isDescending: false });
});

test('a press shows a series alone, another one all again', () => {
  const keys = ['a', 'b', 'c'];
  const alone = hiddenAfter(new Set(), { keys, key: 'b', isToggle: false });
  expect([...alone]).toEqual(['a', 'c']);
  expect([...hiddenAfter(alone, { keys, key: 'b', isToggle: false })]).toEqual([]);
  expect([...hiddenAfter(alone, { keys, key: 'a', isToggle: false })]).toEqual(['b', 'c']);
});

test('with a modifier a series is hidden and shown by itself; the last one brings all back', () => {
  const keys = ['a', 'b'];
  const one = hiddenAfter(new Set(), { keys, key: 'a', isToggle: true });
  expect([...one]).toEqual(['a']);
  expect([...hiddenAfter(one, { keys, key: 'a', isToggle: true })]).toEqual([]);
  expect([...hiddenAfter(one, { keys, key: 'b', isToggle: true })]).toEqual([]);
});

test('what was hidden and is gone does not count', () => {
  const hidden = new Set(['gone']);
  expect([...hiddenAfter(hidden, { keys: ['a'], key: 'a', isToggle: false })]).toEqual([]);
});
