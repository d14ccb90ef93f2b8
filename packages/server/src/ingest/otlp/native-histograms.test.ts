import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { HistogramBuckets } from '@vedette/model';
import { nativeOfExponential, nativeOfExplicit } from './native-histograms.ts';
import { NO_BUCKETS, type ExponentialPoint } from './otlp-metrics.ts';

const HEAD = { attributes: [], startMs: 0, timestampMs: 1, isStale: false, exemplars: [] };

const pointOf = (rest: Partial<ExponentialPoint>): ExponentialPoint => {
  const merged = { positive: NO_BUCKETS, negative: NO_BUCKETS, zeroCount: 0, ...rest };
  const count = [...merged.positive.counts, ...merged.negative.counts].reduce(
    (sum, one) => sum + one,
    merged.zeroCount,
  );
  return { ...HEAD, sum: 0, scale: 0, zeroThreshold: 0, count, ...merged };
};

/** Index and count of the buckets that are not empty. */
function bucketsOf({ spans, counts }: HistogramBuckets): [number, number][] {
  const found: [number, number][] = [];
  let index = 0;
  let at = 0;
  for (const { offset, length } of spans) {
    index += offset;
    for (let i = 0; i < length; i++, index++) found.push([index, counts[at++] ?? 0]);
  }
  return found.filter(([, count]) => count > 0);
}

const nativeOf = (point: ExponentialPoint) => {
  const native = nativeOfExponential(point);
  assert.ok(typeof native !== 'string');
  return native;
};

test('indices are one more than in OTLP', () => {
  const native = nativeOf(
    pointOf({ positive: { offset: -1, counts: [1, 2] }, negative: { offset: 5, counts: [3] } }),
  );
  assert.deepEqual(bucketsOf(native.positive), [
    [0, 1],
    [1, 2],
  ]);
  assert.deepEqual(bucketsOf(native.negative), [[6, 3]]);
  assert.equal(native.zeroThreshold, 1e-128);
});

test('a scale above 8 is scaled down, also below zero', () => {
  const native = nativeOf(pointOf({ scale: 10, positive: { offset: -5, counts: [1, 1, 1, 1, 1, 1, 1] } }));
  assert.equal(native.schema, 8);
  // -5 is in bucket -2 of four, -4 to -1 in bucket -1, 0 and 1 in bucket 0.
  assert.deepEqual(bucketsOf(native.positive), [
    [-1, 1],
    [0, 4],
    [1, 2],
  ]);
});

test('gaps of up to two buckets are filled, longer ones are a new span', () => {
  const { spans } = nativeOf(pointOf({ positive: { offset: 0, counts: [1, 0, 0, 1, 0, 0, 0, 1] } })).positive;
  assert.deepEqual(spans, [
    { offset: 1, length: 4 },
    { offset: 3, length: 1 },
  ]);
});

test('every observation lands in the bucket of its value, at every scale', () => {
  const counts = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(
      fc.integer({ min: -4, max: 14 }),
      fc.integer({ min: -40, max: 40 }),
      counts,
      (scale, offset, all) => {
        const native = nativeOf(pointOf({ scale, positive: { offset, counts: all } }));
        const want = new Map<number, number>();
        for (const [i, count] of all.entries()) {
          const index = Math.floor((offset + i) / 2 ** (scale - native.schema)) + 1;
          if (count > 0) want.set(index, (want.get(index) ?? 0) + count);
        }
        assert.deepEqual(new Map(bucketsOf(native.positive)), want);
      },
    ),
  );
});

test('what cannot be is a fault that says why', () => {
  const check = (rest: Partial<ExponentialPoint>, want: RegExp): void => {
    const native = nativeOfExponential(pointOf(rest));
    assert.ok(typeof native === 'string');
    assert.match(native, want);
  };
  check({ scale: -5 }, /scale -5, want -4 to 40/);
  check({ scale: 41 }, /scale 41/);
  check({ scale: 0.5 }, /scale 0.5/);
  check({ positive: { offset: 1102, counts: [1] } }, /buckets from 1102 on at scale 0, where no floats are/);
  check({ scale: 40, positive: { offset: 2 ** 31, counts: [1] } }, /where no floats are/);
  check({ positive: { offset: 0.5, counts: [1] } }, /where no floats are/);
  check({ count: 5, positive: { offset: 0, counts: [1] } }, /count 5 with 1 observations in its buckets/);
  check({ count: 1, zeroCount: -1, positive: { offset: 0, counts: [2] } }, /zero count must not be negative/);
});

test('observations that are NaN are in the count alone', () => {
  const point = pointOf({ sum: Number.NaN, positive: { offset: 0, counts: [1] } });
  assert.equal(nativeOf({ ...point, count: 3 }).count, 3);
  assert.equal(typeof nativeOfExponential({ ...point, count: 0 }), 'string');
});

test('explicit bounds are custom buckets', () => {
  const native = nativeOfExplicit({
    ...HEAD,
    count: 3,
    sum: undefined,
    bounds: [1, 2],
    bucketCounts: [0, 0, 3],
  });
  assert.ok(typeof native !== 'string');
  assert.deepEqual(bucketsOf(native.positive), [[2, 3]]);
  assert.equal(native.sum, 0);
  assert.equal(
    typeof nativeOfExplicit({ ...HEAD, count: 3, sum: 0, bounds: [1], bucketCounts: [1, 1] }),
    'string',
  );
});
