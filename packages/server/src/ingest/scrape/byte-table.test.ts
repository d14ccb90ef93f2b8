import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ByteTable } from './byte-table.ts';

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

test('strings are numbered in order and found again', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.string(), { maxLength: 200 }), (texts) => {
      const table = new ByteTable();
      for (const [i, text] of texts.entries()) {
        const bytes = Buffer.from(text);
        assert.equal(table.indexOf(bytes, 0, bytes.length), -1);
        assert.equal(table.add(bytes, 0, bytes.length), i);
      }
      for (const [i, text] of texts.entries()) {
        const bytes = Buffer.from(`<${text}>`);
        assert.equal(table.indexOf(bytes, 1, bytes.length - 1), i);
        assert.equal(Buffer.from(table.bytesOf(i)).toString(), text);
        assert.ok(table.standsAt(i, viewOf(bytes), 1));
      }
    }),
  );
});

test('a string does not stand where the bytes end before it does', () => {
  const table = new ByteTable();
  table.add(Buffer.from('abc'), 0, 3);
  assert.equal(table.standsAt(0, viewOf(Buffer.from('xab')), 1), false);
  assert.equal(table.standsAt(0, viewOf(Buffer.from('xabc')), 1), true);
  assert.equal(table.standsAt(0, viewOf(Buffer.from('xabd')), 1), false);
});

test('adding a string twice is a bug', () => {
  const table = new ByteTable();
  table.add(Buffer.from('abc'), 0, 3);
  assert.throws(() => table.add(Buffer.from('abc'), 0, 3), /BUG: a byte string must not be added twice/);
});
