import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AXIS_LOOK, type AxisLook } from './chart-model.ts';
import { axisRangeOf } from './plot-scale.ts';

const range = (axis: Partial<AxisLook>, min: number | null, max: number | null): [number, number] =>
  axisRangeOf({ ...AXIS_LOOK, ...axis }, min, max);

test('an axis of ours begins at zero; one that frames values does not', () => {
  expect(range({}, 50, 100)[0]).toBe(0);
  expect(range({ base: 'values' }, 50, 100)[0]).toBe(46);
  expect(range({ base: 'values' }, 1, 100)[0]).toBe(0);
});

test('hard bounds win over values and over soft ones', () => {
  expect(range({ min: 10, max: 20, softMax: 90 }, 0, 100)).toEqual([10, 20]);
});

test('soft bounds widen and give way to values', () => {
  expect(range({ softMax: 100 }, 0, 5)).toEqual([0, 100]);
  expect(range({ softMax: 100 }, 0, 150)[1]).toBe(162);
  expect(range({ base: 'values', softMin: 0 }, 50, 60)[0]).toBe(0);
});

test('a centred axis reaches as far down as up', () => {
  const [low, high] = range({ isCentred: true }, -1, 10);
  expect(low).toBe(-high);
});

test('a logarithmic axis ends at whole powers and never at zero', () => {
  expect(range({ log: 10 }, 3, 700)).toEqual([1, 1000]);
  expect(range({ log: 2 }, 3, 9)).toEqual([2, 16]);
  expect(range({ log: 10 }, 10, 1000)).toEqual([10, 1000]);
  expect(range({ log: 10 }, null, null)).toEqual([1, 10]);
  expect(range({ log: 10, min: 0 }, 5, 5)).toEqual([1, 10]);
});

test('every range has a width and holds the values', () => {
  const number = fc.double({ min: -1e12, max: 1e12, noNaN: true });
  fc.assert(
    fc.property(
      number,
      number,
      fc.constantFrom('zero' as const, 'values' as const),
      fc.boolean(),
      (a, b, base, isCentred) => {
        const [min, max] = [Math.min(a, b), Math.max(a, b)];
        const [low, high] = range({ base, isCentred }, min, max);
        expect(high).toBeGreaterThan(low);
        expect(low).toBeLessThanOrEqual(min);
        expect(high).toBeGreaterThanOrEqual(max);
      },
    ),
  );
});

test('no values at all still make an axis', () => {
  expect(range({}, null, null)).toEqual([0, 1]);
  expect(range({ min: 5, max: 5 }, null, null)[1]).toBeGreaterThan(5);
});
