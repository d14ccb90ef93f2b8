/** The same operations on Prometheus' own clients for Node and on ours give the same page. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as prometheusIo from '@prometheus-io/client';
import fc from 'fast-check';
import * as promClient from 'prom-client';
import { exposeMetrics } from './exposition.ts';
import { createMetricsRegistry } from './registry.ts';

interface Operation {
  kind: 'inc' | 'set' | 'move' | 'observe' | 'remove';
  a: string;
  b: string;
  value: number;
}

const labelValue = fc.oneof(
  fc.constantFrom('GET', 'POST', '', '__proto__', 'a "b"', '\n', '\\', '\0', '🐎'),
  fc.string({ maxLength: 3 }),
);
// Sums of quarters are exact: no order of addition shows.
const quarters = fc.integer({ min: 0, max: 40 }).map((n) => n / 4);
const operations = fc.array(
  fc.record<Operation>({
    kind: fc.constantFrom('inc', 'set', 'move', 'observe', 'remove'),
    a: labelValue,
    b: labelValue,
    value: quarters,
  }),
  { maxLength: 40 },
);

const BUCKETS = [0.5, 1, 2.5, 5];
const labelNames = ['a', 'b'];

function oursAfter(steps: readonly Operation[]): string {
  const registry = createMetricsRegistry();
  const counter = registry.counter({ name: 'c_total', help: 'c', labelNames });
  const gauge = registry.gauge({ name: 'g', help: 'g', labelNames });
  const histogram = registry.histogram({ name: 'h', help: 'h', labelNames, buckets: BUCKETS });
  for (const { kind, a, b, value } of steps) {
    if (kind === 'inc') counter.inc(value, a, b);
    else if (kind === 'set') gauge.set(value, a, b);
    else if (kind === 'move') gauge.inc(-value, a, b);
    else if (kind === 'observe') histogram.observe(value, a, b);
    else for (const instrument of [counter, gauge, histogram]) instrument.remove(a, b);
  }
  return [...exposeMetrics(registry, 'prometheus')].join('');
}

async function theirsAfter(client: typeof promClient, steps: readonly Operation[]): Promise<string> {
  const register = new client.Registry();
  const registers = [register];
  const counter = new client.Counter({ name: 'c_total', help: 'c', labelNames, registers });
  const gauge = new client.Gauge({ name: 'g', help: 'g', labelNames, registers });
  const histogram = new client.Histogram({ name: 'h', help: 'h', labelNames, buckets: BUCKETS, registers });
  for (const { kind, a, b, value } of steps) {
    const labels = { a, b };
    if (kind === 'inc') counter.inc(labels, value);
    else if (kind === 'set') gauge.set(labels, value);
    else if (kind === 'move') gauge.inc(labels, -value);
    else if (kind === 'observe') histogram.observe(labels, value);
    else for (const instrument of [counter, gauge, histogram]) instrument.remove(labels);
  }
  return await register.metrics();
}

/** Samples of a page, labels in order of their names and bounds as numbers; sorted. */
function parsed(page: string): string[] {
  const samples: string[] = [];
  for (const line of page.split('\n')) {
    const match = /^([cgh](?:_\w+)?)\{(.*)\} (\S+)$/s.exec(line);
    if (match === null) {
      assert.match(line, /^(#.*|sdk_.*|)$/s);
      continue;
    }
    const pairs = [...match[2]!.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/gs)].map(([, name, value]) =>
      name === 'le' ? `le=${value === '+Inf' ? Infinity : Number(value)}` : `${name}=${value}`,
    );
    samples.push(`${match[1]} ${JSON.stringify(pairs.sort())} ${Number(match[3])}`);
  }
  return samples.sort();
}

// Of the older client what it had from the start; both share their formats.
for (const [name, client] of Object.entries({
  'prom-client': promClient,
  '@prometheus-io/client': prometheusIo,
})) {
  test(`whatever is counted, set, observed and removed, the page says what that of ${name} says`, async () => {
    await fc.assert(
      fc.asyncProperty(operations, async (steps) => {
        assert.deepEqual(
          parsed(oursAfter(steps)),
          parsed(await theirsAfter(client as typeof promClient, steps)),
        );
      }),
      { numRuns: 200 },
    );
  });
}

test('the summaries of both clients and ours agree within the width of a bucket', async () => {
  const value = fc.double({ min: 0.01, max: 100, noNaN: true });
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 20, maxLength: 100 }), async (values) => {
      const registry = createMetricsRegistry();
      const ours = registry.summary({ name: 's', help: 's', quantiles: [0.5] });
      const register = new promClient.Registry();
      const theirs = new promClient.Summary({
        name: 's',
        help: 's',
        percentiles: [0.5],
        registers: [register],
      });
      for (const one of values) {
        ours.observe(one);
        theirs.observe(one);
      }
      const sorted = values.toSorted((a, b) => a - b);
      const middle = (sorted.length - 1) / 2;
      // Between two values each takes another point; both lie next to the median.
      const low = sorted[Math.max(0, Math.floor(middle) - 1)]! * 0.994;
      const high = sorted[Math.min(sorted.length - 1, Math.ceil(middle) + 1)]! * 1.006;
      const family = registry.read().find(({ name }) => name === 's')!;
      const { values: samples } = await theirs.get();
      for (const median of [family.valueOf(0, 0), samples[0]!.value])
        assert.ok(median >= low && median <= high, `${median} not within ${low} and ${high}`);
      assert.equal(family.valueOf(0, 2), values.length);
    }),
    { numRuns: 50 },
  );
});
