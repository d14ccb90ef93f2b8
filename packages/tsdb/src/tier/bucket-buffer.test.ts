import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { STORED_COLUMNS } from '../chunk/bucket-chunk.ts';
import { BucketBuffer } from './bucket-buffer.ts';
import { bucketEndOf, foldSamples, splitSeries } from './fold-samples.ts';
import { histogramOf } from '../testing.ts';

const RESOLUTION_MS = 60_000;

interface Sample {
  readonly timestampMs: number;
  readonly value: number;
  readonly isStale: boolean;
}

function fold(samples: readonly Sample[], resolutionMs = RESOLUTION_MS): BucketBuffer {
  const target = new BucketBuffer();
  foldSamples(columnsOf(samples), resolutionMs, target);
  return target;
}

const columnsOf = (
  samples: readonly Sample[],
): { timestampsMs: Float64Array; values: Float64Array; staleFlags: Uint8Array } => ({
  timestampsMs: Float64Array.from(samples, ({ timestampMs }) => timestampMs),
  values: Float64Array.from(samples, ({ value }) => value),
  staleFlags: Uint8Array.from(samples, ({ isStale }) => Number(isStale)),
});

/** What has a meaning, bucket by bucket. */
function bucketsOf({ columns, count }: BucketBuffer): Record<string, number>[] {
  return Array.from({ length: count }, (_, i) => {
    const bucket: Record<string, number> = { endsMs: columns.endsMs[i] ?? 0 };
    const isEmpty = columns.counts[i] === 0;
    for (const name of isEmpty ? (['counts', 'stalesMs'] as const) : STORED_COLUMNS)
      bucket[name] = columns[name][i] ?? 0;
    return bucket;
  });
}

/** What the definition says of the samples of a bucket. */
function expected(samples: readonly Sample[], resolutionMs: number): Record<string, number>[] {
  const byEnd = Map.groupBy(samples, ({ timestampMs }) => bucketEndOf(timestampMs, resolutionMs));
  return [...byEnd].map(([endsMs, inside]) => {
    const floats = inside.filter(({ isStale }) => !isStale);
    const first = floats[0];
    const last = floats.at(-1);
    const newest = inside.at(-1);
    const stalesMs = newest?.isStale === true ? newest.timestampMs : 0;
    if (first === undefined || last === undefined) return { endsMs, counts: 0, stalesMs };
    let losses = 0;
    for (const [i, { value }] of floats.entries()) {
      const before = floats[i - 1]?.value ?? -Infinity;
      if (value < before) losses += before;
    }
    return {
      endsMs,
      counts: floats.length,
      firstsMs: first.timestampMs,
      lastsMs: last.timestampMs,
      sums: floats.reduce((sum, { value }) => sum + value, 0),
      firsts: first.value,
      lasts: last.value,
      mins: Math.min(...floats.map(({ value }) => value)),
      maxs: Math.max(...floats.map(({ value }) => value)),
      losses,
      stalesMs,
    };
  });
}

/** Whole numbers, so that sums are exact in any order. */
const series = fc.uniqueArray(fc.nat(60 * RESOLUTION_MS), { maxLength: 120 }).chain((times) =>
  fc
    .array(fc.tuple(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 0, max: 9 })), {
      minLength: times.length,
      maxLength: times.length,
    })
    .map((rest) =>
      times
        .toSorted((a, b) => a - b)
        .map((timestampMs, i): Sample => ({ timestampMs, value: rest[i]![0], isStale: rest[i]![1] === 0 })),
    ),
);

test('a bucket says of its samples what the definition says', () => {
  fc.assert(
    fc.property(series, (samples) => {
      assert.deepEqual(bucketsOf(fold(samples)), expected(samples, RESOLUTION_MS));
    }),
  );
});

test('parts of a series, cut anywhere, merge to the buckets of the whole, whichever are merged first', () => {
  fc.assert(
    fc.property(series, fc.nat(120), fc.nat(120), (samples, one, other) => {
      const [low, high] = [Math.min(one, other), Math.max(one, other)];
      const parts = (): BucketBuffer[] =>
        [samples.slice(0, low), samples.slice(low, high), samples.slice(high)].map((part) => fold(part));
      const want = expected(samples, RESOLUTION_MS);
      const [a, b, c] = parts() as [BucketBuffer, BucketBuffer, BucketBuffer];
      a.merge(b);
      a.merge(c);
      assert.deepEqual(bucketsOf(a), want);
      const [d, e, f] = parts() as [BucketBuffer, BucketBuffer, BucketBuffer];
      e.merge(f);
      d.merge(e);
      assert.deepEqual(bucketsOf(d), want);
      const [g, h, i] = parts() as [BucketBuffer, BucketBuffer, BucketBuffer];
      i.merge(h);
      i.merge(g);
      assert.deepEqual(bucketsOf(i), want, 'the later part came first');
    }),
  );
});

test('buckets of a minute put together are the buckets of five', () => {
  fc.assert(
    fc.property(series, (samples) => {
      const fine = fold(samples);
      const coarse = new BucketBuffer();
      for (let i = 0; i < fine.count; i++)
        coarse.put(fine.columns, i, bucketEndOf(fine.columns.endsMs[i] ?? 0, 5 * RESOLUTION_MS));
      assert.deepEqual(bucketsOf(coarse), expected(samples, 5 * RESOLUTION_MS));
    }),
  );
});

test('samples of two parts that interleave keep all but resets between the parts', () => {
  fc.assert(
    fc.property(series, (samples) => {
      const rising = samples.map((sample, i) => ({ ...sample, value: i, isStale: false }));
      const a = fold(rising.filter((_, i) => i % 3 !== 0));
      a.merge(fold(rising.filter((_, i) => i % 3 === 0)));
      assert.deepEqual(bucketsOf(a), expected(rising, RESOLUTION_MS));
    }),
  );
});

test('a border belongs to the bucket that it ends', () => {
  assert.equal(bucketEndOf(300_000, 300_000), 300_000);
  assert.equal(bucketEndOf(300_001, 300_000), 600_000);
  assert.equal(bucketEndOf(-1, 300_000), -0);
});

test('NaN is the least and the most only of a bucket that has nothing else', () => {
  const at = (timestampMs: number, value: number): Sample => ({ timestampMs, value, isStale: false });
  const alone = fold([at(1, NaN)]);
  assert.ok(Number.isNaN(alone.columns.mins[0]) && Number.isNaN(alone.columns.maxs[0]));
  alone.merge(fold([at(2, 5)]));
  assert.deepEqual([alone.columns.mins[0], alone.columns.maxs[0], alone.columns.counts[0]], [5, 5, 2]);
  alone.merge(fold([at(3, NaN)]));
  assert.deepEqual([alone.columns.mins[0], alone.columns.maxs[0], alone.columns.counts[0]], [5, 5, 3]);
});

test('of histograms the last of each bucket stays, with the marker behind it; floats go their own way', () => {
  const histogram = (count: number) => histogramOf([count], { counterReset: 'reset' });
  const samples = {
    timestampsMs: Float64Array.of(1000, 2000, 3000, 4000, 61_000, 62_000, 63_000),
    values: Float64Array.of(0, 0, 7, 0, 0, 0, 8),
    staleFlags: Uint8Array.of(0, 0, 0, 0, 0, 1, 0),
    histograms: new Map([
      [0, histogram(1)],
      [1, histogram(2)],
      [3, histogram(3)],
      [4, histogram(4)],
    ]),
  };
  const { floats, histograms } = splitSeries(samples, RESOLUTION_MS);
  assert.deepEqual([...floats.timestampsMs], [3000, 63_000]);
  assert.deepEqual([...(histograms?.timestampsMs ?? [])], [4000, 61_000, 62_000]);
  assert.deepEqual([...(histograms?.staleFlags ?? [])], [0, 0, 1]);
  assert.deepEqual(
    [...(histograms?.histograms ?? [])].map(([i, { count, counterReset }]) => [i, count, counterReset]),
    [
      [0, 3, 'unknown'],
      [1, 4, 'unknown'],
    ],
  );
});
