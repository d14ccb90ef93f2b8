import fc from 'fast-check';
import { expect, test } from 'vitest';
import { steadyOrder } from './use-steady-order.ts';

const check = (before: string, sorted: string, want: string): void =>
  expect(steadyOrder(before.split(''), sorted.split(''), (key) => key).join('')).toBe(want);

test('what was there keeps its order, however it is sorted now', () => {
  check('abc', 'cab', 'abc');
});

test('what is new stands behind the one that it follows, first when it is the first', () => {
  check('abc', 'cxab', 'abcx');
  check('abc', 'xabyc', 'xabyc');
  check('ab', 'xyba', 'xyab');
});

test('what is gone is gone', () => {
  check('abc', 'ca', 'ac');
  check('abc', '', '');
});

test('nothing is lost, nothing stands twice, and the known keep their order', () => {
  const keys = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));
  fc.assert(
    fc.property(keys, keys, (before, sorted) => {
      const ordered = steadyOrder(before, sorted, (key) => key);
      expect([...ordered].sort()).toEqual([...sorted].sort());
      expect(ordered.filter((key) => before.includes(key))).toEqual(
        before.filter((key) => sorted.includes(key)),
      );
    }),
  );
});
