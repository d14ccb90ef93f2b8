import { expect, test } from 'vitest';
import { formatAge, formatStep } from './relative-time.ts';

test('an age has at most two units', () => {
  const check = (ageMs: number, want: string): void => expect(formatAge(ageMs)).toBe(want);
  check(0, '0s');
  check(-500, '0s');
  check(59_400, '59s');
  check(60_000, '1m');
  check(3_599_000, '59m');
  check(3_600_000, '1h');
  check(7_500_000, '2h 5m');
  check(86_400_000, '1d');
  check(99 * 3_600_000, '4d 3h');
});

test('a step reads as Prometheus writes it', () => {
  expect(formatStep(90_000)).toBe('1m30s');
  expect(formatStep(2000)).toBe('2s');
});
