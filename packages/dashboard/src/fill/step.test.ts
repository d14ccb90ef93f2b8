import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseInterval, RANGE_POINTS_MAX, rateIntervalMs, stepOf } from './step.ts';

const step = (spanMs: number, maxDataPoints: number, intervalMin = ''): number =>
  stepOf({ fromMs: 0, toMs: spanMs }, { maxDataPoints, intervalMin, scrapeIntervalMs: 15_000 });

test('a step is round, and not under the least interval', () => {
  assert.equal(step(3_600_000, 1000), 15_000);
  assert.equal(step(24 * 3_600_000, 1000), 60_000);
  assert.equal(step(7 * 24 * 3_600_000, 1000), 600_000);
  assert.equal(step(3_600_000, 1000, '2m'), 120_000);
  assert.equal(step(3_600_000, 1000, '>1s'), 5000);
  assert.equal(step(3_600_000, 1000, 'nonsense'), 15_000);
});

test('a rate interval holds four scrapes at least', () => {
  assert.equal(rateIntervalMs(15_000, 15_000), 60_000);
  assert.equal(rateIntervalMs(300_000, 15_000), 315_000);
});

test('an interval is a duration with an end', () => {
  assert.equal(parseInterval('1M'), 2_592_000_000);
  assert.equal(parseInterval('0s'), undefined);
  assert.equal(parseInterval('auto'), undefined);
});

test('no range asks for more points than the API gives', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 4e12 }), fc.integer({ min: 1, max: 1e6 }), (spanMs, points) => {
      const stepMs = stepOf(
        { fromMs: 0, toMs: spanMs },
        { maxDataPoints: points, intervalMin: '1ms', scrapeIntervalMs: 1 },
      );
      assert.ok(stepMs >= 1 && spanMs / stepMs <= RANGE_POINTS_MAX);
    }),
  );
});
