import assert from 'node:assert/strict';
import { test } from 'node:test';
import { geometricMean, quantile, ratioOf } from '../../bench/measure.ts';

test('a ratio above 1 says that ours is better, whichever way is better', () => {
  const figure = { name: '', unit: '', value: 2 };
  assert.equal(ratioOf(figure, { name: '', value: 6 }), 3);
  assert.equal(ratioOf({ ...figure, better: 'more' }, { name: '', value: 1 }), 2);
  assert.ok(Number.isNaN(ratioOf(figure, { name: '' })));
});

test('quantiles lie between ranks, the mean of ratios is geometric', () => {
  assert.equal(quantile([4, 1, 3, 2], 0.5), 2.5);
  assert.equal(quantile([1, 2], 1), 2);
  assert.equal(geometricMean([4, 1]), 2);
});
