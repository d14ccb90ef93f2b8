import { expect, test } from 'vitest';
import { diskOutlookOf, type DiskFacts } from './disk-outlook.ts';

const DAY_MS = 86_400_000;
const GIB = 2 ** 30;
const FACTS: DiskFacts = {
  growthBytesPerSecond: GIB / 86_400,
  freeBytes: 10 * GIB,
  usedBytes: 5 * GIB,
  retentionBytes: null,
  oldestAgeMs: 5 * DAY_MS,
  retentionMs: 30 * DAY_MS,
};

test('a gibibyte a day fills ten in ten days', () => {
  const outlook = diskOutlookOf(FACTS);
  expect(outlook.kind).toBe('fills');
  expect(outlook.kind === 'fills' && Math.round(outlook.inMs / DAY_MS)).toBe(10);
});

test('retention by time or by size comes first when it comes before the disk is full', () => {
  expect(diskOutlookOf({ ...FACTS, oldestAgeMs: 21 * DAY_MS })).toEqual({ kind: 'kept' });
  expect(diskOutlookOf({ ...FACTS, retentionBytes: 15 * GIB })).toEqual({ kind: 'kept' });
  expect(diskOutlookOf({ ...FACTS, retentionBytes: 16 * GIB }).kind).toBe('fills');
  expect(diskOutlookOf({ ...FACTS, retentionMs: null }).kind).toBe('fills');
});

test('nothing is said of what does not grow or is not known', () => {
  expect(diskOutlookOf({ ...FACTS, growthBytesPerSecond: undefined })).toEqual({ kind: 'unknown' });
  expect(diskOutlookOf({ ...FACTS, growthBytesPerSecond: Number.NaN })).toEqual({ kind: 'unknown' });
  expect(diskOutlookOf({ ...FACTS, growthBytesPerSecond: 0 })).toEqual({ kind: 'steady' });
  expect(diskOutlookOf({ ...FACTS, growthBytesPerSecond: -100 })).toEqual({ kind: 'steady' });
});
