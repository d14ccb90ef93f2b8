import { expect, test } from 'vitest';
import { localInputOf, parseLocalInput } from './local-input.ts';
import { BROWSER_ZONE, intlZoneOf, isZone, wallClockOf, zoneOffsetMs } from './zone.ts';

const SUMMER = Date.UTC(2026, 6, 1, 12, 30, 5, 250);
const WINTER = Date.UTC(2026, 11, 1, 12, 30, 5);

test('offsets follow the zone and its summer time', () => {
  expect(zoneOffsetMs(SUMMER, 'UTC')).toBe(0);
  expect(zoneOffsetMs(SUMMER, 'Europe/Berlin')).toBe(2 * 3_600_000);
  expect(zoneOffsetMs(WINTER, 'Europe/Berlin')).toBe(3_600_000);
  expect(zoneOffsetMs(WINTER, 'Asia/Kolkata')).toBe(5.5 * 3_600_000);
  expect(zoneOffsetMs(WINTER, 'America/New_York')).toBe(-5 * 3_600_000);
});

test('a wall clock carries the date of its own zone', () => {
  expect(wallClockOf(Date.UTC(2026, 0, 1, 2), 'America/New_York')).toEqual([2025, 11, 31, 21, 0, 0]);
});

test('what is no zone is not one, and is shown as the browser would', () => {
  expect([isZone(BROWSER_ZONE), isZone('utc'), isZone('Asia/Taipei'), isZone('Mars/Olympus')]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  expect(intlZoneOf('Mars/Olympus')).toBeUndefined();
  expect(intlZoneOf('utc')).toBe('UTC');
});

test('a field of local time reads back the moment it was given, in any zone', () => {
  for (const zone of ['UTC', 'Europe/Berlin', 'Asia/Kolkata', 'America/New_York', undefined])
    for (const moment of [WINTER, Date.UTC(2026, 2, 29, 0, 30), Date.UTC(2026, 9, 25, 2, 30)])
      expect([zone, parseLocalInput(localInputOf(moment, zone), zone)]).toEqual([zone, moment]);
});

test('half a time is none', () => {
  expect(parseLocalInput('', 'UTC')).toBeUndefined();
  expect(parseLocalInput('2026-13-01T00:00', 'UTC')).toBeUndefined();
});
