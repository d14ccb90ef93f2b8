import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { inPieces, intersect, subtract, unite } from './postings.ts';
import { eagerSlicer } from '../testing.ts';

const ids = fc
  .uniqueArray(fc.nat(500), { maxLength: 200 })
  .map((list) => Uint32Array.from(list.sort((a, b) => a - b)));

test('intersection, difference and union are those of sets', async () => {
  await fc.assert(
    fc.asyncProperty(ids, ids, async (a, b) => {
      const inB = new Set(b);
      assert.deepEqual(
        [...intersect(a, b)],
        [...a].filter((id) => inB.has(id)),
      );
      assert.deepEqual(
        [...subtract(a, b)],
        [...a].filter((id) => !inB.has(id)),
      );
      const both = [...new Set([...a, ...b])].sort((x, y) => x - y);
      assert.deepEqual([...(await unite([a, b], 501, eagerSlicer))], both);
    }),
  );
  assert.deepEqual([...(await unite([], 10, eagerSlicer))], []);
  assert.deepEqual([...(await unite([Uint32Array.of(3)], 10, eagerSlicer))], [3]);
});

test('long lists are worked on piece by piece, with a question in between, and give the same', async () => {
  const every = (step: number): Uint32Array => Uint32Array.from({ length: 30_000 }, (_, i) => i * step);
  let questions = 0;
  const counting = { ...eagerSlicer, shouldYield: () => questions++ >= 0 };
  for (const [a, b] of [
    [every(2), every(3)],
    [every(1), every(5)],
    [every(7), Uint32Array.of(0, 7, 8, 209_993)],
  ] as const) {
    questions = 0;
    assert.deepEqual(await inPieces(a, (piece) => intersect(piece, b), counting), intersect(a, b));
    assert.deepEqual(await inPieces(a, (piece) => subtract(piece, b), counting), subtract(a, b));
    assert.ok(questions >= 14, `${questions}`);
    const united = await unite([a, b], 250_000, counting);
    assert.equal(questions > 20, true);
    assert.deepEqual(
      [...united],
      [...new Set([...a, ...b])].sort((x, y) => x - y),
    );
  }
});
