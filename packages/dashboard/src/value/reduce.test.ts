import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { FieldValue } from '../frame.ts';
import { isReducer, reduceField } from './reduce.ts';

const check = (values: FieldValue[], calc: string, want: FieldValue): void =>
  assert.deepEqual(reduceField({ values }, calc), want, calc);

test('gaps and NaN are left out, except where the last or first is asked for as it is', () => {
  const values = [null, 1, NaN, 3, null];
  check(values, 'lastNotNull', 3);
  check(values, 'last', null);
  check(values, 'firstNotNull', 1);
  check(values, 'first', null);
  check(values, 'mean', 2);
  check(values, 'sum', 4);
  check(values, 'count', 5);
  check(values, 'min', 1);
});

test('nothing reduces to nothing', () => {
  for (const calc of [
    'mean',
    'sum',
    'min',
    'max',
    'median',
    'delta',
    'diff',
    'range',
    'stdDev',
    'p95',
    'step',
    'lastNotNull',
  ]) {
    check([], calc, null);
    check([null, NaN], calc, null);
  }
  check([], 'allIsZero', false);
  check([], 'allIsNull', true);
});

test('changes over the range', () => {
  check([10, 12, 5, 7], 'delta', 9);
  check([10, 15], 'diff', 5);
  check([10, 15], 'diffperc', 0.5);
  check([0, 15], 'diffperc', null);
  check([1, 4, 5], 'step', 1);
  check([1, 1, 2, null, 2, 3], 'changeCount', 2);
});

test('texts and flags are reduced too', () => {
  check(['a', 'b', 'a'], 'uniqueValues', 'a, b');
  check(['a', 'b', 'a'], 'distinctCount', 2);
  check([0, 0], 'allIsZero', true);
  check([true, false], 'mean', 0.5);
});

test('percentiles lie between their neighbours', () => {
  check([1, 2, 3, 4], 'median', 2.5);
  check([10, 20, 30], 'p95', 29);
  check([1, 2, 3, 4, 5], 'p50', 3);
});

test('names are known or not', () => {
  assert.ok(isReducer('p99.9') && isReducer('mean') && isReducer('lastNotNull'));
  assert.ok(!isReducer('constructor') && !isReducer('p') && !isReducer('p100x'));
});

test('sums, means, extremes and spread are those of the plain definition', () => {
  const value = fc.oneof(
    fc.constant(null),
    fc.constant(NaN),
    fc.double({ noNaN: true, min: -1e6, max: 1e6 }),
  );
  const near = (a: FieldValue, b: number): void =>
    assert.ok(
      typeof a === 'number' && Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b)),
      `${a} is not ${b}`,
    );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 50 }), (values) => {
      const numbers = values.filter((one): one is number => one !== null && !Number.isNaN(one));
      if (numbers.length === 0) return;
      const total = numbers.reduce((sum, one) => sum + one, 0);
      const middle = total / numbers.length;
      near(reduceField({ values }, 'sum'), total);
      near(reduceField({ values }, 'mean'), middle);
      near(reduceField({ values }, 'max'), Math.max(...numbers));
      near(reduceField({ values }, 'range'), Math.max(...numbers) - Math.min(...numbers));
      near(
        reduceField({ values }, 'variance'),
        numbers.reduce((sum, one) => sum + (one - middle) ** 2, 0) / numbers.length,
      );
      const below = numbers.filter((one) => one <= Number(reduceField({ values }, 'p75')));
      assert.ok(below.length >= Math.floor(0.75 * (numbers.length - 1)));
    }),
  );
});
