import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { liveValueJson } from './live-value.ts';

test('values have six significant digits', () => {
  const check = (value: number, want: string): void => assert.equal(liveValueJson(value), want);
  check(0, '0');
  check(-0, '0');
  check(999_999, '999999');
  check(1_234_567, '1234570');
  check(0.123456789, '0.123457');
  check(-1 / 3, '-0.333333');
  check(1e21, '1e+21');
  check(NaN, '"NaN"');
  check(Infinity, '"+Inf"');
  check(-Infinity, '"-Inf"');
});

test('every value is JSON within half a millionth of what it was', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e300, max: 1e300 }), (value) => {
      const read = JSON.parse(liveValueJson(value)) as number;
      // Subnormal numbers have fewer digits to begin with.
      assert.ok(
        Math.abs(read - value) <= Math.max(Math.abs(value) * 5.1e-6, 1e-307),
        `${value} became ${read}`,
      );
    }),
  );
});
