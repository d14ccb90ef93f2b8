/** Debian's Prometheus scrapes an application of the SDK: as protobuf with native histograms, and as text. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createMetricsRegistry, metricsHandler } from '@vedette/sdk';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startPrometheus } from './real-prometheus.ts';

const registry = createMetricsRegistry({ constantLabels: { site: 'here' } });

function fill(): void {
  const waits = registry.histogram({
    name: 'wait_seconds',
    help: 'Waits.',
    labelNames: ['route'],
    buckets: [0.1, 1],
    native: { schema: 3 },
  });
  for (let i = 1; i <= 1000; i++) waits.observe(i / 1000, '/a');
  for (const value of [0, -2, 0.05]) waits.observe(value, '/b');
  registry.histogram({ name: 'unseen_seconds', help: 'None.', native: true });
  const hits = registry.counter({ name: 'hits_total', help: 'Hits "x".', labelNames: ['id'] });
  for (const id of ['höhle', '\0', '__proto__', 'a "b"\n\\', '🐎']) hits.inc(5, id);
  hits.child('höhle').inc(1, { trace_id: 'abc' });
  const sizes = registry.summary({ name: 'size_bytes', help: 'Sizes.', quantiles: [0.5] });
  for (let i = 0; i < 11; i++) sizes.observe(100);
}

type Sample = { metric: Record<string, string>; value?: [number, string]; histogram?: [number, Native] };
type Native = { count: string; sum: string };

test(
  'Prometheus reads native and classic histograms, exemplars and hostile labels from the handler',
  { skip: skipWithout(PEERS.prometheus) },
  async (t) => {
    fill();
    const asked = new Set<string>();
    const handler = metricsHandler(registry);
    const server = createServer((request, response) => {
      asked.add(request.headers.accept?.split(/[;,]/)[0] ?? '');
      handler(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.closeAllConnections());
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    const config = `scrape_configs: [{ job_name: app, scrape_interval: 200ms, scrape_timeout: 200ms, static_configs: [{ targets: ["127.0.0.1:${port}"] }] }]\n`;
    const check = async (flags: readonly string[]): Promise<(query: string) => Promise<Sample[]>> => {
      const url = await startPrometheus(t, config, flags);
      // A scrape that came too late ends all series until the next one.
      const ask = (query: string): Promise<Sample[]> =>
        until(`an answer to ${query}`, async () => {
          const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
          const { result } = ((await response.json()) as { data: { result: Sample[] } }).data;
          return result.length > 0 ? result : undefined;
        });
      const hits = await ask('hits_total{site="here"}');
      assert.deepEqual(
        hits.map(({ metric, value }) => `${metric['id']} ${value?.[1]}`).sort(),
        ['\0 5', '__proto__ 5', 'a "b"\n\\ 5', 'höhle 6', '🐎 5'].sort(),
      );
      assert.equal((await ask('size_bytes{quantile="0.5"} > 99 < 101')).length, 1);
      assert.equal((await ask('size_bytes_count == 11')).length, 1);
      return ask;
    };

    const [text, native] = await Promise.all([check([]), check(['--enable-feature=native-histograms'])]);
    assert.deepEqual([...asked].sort(), ['application/openmetrics-text', 'application/vnd.google.protobuf']);
    assert.equal((await text('wait_seconds_bucket{route="/a",le="0.1"} == 100')).length, 1);
    assert.equal((await text('unseen_seconds_count == 0')).length, 1);

    const [histogram] = await native('wait_seconds{route="/a"}');
    assert.equal(histogram?.histogram?.[1].count, '1000');
    assert.equal(Number(histogram?.histogram?.[1].sum).toFixed(6), '500.500000');
    const numberOf = async (query: string): Promise<number> => Number((await native(query))[0]?.value?.[1]);
    const median = await numberOf('histogram_quantile(0.5, wait_seconds{route="/a"})');
    assert.ok(Math.abs(median - 0.5) < 0.05, `median ${median}`);
    assert.equal(await numberOf('histogram_fraction(-4, -1, wait_seconds{route="/b"})'), 1 / 3);
    assert.equal(await numberOf('histogram_count(unseen_seconds)'), 0);
  },
);
