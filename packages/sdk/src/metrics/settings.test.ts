import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposeMetrics } from './exposition.ts';
import type { MetricsRegistry, RegistryOptions } from './instruments.ts';
import { createMetricsRegistry } from './registry.ts';

const pageOf = (registry: MetricsRegistry): string => [...exposeMetrics(registry, 'prometheus')].join('');

/** A repeatable source of numbers in [0, 1): Park and Miller's generator. */
function seeded(): { float: () => number } {
  let state = 42;
  return { float: () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647 };
}

const valueOf = (registry: MetricsRegistry, sample: string): number => {
  const line = pageOf(registry)
    .split('\n')
    .find((one) => one.startsWith(`${sample} `));
  assert.ok(line !== undefined, `no sample ${sample}`);
  return Number(line.slice(sample.length + 1));
};

test('the prefix stands before every name but bare ones and the registry’s own', () => {
  const registry = createMetricsRegistry({ prefix: 'shop_' });
  registry.counter({ name: 'orders_total', help: 'h' });
  registry.gauge({ name: 'process_open_fds', help: 'h', bareName: true });
  const names = registry.read().map(({ name }) => name);
  assert.deepEqual(names, ['sdk_metrics_read_failures_total', 'shop_orders_total', 'process_open_fds']);
});

test('constant labels stand on every sample, behind its own and before those of the format', () => {
  const registry = createMetricsRegistry({ constantLabels: { site: 'a "b"', zone: 'x'.repeat(2000) } });
  registry.histogram({ name: 'h', help: 'h', labelNames: ['a'], buckets: [] }).observe(1, 'v');
  const constant = String.raw`site="a \"b\"",zone="${'x'.repeat(1024)}"`;
  assert.ok(
    pageOf(registry).includes(`h_bucket{a="v",${constant},le="+Inf"} 1\nh_sum{a="v",${constant}} 1\n`),
  );
  assert.ok(pageOf(registry).includes(`sdk_metrics_read_failures_total{${constant}} 0\n`));
});

test('settings that make no page, or no sense, are refused', () => {
  const check = (options: RegistryOptions, want: RegExp): void =>
    assert.throws(() => createMetricsRegistry(options).histogram({ name: 'h', help: 'h' }), want);
  check({ prefix: '1-' }, /prefix "1-" must match/);
  check({ constantLabels: { 'a-b': '' } }, /label name "a-b" must match/);
  check({ constantLabels: { __name__: '' } }, /label name "__name__" is reserved/);
  check({ constantLabels: { le: '' } }, /"le" is kept for the bounds/);
  check({ sampleOneIn: 0 }, /sampleOneIn must be a whole number above 0; got 0/);
  check({ bufferObservationsMax: -1 }, /bufferObservationsMax must be a whole number, 0 or more; got -1/);
  assert.throws(
    () =>
      createMetricsRegistry({ constantLabels: { a: '' } }).gauge({ name: 'g', help: 'h', labelNames: ['a'] }),
    /label name "a" comes twice/,
  );
});

test('buffered observations are all there at each reading, and none twice', () => {
  for (const bufferObservationsMax of [1, 7, 1000]) {
    const registry = createMetricsRegistry({ bufferObservationsMax });
    const waits = registry.histogram({
      name: 'w',
      help: 'h',
      labelNames: ['a'],
      buckets: [10],
      native: true,
    });
    for (let i = 1; i <= 20; i++) waits.observe(i, i % 2 === 0 ? 'even' : 'odd');
    waits.child('odd').observe(1);
    assert.equal(valueOf(registry, 'w_bucket{a="odd",le="10.0"}'), 6);
    assert.equal(valueOf(registry, 'w_sum{a="even"}'), 110);
    assert.equal(valueOf(registry, 'w_count{a="odd"}'), 11);
    const native = registry.read().find(({ name }) => name === 'w')!.nativeOf!(0)!;
    assert.equal(native.count, 11);
  }
});

test('what waits for a removed series goes with it, not to the next owner of its number', () => {
  const registry = createMetricsRegistry({ bufferObservationsMax: 100 });
  const waits = registry.histogram({ name: 'w', help: 'h', labelNames: ['a'] });
  waits.observe(1, 'old');
  waits.remove('old');
  waits.observe(1, 'new');
  assert.equal(valueOf(registry, 'w_count{a="new"}'), 1);
  waits.clear();
  assert.ok(!pageOf(registry).includes('w_count'));
});

test('sampling keeps count and sum to the last that was taken, and each bucket near its share', () => {
  const registry = createMetricsRegistry({ sampleOneIn: 10, random: seeded() });
  const waits = registry.histogram({ name: 'w', help: 'h', buckets: [1, 2], native: true });
  const total = 100_000;
  // A rhythm of ten: taking every tenth would see one value alone.
  for (let i = 0; i < total; i++) waits.observe(i % 10 < 3 ? 0.5 : 1.5);
  const count = valueOf(registry, 'w_count');
  assert.ok(count <= total && count > total - 20, `count ${count}`);
  assert.ok(Math.abs(valueOf(registry, 'w_sum') - count * 1.2) < 20);
  const share = valueOf(registry, 'w_bucket{le="1.0"}') / count;
  assert.ok(Math.abs(share - 0.3) < 0.02, `share ${share}`);
  const native = registry.read().find(({ name }) => name === 'w')!.nativeOf!(0)!;
  assert.equal(
    native.positive.counts.reduce((sum, one) => sum + one, 0),
    count,
  );
});

test('an instrument decides over the registry whether it is sampled', () => {
  const registry = createMetricsRegistry({ sampleOneIn: 1000, random: seeded() });
  const all = registry.histogram({ name: 'all', help: 'h', sampleOneIn: 1 });
  const some = registry.summary({ name: 'some', help: 'h', sampleOneIn: 5 });
  for (let i = 0; i < 100; i++) all.observe(1);
  for (let i = 0; i < 100; i++) some.observe(1);
  assert.equal(valueOf(registry, 'all_count'), 100);
  const count = valueOf(registry, 'some_count');
  assert.ok(count > 90 && count <= 100, `count ${count}`);
  assert.equal(valueOf(registry, 'some_sum'), count);
});
