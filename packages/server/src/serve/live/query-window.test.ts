import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMoving, windowAt } from './query-window.ts';

const params = (start: number | string, end: number | string, step = 1000) => ({
  exprs: ['up'],
  start,
  end,
  step,
});

test('windows lie on multiples of the step and move with the clock', () => {
  const check = (nowMs: number, t0: number, n: number): void =>
    assert.deepEqual(windowAt(params('now-10s', 'now'), nowMs), { t0, step: 1000, n });
  check(100_000, 90_000, 11);
  check(100_999, 90_000, 11);
  check(101_000, 91_000, 11);
});

test('nothing is asked beyond now', () => {
  assert.deepEqual(windowAt(params(90_000, 200_000), 100_500), { t0: 90_000, step: 1000, n: 11 });
  assert.deepEqual(windowAt(params(150_000, 200_000), 100_500), { t0: 150_000, step: 1000, n: 0 });
  assert.deepEqual(windowAt(params(90_000, 95_000), 100_500), { t0: 90_000, step: 1000, n: 6 });
});

test('2,000 points are shown, 2,001 are refused with the limit', () => {
  assert.equal(windowAt(params(0, 1_999_000), 1e10).n, 2000);
  assert.throws(() => windowAt(params(0, 2_000_000), 1e10), {
    code: 'VED_LIVE_LIMIT',
    message: /the window has 2001 points, pointsMax is 2000/,
  });
});

test('times that mean nothing are refused', () => {
  assert.throws(() => windowAt(params('now-5x', 'now'), 1e10), {
    code: 'VED_LIVE_INVALID',
    message: /"now-5x" is no time/,
  });
  assert.throws(() => windowAt(params('now', 'now-5m'), 1e10), /ends before it begins/);
});

test('a window in the past stands still', () => {
  assert.equal(isMoving(params(0, 1000), 2000), false);
  assert.equal(isMoving(params(0, 3000), 2000), true);
  assert.equal(isMoving(params(0, 'now'), 2000), true);
});
