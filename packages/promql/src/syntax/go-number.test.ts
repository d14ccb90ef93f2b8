import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatBoundLabel, formatGoNumber } from './go-number.ts';

test('numbers have an exponent where Go gives them one', () => {
  const check = (value: number, want: string): void => assert.equal(formatGoNumber(value), want);
  check(100_000, '100000');
  check(999_999.5, '999999.5');
  check(1_000_000, '1e+06');
  check(-608_863_452_348.1149, '-6.088634523481149e+11');
  check(1e21, '1e+21');
  check(1e100, '1e+100');
  check(0.0001, '0.0001');
  check(0.000_012_3, '1.23e-05');
  check(0, '0');
  check(NaN, 'NaN');
  check(Infinity, '+Inf');
});

test('bounds in labels are never whole numbers', () => {
  const check = (value: number, want: string): void => assert.equal(formatBoundLabel(value), want);
  check(1, '1.0');
  check(0.99, '0.99');
  check(1_000_000, '1e+06');
  check(-Infinity, '-Inf');
  check(NaN, 'NaN');
});
