import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareUtf8, labelsFromSorted, seriesKeyOf } from '@vedette/model';
import fc from 'fast-check';
import { compareNames, endOfPart, isPlainPair, startOfText, textOf } from './key-text.ts';

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const word = fc.oneof(
  fc.string({ minLength: 1, maxLength: 300, unit: 'grapheme' }),
  fc.string({ minLength: 1, maxLength: 200 }),
  fc.constantFrom('\ufeffbom', 'x'.repeat(127), 'x'.repeat(128), 'é', 'long '.repeat(400)),
);

test('the texts of a key are read as they were written', () => {
  fc.assert(
    fc.property(word, word, (name, value) => {
      const key = viewOf(seriesKeyOf(labelsFromSorted([name, value])));
      const middle = endOfPart(key, 0);
      assert.equal(endOfPart(key, middle), key.byteLength);
      assert.equal(textOf(key, startOfText(key, 0), middle), name);
      assert.equal(textOf(key, startOfText(key, middle), key.byteLength), value);
    }),
  );
});

test('names compare as their texts do', () => {
  fc.assert(
    fc.property(word, word, (a, b) => {
      const first = seriesKeyOf(labelsFromSorted([a, '1']));
      const key = Uint8Array.of(...first, ...seriesKeyOf(labelsFromSorted([b, '1'])));
      assert.equal(Math.sign(compareNames(viewOf(key), 0, first.length)), Math.sign(compareUtf8(a, b)));
    }),
  );
});

test('a plain pair is one that is written in the one way, of whatever bytes', () => {
  const check = (bytes: readonly number[], want: boolean): void =>
    assert.equal(isPlainPair(viewOf(Uint8Array.from(bytes)), 0, bytes.length), want);
  check([1, 0x61, 1, 0x31], true);
  check([1, 0x61, 2, 0x31, 0x32], true);
  for (let length = 0; length < 4; length++) check([1, 0x61, 2, 0x31].slice(0, length + 1), false);
  check([0x81, 0, 0x61, 1, 0x31], false);
  check([1, 0x61, 0x81, 0, 0x31], false);
  check([1, 0x61, 0], false);
  check([0, 1, 0x31], false);
  check([1, 0xff, 1, 0x31], false);
  check([1, 0x61, 2, 0xc3, 0xa9], false);
  check([1, 0x61, 1, 0x31, 0x31], false);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 130 }), { minLength: 1, maxLength: 6 }), (bytes) => {
      if (!isPlainPair(viewOf(Uint8Array.from(bytes)), 0, bytes.length)) return;
      const key = viewOf(Uint8Array.from(bytes));
      const middle = endOfPart(key, 0);
      const labels = labelsFromSorted([textOf(key, 1, middle), textOf(key, middle + 1, bytes.length)]);
      assert.deepEqual([...seriesKeyOf(labels)], bytes);
    }),
    { numRuns: 2000 },
  );
});
