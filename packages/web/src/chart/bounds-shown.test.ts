import { expect, test } from 'vitest';
import { boundsShown } from './bounds-shown.ts';
import type { Frame } from './frame.ts';

const frame: Frame = { t0: 0, step: 1000, n: 901, series: [] };
const range = { kind: 'relative', spanMs: 900_000 } as const;

test('a moving range ends at the newest point', () => {
  expect(boundsShown(range, frame)).toEqual({ fromMs: 0, toMs: 900_000 });
  expect(boundsShown(range, frame, null)).toEqual({ fromMs: 0, toMs: 900_000 });
});

test('a moving range does not reach back before the first sample', () => {
  expect(boundsShown(range, frame, 600_000)).toEqual({ fromMs: 600_000, toMs: 900_000 });
  expect(boundsShown(range, frame, -5)).toEqual({ fromMs: 0, toMs: 900_000 });
});

test('a minute is shown at least', () => {
  expect(boundsShown(range, frame, 899_000)).toEqual({ fromMs: 840_000, toMs: 900_000 });
});

test('a fixed range is shown as it is', () => {
  expect(boundsShown({ kind: 'absolute', fromMs: 5, toMs: 9 }, frame, 7)).toEqual({ fromMs: 5, toMs: 9 });
});
