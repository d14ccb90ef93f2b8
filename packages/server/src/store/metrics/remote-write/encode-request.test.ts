import '../../../../../../tools/property-seed.ts';
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  findHistogramFault,
  labelsFromPairs,
  labelsOf,
  labelsOfSeriesKey,
  SCHEMA_CUSTOM,
  type Exemplar,
  type Labels,
  type MetricMetadata,
  type NativeHistogram,
  SampleBatchBuilder,
  type SampleBatch,
} from '@vedette/model';
import fc from 'fast-check';
import { WriteBatch } from '../../../ingest/remote-write/write-batch.ts';
import { readWriteRequestV1 } from '../../../ingest/remote-write/write-request-v1.ts';
import { readWriteRequestV2 } from '../../../ingest/remote-write/write-request-v2.ts';
import { encodeMetadataV1, encodeRequestV1, encodeRequestV2 } from './encode-request.ts';
import type { OutgoingSeries } from './outgoing-series.ts';
import { decodeV1, decodeV2, seriesOf, T, type SeenRequest } from './remote-write-fixture.ts';
import { EXEMPLAR, FLOAT, HISTOGRAM, STALE } from './row-kind.ts';
import { emptyRow, SampleRows } from './sample-rows.ts';

const SLICER = { shouldYield: () => true, yield: () => Promise.resolve() };

interface SeriesText {
  readonly labels: Labels;
  readonly samples: readonly SampleText[];
  readonly exemplars: readonly Exemplar[];
}

interface SampleText {
  readonly timestampMs: number;
  readonly startMs: number;
  readonly value: number | 'stale' | NativeHistogram;
}

const labelPairs = fc.array(
  fc.tuple(
    fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' }),
    fc.string({ maxLength: 20, unit: 'grapheme' }),
  ),
  { maxLength: 4 },
);

function bucketsOf(
  countOf: fc.Arbitrary<number>,
  offsetMin: number,
): fc.Arbitrary<NativeHistogram['positive']> {
  return fc
    .array(fc.tuple(fc.nat(5), fc.array(countOf, { minLength: 1, maxLength: 4 })), { maxLength: 3 })
    .map((spans) => ({
      spans: spans.map(([offset, counts], i) => ({
        offset: i === 0 ? offset + offsetMin : offset,
        length: counts.length,
      })),
      counts: Float64Array.from(spans.flatMap(([, counts]) => counts)),
    }));
}

const NO_BUCKETS = { spans: [], counts: new Float64Array() };

const exponential = (countOf: fc.Arbitrary<number>): fc.Arbitrary<NativeHistogram> =>
  fc
    .record({
      schema: fc.integer({ min: -4, max: 8 }),
      sum: fc.double(),
      zeroThreshold: fc.double({ min: 0, max: 1, noNaN: true }),
      zeroCount: countOf,
      extra: fc.constantFrom(0, 0, 1),
      positive: bucketsOf(countOf, -3),
      negative: bucketsOf(countOf, -3),
      counterReset: fc.constantFrom('unknown', 'reset', 'not-reset', 'gauge'),
    })
    .map(({ extra, ...rest }) => ({
      ...rest,
      count:
        [...rest.positive.counts, ...rest.negative.counts].reduce((sum, one) => sum + one, rest.zeroCount) +
        extra,
      customBounds: new Float64Array(),
    }));

const custom: fc.Arbitrary<NativeHistogram> = bucketsOf(fc.nat(1000), 0).map((positive) => ({
  schema: SCHEMA_CUSTOM,
  count: positive.counts.reduce((sum, one) => sum + one, 0),
  sum: 1.5,
  zeroThreshold: 0,
  zeroCount: 0,
  positive,
  negative: NO_BUCKETS,
  customBounds: Float64Array.from({ length: 40 }, (_, i) => i / 2 - 3),
  counterReset: 'unknown',
}));

const histogram = fc.oneof(
  exponential(fc.nat(100_000)),
  exponential(fc.double({ min: 0, max: 1e6, noNaN: true })),
  exponential(fc.maxSafeNat()),
  custom,
);

const sample: fc.Arbitrary<SampleText> = fc.record({
  timestampMs: fc.integer({ min: -1000, max: 2 ** 45 }),
  startMs: fc.constantFrom(0, 0, 1, T),
  value: fc.oneof(fc.double(), fc.constant('stale' as const), histogram),
});

const exemplar: fc.Arbitrary<Exemplar> = fc.record({
  labels: labelPairs.map(labelsFromPairs),
  value: fc.double(),
  timestampMs: fc.integer({ min: 1, max: 2 ** 45 }),
});

const seriesList: fc.Arbitrary<readonly SeriesText[]> = fc
  .array(
    fc.record({
      pairs: labelPairs,
      samples: fc
        .uniqueArray(sample, { selector: ({ timestampMs }) => timestampMs, maxLength: 4 })
        .map((samples) => samples.sort((a, b) => a.timestampMs - b.timestampMs)),
      exemplars: fc.array(exemplar, { maxLength: 2 }),
    }),
    { maxLength: 6 },
  )
  .map((list) =>
    list.map(({ pairs, samples, exemplars }, i) => ({
      labels: labelsFromPairs([...pairs, ['__name__', `metric_${i}`]]),
      samples,
      exemplars,
    })),
  );

/** Rows as they stand in the queue: the series take turns. */
function rowsOf(list: readonly SeriesText[]): SampleRows {
  const rows = new SampleRows();
  const outgoing = list.map(({ labels }): OutgoingSeries => ({ ...seriesOf('x'), labels }));
  const rounds = Math.max(0, ...list.map(({ samples }) => samples.length));
  for (let round = 0; round < rounds; round++)
    for (const [i, { samples }] of list.entries()) {
      const one = samples[round];
      if (one === undefined) continue;
      const series = outgoing[i] ?? seriesOf('x');
      const { timestampMs, startMs, value } = one;
      const row = { ...emptyRow(), series, timestampMs, startMs };
      if (value === 'stale') rows.push({ ...row, kind: STALE, startMs: 0 });
      else if (typeof value === 'number') rows.push({ ...row, kind: FLOAT, value });
      else rows.push({ ...row, kind: HISTOGRAM, extra: value });
    }
  for (const [i, { exemplars }] of list.entries())
    for (const extra of exemplars)
      rows.push({ ...emptyRow(), series: outgoing[i] ?? seriesOf('x'), kind: EXEMPLAR, ...extra, extra });
  return rows;
}

/** What a batch holds, series without samples and exemplars left out; one that was opened twice is one. */
function textOf(batch: SampleBatch, withStarts: boolean): readonly SeriesText[] {
  const found = new Map<string, { labels: Labels; samples: SampleText[]; exemplars: Exemplar[] }>();
  for (let i = 0; i < batch.seriesCount; i++) {
    const labels = labelsOfSeriesKey(
      batch.keys.subarray(i === 0 ? 0 : batch.keyEnds[i - 1], batch.keyEnds[i]),
    );
    const series = found.get(JSON.stringify(labels)) ?? { labels, samples: [], exemplars: [] };
    found.set(JSON.stringify(labels), series);
    for (let k = i === 0 ? 0 : (batch.sampleEnds[i - 1] ?? 0); k < (batch.sampleEnds[i] ?? 0); k++) {
      const isStale = batch.staleFlags[k] === 1;
      series.samples.push({
        timestampMs: batch.timestampsMs[k] ?? 0,
        startMs: withStarts ? (batch.startsMs?.[k] ?? 0) : 0,
        value: isStale ? 'stale' : (batch.histograms?.get(k) ?? batch.values[k] ?? 0),
      });
    }
    for (const { series: index, ...one } of batch.exemplars ?? [])
      if (index === i) series.exemplars.push(one);
  }
  return [...found.values()].filter(({ samples, exemplars }) => samples.length + exemplars.length > 0);
}

function wanted(list: readonly SeriesText[], withStarts: boolean): readonly SeriesText[] {
  return list
    .filter(({ samples, exemplars }) => samples.length + exemplars.length > 0)
    .map(({ labels, samples, exemplars }) => ({
      labels,
      exemplars: exemplars.map(({ labels: own, value, timestampMs }) => ({
        labels: own,
        value,
        timestampMs,
      })),
      samples: samples.map(({ timestampMs, startMs, value }) => ({
        timestampMs,
        startMs: withStarts && value !== 'stale' ? startMs : 0,
        value,
      })),
    }));
}

/** Series are known by a label of their own, so that their order does not matter. */
function byName(list: readonly SeriesText[]): Record<string, SeriesText> {
  return Object.fromEntries(
    list.map((series) => [series.labels.find((text) => text.startsWith('metric_')) ?? '', series]),
  );
}

async function throughReceiver(
  body: Uint8Array,
  read: (body: Uint8Array, batch: WriteBatch, slicer: typeof SLICER) => Promise<void>,
): Promise<SampleBatch> {
  const batch = new WriteBatch({ builder: new SampleBatchBuilder(), nowMs: T });
  await read(body, batch, SLICER);
  assert.deepEqual(batch.faults.texts, []);
  return batch.finish();
}

test('what is encoded is what the receiver reads, in both versions', async () => {
  await fc.assert(
    fc.asyncProperty(seriesList, async (list) => {
      for (const { samples } of list)
        for (const { value } of samples)
          if (typeof value === 'object') assert.equal(findHistogramFault(value), undefined);
      const rows = rowsOf(list);
      const v1 = await throughReceiver(await encodeRequestV1(rows, SLICER), readWriteRequestV1);
      assert.deepEqual(byName(textOf(v1, false)), byName(wanted(list, false)));
      const v2 = await throughReceiver(
        await encodeRequestV2(rows, SLICER, () => undefined),
        readWriteRequestV2,
      );
      assert.deepEqual(byName(textOf(v2, true)), byName(wanted(list, true)));
    }),
    { numRuns: 300 },
  );
});

test('the staleness marker is its bit pattern, another NaN is not it', async () => {
  const rows = new SampleRows();
  const series = seriesOf('a');
  rows.push({ ...emptyRow(), series, kind: STALE, timestampMs: T });
  rows.push({ ...emptyRow(), series, kind: FLOAT, value: Number.NaN, timestampMs: T + 1 });
  const want = [
    {
      labels: ['__name__', 'a'],
      samples: [
        [T, 'stale'],
        [T + 1, Number.NaN],
      ],
    },
  ];
  const seen = (body: Uint8Array): SeenRequest => ({ headers: {}, body });
  assert.deepEqual(decodeV1(seen(await encodeRequestV1(rows, SLICER))), want);
  assert.deepEqual(decodeV2(seen(await encodeRequestV2(rows, SLICER, () => undefined))), want);
});

test('version 2 writes each text once and carries what is known of the metric', async () => {
  const rows = new SampleRows();
  const metadata: MetricMetadata = { family: 'a', type: 'counter', help: 'Some help.', unit: 'bytes' };
  for (const job of ['x', 'y'])
    rows.push({
      ...emptyRow(),
      series: { ...seriesOf('a'), labels: labelsOf({ __name__: 'a', job }) },
      timestampMs: T,
    });
  const body = await encodeRequestV2(rows, SLICER, () => metadata);
  const text = Buffer.from(body).toString('latin1');
  for (const once of ['Some help.', '__name__', 'bytes', 'job'])
    assert.equal(text.split(once).length, 2, once);
  const batch = await throughReceiver(body, readWriteRequestV2);
  assert.deepEqual(batch.metadata?.[0], metadata);
});

test('metadata of version 1 is what the receiver reads', async () => {
  const types = [
    'unknown',
    'counter',
    'gauge',
    'histogram',
    'gaugehistogram',
    'summary',
    'info',
    'stateset',
  ] as const;
  const families = types.map((type): MetricMetadata => ({ family: `a_${type}`, type, help: 'ü', unit: '' }));
  const batch = await throughReceiver(encodeMetadataV1(families), readWriteRequestV1);
  assert.deepEqual(batch.metadata, families);
});
