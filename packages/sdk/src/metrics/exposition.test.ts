import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { EXPOSITION_CONTENT_TYPES, exposeMetrics, type ExpositionFormat } from './exposition.ts';
import type { MetricsRegistry } from './instruments.ts';
import { expositionFormatOf } from './negotiation.ts';
import { createMetricsRegistry } from './registry.ts';

const pageOf = (registry: MetricsRegistry, format: ExpositionFormat): string =>
  [...exposeMetrics(registry, format)].join('');

function exampleRegistry(): MetricsRegistry {
  const registry = createMetricsRegistry();
  registry.counter({ name: 'app_read_bytes_total', help: 'Bytes "read"\nfrom C:\\.' }).inc(3);
  const temperature = registry.gauge({
    name: 'app_temperature_celsius',
    help: 'Heat.',
    labelNames: ['place'],
  });
  temperature.set(-Infinity, 'a "b"\\\nc');
  temperature.set(Number.NaN, 'höhle');
  registry.histogram({ name: 'app_wait_seconds', help: 'Waits.', buckets: [0.005, 1] }).observe(0.5);
  return registry;
}

test('Prometheus text names families by their samples and escapes help and label values', () => {
  assert.equal(
    pageOf(exampleRegistry(), 'prometheus'),
    String.raw`# HELP sdk_metrics_read_failures_total Readers of gauges that threw.
# TYPE sdk_metrics_read_failures_total counter
sdk_metrics_read_failures_total 0
# HELP app_read_bytes_total Bytes "read"\nfrom C:\\.
# TYPE app_read_bytes_total counter
app_read_bytes_total 3
# HELP app_temperature_celsius Heat.
# TYPE app_temperature_celsius gauge
app_temperature_celsius{place="a \"b\"\\\nc"} -Inf
app_temperature_celsius{place="höhle"} NaN
# HELP app_wait_seconds Waits.
# TYPE app_wait_seconds histogram
app_wait_seconds_bucket{le="0.005"} 0
app_wait_seconds_bucket{le="1.0"} 1
app_wait_seconds_bucket{le="+Inf"} 1
app_wait_seconds_sum 0.5
app_wait_seconds_count 1
`,
  );
});

test('OpenMetrics names counters without _total, shows units and ends in EOF', () => {
  const page = pageOf(exampleRegistry(), 'openmetrics');
  assert.match(
    page,
    /# HELP app_read_bytes Bytes \\"read\\"\\nfrom C:\\\\\.\n# TYPE app_read_bytes counter\n# UNIT app_read_bytes bytes\napp_read_bytes_total 3\n/,
  );
  assert.match(page, /# TYPE app_wait_seconds histogram\n# UNIT app_wait_seconds seconds\n/);
  assert.ok(page.endsWith('app_wait_seconds_count 1\n# EOF\n'));
  assert.equal(page.match(/# EOF/g)?.length, 1);
});

test('an Accept header decides the format', () => {
  const check = (accept: string | undefined, want: ExpositionFormat): void =>
    assert.equal(expositionFormatOf(accept), want);
  check(undefined, 'prometheus');
  check('*/*', 'prometheus');
  check('text/plain;version=0.0.4', 'prometheus');
  check('application/openmetrics-text', 'openmetrics');
  check('application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3', 'openmetrics');
  check('application/openmetrics-text; version=0.0.1; q=0.75, text/plain', 'prometheus');
  check('application/openmetrics-text; version=1.0.0; q=0', 'prometheus');
  assert.match(EXPOSITION_CONTENT_TYPES.openmetrics, /^application\/openmetrics-text; version=1\.0\.0/);
});

interface Line {
  name: string;
  labels: string[];
  value: number;
}

/** A reader of the text format, written from its grammar and knowing nothing of how it was written. */
function parsePage(page: string): Line[] {
  const lines: Line[] = [];
  for (const line of page.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[^"]|"(?:[^"\\]|\\.)*")*)\})? (\S+)$/s.exec(line);
    assert.ok(match, `no sample: ${line}`);
    const labels: string[] = [];
    for (const [, name, value] of (match[2] ?? '').matchAll(/([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/gs))
      labels.push(
        name!,
        value!.replaceAll(/\\(.)/gs, (_, c: string) => (c === 'n' ? '\n' : c)),
      );
    lines.push({ name: match[1]!, labels, value: Number(match[3]!.replace('Inf', 'Infinity')) });
  }
  return lines;
}

const anyValue = fc.oneof(fc.double(), fc.integer());
const anyLabelValue = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\\', '"', '\n', '\\n', 'a\\"\n', '{}=,'),
);

test('what is exposed in either format parses back to what was set', () => {
  const rows = fc.array(fc.tuple(anyLabelValue, anyLabelValue, anyValue), { maxLength: 50 });
  fc.assert(
    fc.property(rows, fc.constantFrom<ExpositionFormat>('prometheus', 'openmetrics'), (set, format) => {
      const registry = createMetricsRegistry();
      const gauge = registry.gauge({ name: 'g', help: 'h', labelNames: ['a', 'b'] });
      const want = new Map<string, number>();
      for (const [a, b, value] of set) {
        gauge.set(value, a, b);
        want.set(JSON.stringify(['a', a, 'b', b]), value + 0);
      }
      const family = registry.read().find(({ name }) => name === 'g');
      for (let series = 0; series < (family?.seriesCount ?? 0); series++)
        assert.equal(family!.textOf(series, 0), family!.identityOf(series, 0).text);
      const got = parsePage(pageOf(registry, format)).filter((line) => line.name === 'g');
      assert.equal(got.length, want.size);
      // -0 is written as 0: no reader tells them apart.
      for (const { labels, value } of got)
        assert.equal(value + 0, (want.get(JSON.stringify(labels)) ?? 404) + 0);
    }),
  );
});

test('100,000 series come in pieces of at most 20 kB', () => {
  const registry = createMetricsRegistry();
  const hits = registry.counter({ name: 'hits_total', help: 'h', labelNames: ['id'], seriesMax: 100_000 });
  for (let i = 0; i < 100_000; i++) hits.inc(i, String(i));
  let samples = 0;
  let pieces = 0;
  for (const piece of exposeMetrics(registry, 'prometheus')) {
    assert.ok(piece.length < 20_000 && piece.endsWith('\n'));
    samples += piece.split('\n').filter((line) => line.startsWith('hits_total{')).length;
    pieces++;
  }
  assert.equal(samples, 100_000);
  assert.ok(pieces > 100);
});

test('counting between two pieces keeps every histogram whole and leaves new series to the next reading', () => {
  const registry = createMetricsRegistry();
  const waits = registry.histogram({ name: 'w', help: 'h', buckets: [1, 2, 3], labelNames: ['id'] });
  for (let i = 0; i < 500; i++) waits.observe(2, String(i));
  let page = '';
  for (const piece of exposeMetrics(registry, 'prometheus')) {
    page += piece;
    for (let i = 0; i < 600; i++) waits.observe(0, String(i));
  }
  const lines = parsePage(page).filter((line) => line.name.startsWith('w_'));
  assert.equal(lines.length, 500 * 6);
  for (let i = 0; i < lines.length; i += 6) assert.equal(lines[i + 3]!.value, lines[i + 5]!.value);
});

const promtool = spawnSync('promtool', ['--version']);
const isRequired = process.env['VEDETTE_PEERS'] === 'required';

test(
  'promtool finds nothing to complain about',
  { skip: promtool.error !== undefined && !isRequired && 'promtool is not installed' },
  () => {
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], {
      input: pageOf(exampleRegistry(), 'prometheus'),
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
    assert.equal(stdout + stderr, '');
  },
);
