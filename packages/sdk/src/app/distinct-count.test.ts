import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DistinctCount, ID_HASH_SEED_BYTES } from './distinct-count.ts';

const SLOT_MS = 1000;
const SEED = new Uint8Array(ID_HASH_SEED_BYTES).map((_, i) => i * 37 + 1);

const createCount = (seed = SEED): DistinctCount =>
  new DistinctCount({ seed, slotMs: SLOT_MS, slotCount: 4 });

const addMany = (count: DistinctCount, prefix: string, idCount: number, nowMs: number): void => {
  for (let i = 0; i < idCount; i++) count.add(`${prefix}${i}`, nowMs);
};

test('nobody is 0, one is 1, a few are themselves', () => {
  const count = createCount();
  assert.equal(count.estimate(0), 0);
  for (let n = 1; n <= 5; n++) {
    count.add(`user-${n}`, 0);
    count.add(`user-${n}`, 0);
    assert.equal(Math.round(count.estimate(0)), n);
  }
});

test('from a hundred to a million the error stays within four standard errors', () => {
  for (const idCount of [100, 3000, 20_000, 50_000, 1_000_000]) {
    const count = createCount();
    addMany(count, 'U4af4980629', idCount, 0);
    const error = count.estimate(0) / idCount - 1;
    assert.ok(Math.abs(error) < 0.046, `${idCount}: ${error}`);
  }
});

test('odd ids are ids', () => {
  const count = createCount();
  const ids = ['', '\0', '__proto__', '🦊', '\ud800', 'a\nb', 'x'.repeat(2 ** 20), 'x'.repeat(2 ** 20 + 1)];
  for (const id of ids) count.add(id, 0);
  assert.equal(Math.round(count.estimate(0)), ids.length);
});

test('an id counts until its slot has left the window, and once however many slots it was in', () => {
  const count = createCount();
  addMany(count, 'a', 50, 0);
  addMany(count, 'a', 50, SLOT_MS);
  addMany(count, 'b', 50, 2 * SLOT_MS);
  const at = (slot: number): number => Math.round(count.estimate(slot * SLOT_MS + 999) / 10) * 10;
  assert.deepEqual([2, 3, 4, 5, 6, 100].map(at), [100, 100, 100, 50, 0, 0]);
});

test('slots that come again begin empty', () => {
  const count = createCount();
  addMany(count, 'a', 100, 0);
  count.add('b', 4 * SLOT_MS);
  assert.equal(Math.round(count.estimate(4 * SLOT_MS)), 1);
});

test('a clock that is set back neither throws nor counts the future', () => {
  const count = createCount();
  addMany(count, 'a', 100, 10 * SLOT_MS);
  count.add('b', SLOT_MS);
  assert.equal(Math.round(count.estimate(SLOT_MS)), 1);
});

test('order and repetition change nothing', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 50 }), (ids) => {
      const [once, twice] = [createCount(), createCount()];
      for (const id of ids) once.add(id, 0);
      for (const id of [...ids, ...ids].reverse()) twice.add(id, 0);
      assert.equal(once.estimate(0), twice.estimate(0));
    }),
    { numRuns: 50 },
  );
});
