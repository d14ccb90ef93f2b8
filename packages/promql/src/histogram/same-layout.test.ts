import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeHistogram } from '@vedette/model';
import fc from 'fast-check';
import { customArbitrary, exponentialArbitrary, histogramOf, run } from '../test-support/histograms.ts';
import { hasCounterReset } from './counter-reset.ts';
import { subtractHistograms } from './histogram-arithmetic.ts';
import { RunningHistogram } from './running-histogram.ts';
import { haveSameLayout, isSomeBucketLess, subtractSameLayout } from './same-layout.ts';

/** A histogram and another with the same buckets, in which about half of the numbers differ. */
const pairArbitrary = fc
  .tuple(fc.oneof(exponentialArbitrary, customArbitrary), fc.infiniteStream(fc.nat(3)))
  .map(([one, more]): [NativeHistogram, NativeHistogram] => {
    const grow = (number: number): number => number + Math.max(0, (more.next().value ?? 0) - 1) / 3;
    const other: NativeHistogram = {
      ...one,
      count: grow(one.count),
      sum: grow(one.sum),
      zeroCount: grow(one.zeroCount),
      positive: { spans: one.positive.spans, counts: one.positive.counts.map(grow) },
      negative: {
        spans: one.negative.spans.map((span) => ({ ...span })),
        counts: one.negative.counts.map(grow),
      },
    };
    return [one, other];
  });

test('the difference of histograms of one layout is that of the general way, spans and bits included', () => {
  let sameCount = 0;
  fc.assert(
    fc.property(pairArbitrary, ([before, after]) => {
      if (!haveSameLayout(after, before)) return;
      sameCount++;
      const general = subtractHistograms(after, before);
      assert.deepEqual(subtractSameLayout(after, before), general?.histogram);
    }),
  );
  assert.ok(sameCount > 30, `only ${sameCount} pairs had one layout`);
});

test('a histogram added in place gives what adding its copy gives', () => {
  fc.assert(
    fc.property(pairArbitrary, ([one, other]) => {
      const [inPlace, general] = [new RunningHistogram(one), new RunningHistogram(one)];
      assert.equal(inPlace.addInPlace(other), true);
      general.add(new RunningHistogram(other));
      assert.deepEqual(inPlace.toHistogram('with-errors'), general.toHistogram('with-errors'));
    }),
  );
});

test('a histogram with a bucket more or of another schema is not added in place, and nothing is changed', () => {
  const sum = new RunningHistogram(histogramOf({ count: 3, positive: run(1, 1, 2), negative: run(0, 1) }));
  const before = sum.toHistogram();
  for (const other of [
    histogramOf({ count: 1, positive: run(1, 1), negative: run(1, 1) }),
    histogramOf({ count: 1, positive: run(2, 1, 1) }),
    histogramOf({ count: 1, schema: 1, positive: run(1, 1) }),
    histogramOf({ count: 1, zeroThreshold: 1, positive: run(1, 1) }),
  ])
    assert.equal(sum.addInPlace(other), false);
  assert.deepEqual(sum.toHistogram(), before);
  assert.equal(sum.addInPlace(histogramOf({ count: 1, positive: run(2, 1) })), true);
  assert.deepEqual(sum.toHistogram(), { ...before, count: 4, positive: run(1, 1, 3) });
});

test('spans that touch are another layout, since results have none', () => {
  const touching = histogramOf({
    count: 2,
    positive: {
      spans: [
        { offset: 0, length: 1 },
        { offset: 0, length: 1 },
      ],
      counts: Float64Array.of(1, 1),
    },
  });
  assert.equal(haveSameLayout(touching, touching), false);
});

test('a bucket that fell is a reset, unless the zero bucket holds it', () => {
  const of = (zeroThreshold: number, low: number): NativeHistogram =>
    histogramOf({ count: 9, zeroThreshold, positive: run(0, low, 5) });
  assert.equal(isSomeBucketLess(of(0, 1), of(0, 2)), true);
  assert.equal(isSomeBucketLess(of(0, 2), of(0, 2)), false);
  assert.equal(hasCounterReset(of(0, 2), of(0, 1)), true);
  assert.equal(hasCounterReset(of(0, 2), of(0, 2)), false);
  assert.equal(hasCounterReset(of(1, 2), of(1, 1)), false);
});
