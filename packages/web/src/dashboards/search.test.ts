import { expect, test } from 'vitest';
import { parseSearch, stringifySearch } from '../search.ts';
import { dashboardSearch, dashboardsSearch, toggledRows, toggleRow } from './search.ts';

const read = (text: string) => dashboardSearch(parseSearch(text));

test('values of variables are repeated parameters, and come back in their order', () => {
  const search = read('?var-job=b&var-job=a&var-env=');
  expect(search).toEqual({ vars: { job: ['b', 'a'], env: [''] } });
  expect(stringifySearch({ ...search })).toBe('?var-job=b&var-job=a&var-env=');
});

test('strange values of variables survive the way through the address', () => {
  const vars = { pod: ['a&b=c', '100 %', '日本', '$__all'] };
  expect(read(stringifySearch({ vars }))).toEqual({ vars });
});

test('what makes no sense in an address is left out', () => {
  expect(read('?viewPanel=x&rows=1,2&edit=yes&editPanel=-1&version=new')).toEqual({});
  expect(read('?vars=3')).toEqual({});
  expect(dashboardSearch({ vars: { a: [1] } })).toEqual({});
});

test('the whole state of a dashboard stands in the address', () => {
  const text = '?viewPanel=4%2Fapi&rows=2.9&edit=1&editPanel=4&kiosk=1&version=3';
  expect(stringifySearch({ ...read(text) })).toBe(text);
});

test('kiosk without a value counts, as in the links of Grafana', () => {
  expect(read('?kiosk')).toEqual({ kiosk: '1' });
  expect(read('?kiosk=tv')).toEqual({ kiosk: '1' });
});

test('a row that is toggled twice is as the file has it', () => {
  expect(toggleRow({}, 7)).toBe('7');
  expect(toggleRow({ rows: '7' }, 3)).toBe('3.7');
  expect(toggleRow({ rows: '7' }, 7)).toBeUndefined();
  expect([...toggledRows({ rows: '3.7' })]).toEqual([3, 7]);
});

test('the list keeps its search and its tag', () => {
  expect(dashboardsSearch(parseSearch('?q=api&tag=shop&x=1'))).toEqual({ q: 'api', tag: 'shop' });
});
