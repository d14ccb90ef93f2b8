import { expect, test } from 'vitest';
import { ALL_VALUE, chosenAfter, foundOptions } from './choose.ts';

const multi = { isMulti: true, hasAll: true, chosen: ['a'], options: ['a', 'b'] };

test('a single variable has the value that was clicked', () =>
  expect(chosenAfter({ ...multi, isMulti: false }, 'b')).toEqual(['b']));

test('values of a multi variable come and go in the order of clicks', () => {
  expect(chosenAfter(multi, 'b')).toEqual(['a', 'b']);
  expect(chosenAfter({ ...multi, chosen: ['a', 'b'] }, 'a')).toEqual(['b']);
});

test('All and values exclude one another', () => {
  expect(chosenAfter(multi, ALL_VALUE)).toEqual([ALL_VALUE]);
  expect(chosenAfter({ ...multi, chosen: [ALL_VALUE] }, 'b')).toEqual(['b']);
});

test('a variable is never without a value', () => {
  expect(chosenAfter(multi, 'a')).toEqual([ALL_VALUE]);
  expect(chosenAfter({ ...multi, hasAll: false }, 'a')).toEqual(['a']);
  expect(chosenAfter({ ...multi, hasAll: false, options: [] }, 'a')).toEqual([]);
});

test('a search finds options that have every word', () => {
  const options = ['api-1', 'api-2', 'Web 1'].map((text) => ({ text, value: text }));
  const find = (search: string) => foundOptions(options, search).map(({ text }) => text);
  expect(find('')).toEqual(['api-1', 'api-2', 'Web 1']);
  expect(find('1 API')).toEqual(['api-1']);
  expect(find('x')).toEqual([]);
});
