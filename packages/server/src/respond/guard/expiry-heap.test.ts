import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExpiryHeap } from './expiry-heap.ts';

test('what is pushed in any order, between any pops, comes out by time', () => {
  const task = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
  fc.assert(
    fc.property(fc.array(task), (tasks) => {
      const heap = new ExpiryHeap();
      const model: number[] = [];
      for (const atMs of tasks) {
        if (atMs === undefined) {
          model.sort((a, b) => a - b);
          assert.equal(heap.peek()?.atMs, model[0]);
          assert.equal(heap.pop()?.atMs, model.shift());
        } else {
          heap.push({ atMs, id: '' });
          model.push(atMs);
        }
        assert.equal(heap.size, model.length);
      }
    }),
  );
});
