import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CHART_POINTS_MAX, rateWindowOf, stepMsOf } from './step.ts';

test('the step is the smallest readable one that keeps the points within the limit', () => {
  expect(stepMsOf(5 * 60_000)).toBe(1000);
  expect(stepMsOf(15 * 60_000)).toBe(2000);
  expect(stepMsOf(3_600_000)).toBe(10_000);
  expect(stepMsOf(86_400_000)).toBe(300_000);
  expect(stepMsOf(450_000)).toBe(1000);
  expect(stepMsOf(450_001)).toBe(2000);
});

test('no span takes more points than a chart may have', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10_000, max: 2 * 365 * 86_400_000 }), (spanMs) => {
      expect(spanMs / stepMsOf(spanMs)).toBeLessThanOrEqual(CHART_POINTS_MAX);
    }),
  );
});

test('a rate looks back over 30 s at least and never less than a step', () => {
  expect(rateWindowOf(2000)).toBe('30s');
  expect(rateWindowOf(30_000)).toBe('30s');
  expect(rateWindowOf(300_000)).toBe('5m');
});
