import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '@vedette/model';
import { JsonReader, parseSpan, type JsonSpan } from './json-reader.ts';

/** Steps over one value and wants nothing behind it. */
function spanOf(text: string): { span: JsonSpan; pauseCount: number } {
  const reader = new JsonReader(Buffer.from(text));
  const steps = reader.span();
  let pauseCount = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauseCount++;
  reader.end();
  return { span: step.value, pauseCount };
}

const isRead = (text: string): boolean => {
  try {
    spanOf(text);
    return true;
  } catch (error) {
    assert.ok(error instanceof InputError, String(error));
    assert.match(error.message, /^cannot read JSON at byte \d+: /);
    return false;
  }
};

test('every value is stepped over to its end', () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom('', ' ', '\n\t'), (json, blanks) => {
      const text = blanks + json + blanks;
      const { span } = spanOf(text);
      assert.equal(Buffer.from(text).subarray(span.start, span.end).toString(), json.trim());
      assert.deepEqual(parseSpan(Buffer.from(text), span), JSON.parse(json));
    }),
  );
});

test('the grammar is that of JSON', () => {
  const good = [
    '0',
    '-0.5e+3',
    '1e9',
    '""',
    '"\\u00e9\\""',
    '[]',
    '{}',
    '[1,[2]]',
    '{"a":{"b":[]},"c":null}',
    ' true ',
  ];
  const bad = [
    '',
    ' ',
    '01',
    '1.',
    '.5',
    '+1',
    '1e',
    '-',
    '"',
    '"\n"',
    'tru',
    'nul',
    'True',
    '[',
    '[1',
    '[1,',
    '[1,]',
    '[,1]',
    '[1 2]',
    '{',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{a:1}',
    '{1:1}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '}',
    ']',
    '[}',
    '{]',
    '1 2',
    'NaN',
    '\u0000',
    '[1]]',
  ];
  for (const text of good) assert.ok(isRead(text), text);
  for (const text of bad) assert.ok(!isRead(text), text);
});

test('whatever it accepts is JSON, and JSON is accepted', () => {
  const pieces = fc.array(
    fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', '-', '.', 'e', '0', 'null', ' ', '\\'),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(pieces, (parts) => {
      const text = parts.join('');
      let want = true;
      try {
        JSON.parse(text);
      } catch {
        want = false;
      }
      assert.equal(isRead(text), want, text);
    }),
    { numRuns: 3000 },
  );
});

test('nesting, strings, numbers and white space have limits', () => {
  const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
  assert.ok(isRead(nested(100)));
  assert.throws(() => spanOf(nested(101)), /nested deeper than 100/);
  assert.throws(() => spanOf('['.repeat(1_000_000)), /nested deeper than 100/);
  const mebibyte = 1024 * 1024;
  assert.ok(isRead(`"${'x'.repeat(mebibyte - 1)}"`));
  assert.throws(() => spanOf(`"${'x'.repeat(mebibyte + 9)}"`), /a string has more than 1048576 bytes/);
  assert.throws(() => spanOf('1'.repeat(mebibyte + 9)), /a number has more than/);
  assert.throws(() => spanOf(' '.repeat(mebibyte + 9)), /more than 1048576 bytes of white space/);
});

test('a long value is stepped over with pauses', () => {
  const { pauseCount } = spanOf(`[${'1,'.repeat(10_000)}1]`);
  assert.ok(pauseCount >= 39, String(pauseCount));
});

test('members and elements are walked one by one', () => {
  const bytes = Buffer.from(' { "a" : [ 1 , 2 ] , "\\u0062" : { } } ');
  const reader = new JsonReader(bytes);
  const seen: string[] = [];
  reader.openObject();
  for (let key = reader.nextKey(); key !== undefined; key = reader.nextKey()) {
    seen.push(key);
    if (key === 'a') {
      reader.openArray();
      while (reader.nextElement()) for (const _ of reader.span()) assert.fail('it is short');
    } else {
      reader.openObject();
      assert.equal(reader.nextKey(), undefined);
    }
  }
  reader.end();
  assert.deepEqual(seen, ['a', 'b']);
});

test('integers that a double cannot hold stay digits, others are numbers', () => {
  const text = '[9007199254740993,1795233720133000000,12,1.5,1234567890123456.75]';
  const { span } = spanOf(text);
  assert.deepEqual(parseSpan(Buffer.from(text), span), [
    '9007199254740993',
    '1795233720133000000',
    12,
    1.5,
    1234567890123456.75,
  ]);
});

test('bytes that are no UTF-8 are refused', () => {
  const bytes = Buffer.from([0x22, 0xff, 0x22]);
  assert.throws(() => parseSpan(bytes, { start: 0, end: 3, hasLongNumber: false }), /it is not UTF-8/);
});
