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
import { indexesOf } from './bucket-bounds.ts';
import { HistogramAccumulator } from './histogram-accumulator.ts';
import {
  addHistograms,
  compactHistogram,
  divideHistogram,
  histogramsEqual,
  negateHistogram,
  reduceResolution,
  scaleHistogram,
  subtractHistograms,
} from './histogram-arithmetic.ts';

const anyArbitrary = fc.oneof(exponentialArbitrary, customArbitrary);
const sum = (a: NativeHistogram, b: NativeHistogram): NativeHistogram => addHistograms(a, b)!.histogram;

function assertEqual(got: NativeHistogram | undefined, want: NativeHistogram): void {
  assert.ok(got !== undefined && histogramsEqual(got, want), `${show(got)} is not ${show(want)}`);
}

function show(histogram: NativeHistogram | undefined): string {
  return JSON.stringify(histogram, (_key, value: unknown) =>
    value instanceof Float64Array ? [...value] : value,
  );
}

test('buckets, zero bucket, count and sum are added', () => {
  const a = histogramOf({ count: 6, sum: 4, zeroCount: 1, positive: run(-1, 1, 2), negative: run(0, 2) });
  const b = histogramOf({ count: 9, sum: 3, zeroCount: 2, positive: run(0, 3, 0, 4) });
  assertEqual(
    sum(a, b),
    histogramOf({
      count: 15,
      sum: 7,
      zeroCount: 3,
      positive: {
        spans: [
          { offset: -1, length: 2 },
          { offset: 1, length: 1 },
        ],
        counts: Float64Array.of(1, 5, 4),
      },
      negative: run(0, 2),
    }),
  );
});

test('the finer of two schemas is coarsened', () => {
  const fine = histogramOf({ schema: 1, count: 10, positive: run(-1, 1, 2, 3, 4) });
  const coarse = histogramOf({ schema: 0, count: 5, positive: run(0, 5) });
  const want = histogramOf({ schema: 0, count: 15, positive: run(0, 8, 7) });
  assertEqual(sum(fine, coarse), want);
  assertEqual(sum(coarse, fine), want);
});

test('the narrower zero bucket takes in what lies below the wider, up to the end of a bucket it would cut', () => {
  const wide = histogramOf({ count: 1, zeroThreshold: 1.5, zeroCount: 1 });
  const narrow = histogramOf({
    count: 15,
    zeroThreshold: 0.001,
    zeroCount: 1,
    positive: run(0, 2, 4, 8),
  });
  const want = histogramOf({ count: 16, zeroThreshold: 2, zeroCount: 8, positive: run(2, 8) });
  assertEqual(sum(wide, narrow), want);
  assertEqual(sum(narrow, wide), want);
  // An empty bucket is no obstacle.
  const hollow = histogramOf({ count: 10, zeroThreshold: 0.001, positive: run(0, 2, 0, 8) });
  assertEqual(
    sum(wide, hollow),
    histogramOf({ count: 11, zeroThreshold: 1.5, zeroCount: 3, positive: run(2, 8) }),
  );
});

test('differing custom bounds are reduced to those both have', () => {
  const got = addHistograms(customOf([2, 4, 6], 1, 2, 5, 7), customOf([2, 3, 4, 6], 1, 0, 1, 5, 8))!;
  assert.equal(got.isReconciled, true);
  assertEqual(got.histogram, customOf([2, 4, 6], 2, 3, 10, 15));
  assertEqual(sum(customOf([1], 1, 2), customOf([2], 3, 4)), customOf([], 10));
  assert.equal(addHistograms(customOf([1], 1), customOf([1], 1))!.isReconciled, false);
});

test('exponential and custom buckets do not add up', () => {
  assert.equal(addHistograms(histogramOf({}), customOf([1], 1)), undefined);
  assert.equal(subtractHistograms(customOf([1], 1), histogramOf({})), undefined);
});

test('hints of sums: gauge wins, unknown wins over known, reset against none is a conflict', () => {
  const check = (
    a: NativeHistogram['counterReset'],
    b: NativeHistogram['counterReset'],
    want: NativeHistogram['counterReset'],
    isConflict = false,
  ): void => {
    for (const [left, right] of [
      [a, b],
      [b, a],
    ] as const) {
      const got = addHistograms(histogramOf({ counterReset: left }), histogramOf({ counterReset: right }))!;
      assert.deepEqual([got.histogram.counterReset, got.isCounterResetConflict], [want, isConflict]);
    }
  };
  check('gauge', 'reset', 'gauge');
  check('gauge', 'gauge', 'gauge');
  check('unknown', 'reset', 'unknown');
  check('reset', 'reset', 'reset');
  check('reset', 'not-reset', 'unknown', true);
  assert.equal(subtractHistograms(histogramOf({}), histogramOf({}))!.histogram.counterReset, 'gauge');
});

test('scaling keeps the layout; a negative factor makes a gauge; dividing by zero leaves no buckets', () => {
  const histogram = histogramOf({ count: 3, sum: 6, zeroCount: 1, positive: run(0, 2) });
  assertEqual(
    scaleHistogram(histogram, 2),
    histogramOf({ count: 6, sum: 12, zeroCount: 2, positive: run(0, 4) }),
  );
  assert.equal(scaleHistogram(histogram, 2).counterReset, 'unknown');
  assert.equal(negateHistogram(histogram).counterReset, 'gauge');
  assert.deepEqual([...negateHistogram(histogram).positive.counts], [-2]);
  assertEqual(
    divideHistogram(histogram, 0),
    histogramOf({ count: Infinity, sum: Infinity, zeroCount: Infinity }),
  );
});

test('addition commutes, and counts survive it', () => {
  fc.assert(
    fc.property(anyArbitrary, anyArbitrary, (a, b) => {
      const got = addHistograms(a, b);
      const turned = addHistograms(b, a);
      assert.equal(got === undefined, turned === undefined);
      if (got === undefined) return;
      assertEqual(got.histogram, turned!.histogram);
      const { histogram } = got;
      const total = [...histogram.positive.counts, ...histogram.negative.counts].reduce((x, y) => x + y, 0);
      assert.equal(total + histogram.zeroCount, a.count + b.count);
    }),
  );
});

test('addition is associative', () => {
  fc.assert(
    fc.property(fc.array(customArbitrary, { minLength: 3, maxLength: 3 }), ([a, b, c]) =>
      assertEqual(sum(sum(a!, b!), c!), sum(a!, sum(b!, c!))),
    ),
  );
  fc.assert(
    fc.property(fc.array(exponentialArbitrary, { minLength: 3, maxLength: 3 }), (parts) => {
      // Coarsening first may let a zero threshold cut a merged bucket that it does not cut before, so the schemas
      // are made equal; the zero buckets still differ.
      const [a, b, c] = parts.map((part) => ({ ...part, schema: 0 }));
      assertEqual(sum(sum(a!, b!), c!), sum(a!, sum(b!, c!)));
    }),
  );
});

test('what was added can be subtracted', () => {
  fc.assert(
    fc.property(customArbitrary, customArbitrary, (a, b) => {
      const bounded = { ...b, customBounds: a.customBounds, positive: a.positive };
      const back = subtractHistograms(sum(a, bounded), bounded)!.histogram;
      assertEqual({ ...back, counterReset: 'unknown' }, compactHistogram({ ...a, count: back.count }));
      assert.equal(back.count, a.count);
    }),
  );
});

test('compaction keeps the buckets with observations where they are', () => {
  fc.assert(
    fc.property(exponentialArbitrary, (histogram) => {
      const compact = compactHistogram(histogram);
      const populated = ({ positive }: NativeHistogram): [number, number][] =>
        [...indexesOf(positive)]
          .map((index, i): [number, number] => [index, positive.counts[i]!])
          .filter(([, count]) => count !== 0);
      assert.deepEqual(populated(compact), populated(histogram));
      assert.ok(!compact.positive.counts.includes(0));
      for (const [i, { offset, length }] of compact.positive.spans.entries())
        assert.ok(length > 0 && (i === 0 || offset > 0));
      assertEqual(compactHistogram(compact), compact);
    }),
  );
});

test('halving the resolution twice is quartering it', () => {
  fc.assert(
    fc.property(exponentialArbitrary, (histogram) => {
      fc.pre(histogram.schema >= -2);
      const { schema } = histogram;
      assertEqual(
        reduceResolution(reduceResolution(histogram, schema - 1), schema - 2),
        reduceResolution(histogram, schema - 2),
      );
    }),
  );
  assert.throws(() => reduceResolution(histogramOf({}), 1), /BUG/);
  assert.throws(() => reduceResolution(customOf([1], 1), 0), /BUG/);
});

test('equality looks at every number, and not at how spans divide the buckets', () => {
  const base = histogramOf({ count: 3, sum: NaN, zeroCount: 1, positive: run(0, 1, 1) });
  const divided = {
    spans: [
      { offset: 0, length: 1 },
      { offset: 0, length: 0 },
      { offset: 0, length: 1 },
    ],
    counts: Float64Array.of(1, 1),
  };
  assert.ok(histogramsEqual(base, { ...base, positive: divided, counterReset: 'gauge' }));
  for (const other of [
    { schema: 1 },
    { count: 4 },
    { sum: 3 },
    { zeroCount: 2 },
    { zeroThreshold: 1 },
    { positive: run(1, 1, 1) },
    { positive: run(0, 1, 2) },
    { negative: run(0, 1) },
    { customBounds: Float64Array.of(1) },
  ])
    assert.ok(!histogramsEqual(base, { ...base, ...other }), JSON.stringify(other));
});

function accumulate(what: 'sum' | 'mean', ...histograms: NativeHistogram[]): HistogramAccumulator {
  const accumulator = new HistogramAccumulator(what);
  for (const histogram of histograms) accumulator.add(histogram);
  return accumulator;
}

test('a running sum keeps small numbers beside huge ones', () => {
  const of = (value: number): NativeHistogram =>
    histogramOf({ count: value, sum: value, zeroCount: value, positive: run(0, value) });
  const parts = [of(1), of(1e100), of(1), of(-1e100)];
  assertEqual(accumulate('sum', ...parts).result, of(2));
  assertEqual(accumulate('mean', ...parts).result, of(0.5));
});

test('a mean survives the overflow of its sum', () => {
  const of = (value: number): NativeHistogram => histogramOf({ count: value, positive: run(0, value) });
  const got = accumulate('mean', of(1.5e308), of(1.5e308), of(1.5e308)).result!;
  for (const value of [got.count, got.positive.counts[0]!]) assert.ok(Math.abs(value / 1.5e308 - 1) < 1e-12);
  assert.equal(accumulate('sum', of(1.5e308), of(1.5e308)).result!.count, Infinity);
});

test('what sums have to be remarked on is gathered', () => {
  assert.equal(accumulate('sum').result, undefined);
  const mixed = accumulate('mean', histogramOf({}), customOf([1], 1));
  assert.deepEqual([mixed.result, mixed.isIncompatible], [undefined, true]);
  assert.equal(accumulate('sum', customOf([1], 1), customOf([2], 1)).isReconciled, true);
  const hinted = (counterReset: NativeHistogram['counterReset']): NativeHistogram =>
    histogramOf({ counterReset });
  assert.equal(
    accumulate('sum', hinted('reset'), hinted('unknown'), hinted('not-reset')).isCounterResetConflict,
    true,
  );
  assert.equal(accumulate('sum', hinted('reset'), hinted('gauge')).isCounterResetConflict, false);
});

test('a running sum of integers is the sum one after the other', () => {
  fc.assert(
    fc.property(fc.array(exponentialArbitrary, { minLength: 1, maxLength: 6 }), (parts) =>
      assertEqual(accumulate('sum', ...parts).result, compactHistogram(parts.reduce(sum))),
    ),
  );
});
