import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashSeedOf, hashSubject } from './subject-hash.ts';

const SEED = { first: 0x12345678, second: 0x9abcdef0 };

function hexOf(id: string, seed = SEED): string {
  const { high, low } = hashSubject(seed, 'user', id);
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

test('one id has one hash under one key, another under another, and another in each scope', () => {
  assert.equal(hexOf('U4af4980629'), hexOf('U4af4980629'));
  assert.notEqual(hexOf('U4af4980629'), hexOf('U4af4980629', { first: 0x12345678, second: 0x9abcdef1 }));
  const scopes = ['user', 'ip', 'range', 'session', 'key'] as const;
  assert.equal(new Set(scopes.map((scope) => hashSubject(SEED, scope, 'x').low)).size, 5);
});

test('a hash that the caller brings is filled and returned', () => {
  const into = { high: 0, low: 0 };
  assert.equal(hashSubject(SEED, 'user', 'x', into), into);
  assert.deepEqual(into, hashSubject(SEED, 'user', 'x'));
});

test('ids that differ in little, in padding or in length have different hashes', () => {
  const ids = [
    '',
    '\0',
    '\0\0',
    '\0\0\0',
    'a',
    'a\0',
    'ab',
    'a\0b',
    'b',
    '__proto__',
    '\u{1f600}',
    '\ud83d',
    '\u00e9',
    'e\u0301',
  ];
  assert.equal(new Set(ids.map((id) => hexOf(id))).size, ids.length);
  const many = new Set<string>();
  for (let i = 0; i < 100_000; i++) many.add(hexOf(`user-${i}`));
  assert.equal(many.size, 100_000);
});

test('each bit of an id turns half of the bits of its hash', () => {
  const id = 'U4af4980629aa';
  for (let at = 0; at < id.length; at++)
    for (let bit = 0; bit < 7; bit++) {
      let turned = 0;
      // One pair says little: the same bit under 16 keys.
      for (let first = 0; first < 16; first++) {
        const seed = { first, second: 7 };
        const other =
          id.slice(0, at) + String.fromCharCode(id.charCodeAt(at) ^ (1 << bit)) + id.slice(at + 1);
        const difference = BigInt(`0x${hexOf(id, seed)}`) ^ BigInt(`0x${hexOf(other, seed)}`);
        turned += difference.toString(2).replaceAll('0', '').length;
      }
      assert.ok(turned / 16 > 24 && turned / 16 < 40, `bit ${bit} of ${at}: ${turned / 16} of 64`);
    }
});

test('hashes spread evenly, in their upper as in their lower bits', () => {
  const counts = new Uint32Array(512);
  for (let i = 0; i < 100_000; i++) {
    const { high, low } = hashSubject(SEED, 'user', `u${i}`);
    counts[high >>> 24]!++;
    counts[256 + (low & 255)]!++;
  }
  for (const count of counts) assert.ok(Math.abs(count - 390.6) < 120, `${count}`);
});

test('a seed is eight bytes of the random source', () => {
  const fill = (bytes: Uint8Array): Uint8Array => bytes.map((_, i) => i + 1);
  assert.deepEqual(hashSeedOf({ fill }), { first: 0x01020304, second: 0x05060708 });
});
