import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetricsRegistry } from './instruments.ts';
import { createMetricsRegistry } from './registry.ts';
import { SERIES_PER_INSTRUMENT_MAX } from './series-table.ts';

/** All samples of one family, `name{labels}` → value. */
function samplesOf(registry: MetricsRegistry, family: string): Record<string, number> {
  const samples = registry.collect().find((one) => one.name === family)?.samples ?? [];
  return Object.fromEntries(
    samples.map(({ name, labels, value }) => [`${name} ${labels.join(' ')}`.trim(), value]),
  );
}

test('counters add up per combination of label values', () => {
  const registry = createMetricsRegistry();
  const requests = registry.counter({ name: 'requests_total', help: 'h', labelNames: ['route', 'code'] });
  requests.inc(1, '/a', '200');
  requests.inc(2, '/a', '200');
  requests.inc(undefined, '/a', '500');
  requests.inc(5, '/b', '200');
  assert.deepEqual(samplesOf(registry, 'requests_total'), {
    'requests_total route /a code 200': 3,
    'requests_total route /a code 500': 1,
    'requests_total route /b code 200': 5,
  });
});

test('an instrument without labels is there from the start, one with labels from its first value', () => {
  const registry = createMetricsRegistry();
  registry.counter({ name: 'plain_total', help: 'h' });
  const labelled = registry.counter({ name: 'labelled_total', help: 'h', labelNames: ['a'] });
  assert.deepEqual(samplesOf(registry, 'plain_total'), { plain_total: 0 });
  const names = (): string[] => registry.collect().map((family) => family.name);
  assert.ok(!names().includes('labelled_total'));
  labelled.inc(0, 'x');
  assert.ok(names().includes('labelled_total'));
});

test('a gauge is set, and moved both ways', () => {
  const registry = createMetricsRegistry();
  const gauge = registry.gauge({ name: 'queue_length', help: 'h' });
  gauge.set(5);
  gauge.inc(-7);
  gauge.inc();
  assert.deepEqual(samplesOf(registry, 'queue_length'), { queue_length: -1 });
});

test('a histogram counts a value in every bucket whose bound is not below it', () => {
  const registry = createMetricsRegistry();
  const seconds = registry.histogram({
    name: 'wait_seconds',
    help: 'h',
    buckets: [0.5, 1],
    labelNames: ['a'],
  });
  for (const value of [0.5, 0.75, 1, 2, -Infinity]) seconds.observe(value, 'x');
  assert.deepEqual(samplesOf(registry, 'wait_seconds'), {
    'wait_seconds_bucket a x le 0.5': 2,
    'wait_seconds_bucket a x le 1.0': 4,
    'wait_seconds_bucket a x le +Inf': 5,
    'wait_seconds_sum a x': -Infinity,
    'wait_seconds_count a x': 5,
  });
});

test('a histogram agrees with counting by hand', () => {
  const bounds = fc.uniqueArray(fc.integer({ min: -50, max: 50 }), { maxLength: 12 });
  fc.assert(
    fc.property(bounds, fc.array(fc.integer({ min: -60, max: 60 })), (unsorted, values) => {
      const buckets = unsorted.toSorted((a, b) => a - b);
      const registry = createMetricsRegistry();
      const histogram = registry.histogram({ name: 'h', help: 'h', buckets });
      for (const value of values) histogram.observe(value);
      const family = registry.collect().find((one) => one.name === 'h');
      const got = family?.samples.map((sample) => sample.value) ?? [];
      const want = [...buckets, Infinity].map((bound) => values.filter((value) => value <= bound).length);
      const sum = values.reduce((a, b) => a + b, 0);
      assert.deepEqual(got, [...want, sum, values.length]);
    }),
  );
});

test('beyond the limit counters and histograms count into one overflow series, so that sums stay right', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['a', 'b'], seriesMax: 2 });
  const waits = registry.histogram({
    name: 'waits',
    help: 'h',
    labelNames: ['a'],
    buckets: [],
    seriesMax: 1,
  });
  for (const value of ['1', '2', '3', '4', '1']) hits.inc(1, value, 'x');
  for (const value of ['1', '2', '3']) waits.observe(10, value);
  assert.deepEqual(samplesOf(registry, 'hits_total'), {
    'hits_total a 1 b x': 2,
    'hits_total a 2 b x': 1,
    'hits_total a _overflow b _overflow': 2,
  });
  assert.equal(samplesOf(registry, 'waits')['waits_sum a _overflow'], 20);
  assert.deepEqual(samplesOf(registry, 'sdk_metrics_overflows_total'), {
    'sdk_metrics_overflows_total metric hits_total': 2,
    'sdk_metrics_overflows_total metric waits': 2,
  });
});

test('beyond the limit a gauge drops the value and counts it', () => {
  const registry = createMetricsRegistry();
  const gauge = registry.gauge({ name: 'g', help: 'h', labelNames: ['a'], seriesMax: 1 });
  gauge.set(1, 'kept');
  gauge.set(2, 'late');
  gauge.inc(2, 'late');
  gauge.set(3, 'kept');
  assert.deepEqual(samplesOf(registry, 'g'), { 'g a kept': 3 });
  assert.deepEqual(samplesOf(registry, 'sdk_metrics_overflows_total'), {
    'sdk_metrics_overflows_total metric g': 2,
  });
});

test('the default limit admits exactly its number of series', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['id'] });
  for (let i = 0; i <= SERIES_PER_INSTRUMENT_MAX; i++) hits.inc(1, String(i));
  const samples = samplesOf(registry, 'hits_total');
  assert.equal(Object.keys(samples).length, SERIES_PER_INSTRUMENT_MAX + 1);
  assert.equal(samples['hits_total id _overflow'], 1);
});

test('names that a format would refuse are refused at creation', () => {
  const check = (create: (registry: MetricsRegistry) => unknown, want: RegExp): void => {
    assert.throws(() => create(createMetricsRegistry()), want);
  };
  const help = 'h';
  check((r) => r.gauge({ name: '1st', help }), /cannot create gauge "1st": the name must match/);
  check((r) => r.gauge({ name: '', help }), /the name must match/);
  check((r) => r.gauge({ name: 'é', help }), /the name must match/);
  check(
    (r) => r.counter({ name: 'hits', help }),
    /counter "hits": the name of a counter must end in "_total"/,
  );
  check((r) => r.gauge({ name: 'g', help, labelNames: ['a:b'] }), /label name "a:b" must match/);
  check((r) => r.gauge({ name: 'g', help, labelNames: ['__a'] }), /label name "__a" is reserved/);
  check((r) => r.gauge({ name: 'g', help, labelNames: ['a', 'a'] }), /label name "a" comes twice/);
  check(
    (r) => r.histogram({ name: 'h', help, labelNames: ['le'], buckets: [] }),
    /"le" is kept for the bounds/,
  );
  check(
    (r) => r.histogram({ name: 'h', help, buckets: [1, 1] }),
    /bounds must be finite and increase; got 1, 1/,
  );
  check((r) => r.histogram({ name: 'h', help, buckets: [Infinity] }), /bounds must be finite/);
});

test('a name that any sample of another instrument has is taken', () => {
  const check = (first: (r: MetricsRegistry) => unknown, second: (r: MetricsRegistry) => unknown): void => {
    const registry = createMetricsRegistry();
    first(registry);
    assert.throws(() => second(registry), /cannot create metric ".*": the name ".*" is taken/);
  };
  const help = 'h';
  check(
    (r) => r.gauge({ name: 'a', help }),
    (r) => r.gauge({ name: 'a', help }),
  );
  check(
    (r) => r.gauge({ name: 'a_count', help }),
    (r) => r.histogram({ name: 'a', help, buckets: [] }),
  );
  check(
    (r) => r.histogram({ name: 'a', help, buckets: [] }),
    (r) => r.gauge({ name: 'a_sum', help }),
  );
  // OpenMetrics names the counter's family `a`.
  check(
    (r) => r.counter({ name: 'a_total', help }),
    (r) => r.gauge({ name: 'a', help }),
  );
});

test('wrong values are refused and change nothing', () => {
  const registry = createMetricsRegistry();
  const counter = registry.counter({ name: 'c_total', help: 'h', labelNames: ['a'] });
  const histogram = registry.histogram({ name: 'h', help: 'h', buckets: [1] });
  counter.inc(1, 'x');
  assert.throws(() => counter.inc(-1, 'x'), /cannot count "c_total" by -1: a counter only grows/);
  assert.throws(() => counter.inc(Number.NaN, 'x'), /a counter only grows/);
  assert.throws(() => counter.inc(1), /cannot count "c_total": got 0 label values, want 1/);
  assert.throws(() => counter.inc(1, 'x', 'y'), /got 2 label values, want 1/);
  assert.throws(() => histogram.observe(Number.NaN), /cannot observe NaN in "h"/);
  assert.deepEqual(samplesOf(registry, 'c_total'), { 'c_total a x': 1 });
  assert.equal(samplesOf(registry, 'h')['h_count'], 0);
});

test('a reader that throws is counted and does not keep the others from running', () => {
  const registry = createMetricsRegistry();
  const gauge = registry.gauge({ name: 'g', help: 'h' });
  registry.onCollect(() => {
    throw new Error('no value today');
  });
  registry.onCollect(() => gauge.set(7));
  assert.deepEqual(samplesOf(registry, 'g'), { g: 7 });
  assert.deepEqual(samplesOf(registry, 'sdk_metrics_read_failures_total'), {
    sdk_metrics_read_failures_total: 2,
  });
});

test('a reader that rejects is counted and does not end the process', async () => {
  const registry = createMetricsRegistry();
  const read = (): unknown => Promise.reject(new Error('no value today'));
  registry.onCollect(read);
  registry.read();
  await new Promise((resolve) => setImmediate(resolve));
  const failures = registry.read().find(({ name }) => name === 'sdk_metrics_read_failures_total');
  assert.equal(failures?.valueOf(0, 0), 1);
});

test('the identity of a sample is the same object at every reading', () => {
  const registry = createMetricsRegistry();
  const gauge = registry.gauge({ name: 'g', help: 'h', labelNames: ['a'] });
  gauge.set(1, 'x');
  const family = registry.read().find((one) => one.name === 'g')!;
  const first = family.identityOf(0, 0);
  for (let i = 0; i < 100; i++) gauge.set(i, `y${i}`);
  assert.equal(
    registry
      .read()
      .find((one) => one.name === 'g')!
      .identityOf(0, 0),
    first,
  );
  assert.equal(family.valueOf(0, 0), 1);
  assert.equal(family.seriesCount, 101);
});
