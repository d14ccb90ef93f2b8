import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agrees, measured, parseQuantity, parseSpan } from './quantities.ts';

function says(written: string, value: number): boolean {
  const [number = '', unit = ''] = written.split(' ');
  const parsed = [parseQuantity(number, unit), parseSpan(number)].filter((one) => one !== undefined);
  return parsed.some((one) => agrees(one, measured(value)));
}

test('a number is the same in another unit, format and rounding', () => {
  const check = (written: string, value: number): void =>
    assert.ok(says(written, value), `${written} of ${value}`);
  check('5.1 %', 0.0512);
  check('5%', 0.0512);
  check('0.05', 0.0512);
  check('32%', 0.32);
  check('350 ms', 0.35);
  check('350ms', 350);
  check('1,187', 1187);
  check('1200', 1187);
  check('1.2k', 1187);
  check('1.2 thousand', 1187);
  check('1.2k/s', 1187);
  check('2 GiB', 2_147_483_648);
  check('2.1 GB', 2_147_483_648);
  check('12 minutes', 720);
  check('1h30m', 5400);
  check('~3', 3.2);
  check('-3.2', -3.2);
  check('320x', 320);
  check('3 dozen', 36);
  check('1.2 bn', 1_187_000_000);
  check('120 req/s', 120);
  check('0', 0);
  check('1e3', 1000);
});

test('another number is another number', () => {
  const check = (written: string, value: number): void =>
    assert.ok(!says(written, value), `${written} of ${value}`);
  check('5.3 %', 0.0512);
  check('99 %', 0.98);
  check('42', 43);
  check('0', 0.3);
  check('1300', 1187);
  check('100', 97);
  check('350 ms', 35);
  check('9 million', 9);
  for (const word of [
    'hundred',
    'dozen',
    'trillion',
    'bn',
    'Millionen',
    'Mio',
    'millones',
    'milliards',
    'млн',
    '万次',
  ])
    check(`9 ${word}`, 9);
  check('9k', 9);
  check('9k/s', 9);
  check('2 GiB', 3_000_000_000);
});

test('what is no number is none', () => {
  for (const text of ['db-1', 'p99', '5xx', '1.2.3', '14:05', 'e1', '', '%', 'Infinity', '9'.repeat(400)])
    assert.equal(parseQuantity(text), undefined, text);
});

test('a word behind a number that every object has as a member is no unit', () => {
  for (const word of ['constructor', '__proto__', 'constructor/s'])
    assert.deepEqual(parseQuantity('5', word)?.readings, [{ value: 5, tolerance: 0.5 }], word);
  assert.equal(parseQuantity('5constructor'), undefined);
});
