import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sortSliced } from './sort-sliced.ts';

interface Item {
  readonly key: number;
  readonly place: number;
}

const byKey = (a: Item, b: Item): number => a.key - b.key;

/** Yields whenever it is asked, and counts it. */
class EagerSlicer {
  yields = 0;

  shouldYield(): boolean {
    return true;
  }

  async yield(): Promise<void> {
    this.yields++;
    await Promise.resolve();
  }
}

test('it sorts as the built-in sort does, equal ones in their order', async () => {
  const lengths = fc.constantFrom(0, 1, 511, 512, 513, 1024, 1537, 5000);
  await fc.assert(
    fc.asyncProperty(
      lengths.chain((n) => fc.array(fc.nat(40), { minLength: n, maxLength: n, size: 'max' })),
      async (keys) => {
        const items = keys.map((key, place) => ({ key, place }));
        const want = items.toSorted(byKey);
        await sortSliced(items, byKey, new EagerSlicer());
        assert.deepEqual(items, want);
      },
    ),
    { numRuns: 40 },
  );
});

test('a long list is sorted in many slices; one that is in order takes a comparison for each element', async () => {
  const items = Array.from({ length: 20_000 }, (_, place) => ({ key: (place * 7919) % 20_011, place }));
  let comparisons = 0;
  const counted = (a: Item, b: Item): number => {
    comparisons++;
    return byKey(a, b);
  };
  const slicer = new EagerSlicer();
  await sortSliced(items, counted, slicer);
  assert.ok(slicer.yields > 500, `${slicer.yields} slices`);
  assert.ok(comparisons < 20_000 * Math.log2(20_000), `${comparisons} comparisons`);
  comparisons = 0;
  await sortSliced(items, counted, slicer);
  assert.ok(comparisons < 20_100, `${comparisons} comparisons`);
});

test('a slice that is not given ends it', async () => {
  const items = Array.from({ length: 2000 }, (_, place) => ({ key: -place, place }));
  const stopped = { shouldYield: () => true, yield: () => Promise.reject(new Error('cancelled')) };
  await assert.rejects(sortSliced(items, byKey, stopped), /cancelled/);
});
