/**
 * `node packages/sdk/src/metrics/metrics.bench.ts`: recording and rendering, beside prom-client, its successor and
 * OpenTelemetry. Recording: nanoseconds per call over 800 series. Rendering: milliseconds of CPU for the whole page
 * of counters with three labels, and the longest that the event loop was held meanwhile, collection of garbage included.
 */
import * as prometheusIo from '@prometheus-io/client';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { bench, do_not_optimize, group, run, summary } from 'mitata';
import * as promClient from 'prom-client';
import { DEFAULT_BUCKETS } from './shapes.ts';
import { renderMetrics } from './metrics-handler.ts';
import { createMetricsRegistry } from './registry.ts';

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'];
const ROUTES = Array.from({ length: 20 }, (_, i) => `/api/resource${i}/:id`);
const STATUSES = ['200', '201', '204', '302', '400', '401', '403', '404', '500', '503'];
const labelNames = ['method', 'route', 'status'];
const SECONDS = Float64Array.from({ length: 1024 }, (_, i) => Math.exp(((i * 7919) % 1024) / 128 - 6));

let turn = 0;
const method = (): string => METHODS[turn & 3] ?? '';
const route = (): string => ROUTES[turn % 20] ?? '';
const status = (): string => STATUSES[++turn % 10] ?? '';
const seconds = (): number => SECONDS[++turn & 1023] ?? 0;

const registry = createMetricsRegistry();
const counter = registry.counter({ name: 'c_total', help: 'c', labelNames });
const histogram = registry.histogram({ name: 'h', help: 'h', labelNames, buckets: DEFAULT_BUCKETS });
const native = registry.histogram({ name: 'n', help: 'n', labelNames, native: true });
const times = registry.summary({ name: 's', help: 's', labelNames });

const CLIENTS = {
  'prom-client': promClient,
  '@prometheus-io/client': prometheusIo as unknown as typeof promClient,
};
const theirs = Object.entries(CLIENTS).map(([name, client]) => {
  const registers = [new client.Registry()];
  return {
    name,
    counter: new client.Counter({ name: 'c_total', help: 'c', labelNames, registers }),
    histogram: new client.Histogram({
      name: 'h',
      help: 'h',
      labelNames,
      buckets: [...DEFAULT_BUCKETS],
      registers,
    }),
    summary: new client.Summary({
      name: 's',
      help: 's',
      labelNames,
      percentiles: [0.5, 0.9, 0.99],
      maxAgeSeconds: 600,
      ageBuckets: 5,
      registers,
    }),
  };
});

function createMeter() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 2 ** 30 });
  return { reader, meter: new MeterProvider({ readers: [reader] }).getMeter('bench') };
}

const { meter } = createMeter();
const otelCounter = meter.createCounter('c');
const otelHistogram = meter.createHistogram('h', {
  advice: { explicitBucketBoundaries: [...DEFAULT_BUCKETS] },
});

function benchRecording(): void {
  group('counter, three labels', () =>
    summary(() => {
      bench('ours', () => counter.inc(1, method(), route(), status())).baseline(true);
      for (const { name, counter: one } of theirs)
        bench(name, () => one.inc({ method: method(), route: route(), status: status() }));
      bench('OpenTelemetry', () =>
        otelCounter.add(1, { method: method(), route: route(), status: status() }));
    }),
  );
  group('counter, child', () =>
    summary(() => {
      const child = counter.child('GET', '/', '200');
      bench('ours', () => child.inc()).baseline(true);
      for (const { name, counter: one } of theirs) {
        const labelled = one.labels('GET', '/', '200');
        bench(name, () => labelled.inc());
      }
    }),
  );
  group('histogram, three labels', () =>
    summary(() => {
      bench('ours', () => histogram.observe(seconds(), method(), route(), status())).baseline(true);
      bench('ours, native', () => native.observe(seconds(), method(), route(), status()));
      for (const { name, histogram: one } of theirs)
        bench(name, () => one.observe({ method: method(), route: route(), status: status() }, seconds()));
      bench('OpenTelemetry', () =>
        otelHistogram.record(seconds(), { method: method(), route: route(), status: status() }));
    }),
  );
  group('histogram and summary, child', () => {
    const child = histogram.child('GET', '/', '200');
    const nativeChild = native.child('GET', '/', '200');
    const summaryChild = times.child('GET', '/', '200');
    bench('ours', () => child.observe(seconds()));
    bench('ours, native', () => nativeChild.observe(seconds()));
    bench('ours, summary', () => summaryChild.observe(seconds()));
    for (const { name, histogram: one, summary: other } of theirs) {
      const labelled = one.labels('GET', '/', '200');
      const observed = other.labels('GET', '/', '200');
      bench(name, () => labelled.observe(seconds()));
      bench(`${name}, summary`, () => observed.observe(seconds()));
    }
  });
}

interface Rendering {
  readonly name: string;
  /** Fills what it renders with so many series; returns the rendering. */
  readonly create: (seriesCount: number) => () => Promise<unknown>;
}

const RENDERINGS: readonly Rendering[] = [
  {
    name: 'ours',
    create(seriesCount) {
      const own = createMetricsRegistry();
      const hits = own.counter({ name: 'c_total', help: 'c', labelNames, seriesMax: seriesCount });
      for (let i = 0; i < seriesCount; i++) hits.inc(i, 'GET', `/api/${i}`, '200');
      return () => renderMetrics(own, 'prometheus');
    },
  },
  ...Object.entries(CLIENTS).map(([name, client]): Rendering => ({
    name,
    create(seriesCount) {
      const register = new client.Registry();
      const hits = new client.Counter({ name: 'c_total', help: 'c', labelNames, registers: [register] });
      for (let i = 0; i < seriesCount; i++) hits.inc({ method: 'GET', route: `/api/${i}`, status: '200' }, i);
      return () => register.metrics();
    },
  })),
  {
    // Collecting alone: the SDK has no text, its exporter would add to this. It holds 2,000 series unless told otherwise.
    name: 'OpenTelemetry (collect)',
    create(seriesCount) {
      const { reader, meter: own } = createMeter();
      const hits = own.createCounter('c');
      for (let i = 0; i < seriesCount; i++) hits.add(i, { method: 'GET', route: `/api/${i}`, status: '200' });
      return () => reader.collect();
    },
  },
];

const ROUNDS = 7;

/** Of the main thread: neighbours on the machine do not show. */
function cpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

/** A rendering, and the most between two turns of the loop in it; medians, and the first, which makes what later ones reuse. */
async function measure(render: () => Promise<unknown>): Promise<string> {
  const totals: number[] = [];
  const blocks: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let longestMs = 0;
    let lastMs = cpuMs();
    let isDone = false;
    const tick = (): void => {
      const nowMs = cpuMs();
      longestMs = Math.max(longestMs, nowMs - lastMs);
      lastMs = nowMs;
      if (!isDone) setImmediate(tick);
    };
    setImmediate(tick);
    const startMs = cpuMs();
    do_not_optimize(await render());
    totals.push(cpuMs() - startMs);
    isDone = true;
    await new Promise((resolve) => setImmediate(resolve));
    blocks.push(longestMs);
  }
  const median = (values: readonly number[]): string =>
    (values.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? 0).toFixed(1);
  return `${median(totals)} ms, longest block ${median(blocks)} (first: ${totals[0]?.toFixed(1)}, ${blocks[0]?.toFixed(1)})`;
}

benchRecording();
await run();
for (const seriesCount of [10_000, 100_000]) {
  console.log(`\nrender ${seriesCount} series`);
  for (const { name, create } of RENDERINGS) console.log(`  ${name}: ${await measure(create(seriesCount))}`);
}
