import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textOfValue, type AttributeValue } from './attribute-value.ts';
import { numberText, plainNumberText } from './number-text.ts';

test('numbers have the shortest digits', () => {
  const check = (value: number, want: string, plain = want): void => {
    assert.equal(numberText(value), want);
    assert.equal(plainNumberText(value), plain);
  };
  check(0, '0');
  check(-0, '-0');
  check(0.005, '0.005');
  check(1e21, '1e+21', '1000000000000000000000');
  check(1.25e22, '1.25e+22', '12500000000000000000000');
  check(-1e-7, '-1e-7', '-0.0000001');
  check(1.5e-7, '1.5e-7', '0.00000015');
  check(Number.NaN, 'NaN');
  check(Number.POSITIVE_INFINITY, '+Inf');
  check(Number.NEGATIVE_INFINITY, '-Inf');
});

test('values of every kind have a text', () => {
  const check = (value: AttributeValue, want: string): void => assert.equal(textOfValue(value), want);
  check('text', 'text');
  check(true, 'true');
  check(42, '42');
  check(-9_223_372_036_854_775_808n, '-9223372036854775808');
  check(1.5, '1.5');
  check(undefined, '');
  check(Buffer.from('hi'), 'aGk=');
  check(['a', 1, 2n, true, undefined, Buffer.from('hi'), Number.NaN], '["a",1,2,true,null,"aGk=",null]');
  check(
    new Map<string, AttributeValue>([
      ['b', [1]],
      ['a', new Map([['x', '<&>']])],
    ]),
    '{"a":{"x":"\\u003c\\u0026\\u003e"},"b":[1]}',
  );
  check([], '[]');
});
