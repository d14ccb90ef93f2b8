import assert from 'node:assert/strict';
import fc from 'fast-check';
import { test } from 'node:test';
import { NO_LABELS } from '@vedette/model';
import { ACCUMULATORS } from './accumulators.ts';
import { bucketFraction, bucketQuantile, BucketRow } from './classic-histogram.ts';
import type { Column } from './column.ts';
import { KahanSum, RunningMean } from './kahan.ts';
import { quantileOf, quantileOfSorted, sortNanFirst } from './quantile.ts';
import { SlidingRanks } from './sliding-ranks.ts';
import { compareNatural } from './sort-functions.ts';
import { xxHash64 } from './xx-hash.ts';

test('sums keep small numbers beside huge ones, and infinities stay', () => {
  const sum = (...values: number[]): number => {
    const kahan = new KahanSum();
    for (const value of values) kahan.add(value);
    return kahan.total;
  };
  assert.equal(sum(1, 1e100, 1, -1e100), 2);
  assert.equal(sum(Infinity, 1), Infinity);
  assert.equal(sum(Infinity, -Infinity), NaN);
  assert.equal(sum(), 0);
});

test('a mean is exact for equal numbers and survives an overflow of the sum', () => {
  const mean = (...values: number[]): number => {
    const running = new RunningMean();
    for (const value of values) running.add(value);
    return running.mean;
  };
  assert.equal(mean(...Array.from({ length: 12 }, () => 52)), 52);
  assert.equal(mean(1.5e308, 1.5e308, 1.5e308), 1.5e308);
  assert.equal(mean(0, Infinity), Infinity);
  assert.equal(mean(Infinity, -Infinity), NaN);
});

test('avg by steps: one that overflows goes on beside others, and an infinity stays', () => {
  const mean = ACCUMULATORS.avg(3);
  const rows: readonly (readonly number[])[] = [
    [1.5e308, 1, 1],
    [1.5e308, 2, Infinity],
    [1.5e308, 6, -1],
    [-1.5e308, NaN, 1],
  ];
  const column = (values: readonly number[]): Column => ({
    labels: NO_LABELS,
    isNameDropped: false,
    histograms: undefined,
    histogramsHeld: 0,
    values: Float64Array.from(values),
    validity: Uint8Array.of(0b111),
  });
  for (const row of rows.slice(0, 3)) mean.add(column(row));
  const out = column([0, 0, 0]);
  mean.finish(out);
  assert.deepEqual([...out.values], [1.5e308, 3, Infinity]);
  mean.add(column(rows[3] ?? []));
  mean.finish(out);
  assert.ok(Math.abs((out.values[0] ?? 0) / 0.75e308 - 1) < 1e-12);
  assert.deepEqual([...out.values.subarray(1)], [NaN, Infinity]);
});

test('quantiles sort NaN lowest and lie on a line between neighbours', () => {
  const quantile = (q: number, ...values: number[]): number =>
    quantileOfSorted(q, sortNanFirst(Float64Array.from(values)));
  assert.equal(quantile(0.5, 3, 1, 2), 2);
  assert.equal(quantile(0.75, 0, 1, 2), 1.5);
  assert.equal(quantile(1, 1, NaN), 1);
  assert.equal(quantile(0, 1, NaN), NaN);
  assert.equal(quantile(-1, 1), -Infinity);
  assert.equal(quantile(2, 1), Infinity);
  assert.equal(quantile(NaN, 1), NaN);
  assert.equal(quantile(0.5), NaN);
});

test('choosing for a quantile gives what sorting gives, down to the sign of a zero', () => {
  const value = fc.oneof(
    fc.constantFrom(NaN, 0, -0, Infinity, -Infinity, 7),
    fc.integer({ min: -3, max: 3 }),
    fc.double(),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 200 }), fc.double({ min: 0, max: 1 }), (values, quantile) => {
      const wanted = quantileOfSorted(quantile, sortNanFirst(Float64Array.from(values)));
      assert.ok(Object.is(quantileOf(quantile, Float64Array.from(values)), wanted));
    }),
  );
});

test('choosing is no slower for values in order, all equal, or in the shape of an organ pipe', () => {
  const count = 100_000;
  for (const valueAt of [(i: number) => i, () => 1, (i: number) => Math.min(i, count - i)]) {
    const values = Float64Array.from({ length: count }, (_, i) => valueAt(i));
    assert.equal(quantileOf(0.5, values.slice()), quantileOfSorted(0.5, values.slice().sort()));
  }
});

test('a window knows its order whatever enters and leaves it', () => {
  const value = fc.oneof(fc.constantFrom(NaN, 0, -0, Infinity, -Infinity), fc.integer({ min: -9, max: 9 }));
  const ranks = new SlidingRanks();
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 100 }), fc.nat(99), (values, length) => {
      ranks.open(Float64Array.from(values), values.length);
      for (const [i] of values.entries()) {
        ranks.move(i, 1);
        if (i > length) ranks.move(i - length - 1, -1);
        const window = Float64Array.from(values.slice(Math.max(0, i - length), i + 1));
        for (const [place, wanted] of sortNanFirst(window).entries())
          assert.ok(Object.is(ranks.valueAt(place), wanted));
      }
    }),
  );
});

const rowOf = (...buckets: readonly (readonly [upperBound: number, count: number])[]): BucketRow => {
  const row = new BucketRow(buckets.length);
  for (const [upperBound, count] of buckets) row.add(upperBound, count);
  return row;
};

test('buckets of one bound are added up and falling counts are repaired', () => {
  const row = rowOf([1, 6], [1, 2], [2, 4], [Infinity, 10]);
  assert.equal(row.hasTotal, true);
  assert.equal(row.repair(), true);
  assert.deepEqual([...row.bounds.subarray(0, row.length)], [1, 2, Infinity]);
  assert.deepEqual([...row.counts.subarray(0, row.length)], [8, 8, 10]);
  assert.equal(rowOf([1, 1]).hasTotal, false);
  assert.equal(rowOf().hasTotal, false);
  assert.equal(rowOf([1, 1 + 1e-14], [Infinity, 1]).repair(), false);
  row.clear();
  row.add(3, 1);
  assert.deepEqual([row.length, row.bounds[0], row.counts[0]], [1, 3, 1]);
});

test('bucket quantiles: within a bucket, in the last one, below zero, of nothing', () => {
  const buckets = rowOf([-1, 2], [1, 6], [Infinity, 8]);
  assert.equal(bucketQuantile(0.1, buckets), -1);
  assert.equal(bucketQuantile(0.5, buckets), 0);
  assert.equal(bucketQuantile(1, buckets), 1);
  assert.equal(bucketQuantile(0.5, rowOf([Infinity, 8])), NaN);
  assert.equal(bucketFraction(-1, 1, buckets), 0.5);
  assert.equal(bucketFraction(-Infinity, Infinity, buckets), 1);
  assert.equal(bucketFraction(1, 1, buckets), 0);
});

test('numbers inside labels sort as numbers', () => {
  assert.deepEqual(['x10', 'x2', 'x', 'x2a', ''].sort(compareNatural), ['', 'x', 'x2', 'x2a', 'x10']);
});

test('XXH64 gives the published values', () => {
  const hash = (text: string): string => xxHash64(new TextEncoder().encode(text)).toString(16);
  assert.equal(hash(''), 'ef46db3751d8e999');
  assert.equal(hash('a'), 'd24ec4f1a98c6e5b');
  assert.equal(hash('abc'), '44bc2cf5ad770999');
  assert.equal(hash('Nobody inspects the spammish repetition'), 'fbcea83c8a378bf1');
});
