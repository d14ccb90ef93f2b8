import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogBuckets, SCHEMA_MAX, SCHEMA_MIN, spansOf } from './log-buckets.ts';

const ZERO = 2 ** -128;

const bucketsOf = (schema: number, values: readonly number[], bucketsMax = Infinity): LogBuckets => {
  const buckets = new LogBuckets({ schema, bucketsMax, zeroThreshold: ZERO });
  for (const value of values) buckets.add(value, 1);
  return buckets;
};

/** The bucket of one value. */
const bucketOf = (schema: number, value: number): number =>
  bucketsOf(schema, [value]).sorted(value < 0 ? 'negative' : 'positive')[0]!.bucket;

test('a bound belongs to the bucket below it, at every schema', () => {
  for (let schema = SCHEMA_MIN; schema <= SCHEMA_MAX; schema++) {
    // Powers of 2^16 are bounds of all schemas.
    for (const exponent of [-64, -16, 0, 16, 512]) {
      const bucket = exponent * 2 ** schema;
      assert.equal(bucketOf(schema, 2 ** exponent), bucket, `2^${exponent} at ${schema}`);
      assert.equal(bucketOf(schema, 2 ** exponent * (1 + Number.EPSILON)), bucket + 1);
      assert.equal(bucketOf(schema, -(2 ** exponent)), bucket);
    }
  }
});

test('each value lies within the bounds of its bucket', () => {
  fc.assert(
    fc.property(
      fc.double({ min: ZERO * 2, max: Number.MAX_VALUE, noNaN: true }),
      fc.integer({ min: SCHEMA_MIN, max: SCHEMA_MAX }),
      (value, schema) => {
        const bucket = bucketOf(schema, value);
        // In exponents: the bound of the highest bucket is no double. The logarithm is a little off.
        const exponent = Math.log2(value) * 2 ** schema;
        assert.ok(exponent <= bucket + 1e-9 * Math.abs(bucket) + 1e-9, `${value} above bucket ${bucket}`);
        assert.ok(exponent > bucket - 1 - 1e-9 * Math.abs(bucket) - 1e-9, `${value} below bucket ${bucket}`);
      },
    ),
  );
});

test('zero, tiny and endless values have their places', () => {
  const buckets = new LogBuckets({ schema: 3, bucketsMax: 160, zeroThreshold: 1 });
  for (const value of [0, -0, 1, -1, 0.5]) buckets.add(value, 1);
  assert.equal(buckets.zeroCount, 5);
  assert.equal(buckets.size, 0);
  const subnormal = new LogBuckets({ schema: 0, bucketsMax: 160, zeroThreshold: 0 });
  subnormal.add(Number.MIN_VALUE, 1);
  assert.deepEqual(subnormal.sorted('positive'), [{ bucket: -1074, count: 1 }]);
  assert.equal(bucketOf(3, Infinity), bucketOf(3, Number.MAX_VALUE) + 1);
  assert.equal(bucketOf(3, -Infinity), bucketOf(3, Number.MAX_VALUE) + 1);
});

test('at the limit of buckets the resolution goes down, and nothing is lost', () => {
  const values = Array.from({ length: 200 }, (_, i) => 1.1 ** i);
  const check = (bucketsMax: number): LogBuckets => {
    const buckets = bucketsOf(SCHEMA_MAX, values, bucketsMax);
    assert.ok(buckets.size <= bucketsMax, `${buckets.size} of ${bucketsMax}`);
    assert.equal(
      buckets.sorted('positive').reduce((sum, { count }) => sum + count, 0),
      200,
    );
    // As if the lower resolution had been there from the start.
    assert.deepEqual(buckets.sorted('positive'), bucketsOf(buckets.schema, values).sorted('positive'));
    return buckets;
  };
  assert.equal(check(200).schema, SCHEMA_MAX);
  assert.ok(check(199).schema < SCHEMA_MAX);
  check(20);
  check(5);
});

test('at the lowest schema the limit gives way rather than the counts', () => {
  const values = Array.from({ length: 60 }, (_, i) => 2 ** (i * 16));
  const buckets = bucketsOf(SCHEMA_MAX, values, 10);
  assert.equal(buckets.schema, SCHEMA_MIN);
  assert.equal(buckets.size, 60);
});

test('two put together are as one that saw all, at the coarser schema', () => {
  const some = fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { maxLength: 50 });
  const schema = fc.integer({ min: SCHEMA_MIN, max: SCHEMA_MAX });
  fc.assert(
    fc.property(some, some, schema, schema, (first, second, a, b) => {
      const both = bucketsOf(a, first);
      both.absorb(bucketsOf(b, second));
      const want = bucketsOf(Math.min(a, b), [...first, ...second]);
      assert.equal(both.schema, Math.min(a, b));
      assert.equal(both.zeroCount, want.zeroCount);
      for (const side of ['positive', 'negative'] as const)
        assert.deepEqual(both.sorted(side), want.sorted(side));
    }),
  );
});

test('spans name runs of buckets by the gaps between them', () => {
  const { spans, counts } = spansOf([
    { bucket: -3, count: 1 },
    { bucket: -2, count: 2 },
    { bucket: 0, count: 3 },
    { bucket: 5, count: 4 },
  ]);
  assert.deepEqual(spans, [
    { offset: -3, length: 2 },
    { offset: 1, length: 1 },
    { offset: 4, length: 1 },
  ]);
  assert.deepEqual([...counts], [1, 2, 3, 4]);
  assert.deepEqual(spansOf([]).spans, []);
});

test('cleared buckets are as new', () => {
  const buckets = bucketsOf(8, [0, 1, 1e100, -5], 2);
  buckets.clear();
  assert.deepEqual([buckets.size, buckets.zeroCount, buckets.schema], [0, 0, 8]);
  assert.deepEqual(buckets.sorted('positive'), []);
});
