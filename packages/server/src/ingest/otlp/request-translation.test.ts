import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NativeHistogram } from '@vedette/model';
import { OTLP_LIMITS } from './limits.ts';
import { attribute, counter, createFixture, gauge, nanos, requestOf, type Fixture } from './otlp-fixture.ts';

const NOW_MS = 1_700_000_001_000;

async function sent(body: object, config: object = {}): Promise<Fixture> {
  const fixture = createFixture(config);
  const answer = await fixture.json(body);
  assert.equal(answer.status, 200);
  assert.equal(answer.body, '{}');
  return fixture;
}

const SHOP = [
  attribute('service.name', 'shop'),
  attribute('service.namespace', 'eu'),
  attribute('service.instance.id', 'i-1'),
];

test('numbers are one sample at the time of the point, to the millisecond', async () => {
  const point = {
    attributes: [attribute('a.b', 'c')],
    startTimeUnixNano: nanos(-500),
    timeUnixNano: '1700000001000999999',
  };
  const { store } = await sent(
    requestOf([
      counter('hits', 3, point),
      gauge('temp', -1.5, { asInt: undefined, startTimeUnixNano: nanos(-9) }),
    ]),
  );
  assert.deepEqual(store.samples.get('hits_total{a_b="c"}'), [
    { timestampMs: NOW_MS, value: 3, startMs: NOW_MS - 500 },
  ]);
  assert.deepEqual(store.samples.get('temp'), [{ timestampMs: NOW_MS, value: -1.5, startMs: 0 }]);
});

test('a sum that may fall is a gauge: no _total and no start', async () => {
  const dataPoints = [{ asInt: '-4', startTimeUnixNano: nanos(-5), timeUnixNano: nanos() }];
  const { store } = await sent(
    requestOf([{ name: 'depth', sum: { aggregationTemporality: 2, dataPoints } }]),
  );
  assert.deepEqual(store.samples.get('depth'), [{ timestampMs: NOW_MS, value: -4, startMs: 0 }]);
  assert.equal(store.metadata[0]?.type, 'gauge');
});

test('a start that is unknown, or lies after its point, is not told', async () => {
  const { store } = await sent(
    requestOf([
      counter('a', 1, { startTimeUnixNano: '0' }),
      counter('b', 1, { startTimeUnixNano: nanos(1) }),
      counter('c', 1, { startTimeUnixNano: nanos() }),
    ]),
  );
  const startOf = (name: string): number | undefined => store.samples.get(name)?.[0]?.startMs;
  assert.deepEqual([startOf('a_total'), startOf('b_total'), startOf('c_total')], [0, 0, NOW_MS]);
});

test('NaN, infinities and integers beyond 2^53 are values as good as others', async () => {
  const { store } = await sent(
    requestOf([
      { name: 'a', gauge: { dataPoints: [{ asDouble: 'NaN', timeUnixNano: nanos() }] } },
      { name: 'b', gauge: { dataPoints: [{ asDouble: '-Infinity', timeUnixNano: nanos() }] } },
      { name: 'c', gauge: { dataPoints: [{ asInt: '9223372036854775807', timeUnixNano: nanos() }] } },
    ]),
  );
  assert.deepEqual(store.values(), { a: [Number.NaN], b: [Number.NEGATIVE_INFINITY], c: [2 ** 63] });
});

test('points of one series are written in increasing time', async () => {
  const dataPoints = [2, 1, 3].map((i) => ({ asInt: i, timeUnixNano: nanos(i) }));
  const { store } = await sent(requestOf([{ name: 'x', gauge: { dataPoints } }]));
  assert.deepEqual(store.values(), { x: [1, 2, 3] });
});

test('a point without a value ends its series', async () => {
  const flags = { flags: 1, timeUnixNano: nanos() };
  const body = requestOf([
    gauge('g', 1, flags),
    {
      name: 'h',
      histogram: {
        aggregationTemporality: 2,
        dataPoints: [{ ...flags, explicitBounds: [1], bucketCounts: [0, 0] }],
      },
    },
    { name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [flags] } },
    { name: 's', summary: { dataPoints: [{ ...flags, quantileValues: [{ quantile: 0.5, value: 1 }] }] } },
  ]);
  const { store } = await sent(body);
  assert.deepEqual(store.values(), {
    g: ['stale'],
    'h_bucket{le="1"}': ['stale'],
    'h_bucket{le="+Inf"}': ['stale'],
    h_sum: ['stale'],
    h_count: ['stale'],
    e: ['stale'],
    s_sum: ['stale'],
    s_count: ['stale'],
    's{quantile="0.5"}': ['stale'],
  });
});

test('a histogram is buckets that add up, a sum and a count', async () => {
  const point = {
    startTimeUnixNano: nanos(-7),
    timeUnixNano: nanos(),
    count: '6',
    sum: 12.5,
    min: 0,
    max: 9,
    bucketCounts: ['1', 2, 3],
    explicitBounds: [0.5, 1e-7 + 1],
  };
  const { store } = await sent(
    requestOf([{ name: 'd', unit: 's', histogram: { aggregationTemporality: 2, dataPoints: [point] } }]),
  );
  assert.deepEqual(store.values(), {
    'd_seconds_bucket{le="0.5"}': [1],
    'd_seconds_bucket{le="1.0000001"}': [3],
    'd_seconds_bucket{le="+Inf"}': [6],
    d_seconds_sum: [12.5],
    d_seconds_count: [6],
  });
  for (const [name, [sample]] of store.samples) assert.equal(sample?.startMs, NOW_MS - 7, name);
});

test('histograms without buckets, without a sum, and with a last bound of +Inf', async () => {
  const head = { timeUnixNano: nanos(), count: '3' };
  const dataPoints = [
    { ...head, attributes: [attribute('k', 'bare')] },
    {
      ...head,
      attributes: [attribute('k', 'inf')],
      sum: 1,
      explicitBounds: [1, 'Infinity'],
      bucketCounts: [1, 2, 0],
    },
  ];
  const { store } = await sent(
    requestOf([{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints } }]),
  );
  assert.deepEqual(store.values(), {
    'h_bucket{k="bare", le="+Inf"}': [3],
    'h_count{k="bare"}': [3],
    'h_bucket{k="inf", le="1"}': [1],
    'h_bucket{k="inf", le="+Inf"}': [3],
    'h_sum{k="inf"}': [1],
    'h_count{k="inf"}': [3],
  });
});

test('a histogram that contradicts itself is refused, its neighbour is kept', async () => {
  const { json, store } = createFixture();
  const head = { timeUnixNano: nanos(), count: '3', sum: 1 };
  const dataPoints = [
    { ...head, explicitBounds: [1, 2], bucketCounts: [1, 2] },
    { ...head, explicitBounds: [2, 1], bucketCounts: [1, 1, 1] },
    { ...head, explicitBounds: ['NaN'], bucketCounts: [1, 1] },
    { ...head, explicitBounds: [1], bucketCounts: [-1, 4] },
    { ...head, explicitBounds: [1], bucketCounts: [1, 2] },
  ];
  const answer = await json(requestOf([{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints } }]));
  const { partialSuccess } = JSON.parse(String(answer.body));
  assert.deepEqual(partialSuccess, {
    rejectedDataPoints: '4',
    errorMessage:
      '4 refused (invalid), the first: a histogram with 2 bounds and 2 buckets, want one more than bounds',
  });
  assert.deepEqual(store.samples.get('h_bucket{le="1"}')?.length, 1);
});

test('with convert_histograms_to_nhcb, a histogram is one native histogram with custom buckets', async () => {
  const point = {
    timeUnixNano: nanos(),
    count: '6',
    sum: 12.5,
    bucketCounts: [0, 2, 0, 4],
    explicitBounds: [0.5, 1, 2],
  };
  const { store } = await sent(
    requestOf([{ name: 'd', histogram: { aggregationTemporality: 2, dataPoints: [point] } }]),
    { convert_histograms_to_nhcb: true },
  );
  const native = store.samples.get('d')?.[0]?.value as NativeHistogram;
  assert.deepEqual([...native.customBounds], [0.5, 1, 2]);
  assert.deepEqual(native.positive, { spans: [{ offset: 1, length: 3 }], counts: Float64Array.of(2, 0, 4) });
  assert.deepEqual([native.schema, native.count, native.sum], [-53, 6, 12.5]);
});

test('an exponential histogram is one native histogram, with its start', async () => {
  const point = {
    startTimeUnixNano: nanos(-1),
    timeUnixNano: nanos(),
    count: '10',
    sum: 7,
    scale: 2,
    zeroCount: '1',
    zeroThreshold: 0.25,
    positive: { offset: -1, bucketCounts: ['1', '0', '0', '0', '3'] },
    negative: { offset: 3, bucketCounts: [5] },
  };
  const { store } = await sent(
    requestOf([{ name: 'e', exponentialHistogram: { aggregationTemporality: 2, dataPoints: [point] } }]),
  );
  assert.deepEqual(store.samples.get('e'), [
    {
      timestampMs: NOW_MS,
      startMs: NOW_MS - 1,
      value: {
        schema: 2,
        count: 10,
        sum: 7,
        zeroThreshold: 0.25,
        zeroCount: 1,
        positive: {
          spans: [
            { offset: 0, length: 1 },
            { offset: 3, length: 1 },
          ],
          counts: Float64Array.of(1, 3),
        },
        negative: { spans: [{ offset: 4, length: 1 }], counts: Float64Array.of(5) },
        customBounds: new Float64Array(),
        counterReset: 'unknown',
      },
    },
  ]);
});

test('a summary is quantiles, a sum and a count', async () => {
  const point = {
    timeUnixNano: nanos(),
    count: '4',
    sum: 10,
    quantileValues: [
      { quantile: 0.5, value: 2 },
      { quantile: 0.99, value: 4 },
    ],
  };
  const { store } = await sent(requestOf([{ name: 's', unit: 'By', summary: { dataPoints: [point] } }]));
  assert.deepEqual(store.values(), {
    s_bytes_sum: [10],
    s_bytes_count: [4],
    's_bytes{quantile="0.5"}': [2],
    's_bytes{quantile="0.99"}': [4],
  });
});

test('service attributes are job and instance, the others are those of target_info', async () => {
  const { store } = await sent(requestOf([gauge('g', 1)], [...SHOP, attribute('host.name', 'box')]));
  assert.deepEqual(store.values(), {
    'target_info{host_name="box", instance="i-1", job="eu/shop"}': [1],
    'g{instance="i-1", job="eu/shop"}': [1],
  });
  const kept = await sent(requestOf([gauge('g', 1)], [...SHOP, attribute('host.name', 'box')]), {
    keep_identifying_resource_attributes: true,
  });
  assert.ok(
    kept.store.samples.has(
      'target_info{host_name="box", instance="i-1", job="eu/shop", service_instance_id="i-1", service_name="shop", service_namespace="eu"}',
    ),
  );
});

test('target_info is left out when it would say nothing, or of nobody', async () => {
  for (const resource of [[], SHOP, [attribute('host.name', 'box')]]) {
    const { store } = await sent(requestOf([gauge('g', 1)], resource));
    assert.equal(store.samples.size, 1);
  }
});

test('target_info covers the time from the first point of its resource to the last', async () => {
  const resource = [attribute('service.name', 'shop'), attribute('host.name', 'box')];
  const { store } = await sent(
    requestOf([gauge('a', 1, { timeUnixNano: nanos(400_000) }), gauge('b', 1)], resource),
  );
  const times = store.samples
    .get('target_info{host_name="box", job="shop"}')
    ?.map(({ timestampMs }) => timestampMs - NOW_MS);
  assert.deepEqual(times, [0, 150_000, 300_000, 400_000]);
  const far = await sent(requestOf([gauge('a', 1, { timeUnixNano: nanos(1e12) }), gauge('b', 1)], resource));
  assert.equal(
    far.store.samples.get('target_info{host_name="box", job="shop"}')?.length,
    OTLP_LIMITS.infoSampleCountMax,
  );
});

test('resource attributes are promoted by name or all but some; those of the point win', async () => {
  const resource = [
    attribute('service.name', 'shop'),
    attribute('host.name', 'box'),
    attribute('os.type', 'linux'),
  ];
  const check = async (config: object, want: string): Promise<void> => {
    const { store } = await sent(
      requestOf([gauge('g', 1, { attributes: [attribute('os.type', 'mine')] })], resource),
      config,
    );
    assert.ok(store.samples.has(want), [...store.samples.keys()].join());
  };
  await check({}, 'g{job="shop", os_type="mine"}');
  await check(
    { promote_resource_attributes: ['host.name', 'os.type'] },
    'g{host_name="box", job="shop", os_type="mine"}',
  );
  await check(
    { promote_all_resource_attributes: true, ignore_resource_attributes: ['host.name'] },
    'g{job="shop", os_type="mine", service_name="shop"}',
  );
});

test('the scope becomes labels when it is asked for and has a name', async () => {
  const metrics = [gauge('g', 1)];
  const scope = { name: 'lib', version: '1.2', attributes: [attribute('a.b', 'c')] };
  const bodyOf = (name: string): object => ({
    resourceMetrics: [{ scopeMetrics: [{ scope: { ...scope, name }, schemaUrl: 'https://x', metrics }] }],
  });
  const config = { promote_scope_metadata: true };
  const { store } = await sent(bodyOf('lib'), config);
  assert.deepEqual(Object.keys(store.values()), [
    'g{otel_scope_a_b="c", otel_scope_name="lib", otel_scope_schema_url="https://x", otel_scope_version="1.2"}',
  ]);
  assert.deepEqual(Object.keys((await sent(bodyOf('lib'))).store.values()), ['g']);
  assert.deepEqual(Object.keys((await sent(bodyOf(''), config)).store.values()), ['g']);
});

test('attributes whose names become the same are joined in the order of their keys', async () => {
  const attributes = [
    attribute('a_b', '2'),
    attribute('a.b', '1'),
    attribute('c', '3'),
    attribute('__name__', 'no'),
  ];
  const { store } = await sent(requestOf([gauge('g', 1, { attributes })]));
  assert.deepEqual(Object.keys(store.values()), ['g{a_b="1;2", c="3"}']);
  const plain = await sent(requestOf([gauge('g.h', 1, { attributes })]), {
    translation_strategy: 'NoTranslation',
  });
  assert.deepEqual(Object.keys(plain.store.values()), ['{"g.h", "a.b"="1", a_b="2", c="3"}']);
});

test('labels have limits, and one more is refused', async () => {
  const check = async (attributes: readonly object[], want: RegExp | undefined): Promise<void> => {
    const { json } = createFixture();
    const { body } = await json(requestOf([gauge('g', 1, { attributes })]));
    if (want === undefined) assert.equal(body, '{}');
    else assert.match(String(body), want);
  };
  const many = (count: number): object[] => Array.from({ length: count }, (_, i) => attribute(`k${i}`, 'v'));
  await check(many(OTLP_LIMITS.labelCountMax), undefined);
  await check(many(OTLP_LIMITS.labelCountMax + 1), /129 labels, limit is 128/);
  await check([attribute('k', 'v'.repeat(OTLP_LIMITS.valueBytesMax))], undefined);
  await check(
    [attribute('k', 'v'.repeat(OTLP_LIMITS.valueBytesMax + 1))],
    /16385 characters in label \\"k\\", limit is 16384 bytes/,
  );
  await check(
    [attribute('k'.repeat(OTLP_LIMITS.nameBytesMax + 1), 'v')],
    /1025 characters, limit is 1024 bytes/,
  );
  await check([attribute('', 'v')], /the attribute \\"\\" leaves no label name/);
});

test('exemplars carry the ids of their trace, and attributes when they fit', async () => {
  const traceId = '5B8EFFF798038103D269B633813FC60C';
  const exemplar = { timeUnixNano: nanos(-3), asDouble: 0.7, traceId, spanId: 'eee19b7ec3c1b174' };
  const exemplars = [
    { ...exemplar, filteredAttributes: [attribute('user', 'u1')] },
    {
      ...exemplar,
      asDouble: 0.9,
      timeUnixNano: nanos(-4),
      filteredAttributes: [attribute('user', 'u'.repeat(62))],
    },
    { asInt: '5', traceId: '0'.repeat(32) },
  ];
  const { store } = await sent(requestOf([counter('hits', 3, { exemplars })]));
  const ids = ['span_id', 'eee19b7ec3c1b174', 'trace_id', traceId.toLowerCase()];
  assert.deepEqual(store.exemplars.get('hits_total'), [
    { labels: ids, value: 0.9, timestampMs: NOW_MS - 4 },
    { labels: [...ids, 'user', 'u1'], value: 0.7, timestampMs: NOW_MS - 3 },
    { labels: [], value: 5, timestampMs: NOW_MS },
  ]);
});

test('an exemplar of a histogram belongs to the first bucket that holds it', async () => {
  const exemplars = [0.5, 1, 7].map((asDouble) => ({ asDouble, timeUnixNano: nanos() }));
  const point = {
    timeUnixNano: nanos(),
    count: '3',
    bucketCounts: [1, 1, 1],
    explicitBounds: [0.5, 2],
    exemplars,
  };
  const { store } = await sent(
    requestOf([{ name: 'h', histogram: { aggregationTemporality: 2, dataPoints: [point] } }]),
  );
  const valuesOf = (le: string): number[] | undefined =>
    store.exemplars.get(`h_bucket{le="${le}"}`)?.map(({ value }) => value);
  assert.deepEqual([valuesOf('0.5'), valuesOf('2'), valuesOf('+Inf')], [[0.5], [1], [7]]);
});

test('type, help and unit become metadata', async () => {
  const { store } = await sent(
    requestOf([
      { ...counter('hits', 1), unit: 'By/s', description: 'Hits.' },
      { ...gauge('g', 1), description: 'x'.repeat(5000) },
    ]),
  );
  assert.deepEqual(store.metadata, [
    { family: 'hits_bytes_per_second_total', type: 'counter', help: 'Hits.', unit: 'bytes_per_second' },
    { family: 'g', type: 'gauge', help: 'x'.repeat(OTLP_LIMITS.helpCharactersMax), unit: '' },
  ]);
});
