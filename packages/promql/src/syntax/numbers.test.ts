import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quoteGo, unquoteGo } from './go-quote.ts';
import { formatPlainNumber, parseNumber } from './numbers.ts';

test('plain numbers have no exponent and read back as the same number', () => {
  assert.equal(formatPlainNumber(1e21), '1000000000000000000000');
  assert.equal(formatPlainNumber(1.5e-7), '0.00000015');
  assert.equal(formatPlainNumber(-0), '-0');
  assert.equal(formatPlainNumber(Infinity), '+Inf');
  assert.equal(formatPlainNumber(NaN), 'NaN');
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const text = formatPlainNumber(value);
      assert.doesNotMatch(text, /e/);
      assert.ok(Object.is(Number(text), value), text);
    }),
  );
});

test('underscores stand between digits only', () => {
  assert.equal(parseNumber('1_000'), 1000);
  assert.equal(parseNumber('0x_1'), 1);
  for (const bad of ['1__0', '1_', '1_.5', '1._5', '1e_5']) assert.equal(parseNumber(bad), 'bad syntax', bad);
});

test('numbers beyond what Go can hold are faults in its words', () => {
  assert.equal(parseNumber('1.7976931348623157e308'), Number.MAX_VALUE);
  assert.equal(parseNumber('1e309'), 'value out of range');
  assert.equal(parseNumber('1e-999'), 0);
  assert.equal(parseNumber('0x7fffffffffffffff'), 2 ** 63);
  assert.equal(parseNumber('0x8000000000000000'), 'invalid syntax');
  // An octal number that is no 64-bit integer is read as a decimal one.
  assert.equal(parseNumber('0777777777777777777777'), 2 ** 63);
  assert.equal(parseNumber('01000000000000000000000'), 1e21);
});

test('quoting and unquoting are inverse, bad bytes included', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(unquoteGo(quoteGo(text)), text)),
  );
  const bad = unquoteGo('"a\\xc5z"') ?? '';
  assert.equal(bad.isWellFormed(), false);
  assert.equal(quoteGo(bad), '"a\\xc5z"');
  assert.equal(unquoteGo('"\\xc3\\xa9\\303\\251\\u00e9\\U0001f600"'), 'ééé😀');
  for (const wrong of ['"\\x4"', '"\\ud800"', '"\\\'"', '"\\400"', '"\\U00110000"'])
    assert.equal(unquoteGo(wrong), undefined, wrong);
});
