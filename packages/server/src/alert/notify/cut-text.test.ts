import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutToBytes, cutToChars } from './cut-text.ts';

test('a text at the limit stays, one beyond it ends with an ellipsis', () => {
  assert.equal(cutToChars('abcdef', 6), 'abcdef');
  assert.equal(cutToChars('abcdefg', 6), 'abcde…');
  assert.equal(cutToChars('abcdef', 3), 'abc');
});

test('characters outside of the basic plane count as one and stay whole', () => {
  assert.equal(cutToChars('😀😀😀😀', 4), '😀😀😀😀');
  assert.equal(cutToChars('😀😀😀😀😀', 4), '😀😀😀…');
});

test('bytes are those of UTF-8, and no character is halved', () => {
  assert.equal(cutToBytes('äöü', 6), 'äöü');
  for (let bytesMax = 0; bytesMax < 12; bytesMax++) {
    const cut = cutToBytes('aä😀aä😀', bytesMax);
    assert.ok(Buffer.byteLength(cut) <= bytesMax, `${bytesMax}: ${cut}`);
    assert.ok(!cut.includes('\uFFFD'), cut);
  }
  assert.equal(cutToBytes('aä😀aä😀', 11), 'aä😀a…');
});
