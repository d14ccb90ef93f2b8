import { expect, test } from 'vitest';
import { timeTicksOf } from './time-ticks.ts';

const HOUR = 3_600_000;

test('ticks are round, within the range, and no more than asked for', () => {
  const { ticks, distanceMs } = timeTicksOf({ fromMs: 1, toMs: HOUR }, 4, 'UTC');
  expect([distanceMs, ticks]).toEqual([900_000, [900_000, 1_800_000, 2_700_000, HOUR]]);
});

test('days begin at midnight of the zone', () => {
  const { ticks } = timeTicksOf({ fromMs: 0, toMs: 48 * HOUR }, 2, 'Asia/Taipei');
  expect(ticks).toEqual([16 * HOUR, 40 * HOUR]);
});

test('a range of nothing has at most one tick', () => {
  expect(timeTicksOf({ fromMs: 5, toMs: 5 }, 0, 'UTC').ticks).toEqual([]);
});
