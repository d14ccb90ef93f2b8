import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { JSON_DEPTH_MAX, parseJson } from './parse-json.ts';

const bytesOf = (text: string): Uint8Array => Buffer.from(text);
const refused = (bytes: Uint8Array, reason: RegExp): void =>
  assert.throws(
    () => parseJson(bytes),
    (error) => error instanceof SyntaxError && reason.test(error.message),
  );

test('what JSON can say is read as JSON.parse reads it', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(parseJson(bytesOf(text)), JSON.parse(text));
    }),
  );
});

test('nesting is taken up to its limit and refused beyond, before anything is built', () => {
  const nested = (depth: number): Uint8Array =>
    bytesOf('[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2));
  assert.ok(parseJson(nested(JSON_DEPTH_MAX)));
  refused(nested(JSON_DEPTH_MAX + 2), /nested more than 100 deep \(JSON_DEPTH_MAX\)/);
  refused(bytesOf('['.repeat(1_000_000)), /nested more than/);
});

test('brackets in strings do not count as nesting', () => {
  const text = `"${'[{'.repeat(200)}\\"[\\\\"`;
  assert.equal(parseJson(bytesOf(JSON.stringify(text))), text);
  assert.deepEqual(parseJson(bytesOf(`["${'['.repeat(200)}\\\\"]`)), [`${'['.repeat(200)}\\`]);
});

test('bytes that are no UTF-8, nothing, and what was cut off are refused with their reason', () => {
  refused(Uint8Array.of(0x22, 0xff, 0x22), /not text in UTF-8/);
  refused(new Uint8Array(0), /it is empty/);
  refused(bytesOf('{"a":'), /end of JSON input/);
});

test('a key called __proto__ is a key like others', () => {
  const value = parseJson(bytesOf('{"__proto__":{"isAdmin":true}}'));
  assert.equal((value as { isAdmin?: boolean }).isAdmin, undefined);
  assert.deepEqual(Object.keys(value as object), ['__proto__']);
});
