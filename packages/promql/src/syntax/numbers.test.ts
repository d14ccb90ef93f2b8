import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quoteGo, unquoteGo } from './go-quote.ts';
import { formatPlainNumber, formatShortNumber, parseNumber } from './numbers.ts';

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

test('short numbers have an exponent where Go has one', () => {
  assert.equal(formatShortNumber(0.0001), '0.0001');
  assert.equal(formatShortNumber(0.00001), '1e-05');
  assert.equal(formatShortNumber(1e21), '1e+21');
  assert.equal(formatShortNumber(1.1), '1.1');
});

test('underscores stand between digits only', () => {
  assert.equal(parseNumber('1_000'), 1000);
  assert.equal(parseNumber('0x_1'), 1);
  for (const bad of ['1__0', '1_', '1_.5', '1._5', '1e_5']) assert.equal(parseNumber(bad), undefined, bad);
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
