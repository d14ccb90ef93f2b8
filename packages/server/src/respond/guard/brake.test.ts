import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BlastBrake, type BrakeLimits } from './brake.ts';
import { MINUTE_MS, NOW_MS } from './guard-fixture.ts';

const LIMITS: BrakeLimits = { max_share: 0.1, floor: 3, window: 10 * MINUTE_MS, per_minute: 100 };

/** How many of 50 are let through at one moment. */
function passed(
  brake: BlastBrake,
  nowMs: number,
  activeCount: number,
  more: Partial<BrakeLimits> = {},
): number {
  let count = 0;
  for (let i = 0; i < 50; i++)
    if (brake.take(nowMs, activeCount, { ...LIMITS, ...more }) === undefined) count++;
  return count;
}

test('the floor holds for few subjects, the share for many, the minute for all', () => {
  assert.equal(passed(new BlastBrake(), NOW_MS, 0), 3);
  assert.equal(passed(new BlastBrake(), NOW_MS, 39), 3);
  assert.equal(passed(new BlastBrake(), NOW_MS, 40), 4);
  assert.equal(passed(new BlastBrake(), NOW_MS, 1000), 50);
  assert.equal(passed(new BlastBrake(), NOW_MS, 1000, { per_minute: 7 }), 7);
});

test('what is older than the window no longer counts', () => {
  const brake = new BlastBrake();
  passed(brake, NOW_MS, 0);
  assert.equal(passed(brake, NOW_MS + 10 * MINUTE_MS - 1, 0), 0);
  assert.equal(passed(brake, NOW_MS + 10 * MINUTE_MS, 0), 3);
});

test('a clock that is set back does not hold the brake until it has caught up', () => {
  const brake = new BlastBrake();
  passed(brake, NOW_MS, 0);
  assert.equal(passed(brake, NOW_MS - 20 * MINUTE_MS, 0), 3);
});

test('once released it counts from none', () => {
  const brake = new BlastBrake();
  passed(brake, NOW_MS, 0);
  brake.release();
  assert.equal(passed(brake, NOW_MS, 0), 3);
});

test('what is used of the limits is told, and asking uses nothing', () => {
  const brake = new BlastBrake();
  const before = passed(brake, NOW_MS, 0);
  const usage = brake.usage(NOW_MS, 0, LIMITS);
  assert.deepEqual(usage, {
    usedCount: before,
    allowedCount: LIMITS.floor,
    windowMs: LIMITS.window,
    minuteCount: before,
    minuteMax: LIMITS.per_minute,
  });
  assert.deepEqual(brake.usage(NOW_MS, 0, LIMITS), usage);
  assert.equal(brake.usage(NOW_MS + MINUTE_MS, 0, LIMITS).minuteCount, 0);
  assert.equal(brake.usage(NOW_MS + LIMITS.window, 0, LIMITS).usedCount, 0);
  assert.equal(brake.usage(NOW_MS, 100_000, LIMITS).allowedCount, Math.floor(LIMITS.max_share * 100_000));
});
