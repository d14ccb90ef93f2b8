import { expect, test } from 'vitest';
import { rangeOfDashboard, rangeOfPanel } from './dashboard-range.ts';

const NOW_MS = new Date(2026, 10, 18, 15, 42, 31).getTime();
const HOUR_MS = 3_600_000;
const range = (from: string, to = 'now') => rangeOfDashboard({ from, to }, NOW_MS);

test('a range that ends now moves with the clock', () => {
  expect(range('now-6h')).toEqual({ kind: 'relative', spanMs: 6 * HOUR_MS });
  expect(range('now-1M')).toEqual({ kind: 'relative', spanMs: 30 * 24 * HOUR_MS });
});

test('other ranges are fixed when they are read', () => {
  expect(range('now-2h', 'now-1h')).toEqual({
    kind: 'absolute',
    fromMs: NOW_MS - 2 * HOUR_MS,
    toMs: NOW_MS - HOUR_MS,
  });
  expect(range('1000', '2000')).toEqual({ kind: 'absolute', fromMs: 1000, toMs: 2000 });
  expect(range('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z')).toEqual({
    kind: 'absolute',
    fromMs: Date.UTC(2026, 0, 1),
    toMs: Date.UTC(2026, 0, 2),
  });
});

test('days, weeks, months and years are whole ones', () => {
  const check = (unit: string, from: Date, to: Date): void =>
    expect(range(`now/${unit}`, `now/${unit}`)).toEqual({
      kind: 'absolute',
      fromMs: from.getTime(),
      toMs: to.getTime(),
    });
  check('h', new Date(2026, 10, 18, 15), new Date(2026, 10, 18, 16));
  check('d', new Date(2026, 10, 18), new Date(2026, 10, 19));
  check('w', new Date(2026, 10, 16), new Date(2026, 10, 23));
  check('M', new Date(2026, 10, 1), new Date(2026, 11, 1));
  check('y', new Date(2026, 0, 1), new Date(2027, 0, 1));
});

test('what is no range is none', () => {
  for (const [from, to] of [
    ['', 'now'],
    ['now-6q', 'now'],
    ['now', 'now-1h'],
    ['tomorrow', 'now'],
    ['now-0s', 'now'],
  ])
    expect([from, rangeOfDashboard({ from: from ?? '', to: to ?? '' }, NOW_MS)]).toEqual([from, undefined]);
});

test('a panel has its own span, and looks back by its shift', () => {
  const hour = { kind: 'relative', spanMs: HOUR_MS } as const;
  expect(rangeOfPanel(hour, {}, NOW_MS)).toBe(hour);
  expect(rangeOfPanel(hour, { timeFrom: '24h' }, NOW_MS)).toEqual({ kind: 'relative', spanMs: 24 * HOUR_MS });
  expect(rangeOfPanel(hour, { timeShift: '1d' }, NOW_MS)).toEqual({
    kind: 'absolute',
    fromMs: NOW_MS - 25 * HOUR_MS,
    toMs: NOW_MS - 24 * HOUR_MS,
  });
  const fixed = { kind: 'absolute', fromMs: 0, toMs: HOUR_MS } as const;
  expect(rangeOfPanel(fixed, { timeFrom: '24h' }, NOW_MS)).toBe(fixed);
  expect(rangeOfPanel(hour, { timeFrom: 'soon' }, NOW_MS)).toBe(hour);
});
