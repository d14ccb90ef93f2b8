import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatFloat, parseFloat64 } from './go-float.ts';

const doubles = fc.double({ noNaN: true });

test('the shortest form reads back as the same number', () => {
  fc.assert(
    fc.property(doubles, fc.constantFrom('e' as const, 'f' as const, 'g' as const), (value, format) => {
      assert.equal(parseFloat64(formatFloat(value, format)), value);
    }),
  );
});

test('seventeen digits read back as the same number', () => {
  fc.assert(
    fc.property(doubles, (value) =>
      assert.equal(Number(formatFloat(value, 'e', 16)), Number.isFinite(value) ? value : NaN),
    ),
  );
});

test('a precision cuts at the nearest decimal', () => {
  const bounded = fc.double({ min: -1e15, max: 1e15, noNaN: true });
  fc.assert(
    fc.property(bounded, fc.nat(12), (value, precision) => {
      const error = Math.abs(Number(formatFloat(value, 'f', precision)) - value);
      assert.ok(error <= 0.5 * 10 ** -precision * (1 + 1e-9) + Math.abs(value) * 2 ** -52);
    }),
  );
});

const check = (value: number, format: 'e' | 'f' | 'g', precision: number | undefined, want: string): void =>
  assert.equal(formatFloat(value, format, precision), want);

test('a tie goes to the even digit, of the exact value', () => {
  check(0.5, 'f', 0, '0');
  check(1.5, 'f', 0, '2');
  check(2.5, 'f', 0, '2');
  check(1.005, 'f', 2, '1.00');
  check(0.125, 'f', 2, '0.12');
  check(9.995, 'g', 3, '9.99');
  check(99.99, 'g', 3, '100');
  check(0.05, 'f', 0, '0');
  check(0.95, 'f', 1, '0.9');
  check(0.96, 'f', 0, '1');
});

test('the exponent begins at a million and below a ten-thousandth', () => {
  check(999_999, 'g', undefined, '999999');
  check(1_000_000, 'g', undefined, '1e+06');
  check(21, 'g', 1, '2e+01');
  check(0.0001, 'g', undefined, '0.0001');
  check(0.00001, 'g', undefined, '1e-05');
  check(1e100, 'e', undefined, '1e+100');
});

test('zero, its negative, infinities and NaN have their own words', () => {
  check(0, 'g', undefined, '0');
  check(-0, 'g', undefined, '-0');
  check(0, 'e', 2, '0.00e+00');
  check(0, 'f', 3, '0.000');
  check(Infinity, 'f', 2, '+Inf');
  check(-Infinity, 'g', undefined, '-Inf');
  check(NaN, 'e', 3, 'NaN');
});

test('numbers are read as Go reads them', () => {
  for (const [text, want] of [
    ['1e3', 1000],
    ['.5', 0.5],
    ['5.', 5],
    ['0x1.8p1', 3],
    ['-inf', -Infinity],
    ['NaN', NaN],
    ['1_0', 10],
  ] as const) {
    assert.equal(parseFloat64(text), want, text);
  }
  for (const text of ['', ' 1', '1 ', '1e', '0x1', '1__0', '_1', '1_', '+nan', 'e1', '--1', '1,5', '.']) {
    assert.throws(
      () => parseFloat64(text),
      { message: `strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax` },
      text,
    );
  }
  assert.throws(() => parseFloat64('1e400'), /value out of range/);
});
