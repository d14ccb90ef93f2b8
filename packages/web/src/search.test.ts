import { expect, test } from 'vitest';
import {
  alertsSearch,
  exploreSearch,
  exploreSearchOfGraphLink,
  keepTimeRange,
  newSilenceSearch,
  parseSearch,
  silenceSearch,
  stringifySearch,
  targetsSearch,
  timeRangeSearch,
  banSearch,
  guardSearch,
} from './search.ts';

test('search parameters are plain text in both directions', () => {
  const search = { expr: 'sum(rate(a{b="c"}[5m])) > 1', step: '30s' };
  expect(parseSearch(stringifySearch(search))).toEqual(search);
  expect(stringifySearch({ expr: '1' })).toBe('?expr=1');
  expect(stringifySearch({ expr: undefined, q: '' })).toBe('');
});

test('a range is read from text, numbers and dates', () => {
  expect(timeRangeSearch({ range: '1h' })).toEqual({ range: '1h' });
  expect(timeRangeSearch({ from: '1000', to: 2000 })).toEqual({ from: 1000, to: 2000 });
  expect(timeRangeSearch({ from: '2026-11-21T10:00:00Z', to: '2026-11-21T11:00:00Z' })).toEqual({
    from: Date.UTC(2026, 10, 21, 10),
    to: Date.UTC(2026, 10, 21, 11),
  });
});

test('half a fixed range and what is no time are left out', () => {
  expect(timeRangeSearch({ from: '1000' })).toEqual({});
  expect(timeRangeSearch({ from: 'x', to: 'y' })).toEqual({});
  expect(timeRangeSearch({ range: '', from: {}, to: [] })).toEqual({});
});

test('a range goes along to a page that names none, and gives way whole to one that does', () => {
  const fixed = { from: 1000, to: 2000 };
  expect(keepTimeRange(fixed, { q: 'x' } as object)).toEqual({ q: 'x', from: 1000, to: 2000 });
  expect(keepTimeRange(fixed, { range: '15m' })).toEqual({ range: '15m' });
  expect(keepTimeRange({ range: '1h' }, fixed)).toEqual(fixed);
  expect(keepTimeRange({}, {})).toEqual({});
});

test('unknown choices fall back to the default view', () => {
  expect(exploreSearch({ expr: 'up', view: 'pie', step: '15s' })).toEqual({ expr: 'up', step: '15s' });
  expect(exploreSearch({ expr: 'up', stack: '1', log: 'yes' })).toEqual({ expr: 'up', stack: '1' });
  expect(alertsSearch({ view: 'rules', q: 'disk' })).toEqual({ view: 'rules', q: 'disk' });
  expect(alertsSearch({ group: 'team' })).toEqual({ group: 'team' });
  expect(alertsSearch({ view: 'x' })).toEqual({});
  expect(alertsSearch({ receiver: 'team', filter: '{a="b"}' })).toEqual({
    receiver: 'team',
    filter: '{a="b"}',
  });
  expect(newSilenceSearch({ filter: '{a="b"}', comment: '', x: 1 })).toEqual({ filter: '{a="b"}' });
  expect(silenceSearch({ edit: '1' })).toEqual({ edit: '1' });
  expect(silenceSearch({ edit: 'yes' })).toEqual({});
  expect(targetsSearch({ health: 'down', q: 1 })).toEqual({ health: 'down', q: '1' });
});

test('the links that Prometheus writes lead to the same question', () => {
  expect(exploreSearchOfGraphLink(parseSearch('?g0.expr=up+%3D%3D+0&g0.tab=1'))).toEqual({
    expr: 'up == 0',
    view: 'table',
  });
  expect(exploreSearchOfGraphLink(parseSearch('?g0.expr=up&g0.tab=graph&g0.range_input=2h'))).toEqual({
    expr: 'up',
    range: '2h',
  });
  expect(exploreSearchOfGraphLink({})).toEqual({});
});

test('a link to the guard keeps what it knows and drops the rest', () => {
  expect(guardSearch({ view: 'reviews', show: 'held', q: 7, policy: 'p', x: 1 })).toEqual({
    view: 'reviews',
    show: 'held',
    q: '7',
    policy: 'p',
  });
  expect(guardSearch({ view: 'bans', show: '', q: '' })).toEqual({});
  expect(banSearch({ subject: 'u1', scope: 'planet' })).toEqual({ subject: 'u1' });
});

test('a zone goes along with every range, and one that does not exist is left out', () => {
  expect(timeRangeSearch({ tz: 'utc' })).toEqual({ tz: 'utc' });
  expect(timeRangeSearch({ tz: 'Mars/Olympus' })).toEqual({});
  expect(keepTimeRange({ range: '1h', tz: 'utc' }, { range: '5m' })).toEqual({ range: '5m', tz: 'utc' });
  expect(keepTimeRange({ range: '1h', tz: 'utc' }, { tz: 'Asia/Taipei' })).toEqual({
    range: '1h',
    tz: 'Asia/Taipei',
  });
});
