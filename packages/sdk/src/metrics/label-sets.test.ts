import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MetricsRegistry } from './instruments.ts';
import { createMetricsRegistry } from './registry.ts';

function valuesOf(registry: MetricsRegistry, family: string): Record<string, number> {
  const samples = registry.collect().find((one) => one.name === family)?.samples ?? [];
  return Object.fromEntries(samples.map(({ name, labels, value }) => [`${name} ${labels.join(' ')}`, value]));
}

test('a child counts into the series of its label values, which exists from then on', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['a', 'b'] });
  const child = hits.child('x', 'y');
  assert.deepEqual(valuesOf(registry, 'hits_total'), { 'hits_total a x b y': 0 });
  child.inc();
  child.inc(2);
  hits.inc(4, 'x', 'y');
  hits.child('x', 'y').inc(8);
  assert.deepEqual(valuesOf(registry, 'hits_total'), { 'hits_total a x b y': 15 });
  assert.throws(() => hits.child('x'), /got 1 label values, want 2/);
});

test('children refuse what their instruments refuse', () => {
  const registry = createMetricsRegistry();
  const counter = registry.counter({ name: 'c_total', help: 'h' });
  for (const by of [-1, Number.NaN, Infinity]) {
    assert.throws(() => counter.inc(by), /a counter only grows, by finite numbers/);
    assert.throws(() => counter.child().inc(by), /a counter only grows, by finite numbers/);
  }
  assert.throws(
    () => registry.histogram({ name: 'h', help: 'h' }).child().observe(Number.NaN),
    /cannot observe NaN/,
  );
  assert.throws(
    () => registry.summary({ name: 's', help: 'h' }).child().observe(Number.NaN),
    /cannot observe NaN/,
  );
  assert.deepEqual(valuesOf(registry, 'c_total'), { 'c_total ': 0 });
});

test('a removed series is gone, its next value begins at 0, and its child is still good', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['a'] });
  const child = hits.child('x');
  child.inc(5);
  hits.inc(1, 'y');
  assert.equal(hits.remove('x'), true);
  assert.equal(hits.remove('x'), false);
  assert.equal(hits.remove('never'), false);
  assert.deepEqual(valuesOf(registry, 'hits_total'), { 'hits_total a y': 1 });
  hits.inc(1, 'z');
  child.inc(2);
  assert.deepEqual(valuesOf(registry, 'hits_total'), {
    'hits_total a z': 1,
    'hits_total a y': 1,
    'hits_total a x': 2,
  });
  assert.throws(() => hits.remove(), /got 0 label values, want 1/);
});

test('removal makes room below the limit, and children beyond it find it', () => {
  const registry = createMetricsRegistry();
  const gauge = registry.gauge({ name: 'g', help: 'h', labelNames: ['a'], seriesMax: 2 });
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['a'], seriesMax: 2 });
  for (const instrument of [gauge, hits]) for (const value of ['1', '2']) instrument.inc(1, value);
  const lateGauge = gauge.child('3');
  const lateHits = hits.child('3');
  lateGauge.set(7);
  lateHits.inc(7);
  assert.deepEqual(valuesOf(registry, 'g'), { 'g a 1': 1, 'g a 2': 1 });
  assert.equal(valuesOf(registry, 'hits_total')['hits_total a _overflow'], 7);
  gauge.remove('1');
  hits.remove('1');
  lateGauge.set(8);
  lateHits.inc(8);
  assert.equal(valuesOf(registry, 'g')['g a 3'], 8);
  assert.equal(valuesOf(registry, 'hits_total')['hits_total a 3'], 8);
  hits.inc(1, '4');
  assert.equal(valuesOf(registry, 'hits_total')['hits_total a _overflow'], 8);
});

test('label sets that come and go do not grow the table', () => {
  const registry = createMetricsRegistry();
  const gauge = registry.gauge({ name: 'g', help: 'h', labelNames: ['a', 'b', 'c', 'd'] });
  for (let i = 0; i < 10_000; i++) {
    gauge.set(i, String(i), 'x', 'y', String(i));
    gauge.remove(String(i), 'x', 'y', String(i));
  }
  gauge.set(1, 'last', '', '', '');
  const family = registry.read().find(({ name }) => name === 'g')!;
  assert.equal(family.seriesCount, 1);
  assert.deepEqual(valuesOf(registry, 'g'), { 'g a last b  c  d ': 1 });
});

test('clearing forgets all series of all kinds; without labels they begin at 0', () => {
  const registry = createMetricsRegistry();
  registry.counter({ name: 'plain_total', help: 'h' }).inc(3);
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['a'], seriesMax: 1 });
  const waits = registry.histogram({ name: 'w', help: 'h', labelNames: ['a'], native: true });
  const times = registry.summary({ name: 's', help: 'h', labelNames: ['a'] });
  const fill = (): void => {
    for (const value of ['1', '2']) hits.inc(1, value);
    for (const value of ['1', '2']) waits.observe(1, value);
    for (const value of ['1', '2']) times.observe(1, value);
  };
  fill();
  registry.clear();
  const names = registry.read().map(({ name }) => name);
  assert.deepEqual(names, ['sdk_metrics_read_failures_total', 'plain_total']);
  assert.deepEqual(valuesOf(registry, 'plain_total'), { 'plain_total ': 0 });
  fill();
  assert.deepEqual(valuesOf(registry, 'hits_total'), { 'hits_total a 1': 1, 'hits_total a _overflow': 1 });
  const native = registry.read().find(({ name }) => name === 'w')!.nativeOf!(0)!;
  assert.equal(native.count, 1);
  assert.equal(valuesOf(registry, 's')['s_count a 1'], 1);
});

test('whatever is counted, removed and cleared, each series has what came since it was last made', () => {
  const value = fc.constantFrom('', 'a', 'b', 'c');
  const step = fc.record({
    kind: fc.constantFrom('inc', 'child', 'remove', 'clear'),
    a: value,
    b: value,
    c: value,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom(1, 2, 3), (steps, depth) => {
      const registry = createMetricsRegistry();
      const labelNames = ['a', 'b', 'c'].slice(0, depth);
      const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames });
      const children = new Map<string, ReturnType<typeof hits.child>>();
      const want = new Map<string, number>();
      for (const { kind, a, b, c } of steps) {
        const values = [a, b, c].slice(0, depth);
        const key = values.join(' ');
        if (kind === 'clear') {
          hits.clear();
          want.clear();
        } else if (kind === 'remove') assert.equal(hits.remove(...values), want.delete(key));
        else {
          // Made again only when it is new: an old child must go on after a removal.
          const child = children.get(key) ?? hits.child(...values);
          children.set(key, child);
          if (kind === 'child') child.inc();
          else hits.inc(1, ...values);
          want.set(key, (want.get(key) ?? 0) + 1);
        }
      }
      const samples = registry.collect().find(({ name }) => name === 'hits_total')?.samples ?? [];
      const got = new Map(
        samples.map(({ labels, value: count }) => [labels.filter((_, i) => i % 2 === 1).join(' '), count]),
      );
      assert.equal(got.size, samples.length);
      assert.deepEqual(Object.fromEntries(got), Object.fromEntries(want));
    }),
  );
});
