import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createRelabelRule, InputError, labelsOf, type NativeHistogram } from '@vedette/model';
import { ProtobufWriter } from '../../lib/protobuf-writer.ts';
import type { PageFormat } from './content-type.ts';
import { delimited, PageReader, protobufPage, textPage, type TestFamily } from './exposition-fixture.ts';
import { LINE_BYTES_MAX } from './exposition-reader.ts';
import { createSampleLabels } from './sample-labels.ts';
import { CLASSIC_HISTOGRAMS, recordBatch, type RecordedBatch } from './scrape-fixture.ts';

const NATIVE = { ...CLASSIC_HISTOGRAMS, isNativeScraped: true };
const NOW_MS = 1_700_000_000_000;

const HISTOGRAM: NativeHistogram = {
  schema: 1,
  count: 12,
  sum: 8.5,
  zeroThreshold: 0.001,
  zeroCount: 2,
  positive: {
    spans: [
      { offset: -1, length: 2 },
      { offset: 3, length: 1 },
    ],
    counts: Float64Array.of(4, 1, 3),
  },
  negative: { spans: [{ offset: 2, length: 1 }], counts: Float64Array.of(2) },
  customBounds: new Float64Array(0),
  counterReset: 'unknown',
};

const readAll = async (families: readonly TestFamily[], rules = CLASSIC_HISTOGRAMS): Promise<unknown[]> => {
  const { samples } = recordBatch(
    await new PageReader({ histograms: rules }).read(protobufPage(families), 'protobuf'),
  );
  return samples.map(({ series, value, timestampMs, startMs }) => [
    series,
    value,
    ...(timestampMs === NOW_MS ? [] : [timestampMs]),
    ...(startMs === undefined ? [] : [`since ${startMs}`]),
  ]);
};

test('each kind of metric becomes the series of the text format', async () => {
  const families: TestFamily[] = [
    { name: 'c', type: 'counter', metrics: [{ labels: { a: 'b' }, value: 1.5, createdSeconds: 1000.5 }] },
    { name: 'g', type: 'gauge', metrics: [{ value: -2, timestampSeconds: 7 }] },
    { name: 'u', type: 'unknown', metrics: [{ value: NaN }] },
    {
      name: 's',
      type: 'summary',
      metrics: [{ count: 4, sum: 2.5, quantiles: [[0.5, 1]], createdSeconds: 3 }],
    },
    { name: 'h', type: 'histogram', metrics: [{ count: 3, sum: 9, buckets: [{ bound: 1, count: 2 }] }] },
    {
      name: 'gh',
      type: 'gaugehistogram',
      metrics: [{ count: 2.5, sum: 9, buckets: [{ bound: Infinity, count: 2.5 }] }],
    },
  ];
  assert.deepEqual(await readAll(families), [
    ['c_total{a="b", job="j"}', 1.5, 'since 1000500'],
    ['g{job="j"}', -2, 7000],
    ['u{job="j"}', NaN],
    ['s_count{job="j"}', 4, 'since 3000'],
    ['s_sum{job="j"}', 2.5, 'since 3000'],
    ['s{job="j", quantile="0.5"}', 1, 'since 3000'],
    ['h_count{job="j"}', 3],
    ['h_sum{job="j"}', 9],
    ['h_bucket{job="j", le="1.0"}', 2],
    ['h_bucket{job="j", le="+Inf"}', 3],
    ['gh_count{job="j"}', 2.5],
    ['gh_sum{job="j"}', 9],
    ['gh_bucket{job="j", le="+Inf"}', 2.5],
  ]);
});

test('help, type and unit are handed on when they are new or changed', async () => {
  const reader = new PageReader();
  const family: TestFamily = {
    name: 'x_seconds',
    type: 'gauge',
    help: 'Ä help.',
    unit: 'seconds',
    metrics: [{}],
  };
  const read = async (families: readonly TestFamily[]): Promise<unknown> =>
    (await reader.read(protobufPage(families), 'protobuf')).metadata;
  assert.deepEqual(await read([family]), [
    { family: 'x_seconds', type: 'gauge', help: 'Ä help.', unit: 'seconds' },
  ]);
  assert.deepEqual(await read([family]), []);
  assert.deepEqual(await read([{ ...family, type: 'counter', unit: '', name: 'x' }]), [
    { family: 'x_total', type: 'counter', help: 'Ä help.', unit: '' },
  ]);
  // A family without metrics says nothing.
  assert.deepEqual(await read([{ ...family, name: 'y', unit: '', metrics: [] }]), []);
});

test('native histograms are taken in place of their classic series, or beside them, or not at all', async () => {
  const family: TestFamily = {
    name: 'h',
    type: 'histogram',
    metrics: [{ native: HISTOGRAM, buckets: [{ bound: 1, count: 9 }], createdSeconds: 5 }],
  };
  const classic = [
    ['h_count{job="j"}', 12, 'since 5000'],
    ['h_sum{job="j"}', 8.5, 'since 5000'],
    ['h_bucket{job="j", le="1.0"}', 9, 'since 5000'],
    ['h_bucket{job="j", le="+Inf"}', 12, 'since 5000'],
  ];
  const native = [['h{job="j"}', HISTOGRAM, 'since 5000']];
  assert.deepEqual(await readAll([family]), classic);
  assert.deepEqual(await readAll([family], NATIVE), native);
  const kept = { ...NATIVE, isClassicAlwaysKept: true };
  assert.deepEqual(await readAll([family], kept), [...native, ...classic]);
  // Without classic buckets there is nothing to keep.
  assert.deepEqual(await readAll([{ ...family, metrics: [{ native: HISTOGRAM }] }], kept), [
    ['h{job="j"}', HISTOGRAM],
  ]);
  // A converted one is made of classic series only where there is no native one.
  assert.deepEqual(await readAll([family], { ...NATIVE, isClassicConverted: true }), native);
});

test('floats count absolutely, gauges say that they are, and an empty span marks an empty native histogram', async () => {
  const float = { ...HISTOGRAM, count: 12.5, zeroCount: 2.5 };
  const family: TestFamily = {
    name: 'h',
    type: 'gaugehistogram',
    metrics: [{ native: float, isFloat: true }],
  };
  assert.deepEqual(await readAll([family], NATIVE), [['h{job="j"}', { ...float, counterReset: 'gauge' }]]);
  const none = { spans: [], counts: new Float64Array(0) };
  const empty = { ...HISTOGRAM, count: 0, sum: 0, zeroThreshold: 0, zeroCount: 0, negative: none };
  const marked = { ...empty, positive: { spans: [{ offset: 0, length: 0 }], counts: none.counts } };
  assert.deepEqual(await readAll([{ name: 'h', type: 'histogram', metrics: [{ native: marked }] }], NATIVE), [
    ['h{job="j"}', { ...empty, positive: none }],
  ]);
  const unmarked: TestFamily = {
    name: 'h',
    type: 'histogram',
    metrics: [{ native: { ...empty, positive: none } }],
  };
  assert.equal((await readAll([unmarked], NATIVE)).length, 3);
});

test('a histogram with too many buckets loses resolution, and one that cannot be made to fit fails the page', async () => {
  const family: TestFamily = { name: 'h', type: 'histogram', metrics: [{ native: HISTOGRAM }] };
  const read = async (rules: Partial<typeof NATIVE>): Promise<NativeHistogram> => {
    const batch = await new PageReader({ histograms: { ...NATIVE, ...rules } }).read(
      protobufPage([family]),
      'protobuf',
    );
    return batch.histograms?.get(0) ?? assert.fail('no histogram');
  };
  assert.equal((await read({ bucketCountMax: 4 })).schema, 1);
  assert.equal((await read({ schemaMax: -1 })).schema, -1);
  // One bucket above 0 and one below remain at any resolution.
  const reduced = await read({ bucketCountMax: 3 });
  assert.equal(reduced.schema, 0);
  assert.equal(reduced.positive.counts.length + reduced.negative.counts.length, 3);
  await assert.rejects(
    read({ bucketCountMax: 1 }),
    /histogram bucket limit exceeded \(number of buckets: \d, limit: 1\)/,
  );
});

test('a native histogram that contradicts itself fails the page', async () => {
  const check = async (native: Partial<NativeHistogram>, want: RegExp): Promise<void> => {
    const family: TestFamily = {
      name: 'h',
      type: 'histogram',
      metrics: [{ native: { ...HISTOGRAM, ...native } }],
    };
    await assert.rejects(readAll([family], NATIVE), want);
  };
  await check({ schema: 53 }, /invalid native histogram: unknown schema; got 53/);
  await check({ schema: -5 }, /invalid native histogram: unknown schema/);
  const { positive } = HISTOGRAM;
  await check(
    { positive: { ...positive, counts: Float64Array.of(4) } },
    /spans cover 3 buckets; got 1 counts/,
  );
  await check(
    { positive: { ...positive, counts: Float64Array.of(4, -1, 3) } },
    /must not be negative; got -1/,
  );
  // Schemas reserved for finer buckets are reduced to the finest known one.
  const fine: TestFamily = {
    name: 'h',
    type: 'histogram',
    metrics: [{ native: { ...HISTOGRAM, schema: 10 } }],
  };
  const [[, value]] = (await readAll([fine], NATIVE)) as [[string, NativeHistogram]];
  assert.equal(value.schema, 8);
});

test('exemplars come from counters, classic buckets and native histograms', async () => {
  const at = (
    id: string,
    timestampSeconds?: number,
  ): { id: string; value: number; timestampSeconds?: number } => ({
    id,
    value: 0.5,
    ...(timestampSeconds !== undefined && { timestampSeconds }),
  });
  const read = async (
    families: readonly TestFamily[],
    rules = CLASSIC_HISTOGRAMS,
  ): Promise<readonly string[]> =>
    recordBatch(await new PageReader({ histograms: rules }).read(protobufPage(families), 'protobuf'))
      .exemplars;
  const counter: TestFamily = { name: 'c', type: 'counter', metrics: [{ exemplar: at('x', 12.25) }] };
  assert.deepEqual(await read([counter]), ['c_total{job="j"} {trace_id="x"} 0.5 12250']);
  const buckets = [
    { bound: 1, count: 1, exemplar: at('late', 9) },
    { bound: 2, count: 1, exemplar: at('untimed') },
    { bound: 3, count: 1, exemplar: at('early', 8) },
  ];
  const histogram: TestFamily = {
    name: 'h',
    type: 'histogram',
    metrics: [{ native: { ...HISTOGRAM, count: 1 }, buckets }],
  };
  assert.deepEqual(await read([histogram]), [
    'h_bucket{job="j", le="1.0"} {trace_id="late"} 0.5 9000',
    `h_bucket{job="j", le="2.0"} {trace_id="untimed"} 0.5 ${NOW_MS}`,
    'h_bucket{job="j", le="3.0"} {trace_id="early"} 0.5 8000',
  ]);
  // Without exemplars of its own a native histogram has those of the buckets, in order of time.
  assert.deepEqual(await read([histogram], NATIVE), [
    'h{job="j"} {trace_id="early"} 0.5 8000',
    'h{job="j"} {trace_id="late"} 0.5 9000',
  ]);
  const own = { ...histogram, metrics: [{ ...histogram.metrics[0], exemplars: [at('own', 1), at('none')] }] };
  assert.deepEqual(await read([own], NATIVE), ['h{job="j"} {trace_id="own"} 0.5 1000']);
});

test('staleness, timestamps, limits, relabelling and duplicates hold as for text', async () => {
  const gauge = (...values: readonly (readonly [string, number, number?])[]): Buffer =>
    protobufPage([
      {
        name: 'g',
        type: 'gauge',
        metrics: values.map(([x, value, timestampSeconds]) => ({
          labels: { x },
          value,
          ...(timestampSeconds !== undefined && { timestampSeconds }),
        })),
      },
    ]);
  const reader = new PageReader();
  const values = async (page: Buffer): Promise<unknown> =>
    recordBatch(await reader.read(page, 'protobuf')).samples.map((s) => [s.series, s.value, s.timestampMs]);
  await values(gauge(['1', 1], ['2', 2]));
  assert.deepEqual(await values(gauge(['2', 3])), [
    ['g{job="j", x="2"}', 3, NOW_MS],
    ['g{job="j", x="1"}', 'stale', NOW_MS],
  ]);
  assert.deepEqual(await values(gauge(['2', 3], ['2', 4])), [['g{job="j", x="2"}', 3, NOW_MS]]);
  assert.equal(reader.counts?.duplicateCount, 1);
  assert.deepEqual(await values(gauge(['3', 1, 9], ['3', 2, 8])), [
    ['g{job="j", x="3"}', 2, 8000],
    ['g{job="j", x="3"}', 1, 9000],
    ['g{job="j", x="2"}', 'stale', NOW_MS],
  ]);
  const full = new PageReader({ sampleCountMax: 1 });
  await full.read(gauge(['1', 1]), 'protobuf');
  await assert.rejects(
    full.read(gauge(['1', 1], ['2', 2]), 'protobuf'),
    /sample limit exceeded \(number of samples: 2, limit: 1\)/,
  );
  assert.equal(full.cache.seriesCount, 1);
  const dropping = new PageReader({
    labels: createSampleLabels({
      targetLabels: labelsOf({ x: 'target' }),
      honorLabels: true,
      metricRelabelRules: [createRelabelRule({ sourceLabels: ['x'], regex: '2', action: 'drop' })],
      limits: { labelCountMax: 2, nameBytesMax: 50, valueBytesMax: 50 },
      isLegacyNames: false,
    }),
  });
  for (let round = 0; round < 2; round++) {
    const { samples } = recordBatch(await dropping.read(gauge(['1', 1], ['2', 2]), 'protobuf'));
    assert.deepEqual(
      samples.map((s) => s.series),
      ['g{x="1"}'],
    );
  }
  await assert.rejects(
    dropping.read(
      protobufPage([{ name: 'g', type: 'gauge', metrics: [{ labels: { x: '1', y: '2' } }] }]),
      'protobuf',
    ),
    /label_limit exceeded \(metric: g, number of labels: 3, limit: 2\)/,
  );
});

test('late histograms of one series keep their starts and come in order', async () => {
  const at = (
    timestampSeconds: number,
    count: number,
    createdSeconds: number,
  ): TestFamily['metrics'][number] => ({
    native: { ...HISTOGRAM, count },
    timestampSeconds,
    createdSeconds,
  });
  const family: TestFamily = {
    name: 'h',
    type: 'histogram',
    metrics: [at(20, 13, 11), at(10, 12, 5), at(30, 14, 31)],
  };
  assert.deepEqual(await readAll([family], NATIVE), [
    ['h{job="j"}', HISTOGRAM, 10_000, 'since 5000'],
    ['h{job="j"}', { ...HISTOGRAM, count: 13 }, 20_000, 'since 11000'],
    // A counter cannot begin after its sample.
    ['h{job="j"}', { ...HISTOGRAM, count: 14 }, 30_000],
  ]);
});

test('a page that is cut off or damaged is refused with its place', async () => {
  const page = protobufPage([{ name: 'g', type: 'gauge', metrics: [{ value: 1 }] }]);
  const refuse = (bytes: Uint8Array, want: RegExp): Promise<void> =>
    assert.rejects(new PageReader().read(bytes, 'protobuf'), (error) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, want);
      return true;
    });
  await refuse(page.subarray(0, -1), /cannot read protobuf at byte 0: it is cut off/);
  await refuse(Buffer.of(0xff, 0xff, 0xff, 0xff, 0xff, 0x01), /a message has no valid length/);
  await refuse(Buffer.of(0x80), /a message has no valid length/);
  const typed = new ProtobufWriter();
  typed.string(1, 'x');
  typed.uint(3, 6);
  await refuse(delimited(typed), /unknown metric type for metric "x": 6/);
  await refuse(protobufPage([{ name: '', type: 'gauge', metrics: [{}] }]), /missing metric name/);
  await refuse(
    protobufPage([{ name: 'x', type: 'gauge', unit: 'bytes', metrics: [{}] }]),
    /unit "bytes" not a suffix of metric "x"/,
  );
  const [same] = [
    { name: 'h', type: 'summary', metrics: [{ labels: { quantile: '1' }, quantiles: [[1, 1]] }] },
  ] as const;
  await refuse(protobufPage([{ ...same, type: 'summary' }]), /label name "quantile" is not unique/);
  const long = (length: number): Buffer =>
    protobufPage([{ name: 'g', type: 'gauge', metrics: [{ labels: { x: 'y'.repeat(length) } }] }]);
  await refuse(long(LINE_BYTES_MAX), /a metric of "g" is longer than 1048576 bytes/);
  await refuse(long(LINE_BYTES_MAX - 100), /label_value_length_limit exceeded/);
});

test('a long page is read in slices, whether its families are many or large', async () => {
  const metrics = Array.from({ length: 3000 }, (_, i) => ({ labels: { x: String(i) }, value: i }));
  let yieldCount = 0;
  const slicer = { shouldYield: () => true, yield: () => Promise.resolve(void yieldCount++) };
  const reader = new PageReader({}, undefined, slicer);
  const batch = await reader.read(protobufPage([{ name: 'g', type: 'gauge', metrics }]), 'protobuf');
  assert.equal(batch.seriesCount, 3000);
  // Twice while the metrics are counted, once per 2 KiB while they are read.
  assert.ok(yieldCount > 30 && yieldCount < 300, String(yieldCount));
});

test('a target may change between text and protobuf without confusion', async () => {
  const families: TestFamily[] = [{ name: 'g', type: 'gauge', metrics: [{ labels: { a: 'b' }, value: 1 }] }];
  const reader = new PageReader();
  for (const format of ['text', 'protobuf', 'openmetrics', 'protobuf', 'text'] as const) {
    const page = format === 'protobuf' ? protobufPage(families) : textPage(families, format);
    const { samples } = recordBatch(await reader.read(page, format));
    assert.deepEqual(samples, [{ series: 'g{a="b", job="j"}', timestampMs: NOW_MS, value: 1 }]);
  }
});

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('x', 'y', 'z z'), {
  maxKeys: 2,
});
const seconds = fc.option(fc.integer({ min: 1, max: 1_000_000 }), { nil: undefined });
const exemplar = fc.option(
  fc.record({
    id: fc.constantFrom('t1', 't2'),
    value: finite,
    timestampSeconds: fc.integer({ min: 1, max: 999 }),
  }),
  { nil: undefined },
);
const buckets = fc
  .tuple(
    fc.uniqueArray(finite, { maxLength: 4 }),
    fc.array(fc.nat(9), { minLength: 5, maxLength: 5 }),
    exemplar,
  )
  .map(([bounds, steps, found]) => {
    let count = 0;
    const all = [...bounds.sort((a, b) => a - b), Infinity];
    return all.map((bound, i) => ({
      bound: bound + 0,
      count: (count += steps[i] ?? 0),
      ...(found !== undefined && i === 0 && { exemplar: found }),
    }));
  });
const metricOf = (type: TestFamily['type']): fc.Arbitrary<TestFamily['metrics'][number]> =>
  fc
    .record({
      labels,
      timestampSeconds: seconds,
      createdSeconds: seconds,
      value: finite,
      sum: finite,
      exemplar,
      buckets,
    })
    .map(({ timestampSeconds, createdSeconds, exemplar: found, buckets: read, ...metric }) => ({
      ...metric,
      ...(timestampSeconds !== undefined && { timestampSeconds }),
      ...(createdSeconds !== undefined && type !== 'gauge' && { createdSeconds }),
      ...(found !== undefined && type === 'counter' && { exemplar: found }),
      ...(type === 'histogram' ? { buckets: read, count: read.at(-1)?.count ?? 0 } : { count: 3 }),
      ...(type === 'summary' && { quantiles: [[0.5, metric.value] as const, [0.99, metric.sum] as const] }),
    }));
const families: fc.Arbitrary<TestFamily[]> = fc.uniqueArray(
  fc
    .tuple(
      fc.constantFrom('one', 'two', 'three'),
      fc.constantFrom('counter', 'gauge', 'summary', 'histogram'),
    )
    .chain(([name, type]) =>
      fc
        .uniqueArray(metricOf(type), {
          minLength: 1,
          maxLength: 3,
          selector: (m) => JSON.stringify(m.labels),
        })
        .map((metrics): TestFamily => ({ name, type, metrics })),
    ),
  { maxLength: 3, selector: (family) => family.name },
);

/** The formats of one target's pages, each with what it remembers. */
const readersOf = (histograms: typeof CLASSIC_HISTOGRAMS): Record<PageFormat, PageReader> => ({
  text: new PageReader({ histograms }),
  openmetrics: new PageReader({ histograms }),
  protobuf: new PageReader({ histograms }),
});

test('the same families give the same batch as text, OpenMetrics and protobuf, new and known', async () => {
  const read = async (reader: PageReader, format: PageFormat, page: TestFamily[]): Promise<RecordedBatch> => {
    const bytes = format === 'protobuf' ? protobufPage(page) : textPage(page, format);
    const { samples, exemplars } = recordBatch(await reader.read(bytes, format));
    return {
      metadata: [],
      // OpenMetrics tells created times in series of their own.
      samples: samples
        .filter(({ series }) => !series.includes('_created'))
        .sort((a, b) => (a.series < b.series ? -1 : 1)),
      exemplars: exemplars.toSorted(),
    };
  };
  // The text format tells no starts and no exemplars.
  const withoutStarts = ({ samples }: RecordedBatch): unknown =>
    samples.map(({ series, timestampMs, value }) => ({ series, timestampMs, value }));
  await fc.assert(
    fc.asyncProperty(
      fc.array(families, { maxLength: 3 }),
      fc.boolean(),
      async (pages, isClassicConverted) => {
        const readers = readersOf({ ...CLASSIC_HISTOGRAMS, isClassicConverted });
        for (const page of [...pages, ...pages]) {
          const protobuf = await read(readers.protobuf, 'protobuf', page);
          assert.deepEqual(await read(readers.openmetrics, 'openmetrics', page), protobuf);
          assert.deepEqual(withoutStarts(await read(readers.text, 'text', page)), withoutStarts(protobuf));
        }
      },
    ),
  );
});
