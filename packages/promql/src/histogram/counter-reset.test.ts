import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeHistogram } from '@vedette/model';
import fc from 'fast-check';
import {
  customArbitrary,
  customOf,
  exponentialArbitrary,
  histogramOf,
  run,
} from '../test-support/histograms.ts';
import { hasCounterReset } from './counter-reset.ts';
import { addHistograms } from './histogram-arithmetic.ts';

const before = histogramOf({
  schema: 1,
  count: 10,
  zeroThreshold: 0.5,
  zeroCount: 2,
  positive: run(1, 3, 0, 1),
  negative: run(1, 4),
});

const check = (change: Partial<NativeHistogram>, want: boolean): void =>
  assert.equal(hasCounterReset(before, { ...before, ...change }), want, JSON.stringify(change));

test('anything that falls is a reset', () => {
  check({}, false);
  check({ count: 9 }, true);
  check({ zeroCount: 1 }, true);
  check({ positive: run(1, 2, 0, 1), count: 12 }, true);
  check({ positive: run(1, 3), count: 12 }, true);
  check({ positive: run(0), count: 12 }, true);
  check({ negative: run(1, 3), count: 12 }, true);
  check({ positive: run(0, 1, 3, 5, 1), count: 16 }, false);
  check({ sum: -5 }, false);
});

test('the hint of the later sample decides when it has one', () => {
  check({ counterReset: 'reset' }, true);
  check({ counterReset: 'not-reset', count: 1 }, false);
  check({ counterReset: 'gauge', count: 9 }, true);
});

test('a finer schema or a narrower zero bucket comes with a reset only', () => {
  check({ schema: 2 }, true);
  check({ zeroThreshold: 0.25 }, true);
  check({ schema: 0, positive: run(1, 3, 1), negative: run(1, 4) }, false);
  check({ schema: 0, positive: run(1, 2, 1), negative: run(1, 4), count: 12 }, true);
});

test('a zero bucket may grow over whole buckets, not into one', () => {
  const narrow = histogramOf({ count: 6, zeroThreshold: 0.5, zeroCount: 1, positive: run(0, 2, 3) });
  const wide = histogramOf({ count: 6, zeroThreshold: 1, zeroCount: 3, positive: run(1, 3) });
  assert.equal(hasCounterReset(narrow, wide), false);
  assert.equal(hasCounterReset(narrow, { ...wide, zeroCount: 2 }), true);
  assert.equal(hasCounterReset(narrow, { ...wide, zeroThreshold: 1.5, zeroCount: 9 }), true);
});

test('custom buckets are compared between the bounds both have', () => {
  const was = customOf([2, 4, 6], 1, 2, 5, 7);
  assert.equal(hasCounterReset(was, customOf([2, 3, 4, 6], 1, 0, 1, 5, 8)), true);
  assert.equal(hasCounterReset(was, customOf([2, 3, 4, 6], 1, 1, 1, 5, 8)), false);
  assert.equal(hasCounterReset(was, histogramOf({ count: 20 })), true);
  assert.equal(hasCounterReset(histogramOf({ count: 1 }), was), true);
});

test('a counter that only grew has no reset', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.tuple(exponentialArbitrary, exponentialArbitrary).map(([a, b]) => [a, { ...b, schema: a.schema }]),
        fc.tuple(customArbitrary, customArbitrary),
      ),
      ([was, more]) => {
        const grown = addHistograms(was!, { ...more!, zeroThreshold: was!.zeroThreshold })!;
        assert.equal(hasCounterReset(was!, grown.histogram), false);
      },
    ),
  );
});
