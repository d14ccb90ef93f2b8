import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FatalError } from '@vedette/model';
import fc from 'fast-check';
import {
  createBucketColumns,
  STORED_COLUMNS,
  type BucketColumn,
  type BucketColumns,
} from './bucket-chunk.ts';
import { BucketDecoder } from './bucket-decoder.ts';
import { BucketEncoder } from './bucket-encoder.ts';
import { CHUNK_SAMPLES_MAX } from './chunk.ts';

const RESOLUTION_MS = 300_000;
const encoder = new BucketEncoder();
const decoder = new BucketDecoder();
const ALL: ReadonlySet<BucketColumn> = new Set(STORED_COLUMNS);

type Bucket = Record<BucketColumn, number>;

function columnsOf(buckets: readonly Bucket[]): BucketColumns {
  const columns = createBucketColumns(buckets.length);
  for (const [i, bucket] of buckets.entries())
    for (const name of ['endsMs', ...STORED_COLUMNS] as const) columns[name][i] = bucket[name];
  return columns;
}

const encode = (buckets: readonly Bucket[]): Uint8Array =>
  encoder.encode(columnsOf(buckets), 0, buckets.length, RESOLUTION_MS).slice();

/** Decodes behind another bucket, which stays as it is. */
function decode(bytes: Uint8Array, wanted = ALL): Bucket[] {
  const columns = createBucketColumns(CHUNK_SAMPLES_MAX + 1);
  for (const name of STORED_COLUMNS) columns[name][0] = 42;
  const count = decoder.decode(bytes, { offset: 0, end: bytes.length }, columns, 1, wanted);
  for (const name of STORED_COLUMNS) assert.equal(columns[name][0], 42);
  return Array.from({ length: count }, (_, i) => {
    const bucket: Partial<Bucket> = {};
    for (const name of ['endsMs', ...STORED_COLUMNS] as const) bucket[name] = columns[name][i + 1] ?? NaN;
    return bucket as Bucket;
  });
}

const number = fc.oneof(
  fc.double(),
  fc.integer({ min: -1000, max: 1000 }).map((n) => n / 10),
  fc.constantFrom(NaN, Infinity, -Infinity, -0, 0, 5e-324),
);
const inBucket = fc.nat(RESOLUTION_MS - 1);
const bucketShape = fc.record({
  gap: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 3000 })),
  count: fc.nat(40),
  first: inBucket,
  last: inBucket,
  stale: fc.option(inBucket),
  values: fc.array(number, { minLength: 6, maxLength: 6 }),
});

const buckets = fc.array(bucketShape, { minLength: 1, maxLength: 60 }).map((shapes) => {
  let endMs = 1_700_000_100_000;
  return shapes.map(({ gap, count, first, last, stale, values }): Bucket => {
    endMs += gap * RESOLUTION_MS;
    const [sums = 0, mins = 0, maxs = 0, firsts = 0, lasts = 0, losses = 0] = values;
    const stalesMs = stale === null && count > 0 ? 0 : endMs - (stale ?? 0);
    const times = { endsMs: endMs, firstsMs: endMs - first, lastsMs: endMs - last, stalesMs };
    return { ...times, counts: count, sums, mins, maxs, firsts, lasts, losses };
  });
});

test('a chunk of buckets decodes to what was encoded, bit by bit but for the last digits of sums', () => {
  fc.assert(
    fc.property(buckets, (want) => {
      const got = decode(encode(want));
      assert.equal(got.length, want.length);
      for (const [i, bucket] of want.entries()) {
        const own = got[i]!;
        for (const name of ['endsMs', 'counts', 'stalesMs'] as const) assert.equal(own[name], bucket[name]);
        if (bucket.counts === 0) continue;
        for (const name of ['firstsMs', 'lastsMs', 'mins', 'maxs', 'firsts', 'lasts'] as const)
          assert.ok(Object.is(own[name], bucket[name]), `${name}: got ${own[name]}, want ${bucket[name]}`);
        const added = bucket.counts * Math.max(Math.abs(bucket.mins), Math.abs(bucket.maxs));
        for (const name of ['sums', 'losses'] as const)
          assert.ok(
            Object.is(own[name], bucket[name]) || Math.abs(own[name] - bucket[name]) <= added * 2 ** -50,
            `${name}: got ${own[name]}, want ${bucket[name]}`,
          );
      }
    }),
  );
});

const counter = (i: number): Bucket => ({
  endsMs: (i + 1) * RESOLUTION_MS,
  counts: 20,
  firstsMs: i * RESOLUTION_MS + 7000,
  lastsMs: i * RESOLUTION_MS + 292_000,
  sums: 20 * (100 * i + 50),
  firsts: 100 * i,
  lasts: 100 * i + 100,
  mins: 100 * i,
  maxs: 100 * i + 100,
  losses: 0,
  stalesMs: 0,
});
const counters = Array.from({ length: 288 }, (_, i) => counter(i));

test('only wanted columns are decoded, whatever stands before them, and those that repeat another as well', () => {
  const bytes = encode(counters);
  for (const name of STORED_COLUMNS) {
    const got = decode(bytes, new Set([name]));
    assert.deepEqual(
      got.map((bucket) => bucket[name]),
      counters.map((bucket) => bucket[name]),
      name,
    );
  }
});

test('a day of a steady counter takes 2 bytes a bucket, before compression', () => {
  const { length } = encode(counters);
  assert.ok(length < 2 * counters.length, `got ${length} bytes`);
});

test('a sum of decimals is kept as a decimal', () => {
  const sums = [0.1 + 0.2 + 0.3, 0.7 + 0.1 + 0.2];
  const want = [0.6, 1];
  assert.notDeepEqual(sums, want);
  const gauges = sums.map((sum, i) => ({ ...counter(i), counts: 3, sums: sum, mins: 0.1, maxs: 0.7 }));
  assert.deepEqual(
    decode(encode(gauges)).map((bucket) => bucket.sums),
    want,
  );
});

test('a chunk cut off anywhere, or with any byte changed, is corruption or another chunk, never anything else', () => {
  const bytes = encode(
    counters.slice(0, 20).map((bucket, i) => ({ ...bucket, stalesMs: i === 3 ? bucket.endsMs : 0 })),
  );
  const attempt = (damaged: Uint8Array): boolean => {
    try {
      decode(damaged);
      return true;
    } catch (error) {
      assert.ok(error instanceof FatalError, String(error));
      return false;
    }
  };
  for (let end = 0; end < bytes.length; end++)
    assert.equal(attempt(bytes.subarray(0, end)), false, `cut at ${end}`);
  for (let at = 0; at < bytes.length; at++)
    for (const flip of [1, 0x80, 0xff]) {
      const damaged = bytes.slice();
      damaged[at]! ^= flip;
      attempt(damaged);
    }
});

test('a chunk holds 1,024 buckets and no more', () => {
  const many = Array.from({ length: CHUNK_SAMPLES_MAX + 1 }, (_, i) => counter(i));
  assert.equal(decode(encode(many.slice(1))).length, CHUNK_SAMPLES_MAX);
  assert.throws(() => encode(many), /BUG: a chunk holds 1 to 1024 buckets; got 1025/);
  assert.throws(() => encode([]), /got 0/);
});

test('a chunk of another encoding is refused with a remedy', () => {
  assert.throws(
    () => decode(Uint8Array.of(0x11, 0, 1)),
    /encoding 1, want version 1, encoding 3; run the version/,
  );
});
