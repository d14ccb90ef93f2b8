import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '@vedette/model';
import * as fc from 'fast-check';
import { JsonCursor } from './json-cursor.ts';

const cursorOf = (text: string): JsonCursor => new JsonCursor(Buffer.from(text));

/** Reads any value by walking alone: what `JSON.parse` gives, made piece by piece. */
function walk(cursor: JsonCursor): unknown {
  if (cursor.isNext('object')) {
    const found: [string, unknown][] = [];
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey())
      found.push([key, walk(cursor)]);
    return Object.fromEntries(found);
  }
  if (cursor.isNext('array')) {
    const found: unknown[] = [];
    cursor.enterArray();
    while (cursor.nextElement()) found.push(walk(cursor));
    return found;
  }
  return cursor.isNext('string') ? cursor.readString() : cursor.readValue();
}

test('walking reads what JSON.parse reads, with any white space', () => {
  fc.assert(
    fc.property(fc.json({ depthSize: 'medium' }), fc.constantFrom(0, 1, '\t'), (json, indent) => {
      const text = JSON.stringify(JSON.parse(json), undefined, indent);
      assert.deepEqual(walk(cursorOf(text)), JSON.parse(text));
      assert.deepEqual(cursorOf(text).readValue(), JSON.parse(text));
    }),
  );
});

test('strings with escapes and any script are read whole', () => {
  const check = (text: string): void => assert.equal(cursorOf(JSON.stringify(text)).readString(), text);
  check('');
  check('a "quoted" \\ one');
  check('µ 温度 🙂');
  check('\u0000\u001f');
  assert.equal(cursorOf('"\\u00e9\\/"').readString(), 'é/');
});

test('numbers are read to the last digit', () => {
  const check = (text: string, want: number): void => assert.equal(cursorOf(text).readNumber(), want);
  check('1700000000.123', 1_700_000_000.123);
  check('-0.5e-3', -0.0005);
  check('0', 0);
});

test('what is not asked for is passed over, however deep', () => {
  const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
  const cursor = cursorOf(`{"x":{"a":[1,{"b":"]}"}],"c":null},"deep":${deep},"y":2}`);
  cursor.enterObject();
  assert.equal(cursor.nextKey(), 'x');
  cursor.skip();
  assert.equal(cursor.nextKey(), 'deep');
  cursor.skip();
  assert.equal(cursor.nextKey(), 'y');
  assert.equal(cursor.readNumber(), 2);
  assert.equal(cursor.nextKey(), undefined);
});

test('a fault says where and what', () => {
  const check = (text: string, read: (cursor: JsonCursor) => unknown, want: RegExp): void =>
    assert.throws(
      () => read(cursorOf(text)),
      (error: unknown) => {
        assert.ok(error instanceof InputError);
        assert.equal(error.code, 'VED_BODY_INVALID');
        assert.match(error.message, want);
        return true;
      },
    );
  check('7', (cursor) => cursor.readString(), /at byte 0: got "7", want a string/);
  check('  "7"', (cursor) => cursor.readNumber(), /at byte 2: got "\\"", want a number/);
  check('1-2', (cursor) => cursor.readNumber(), /want a number/);
  check('[1 2]', walk, /at byte 3: got "2", want a comma/);
  check('{"a" 1}', walk, /want a colon/);
  check('"\n"', (cursor) => cursor.readString(), /without control characters/);
  check('"\\x"', (cursor) => cursor.readString(), /malformed/);
  check(']', (cursor) => cursor.skip(), /want a value/);
  check('{"a":[1,2', walk, /ends in the middle, after 9 bytes/);
  check('"abc', (cursor) => cursor.readString(), /ends in the middle/);
  check('', walk, /ends in the middle/);
});
