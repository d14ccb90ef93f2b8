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

test('who had few slices goes before who had many; who says nothing keeps its place in the line', async () => {
  const clock = new SystemClock();
  const order: string[] = [];
  const wait = (name: string, slicesHad?: number): Promise<void> =>
    clock.yield(slicesHad).then(() => void order.push(name));
  await Promise.all([wait('long', 90), wait('samples'), wait('longer', 95), wait('page'), wait('short', 0)]);
  assert.deepEqual(order, ['short', 'samples', 'long', 'page', 'longer']);
});

test('of those who had as many slices the first goes first', async () => {
  const clock = new SystemClock();
  const order: number[] = [];
  await Promise.all([0, 1, 2].map((name) => clock.yield(7).then(() => void order.push(name))));
  assert.deepEqual(order, [0, 1, 2]);
});

test('work that had many slices gets one of four turns, however much short work comes', async () => {
  const clock = new SystemClock();
  let longTurns = 0;
  let isOver = false;
  const long = async (): Promise<void> => {
    for (let slicesHad = 1000; !isOver; slicesHad++) {
      await clock.yield(slicesHad);
      longTurns++;
    }
  };
  let shortTurns = 0;
  const shorts = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) {
      await clock.yield(0);
      shortTurns++;
    }
  };
  const working = [long(), long()];
  await Promise.all([shorts(), shorts()]);
  isOver = true;
  await Promise.all(working);
  assert.equal(shortTurns, 200);
  assert.ok(longTurns >= 60 && longTurns <= 75, `${longTurns} of ${longTurns + shortTurns} turns`);
});
