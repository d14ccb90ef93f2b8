import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exposeMetrics, type ExpositionFormat } from './exposition.ts';
import type { MetricsRegistry } from './instruments.ts';
import { createMetricsRegistry } from './registry.ts';

const setUp = () => {
  const registry = createMetricsRegistry({
    clock: { nowMs: () => 1_520_879_607_789, monotonicMs: () => 0 },
  });
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['a'] });
  const waits = registry.histogram({ name: 'w', help: 'h', buckets: [1, 2] });
  return { registry, hits, waits };
};

const linesOf = (registry: MetricsRegistry, format: ExpositionFormat, start: string): string[] =>
  [...exposeMetrics(registry, format)]
    .join('')
    .split('\n')
    .filter((line) => line.startsWith(start));

test('OpenMetrics shows the last exemplar of a counter and of each bucket; the older text none', () => {
  const { registry, hits, waits } = setUp();
  hits.child('x').inc(2, { trace_id: 'first' });
  hits.child('x').inc(3, { trace_id: 'a "b"\n', span_id: 's' });
  hits.inc(1, 'x');
  waits.child().observe(1.5, { trace_id: 't' });
  waits.child().observe(9, {});
  assert.deepEqual(linesOf(registry, 'openmetrics', 'hits_total'), [
    String.raw`hits_total{a="x"} 6 # {trace_id="a \"b\"\n",span_id="s"} 3 1520879607.789`,
  ]);
  assert.deepEqual(linesOf(registry, 'openmetrics', 'w_'), [
    'w_bucket{le="1.0"} 0',
    'w_bucket{le="2.0"} 1 # {trace_id="t"} 1.5 1520879607.789',
    'w_bucket{le="+Inf"} 2 # {} 9 1520879607.789',
    'w_sum 10.5',
    'w_count 2',
  ]);
  assert.deepEqual(linesOf(registry, 'prometheus', 'hits_total'), ['hits_total{a="x"} 6']);
});

test('128 characters are an exemplar, 129 are not: the value counts, the exemplar is left out and counted', () => {
  const { registry, hits } = setUp();
  const child = hits.child('x');
  const check = (labels: Record<string, string>, isKept: boolean): void => {
    hits.remove('x');
    child.inc(1, labels);
    const [line] = linesOf(registry, 'openmetrics', 'hits_total');
    assert.equal(line!.includes(' # {'), isKept, JSON.stringify(labels).slice(0, 80));
    assert.ok(line!.startsWith('hits_total{a="x"} 1'));
  };
  check({ a: 'x'.repeat(127) }, true);
  check({ a: 'x'.repeat(128) }, false);
  // Characters, not the units or bytes that they take.
  check({ a: '🐎'.repeat(127) }, true);
  check({ a: '🐎'.repeat(128) }, false);
  check({ a: 'x'.repeat(64), b: 'y'.repeat(63) }, false);
  check({ a: 'x'.repeat(1_000_000) }, false);
  check({ 'a b': '' }, false);
  check({ __a: '' }, false);
  check({ a: 5 as unknown as string }, false);
  assert.deepEqual(linesOf(registry, 'prometheus', 'sdk_metrics_exemplars_refused_total'), [
    'sdk_metrics_exemplars_refused_total{metric="hits_total"} 7',
  ]);
});

test('an exemplar goes with its series', () => {
  const { registry, hits, waits } = setUp();
  hits.child('x').inc(1, { trace_id: 't' });
  waits.child().observe(1, { trace_id: 't' });
  registry.clear();
  hits.inc(1, 'y');
  waits.observe(1);
  assert.ok(![...exposeMetrics(registry, 'openmetrics')].join('').includes(' # {'));
});
