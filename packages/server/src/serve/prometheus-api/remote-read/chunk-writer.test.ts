import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, type NativeHistogram, type SeriesSamples } from '@vedette/model';
import fc from 'fast-check';
import { readChunk } from '../../../ingest/prometheus-import/chunk.ts';
import { SampleBuffer } from '../../../ingest/prometheus-import/sample-buffer.ts';
import { encodeChunks } from './chunk-writer.ts';

const LABELS = labelsOf({ __name__: 'x' });
const ALL = { fromMs: -Infinity, untilMs: Infinity };

const floatsOf = (samples: readonly (readonly [number, number | 'stale'])[]): SeriesSamples => ({
  labels: LABELS,
  timestampsMs: Float64Array.from(samples, ([timestampMs]) => timestampMs),
  values: Float64Array.from(samples, ([, value]) => (value === 'stale' ? 0 : value)),
  staleFlags: Uint8Array.from(samples, ([, value]) => (value === 'stale' ? 1 : 0)),
  histograms: undefined,
});

/** Through our writer and the reader of blocks, which is tested against Prometheus' own chunks. */
function roundTrip(series: SeriesSamples): SeriesSamples {
  const out = new SampleBuffer();
  for (const { encoding, bytes } of encodeChunks(series)) readChunk(encoding, bytes, ALL, out);
  return out.series(LABELS);
}

test('floats come back bit by bit, at any distance, staleness markers too', () => {
  const value = fc.oneof(
    fc.constant<'stale'>('stale'),
    fc.double(),
    fc.integer(),
    fc.constantFrom(0, -0, NaN, Infinity, -Infinity, 5e-324, Number.MAX_VALUE),
  );
  const step = fc.oneof(
    fc.constant(15_000),
    fc.integer({ min: 1, max: 20 }),
    fc.integer({ min: 14_900, max: 15_100 }),
    fc.integer({ min: 1, max: 2 ** 40 }),
  );
  const samples = fc.array(fc.tuple(step, value), { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(fc.integer({ min: -(10 ** 12), max: 2 * 10 ** 12 }), samples, (startMs, steps) => {
      let timestampMs = startMs;
      const series = floatsOf(steps.map(([stepMs, one]) => [(timestampMs += stepMs), one] as const));
      const back = roundTrip(series);
      assert.deepEqual(back.timestampsMs, series.timestampsMs);
      for (const [i, wanted] of series.values.entries()) {
        assert.equal(back.staleFlags?.[i] ?? 0, series.staleFlags?.[i]);
        if (series.staleFlags?.[i] !== 1)
          assert.ok(Object.is(back.values[i], wanted), `${back.values[i]} is not ${wanted}`);
      }
    }),
  );
});

test('a chunk holds 120 samples, and the next begins anew', () => {
  const counts = (count: number): number[] =>
    [...encodeChunks(floatsOf(Array.from({ length: count }, (_, i) => [i * 1000, i] as const)))].map(
      ({ bytes }) => (bytes[0] ?? 0) * 256 + (bytes[1] ?? 0),
    );
  assert.deepEqual(counts(120), [120]);
  assert.deepEqual(counts(121), [120, 1]);
  assert.deepEqual(counts(0), []);
});

test('a chunk is the bytes that Prometheus writes', () => {
  // Taken from a block of promtool: 1, 2, 2.5 at 1,700,000,000,000 ms and 15 s, then 15.001 s later.
  const [chunk] = [
    ...encodeChunks(
      floatsOf([
        [1_700_000_000_000, 1],
        [1_700_000_015_000, 2],
        [1_700_000_030_001, 2.5],
      ]),
    ),
  ];
  assert.equal(Buffer.from(chunk?.bytes ?? []).toString('hex'), PROMETHEUS_CHUNK);
});

const PROMETHEUS_CHUNK = '000380a0abfef9623ff00000000000009875c25fff8001da0c';

const histogram = (over: Partial<NativeHistogram> = {}): NativeHistogram => ({
  schema: 3,
  count: 12.5,
  sum: 7.25,
  zeroThreshold: 2 ** -128,
  zeroCount: 2,
  positive: {
    spans: [
      { offset: -2, length: 2 },
      { offset: 3, length: 1 },
    ],
    counts: Float64Array.of(1, 2, 3.5),
  },
  negative: { spans: [{ offset: 1, length: 1 }], counts: Float64Array.of(4) },
  customBounds: new Float64Array(),
  counterReset: 'unknown',
  ...over,
});

const mixedOf = (samples: readonly (NativeHistogram | number)[]): SeriesSamples => ({
  labels: LABELS,
  timestampsMs: Float64Array.from(samples, (_, i) => i * 15_000 + (i % 3)),
  values: Float64Array.from(samples, (sample) => (typeof sample === 'number' ? sample : 0)),
  staleFlags: undefined,
  histograms: new Map(
    samples.flatMap((sample, i) => (typeof sample === 'number' ? [] : [[i, sample] as const])),
  ),
});

test('histograms come back as they were, whatever their buckets, hints and neighbours', () => {
  const custom = {
    schema: -53,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { spans: [{ offset: 0, length: 3 }], counts: Float64Array.of(1, 2, 3) },
    negative: { spans: [], counts: new Float64Array() },
    customBounds: Float64Array.of(0.1, 1, 1 / 3 + 5),
  };
  const check = (...samples: (NativeHistogram | number)[]): void => {
    const back = roundTrip(mixedOf(samples));
    for (const [i, sample] of samples.entries()) {
      if (typeof sample === 'number') assert.equal(back.values[i], sample);
      else assert.deepEqual(back.histograms?.get(i), sample);
    }
    assert.deepEqual(back.timestampsMs, mixedOf(samples).timestampsMs);
  };
  const next = histogram({ counterReset: 'not-reset', count: 20, sum: -1 });
  check(histogram());
  check(
    histogram({ counterReset: 'reset' }),
    next,
    next,
    histogram({ counterReset: 'reset', count: 1 }),
    next,
  );
  check(histogram({ counterReset: 'gauge' }), histogram({ counterReset: 'gauge', count: 3 }));
  check(histogram(custom), histogram({ ...custom, counterReset: 'not-reset', count: 9 }), histogram());
  check(
    1,
    histogram({ counterReset: 'reset' }),
    2,
    3,
    histogram({ counterReset: 'reset', zeroThreshold: 0.1 }),
  );
  check(
    histogram({ zeroThreshold: 0 }),
    histogram({ zeroThreshold: 1024 }),
    histogram({ zeroThreshold: 2048 }),
  );
});

test('histograms of one layout share a chunk; a reset, another layout or a float begins a new one', () => {
  const chunkCount = (...samples: (NativeHistogram | number)[]): number =>
    [...encodeChunks(mixedOf(samples))].length;
  const next = histogram({ counterReset: 'not-reset' });
  assert.equal(chunkCount(histogram(), next, next), 1);
  assert.equal(chunkCount(histogram(), next, histogram({ counterReset: 'reset' }), next), 2);
  assert.equal(chunkCount(histogram(), { ...next, schema: 2 }), 2);
  assert.equal(chunkCount(histogram(), 1, next), 3);
});
