import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NativeHistogram } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { DeltaAccumulator } from './delta-accumulator.ts';
import { addExponentials, type ExponentialSum } from './exponential-sum.ts';
import { DELTA_EXPIRY_MS, OTLP_LIMITS } from './limits.ts';
import { scaledDown } from './native-histograms.ts';
import { createFixture, nanos, requestOf } from './otlp-fixture.ts';

const head = (timestampMs: number, startMs = timestampMs - 10) => ({
  attributes: [],
  startMs,
  timestampMs,
  isStale: false,
});

test('deltas add up, from the start of the first one', () => {
  const { numbers } = new DeltaAccumulator(createMetricsRegistry());
  const add = (atMs: number, delta: number, startMs?: number) =>
    numbers.add('x', head(atMs, startMs), { delta, nowMs: 0 });
  assert.deepEqual(add(10, 3), { sum: 3, startMs: 0 });
  assert.deepEqual(add(20, 4), { sum: 7, startMs: 0 });
  // A gap is no reset.
  assert.deepEqual(add(50, 1), { sum: 8, startMs: 0 });
  // Repeated: told again, not added.
  assert.deepEqual(add(50, 1), { sum: 8, startMs: 0 });
  // Another one that ends in the same millisecond.
  assert.deepEqual(add(50, 2, 50), { sum: 10, startMs: 0 });
  assert.deepEqual(add(49, 1), {
    reason: 'out-of-order-delta',
    text: 'a delta at 49 ms after one at 50 ms of the same series',
  });
});

test('a series that was silent for too long, or has ended, begins anew', () => {
  const { numbers } = new DeltaAccumulator(createMetricsRegistry());
  const add = (atMs: number, nowMs: number) => {
    const total = numbers.add('x', head(atMs), { delta: 1, nowMs });
    numbers.expire(nowMs);
    return total;
  };
  assert.deepEqual(add(10, 0), { sum: 1, startMs: 0 });
  numbers.expire(DELTA_EXPIRY_MS - 1);
  assert.deepEqual(add(20, DELTA_EXPIRY_MS - 1), { sum: 2, startMs: 0 });
  numbers.expire(2 * DELTA_EXPIRY_MS - 1);
  assert.deepEqual(add(30, 2 * DELTA_EXPIRY_MS - 1), { sum: 1, startMs: 20 });
  numbers.forget('x');
  assert.deepEqual(add(40, 2 * DELTA_EXPIRY_MS), { sum: 1, startMs: 30 });
});

test('beyond the limit of series a new one is refused, those known go on, and expired ones make room', () => {
  const { numbers } = new DeltaAccumulator(createMetricsRegistry());
  for (let i = 0; i < OTLP_LIMITS.deltaSeriesMax; i++) numbers.add(`s${i}`, head(10), { delta: 1, nowMs: 0 });
  const refused = numbers.add('one more', head(10), { delta: 1, nowMs: 1 });
  assert.equal(refused.reason, 'series-limit-delta');
  assert.deepEqual(numbers.add('s0', head(20), { delta: 1, nowMs: 1 }), { sum: 2, startMs: 0 });
  assert.deepEqual(numbers.add('one more', head(10), { delta: 1, nowMs: DELTA_EXPIRY_MS }), {
    sum: 1,
    startMs: 0,
  });
});

test('buckets have a limit of their own', () => {
  const { histograms } = new DeltaAccumulator(createMetricsRegistry());
  const bounds = Array.from({ length: 5000 }, (_, i) => i);
  const delta = { count: 0, sum: 0, bounds, bucketCounts: [...bounds, 0] };
  let taken = 0;
  while (histograms.add(`h${taken}`, head(10), { delta, nowMs: 0 }).reason === undefined) taken++;
  assert.equal(taken, OTLP_LIMITS.deltaBucketsMax / 10_000);
});

test('histograms with other bounds begin anew', () => {
  const { histograms } = new DeltaAccumulator(createMetricsRegistry());
  const add = (atMs: number, bounds: number[]) =>
    histograms.add('h', head(atMs), {
      delta: { count: 3, sum: 1, bounds, bucketCounts: [1, 2] },
      nowMs: 0,
    });
  add(10, [1]);
  assert.deepEqual(add(20, [1]), {
    sum: { count: 6, sum: 2, bounds: [1], bucketCounts: [2, 4] },
    startMs: 0,
  });
  assert.deepEqual(add(30, [2]), {
    sum: { count: 3, sum: 1, bounds: [2], bucketCounts: [1, 2] },
    startMs: 20,
  });
});

const exponential = (rest: Partial<ExponentialSum>): ExponentialSum => ({
  count: 0,
  sum: 0,
  scale: 0,
  zeroCount: 0,
  zeroThreshold: 0,
  positive: { offset: 0, counts: [] },
  negative: { offset: 0, counts: [] },
  ...rest,
});

test('exponential histograms add up at the coarser scale', () => {
  const a = exponential({ scale: 1, count: 3, sum: 4, positive: { offset: -3, counts: [1, 0, 2] } });
  const b = exponential({
    scale: 0,
    count: 1,
    sum: 1,
    zeroThreshold: 2,
    negative: { offset: 7, counts: [0, 1] },
  });
  assert.deepEqual(addExponentials(a, b), {
    scale: 0,
    count: 4,
    sum: 5,
    zeroCount: 0,
    zeroThreshold: 2,
    positive: { offset: -2, counts: [1, 2] },
    negative: { offset: 8, counts: [1] },
  });
});

test('resolution is halved until the buckets fit', () => {
  const far = exponential({ scale: 8, positive: { offset: 200_000, counts: [1] } });
  const near = exponential({ scale: 20, positive: { offset: -1_000_000_000, counts: [1] } });
  const { scale, positive } = addExponentials(far, near);
  assert.ok(positive.counts.length <= OTLP_LIMITS.deltaExponentialBucketsMax);
  assert.ok(positive.counts.length > OTLP_LIMITS.deltaExponentialBucketsMax / 2);
  assert.deepEqual([scale, positive.counts.filter((count) => count > 0)], [-4, [1, 1]]);
});

test('a sum has as many observations as its parts, whatever the scales', () => {
  const side = fc.record({
    offset: fc.integer({ min: -1000, max: 1000 }),
    counts: fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 200 }),
  });
  const any = fc
    .record({ scale: fc.integer({ min: -4, max: 12 }), positive: side, negative: side })
    .map(exponential);
  const total = ({ positive, negative }: ExponentialSum): number =>
    [...positive.counts, ...negative.counts].reduce((sum, count) => sum + count, 0);
  fc.assert(
    fc.property(any, any, (a, b) => {
      const sum = addExponentials(a, b);
      assert.equal(total(sum), total(a) + total(b));
      assert.ok(sum.scale >= -4 && sum.scale <= Math.min(a.scale, b.scale, 8));
    }),
  );
});

test('scaling down twice by one is scaling down by two', () => {
  const buckets = fc.record({
    offset: fc.integer({ min: -50, max: 50 }),
    counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 40 }),
  });
  fc.assert(
    fc.property(buckets, (any) => assert.deepEqual(scaledDown(scaledDown(any, 1), 1), scaledDown(any, 2))),
  );
});

test('deltas of each kind of point are stored as cumulative values with one start', async () => {
  const { json, store } = createFixture();
  for (const round of [0, 1, 2]) {
    const times = { startTimeUnixNano: nanos(round * 10), timeUnixNano: nanos(round * 10 + 10) };
    const histogram = { ...times, count: '2', sum: 3, bucketCounts: [1, 1], explicitBounds: [1] };
    const exponentialPoint = {
      ...times,
      count: '2',
      sum: 3,
      scale: 3 - round,
      positive: { offset: 4, bucketCounts: [2] },
    };
    const body = requestOf([
      {
        name: 'c',
        sum: { aggregationTemporality: 1, isMonotonic: true, dataPoints: [{ ...times, asInt: '2' }] },
      },
      { name: 'u', sum: { aggregationTemporality: 1, dataPoints: [{ ...times, asInt: '-2' }] } },
      { name: 'h', histogram: { aggregationTemporality: 1, dataPoints: [histogram] } },
      { name: 'e', exponentialHistogram: { aggregationTemporality: 1, dataPoints: [exponentialPoint] } },
    ]);
    // The sender missed the first answer.
    assert.equal((await json(body)).body, '{}');
    assert.equal((await json(body)).body, '{}');
  }
  const { e, ...numbers } = store.values();
  assert.deepEqual(numbers, {
    c_total: [2, 2, 4, 4, 6, 6],
    u: [-2, -2, -4, -4, -6, -6],
    'h_bucket{le="1"}': [1, 1, 2, 2, 3, 3],
    'h_bucket{le="+Inf"}': [2, 2, 4, 4, 6, 6],
    h_sum: [3, 3, 6, 6, 9, 9],
    h_count: [2, 2, 4, 4, 6, 6],
  });
  assert.deepEqual(
    e?.map((value) => (value as NativeHistogram).schema),
    [3, 3, 2, 2, 1, 1],
  );
  assert.deepEqual(
    e?.map((value) => (value as NativeHistogram).count),
    [2, 2, 4, 4, 6, 6],
  );
  for (const name of ['c_total', 'h_sum', 'e'])
    assert.deepEqual(
      new Set(store.samples.get(name)?.map(({ startMs }) => startMs)),
      new Set([1_700_000_001_000]),
    );
});

test('a delta that the store could not take is in the next sum', async () => {
  const { json, store } = createFixture();
  const bodyOf = (atMs: number) =>
    requestOf([
      {
        name: 'c',
        sum: {
          aggregationTemporality: 1,
          isMonotonic: true,
          dataPoints: [{ asInt: '2', startTimeUnixNano: nanos(atMs - 10), timeUnixNano: nanos(atMs) }],
        },
      },
    ]);
  store.isFull = true;
  assert.equal((await json(bodyOf(10))).status, 503);
  store.isFull = false;
  assert.equal((await json(bodyOf(10))).status, 200);
  assert.equal((await json(bodyOf(20))).status, 200);
  assert.deepEqual(store.values(), { c_total: [2, 4] });
});
