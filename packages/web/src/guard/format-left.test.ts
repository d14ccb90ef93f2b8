import { expect, test } from 'vitest';
import { formatLeft } from './format-left.ts';

test('what is left counts down by the second, beyond an hour by the minute', () => {
  const check = (leftMs: number, want: string | undefined): void => expect(formatLeft(leftMs)).toBe(want);
  check(7_500_000, '2h 5m');
  check(3_600_000, '1h');
  check(3_599_500, '1h');
  check(3_599_000, '59m 59s');
  check(249_000, '4m 09s');
  check(60_000, '1m 00s');
  check(59_000, '59s');
  check(1, '1s');
});

test('at the end nothing is left', () => {
  expect(formatLeft(0)).toBeUndefined();
  expect(formatLeft(-5000)).toBeUndefined();
});
