import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { exposeMetrics } from './exposition.ts';
import type { HistogramOptions, NativeHistogramView } from './instruments.ts';
import { createMetricsRegistry } from './registry.ts';

const setUp = (options: Partial<HistogramOptions> = {}) => {
  const registry = createMetricsRegistry();
  const histogram = registry.histogram({ name: 'h', help: 'h', native: true, ...options });
  const read = (): NativeHistogramView => registry.read().find(({ name }) => name === 'h')!.nativeOf!(0)!;
  return { registry, histogram, read };
};

test('a native histogram shows its exponential buckets as data', () => {
  const { histogram, read } = setUp({ native: { schema: 0, zeroThreshold: 1 / 1024 } });
  for (const value of [0, 1 / 1024, 1, 1.5, 2, 3, 9, -1, -1.5]) histogram.observe(value);
  assert.deepEqual(read(), {
    schema: 0,
    zeroThreshold: 1 / 1024,
    zeroCount: 2,
    count: 9,
    sum: 14 + 1 / 1024,
    // (0.5, 1], (1, 2], (2, 4], then (8, 16].
    positive: {
      spans: [
        { offset: 0, length: 3 },
        { offset: 1, length: 1 },
      ],
      counts: Float64Array.of(1, 2, 1, 1),
    },
    negative: { spans: [{ offset: 0, length: 2 }], counts: Float64Array.of(1, 1) },
  });
});

test('the text formats show the classic buckets it has, or +Inf alone', () => {
  const pageOf = (buckets: readonly number[] | undefined): string => {
    const { registry, histogram } = setUp(buckets === undefined ? {} : { buckets });
    histogram.observe(3);
    return [...exposeMetrics(registry, 'prometheus')].join('').split('# TYPE h histogram\n')[1]!;
  };
  assert.equal(pageOf(undefined), 'h_bucket{le="+Inf"} 1\nh_sum 3\nh_count 1\n');
  assert.equal(pageOf([5]), 'h_bucket{le="5.0"} 1\nh_bucket{le="+Inf"} 1\nh_sum 3\nh_count 1\n');
});

test('without buckets and without native a histogram has the default bounds', () => {
  const registry = createMetricsRegistry();
  registry.histogram({ name: 'h', help: 'h' });
  const family = registry.read().find(({ name }) => name === 'h')!;
  assert.equal(family.samplesPerSeries, 14);
  assert.ok(!('nativeOf' in family));
  assert.equal(family.identityOf(0, 0).text, 'h_bucket{le="0.005"}');
});

test('whatever is observed, the buckets add up to the count and do not exceed their limit', () => {
  const value = fc.double({ min: -1e9, max: 1e9, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 200 }),
      fc.integer({ min: 140, max: 200 }),
      (values, bucketsMax) => {
        const { histogram, read } = setUp({ native: { schema: 8, bucketsMax } });
        for (const one of values) histogram.observe(one);
        const { count, zeroCount, positive, negative } = read();
        const all = [...positive.counts, ...negative.counts];
        assert.ok(all.length <= bucketsMax);
        assert.equal(
          all.reduce((sum, one) => sum + one, zeroCount),
          values.length,
        );
        assert.equal(count, values.length);
      },
    ),
  );
});

test('options beyond their bounds are refused', () => {
  const check = (native: HistogramOptions['native'], want: RegExp): void =>
    assert.throws(() => setUp({ native: native! }), want);
  check({ schema: 9 }, /native.schema must be a whole number from -4 to 8; got 9/);
  check({ schema: -5 }, /native.schema/);
  check({ schema: 1.5 }, /native.schema/);
  check({ bucketsMax: 0 }, /native.bucketsMax must be a whole number above 0; got 0/);
  check({ zeroThreshold: -1 }, /native.zeroThreshold must not be negative; got -1/);
});
