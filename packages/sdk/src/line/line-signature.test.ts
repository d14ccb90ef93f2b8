import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { validateSignature } from '@line/bot-sdk';
import fc from 'fast-check';
import { isSignedByLine } from './line-signature.ts';

const secret = 'channel-secret';
const signed = (body: Uint8Array, key = secret): string =>
  createHmac('sha256', key).update(body).digest('base64');

test('a signature holds for its bytes and its secret alone', () => {
  const body = Buffer.from('{"events":[]}');
  assert.equal(isSignedByLine(body, signed(body), [secret]), true);
  assert.equal(isSignedByLine(Buffer.from('{"events": []}'), signed(body), [secret]), false);
  assert.equal(isSignedByLine(body, signed(body, 'other'), [secret]), false);
  assert.equal(isSignedByLine(body, signed(body), []), false);
});

test('with several secrets each of them signs', () => {
  const body = Buffer.from('x');
  for (const key of ['old', 'new'])
    assert.equal(isSignedByLine(body, signed(body, key), ['old', 'new']), true);
  assert.equal(isSignedByLine(body, signed(body, 'third'), ['old', 'new']), false);
});

test('what is no signature is a wrong one', () => {
  const body = Buffer.from('x');
  const right = signed(body);
  for (const wrong of [
    '',
    ' ',
    '=',
    'é',
    right.slice(0, -4),
    `${right}AAAA`,
    right.toLowerCase(),
    'A'.repeat(1e6),
  ])
    assert.equal(isSignedByLine(body, wrong, [secret]), false);
});

test("what holds here holds for LINE's own check, and right signatures hold for both", () => {
  const damage = fc.record({ at: fc.nat(43), to: fc.constantFrom('A', 'b', '0', '/', '=') });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.option(damage), fc.string(), (bytes, hit, madeUp) => {
      const right = signed(bytes);
      const given = hit === null ? right : right.slice(0, hit.at) + hit.to + right.slice(hit.at + 1);
      assert.equal(isSignedByLine(bytes, right, [secret]), true);
      for (const signature of [given, madeUp]) {
        const isRight = validateSignature(Buffer.from(bytes), secret, signature);
        assert.equal(isSignedByLine(bytes, signature, [secret]), isRight && signature === right);
      }
    }),
  );
});
