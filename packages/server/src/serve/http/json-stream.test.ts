import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Slicer } from '@vedette/model';
import { JsonList, PIECE_CHARS, streamAnswer } from './json-stream.ts';

const NEVER: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };

const listOf = (items: readonly unknown[]): JsonList => JsonList.of(items, (item) => item);

async function piecesOf(value: unknown, slicer: Slicer = NEVER): Promise<readonly string[]> {
  const { body } = streamAnswer(slicer, value);
  assert.ok(typeof body === 'object' && Symbol.asyncIterator in body);
  const pieces: string[] = [];
  for await (const piece of body) pieces.push(String(piece));
  return pieces;
}

/** The same value with arrays instead of lists. */
function plainOf(value: unknown): unknown {
  if (value instanceof JsonList) return [...value.entries()].map(plainOf);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, plainOf(field)]));
}

test('what is written is what JSON.stringify would write with arrays for lists', async () => {
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, fc.jsonValue(), tie('object'), tie('list')),
    object: fc.dictionary(fc.string(), fc.oneof(tie('value'), fc.constant(undefined)), { maxKeys: 4 }),
    list: fc.array(tie('value'), { maxLength: 4 }).map(listOf),
  }));
  await fc.assert(
    fc.asyncProperty(value, async (one) => {
      assert.equal((await piecesOf(one)).join(''), JSON.stringify(plainOf(one)));
    }),
  );
});

test('a short answer is one piece, a long one comes in pieces of bounded length', async () => {
  assert.equal((await piecesOf({ a: listOf(['x', 'y']) })).length, 1);
  const entry = 'x'.repeat(1000);
  const pieces = await piecesOf(listOf(Array.from({ length: 1000 }, () => entry)));
  assert.ok(pieces.length > 10);
  for (const piece of pieces) assert.ok(piece.length < PIECE_CHARS + entry.length + 10);
});

test('entries are made as they are written, with a question to the slicer for each', async () => {
  let madeCount = 0;
  let askedAt: number[] = [];
  const slicer: Slicer = {
    shouldYield: () => askedAt.push(madeCount) % 100 === 0,
    yield: () => Promise.resolve(),
  };
  const items = Array.from({ length: 1000 }, (_, i) => i);
  await piecesOf({ data: { list: JsonList.of(items, (i) => ({ made: (madeCount = i + 1) })) } }, slicer);
  assert.equal(madeCount, 1000);
  askedAt = [...new Set(askedAt)];
  assert.equal(askedAt.length, 1001, 'a question between any two entries');
});
