import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatExponent, formatTime, formatTimestamp, formatValue, parseGoFloat, quote } from './go-text.ts';

test('values are written as Prometheus writes them', () => {
  const check = (value: number, want: string): void => assert.equal(formatValue(value), want);
  check(0, '0');
  check(-0, '-0');
  check(1, '1');
  check(0.1, '0.1');
  check(123456789012345680000, '123456789012345680000');
  check(1e21, '1e+21');
  check(-1.5e300, '-1.5e+300');
  check(1e-6, '0.000001');
  check(9.9e-7, '9.9e-07');
  check(5e-324, '5e-324');
  check(NaN, 'NaN');
  check(Infinity, '+Inf');
  check(-Infinity, '-Inf');
});

test('values of alerts always have an exponent', () => {
  const check = (value: number, want: string): void => assert.equal(formatExponent(value), want);
  check(1, '1e+00');
  check(0, '0e+00');
  check(-0, '-0e+00');
  check(12345.5, '1.23455e+04');
  check(-0.00000012, '-1.2e-07');
  check(1e100, '1e+100');
  check(Infinity, '+Inf');
});

test('a written value is read back as the same number', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      assert.ok(Object.is(Number(formatValue(value)), value));
      assert.ok(Object.is(Number(formatExponent(value)), value));
    }),
  );
});

test('timestamps are seconds with up to three decimals', () => {
  const check = (ms: number, want: string): void => assert.equal(formatTimestamp(ms), want);
  check(0, '0');
  check(1000, '1');
  check(1500, '1.500');
  check(1007, '1.007');
  check(-1, '-0.001');
  check(-1500, '-1.500');
  check(1795258344085, '1795258344.085');
});

test('times are RFC 3339 without trailing zeros', () => {
  const check = (ms: number | undefined, want: string): void => assert.equal(formatTime(ms), want);
  check(undefined, '0001-01-01T00:00:00Z');
  check(0, '1970-01-01T00:00:00Z');
  check(1500, '1970-01-01T00:00:01.5Z');
  check(600_000, '1970-01-01T00:10:00Z');
  check(1007, '1970-01-01T00:00:01.007Z');
});

test('floats are read as Go reads them', () => {
  const check = (text: string, want: number | undefined): void =>
    assert.equal(parseGoFloat(text), want, text);
  check('1', 1);
  check('+1.5e3', 1500);
  check('.5', 0.5);
  check('5.', 5);
  check('-Inf', -Infinity);
  check('infinity', Infinity);
  check('NaN', NaN);
  check('', undefined);
  check(' 1', undefined);
  check('1 ', undefined);
  check('.', undefined);
  check('1e', undefined);
  check('0x10', undefined);
  check('1_000', undefined);
  check('1e999', undefined);
  check('5m', undefined);
});

test('texts are quoted as by Go', () => {
  const check = (text: string, want: string): void => assert.equal(quote(text), want);
  check('a"b\\c', '"a\\"b\\\\c"');
  check('\u0007\u000b\u0001\u007f\n', '"\\a\\v\\x01\\x7f\\n"');
  check('é😀', '"é😀"');
});
