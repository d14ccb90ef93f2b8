import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatOpenMetricsFloat, parseGoFloat, scanDecimal } from './decimal.ts';

const scan = (text: string): number => {
  // Bytes around the number must not matter.
  const bytes = Buffer.from(`9${text}9`);
  return scanDecimal(bytes, 1, bytes.length - 1);
};

test('short decimals are scanned from bytes', () => {
  const check = (text: string): void =>
    assert.ok(Object.is(scan(text), Number(text)), `${text}: got ${scan(text)}`);
  for (const text of [
    '0',
    '-0',
    '1',
    '+1',
    '1.',
    '.5',
    '-.5',
    '0001',
    '1.5e3',
    '1E-3',
    '1e+22',
    '123456789012345',
  ])
    check(text);
  check('0.1');
  check('0.000000000000000000001');
  check('-12345.678');
});

test('what the scan cannot do exactly it leaves to the parser', () => {
  for (const text of [
    '',
    '+',
    '-',
    '.',
    'e5',
    '1e',
    '1e+',
    '1ee5',
    '1x',
    '--1',
    '1.2.3',
    '1_0',
    '0x10',
    'NaN',
    '+Inf',
  ])
    assert.ok(Number.isNaN(scan(text)), text);
  for (const text of ['1234567890123456', '1e23', '1e-23', '1e9999', '0.00000000000000000000001'])
    assert.ok(Number.isNaN(scan(text)), text);
});

test('every number a scan accepts is the one that Number gives', () => {
  const decimal = fc
    .tuple(
      fc.constantFrom('', '-', '+'),
      fc.stringMatching(/^\d{0,17}$/),
      fc.stringMatching(/^(\.\d{0,24})?$/),
      fc.stringMatching(/^([eE][+-]?\d{1,3})?$/),
    )
    .map((parts) => parts.join(''));
  let acceptedCount = 0;
  fc.assert(
    fc.property(decimal, (text) => {
      const got = scan(text);
      if (Number.isNaN(got)) return;
      acceptedCount++;
      assert.ok(Object.is(got, parseGoFloat(text)), `${text}: got ${got}`);
    }),
    { numRuns: 2000 },
  );
  assert.ok(acceptedCount > 100, `only ${acceptedCount} numbers took the scan`);
});

test('the parser takes what Go takes', () => {
  const check = (text: string, want: number | undefined): void =>
    assert.ok(Object.is(parseGoFloat(text), want), text);
  check('12345678901234567890', 12345678901234567000);
  check('1e-400', 0);
  check('nan', NaN);
  check('NaN', NaN);
  check('Inf', Infinity);
  check('+inf', Infinity);
  check('-Infinity', -Infinity);
  check('1e400', undefined);
  check('0x1p-2', undefined);
  check('1_000', undefined);
  check('+nan', undefined);
  check('infin', undefined);
  check('', undefined);
  check(' 1', undefined);
  check('.', undefined);
});

test('bucket borders are written as OpenMetrics writes them', () => {
  const check = (value: number, want: string): void => assert.equal(formatOpenMetricsFloat(value), want);
  check(1, '1.0');
  check(0, '0.0');
  check(-1, '-1.0');
  check(0.5, '0.5');
  check(0.0001, '0.0001');
  check(0.00001, '1e-05');
  check(250_000, '250000.0');
  check(1_000_000, '1e+06');
  check(1_234_567, '1.234567e+06');
  check(1e100, '1e+100');
  check(Infinity, '+Inf');
  check(-Infinity, '-Inf');
  check(NaN, 'NaN');
});
