import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../testing/manual-clock.ts';
import { LATE, orLate } from './or-late.ts';

test('what comes in time comes as it is, and leaves no timer', async () => {
  const clock = manualClock();
  assert.equal(await orLate(Promise.resolve(7), 100, clock), 7);
  await assert.rejects(orLate(Promise.reject(new Error('broken')), 100, clock), /broken/);
  assert.equal(clock.timerCount, 0);
});

test('what does not come is late, and its own failure afterwards is nobody’s', async () => {
  const clock = manualClock();
  const { promise, reject } = Promise.withResolvers<number>();
  const result = orLate(promise, 100, clock);
  await clock.advance(100);
  assert.equal(await result, LATE);
  reject(new Error('too late to matter'));
  await clock.advance(0);
});
