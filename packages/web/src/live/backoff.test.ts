import { SeededRandom, type Random } from '@vedette/model';
import { expect, test } from 'vitest';
import { backoffMs } from './backoff.ts';

const highest: Random = {
  float: () => 0.999_999,
  fill: (bytes) => bytes,
  uuid: () => '',
};

test('the longest possible wait doubles up to half a minute', () => {
  expect([0, 1, 2, 3, 6, 7, 1000].map((attempt) => backoffMs(attempt, highest))).toEqual([
    500, 1000, 2000, 4000, 30_000, 30_000, 30_000,
  ]);
});

test('waits are spread over the whole of it', () => {
  const random = new SeededRandom(7);
  const waits = Array.from({ length: 400 }, () => backoffMs(4, random));
  expect(Math.min(...waits)).toBeLessThan(800);
  expect(Math.max(...waits)).toBeGreaterThan(7200);
});
