import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { intersect, subtract, unite } from './postings.ts';
import { sortSliced } from './sort-sliced.ts';
import { eagerSlicer } from '../testing.ts';

const ids = fc
  .uniqueArray(fc.nat(500), { maxLength: 200 })
  .map((list) => Uint32Array.from(list.sort((a, b) => a - b)));

test('intersection, difference and union are those of sets', () => {
  fc.assert(
    fc.property(ids, ids, (a, b) => {
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
      assert.deepEqual([...unite([a, b], 501)], both);
    }),
  );
  assert.deepEqual([...unite([], 10)], []);
  assert.deepEqual([...unite([Uint32Array.of(3)], 10)], [3]);
});

test('sorting in slices is sorting, and stable', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(50), { minLength: 0, maxLength: 3000 }), async (keys) => {
      const elements = keys.map((key, i) => ({ key, i }));
      const want = elements.toSorted((a, b) => a.key - b.key);
      await sortSliced(elements, (a, b) => a.key - b.key, eagerSlicer);
      assert.deepEqual(elements, want);
    }),
    { numRuns: 30 },
  );
});
