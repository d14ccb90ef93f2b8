import { expect, test } from 'vitest';
import { formatMinute, formatTimeTicks } from './time-axis.ts';

const at = (hours: number, minutes = 0, seconds = 0): number =>
  new Date(2026, 10, 21, hours, minutes, seconds).getTime() / 1000;

test('ticks closer than a minute show seconds', () => {
  expect(formatTimeTicks([at(10, 4, 30)], 30, 'en-GB')).toEqual(['10:04:30']);
});

test('ticks of minutes and hours show 24-hour clock times, and the date at midnight', () => {
  expect(formatTimeTicks([at(0), at(6), at(18, 30)], 3600, 'en-GB')).toEqual(['21 Nov', '06:00', '18:30']);
});

test('ticks of days show dates', () => {
  expect(formatTimeTicks([at(12)], 86_400, 'en-GB')).toEqual(['21 Nov']);
});

test('ticks are those of the zone that is shown', () => {
  const midnightInTaipei = Date.UTC(2026, 10, 20, 16) / 1000;
  expect(formatTimeTicks([midnightInTaipei, midnightInTaipei + 3600], 3600, 'en-GB', 'Asia/Taipei')).toEqual([
    '21 Nov',
    '01:00',
  ]);
  expect(formatTimeTicks([midnightInTaipei], 3600, 'en-GB', 'UTC')).toEqual(['16:00']);
});

test('a minute has its zone, and its date on another day of that zone', () => {
  const atMs = Date.UTC(2026, 10, 21, 16, 30, 59);
  const check = (zone: string, want: string): void =>
    expect(formatMinute(atMs, { language: 'en-GB', nowMs: Date.UTC(2026, 10, 21, 23), zone })).toBe(want);
  check('UTC', '16:30 UTC');
  check('Asia/Taipei', '00:30 GMT+8');
  check('Pacific/Kiritimati', '06:30 GMT+14');
  check('Asia/Kabul', '21 Nov, 21:00 GMT+4:30');
});
