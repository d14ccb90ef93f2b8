import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { IntervalLoop } from './interval-loop.ts';

const START_MS = 1_000_000;

function setUp(task: (timestampMs: number) => Promise<void> = () => Promise.resolve()): {
  clock: VirtualClock;
  loop: IntervalLoop;
  times: number[];
  skips: () => number;
} {
  const clock = new VirtualClock({ startMs: START_MS });
  const times: number[] = [];
  let skipCount = 0;
  const loop = new IntervalLoop(
    { clock },
    {
      intervalMs: 2000,
      onSkip: () => skipCount++,
      task: (timestampMs) => {
        times.push(timestampMs - START_MS);
        return task(timestampMs);
      },
    },
  );
  return { clock, loop, times, skips: () => skipCount };
}

test('runs at once, then on the grid, and not after stop', async () => {
  const { clock, loop, times } = setUp();
  loop.start();
  loop.start();
  await clock.advance(4500);
  assert.deepEqual(times, [0, 2000, 4000]);
  await loop.stop();
  await clock.advance(10_000);
  assert.equal(times.length, 3);
  assert.equal(clock.pendingTimerCount, 0);
});

test('a small deviation of the clock is laid on the grid, a larger one is taken as it is and moves the grid', async () => {
  const { clock, loop, times } = setUp();
  loop.start();
  clock.jumpWallClock(20);
  await clock.advance(2000);
  clock.jumpWallClock(1);
  await clock.advance(2000);
  await clock.advance(2000);
  clock.jumpWallClock(-5000);
  await clock.advance(2000);
  assert.deepEqual(times, [0, 2000, 4021, 6021, 3021]);
  await loop.stop();
});

test('a task longer than the interval is never overlapped; its ticks are skipped and told', async () => {
  let release = (): void => undefined;
  const { clock, loop, times, skips } = setUp(() => new Promise((resolve) => (release = resolve)));
  loop.start();
  await clock.advance(4000);
  assert.deepEqual(times, [0]);
  assert.equal(skips(), 2);
  release();
  await clock.advance(2000);
  assert.deepEqual(times, [0, 6000]);
  release();
  await loop.stop();
});

test('stop waits for the running task', async () => {
  let release = (): void => undefined;
  const { clock, loop } = setUp(() => new Promise((resolve) => (release = resolve)));
  loop.start();
  let isStopped = false;
  const stopped = loop.stop().then(() => (isStopped = true));
  await clock.advance(0);
  assert.equal(isStopped, false);
  release();
  await stopped;
});

test('a stopped loop can start again', async () => {
  const { clock, loop, times } = setUp();
  loop.start();
  await loop.stop();
  await clock.advance(500);
  loop.start();
  await clock.advance(2000);
  assert.deepEqual(times, [0, 500, 2500]);
  await loop.stop();
});
