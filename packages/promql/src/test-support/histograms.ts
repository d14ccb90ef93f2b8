import { SCHEMA_CUSTOM, type HistogramBuckets, type NativeHistogram } from '@vedette/model';
import fc from 'fast-check';

/** Buckets from `offset` on, one count each. */
export function run(offset: number, ...counts: number[]): HistogramBuckets {
  return {
    spans: counts.length === 0 ? [] : [{ offset, length: counts.length }],
    counts: Float64Array.from(counts),
  };
}

/** A histogram of schema 0 without observations, but for what is given. */
export function histogramOf(parts: Partial<NativeHistogram>): NativeHistogram {
  return {
    schema: 0,
    count: 0,
    sum: 0,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: run(0),
    negative: run(0),
    customBounds: new Float64Array(0),
    counterReset: 'unknown',
    ...parts,
  };
}

export function customOf(bounds: readonly number[], ...counts: number[]): NativeHistogram {
  return histogramOf({
    schema: SCHEMA_CUSTOM,
    customBounds: Float64Array.from(bounds),
    positive: run(0, ...counts),
    count: counts.reduce((total, count) => total + count, 0),
  });
}

const bucketsArbitrary: fc.Arbitrary<HistogramBuckets> = fc
  .array(
    fc.record({
      gap: fc.integer({ min: 0, max: 4 }),
      counts: fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 4 }),
    }),
    { maxLength: 3 },
  )
  .chain((runs) =>
    fc.integer({ min: -12, max: 12 }).map((first) => ({
      spans: runs.map(({ gap, counts }, i) => ({ offset: i === 0 ? first : gap, length: counts.length })),
      counts: Float64Array.from(runs.flatMap(({ counts }) => counts)),
    })),
  );

function totalOf(...parts: readonly (HistogramBuckets | number)[]): number {
  return parts.reduce<number>(
    (total, part) =>
      total + (typeof part === 'number' ? part : part.counts.reduce((sum, count) => sum + count, 0)),
    0,
  );
}

/** Sound histograms whose count is that of their buckets; exponential ones of all schemas. */
export const exponentialArbitrary: fc.Arbitrary<NativeHistogram> = fc
  .record({
    schema: fc.integer({ min: -4, max: 8 }),
    sum: fc.integer({ min: -5000, max: 5000 }),
    zeroThreshold: fc.constantFrom(0, 0.001, 0.01, 1, 3),
    zeroCount: fc.integer({ min: 0, max: 50 }),
    positive: bucketsArbitrary,
    negative: bucketsArbitrary,
  })
  .map((parts) => histogramOf({ ...parts, count: totalOf(parts.positive, parts.negative, parts.zeroCount) }));

export const customArbitrary: fc.Arbitrary<NativeHistogram> = fc
  .record({
    bounds: fc.uniqueArray(fc.integer({ min: -10, max: 30 }), { maxLength: 8 }),
    counts: fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 9 }),
    sum: fc.integer({ min: -5000, max: 5000 }),
  })
  .map(({ bounds, counts, sum }) => ({
    ...customOf(
      bounds.sort((a, b) => a - b),
      ...counts.slice(0, bounds.length + 1),
    ),
    sum,
  }));
