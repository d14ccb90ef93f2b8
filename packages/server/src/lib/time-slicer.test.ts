import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Clock, Slicer } from '@vedette/model';
import { SystemClock } from './system-clock.ts';
import { SLICE_MS_MAX, TimeSlicer } from './time-slicer.ts';

/** A clock that moves only when `work` is done, and notes the time between two yields. */
class WorkClock extends SystemClock implements Clock {
  longestSliceMs = 0;
  yieldCount = 0;
  #nowMs = 1000;
  #sliceStartMs = 1000;

  override monotonicMs(): number {
    return this.#nowMs;
  }

  work(ms: number): void {
    this.#nowMs += ms;
    this.longestSliceMs = Math.max(this.longestSliceMs, this.#nowMs - this.#sliceStartMs);
  }

  override async yield(): Promise<void> {
    this.yieldCount++;
    await super.yield();
    this.#sliceStartMs = this.#nowMs;
  }
}

test('no slice reaches its limit, however fine or coarse the steps are', async () => {
  for (const stepMs of [0.0001, 0.003, 0.02, 0.1, 0.124]) {
    const clock = new WorkClock();
    const slicer = new TimeSlicer(clock);
    for (let i = 0; i < 2000; i++) {
      clock.work(stepMs);
      if (slicer.shouldYield()) await slicer.yield();
    }
    assert.ok(clock.longestSliceMs < SLICE_MS_MAX, `${clock.longestSliceMs} ms in steps of ${stepMs} ms`);
    assert.ok(clock.yieldCount <= (2000 * stepMs) / 4, `${clock.yieldCount} yields in steps of ${stepMs} ms`);
  }
});

test('a slicer that rested yields once and then goes on', async () => {
  const clock = new WorkClock();
  const slicer = new TimeSlicer(clock);
  clock.work(3_600_000);
  const ask = (): boolean[] => Array.from({ length: 8 }, () => slicer.shouldYield());
  assert.deepEqual(ask(), [false, false, false, false, false, false, false, true]);
  await slicer.yield();
  assert.ok(!ask().includes(true));
});

test('tasks share one running slice, and each tells the clock of its own slices alone', async () => {
  const said: (number | undefined)[] = [];
  class ToldClock extends WorkClock {
    override yield(slicesHad?: number): Promise<void> {
      said.push(slicesHad);
      return super.yield();
    }
  }
  const clock = new ToldClock();
  const shared = new TimeSlicer(clock);
  const [a, b] = [shared.forTask(), shared.forTask()];
  await a.yield();
  await a.yield();
  clock.work(SLICE_MS_MAX);
  const ask = (slicer: Slicer): boolean[] => Array.from({ length: 8 }, () => slicer.shouldYield());
  assert.ok(ask(b).includes(true));
  await b.yield();
  await shared.yield();
  assert.ok(!ask(a).includes(true));
  await a.yield();
  assert.deepEqual(said, [0, 1, 0, undefined, 2]);
});

test('of many that yield at once, one goes on in each turn of the loop, in their order', async () => {
  const clock = new SystemClock();
  let turn = 0;
  const countTurns = (): void => {
    turn++;
    if (turn < 200) setImmediate(countTurns);
  };
  setImmediate(countTurns);
  const seen: { readonly task: number; readonly turn: number }[] = [];
  await Promise.all(
    Array.from({ length: 20 }, async (_, task) => {
      for (let slice = 0; slice < 3; slice++) {
        await clock.yield();
        seen.push({ task, turn });
      }
    }),
  );
  assert.deepEqual(
    seen.map(({ task }) => task),
    [0, 1, 2].flatMap(() => Array.from({ length: 20 }, (_, task) => task)),
  );
  const turns = seen.map((one) => one.turn);
  assert.equal(new Set(turns).size, turns.length, `two slices in one turn: ${turns.join(' ')}`);
});
