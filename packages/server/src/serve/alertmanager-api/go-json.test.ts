import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SeededRandom } from '@vedette/model';
import { parseGoJson } from './go-json.ts';

const parse = (text: string): unknown => parseGoJson(Buffer.from(text));
const check = (text: string, want: string): void =>
  assert.throws(() => parse(text), { name: 'SyntaxError', message: want }, text);

test('a body has one value, and what follows it does not count', () => {
  assert.deepEqual(parse('[{"a":"ü"}] trailing'), [{ a: 'ü' }]);
  assert.equal(parse('7 8'), 7);
  assert.equal(parse('-0.5e+3x'), -500);
  assert.deepEqual(parse('{}{'), {});
  assert.equal(parse(''), undefined);
  assert.equal(parse(' \n\t'), undefined);
});

test('what is no JSON is told in the words of Go', () => {
  check('[', 'unexpected EOF');
  check('{"a', 'unexpected EOF');
  check('tru', 'unexpected EOF');
  check('-', 'unexpected EOF');
  check('x', "invalid character 'x' looking for beginning of value");
  check('[1,]', "invalid character ']' looking for beginning of value");
  check('{1:2}', "invalid character '1' looking for beginning of object key string");
  check('{"a":1,}', "invalid character '}' looking for beginning of object key string");
  check('{"a"}', "invalid character '}' after object key");
  check('{"a":1 "b":2}', "invalid character '\"' after object key:value pair");
  check("[1 '", "invalid character '\\'' after array element");
  check('["\n"]', "invalid character '\\n' in string literal");
  check('["\\q"]', "invalid character 'q' in string escape code");
  check('["\\u12g4"]', "invalid character 'g' in \\u hexadecimal character escape");
  check('-x', "invalid character 'x' in numeric literal");
  check('1.x', "invalid character 'x' after decimal point in numeric literal");
  check('1ex', "invalid character 'x' in exponent of numeric literal");
  check('nil', "invalid character 'i' in literal null (expecting 'u')");
  check('[é', "invalid character 'Ã' looking for beginning of value");
  check('['.repeat(20_000), 'exceeded max depth');
});

test('broken bodies of every kind are refused, or read as their beginning', () => {
  const random = new SeededRandom(3);
  const whole = '[{"labels":{"a":"b\\u00e9\\n"},"n":[-1.5e-3,true,false,null,{}]}]';
  for (let round = 0; round < 3000; round++) {
    const at = Math.floor(random.float() * whole.length);
    const char = '{}[]",:\\x1-e.tfn '[Math.floor(random.float() * 18)] ?? '';
    const text = `${whole.slice(0, at)}${char}${whole.slice(at + Math.floor(random.float() * 3))}`;
    try {
      parse(text);
    } catch (error) {
      assert.ok(error instanceof SyntaxError, text);
      assert.match(error.message, /^(?:unexpected EOF|invalid character '.+' (?:in|after|looking) )/, text);
    }
  }
});
