import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SystemClock } from './system-clock.ts';

const nextTurn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

test('of those who yield one is let in per turn of the event loop, in the order they came', async () => {
  const clock = new SystemClock();
  const slices: string[] = [];
  const work = async (name: string): Promise<void> => {
    for (let slice = 0; slice < 3; slice++) {
      await clock.yield();
      slices.push(`${name}${slice}`);
    }
  };
  const all = Promise.all([work('a'), work('b'), work('c')]);
  for (let turn = 1; turn <= 9; turn++) {
    await nextTurn();
    assert.equal(slices.length, turn);
  }
  await all;
  assert.deepEqual(slices, ['a0', 'b0', 'c0', 'a1', 'b1', 'c1', 'a2', 'b2', 'c2']);
});

test('whoever yields after all others are gone is let in as well', async () => {
  const clock = new SystemClock();
  await clock.yield();
  await nextTurn();
  await clock.yield();
});
