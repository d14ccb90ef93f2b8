/** The OpenTelemetry SDK of JavaScript, unmodified, exports to the real process; queries answer what it measured. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { OTLPMetricExporter as JsonExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtobufExporter } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import { createFixture, type Fixture } from '../../packages/server/src/ingest/otlp/otlp-fixture.ts';
import { startVedette, type VedetteProcess } from '../support/vedette-process.ts';

const PATHS = ['/v1/metrics', '/api/v1/otlp/v1/metrics'];
const EXPORTERS = { protobuf: ProtobufExporter, json: JsonExporter } as const;

/** Exports are made by hand: the interval of the reader never comes. */
const NEVER_MS = 2 ** 30;

/** By itself it gives up after 10 s, which is not what is tried here. */
const EXPORT_MS_MAX = 90_000;
const PATIENT = { timeoutMillis: EXPORT_MS_MAX };

interface Sdk {
  readonly provider: MeterProvider;
  /** Collects and exports; rejects when the server does not answer 200. */
  flush(): Promise<void>;
  /** Exports once more and ends, which must come before the server ends: the SDK tries again for ten seconds. */
  stop(): Promise<void>;
}

function startSdk(exporter: PushMetricExporter, instance: string): Sdk {
  const reader = new PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: NEVER_MS,
    exportTimeoutMillis: EXPORT_MS_MAX,
  });
  const provider = new MeterProvider({
    resource: resourceFromAttributes({
      'service.name': 'shop',
      'service.namespace': 'eu',
      'service.instance.id': instance,
      'host.name': 'box-1',
    }),
    readers: [reader],
    views: [
      {
        instrumentName: 'exp.*',
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM, options: { maxSize: 160 } },
      },
    ],
  });
  return { provider, flush: () => reader.forceFlush(), stop: () => provider.shutdown() };
}

const DURATION_BUCKETS = { '0.01': '0', '0.1': '1', '1': '1', '+Inf': '2' };

interface Instant {
  readonly status: string;
  readonly data: { readonly result: readonly { metric: Record<string, string>; value: [number, string] }[] };
}

async function valuesOf(vedette: VedetteProcess, query: string): Promise<Record<string, string>> {
  const answer = await vedette.json<Instant>(`/api/v1/query?${new URLSearchParams({ query }).toString()}`);
  assert.equal(answer.status, 'success');
  return Object.fromEntries(
    answer.data.result.map(({ metric, value }) => [metric['le'] ?? metric['route'] ?? '', value[1]]),
  );
}

function measure({ provider }: Sdk): void {
  const meter = provider.getMeter('shop-metrics', '1.0.0');
  const requests = meter.createCounter('http.server.requests', { unit: '{request}' });
  requests.add(2, { route: '/cart' });
  requests.add(1, { route: '/pay' });
  meter.createUpDownCounter('cart.items').add(-2);
  meter.createGauge('memory.used', { unit: 'By' }).record(123_456.5);
  const duration = meter.createHistogram('http.server.request.duration', {
    unit: 's',
    description: 'How long requests take.',
    advice: { explicitBucketBoundaries: [0.01, 0.1, 1] },
  });
  duration.record(0.05);
  duration.record(2);
}

test('what the SDK exports, in either encoding to either path, is there', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  for (const [encoding, Exporter] of Object.entries(EXPORTERS)) {
    for (const [i, path] of PATHS.entries()) {
      const instance = `${encoding}-${i}`;
      const sdk = startSdk(new Exporter({ ...PATIENT, url: vedette.url + path }), instance);
      measure(sdk);
      await sdk.stop();
      const check = async (metric: string, want: Record<string, string>): Promise<void> =>
        assert.deepEqual(
          await valuesOf(vedette, metric.replace('{', `{instance="${instance}",`)),
          want,
          metric,
        );
      await check('http_server_requests_total{job="eu/shop"}', { '/cart': '2', '/pay': '1' });
      await check('memory_used_bytes{job="eu/shop"}', { '': '123456.5' });
      await check('http_server_request_duration_seconds_bucket{job="eu/shop"}', DURATION_BUCKETS);
      await check('http_server_request_duration_seconds_sum{job="eu/shop"}', { '': '2.05' });
      await check('http_server_request_duration_seconds_count{job="eu/shop"}', { '': '2' });
      await check('target_info{host_name="box-1"} * on (job, instance) cart_items', { '': '-2' });
    }
  }
  const family = 'http_server_request_duration_seconds';
  const metadata = await vedette.json<{ data: Record<string, unknown> }>(`/api/v1/metadata?metric=${family}`);
  assert.deepEqual(metadata.data[family], [
    { type: 'histogram', help: 'How long requests take.', unit: 'seconds' },
  ]);
});

test('deltas of the SDK add up to cumulative values', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  for (const [encoding, Exporter] of Object.entries(EXPORTERS)) {
    const temporalityPreference = AggregationTemporality.DELTA;
    const url = `${vedette.url}/v1/metrics`;
    const sdk = startSdk(new Exporter({ ...PATIENT, url, temporalityPreference }), encoding);
    for (let round = 0; round < 3; round++) {
      measure(sdk);
      await sdk.flush();
    }
    await sdk.stop();
    const check = async (metric: string, want: Record<string, string>): Promise<void> =>
      assert.deepEqual(await valuesOf(vedette, `${metric}{instance="${encoding}"}`), want, metric);
    await check('http_server_requests_total', { '/cart': '6', '/pay': '3' });
    await check('http_server_request_duration_seconds_count', { '': '6' });
    await check('http_server_request_duration_seconds_sum', { '': '6.1499999999999995' });
  }
});

function measureExponential({ provider }: Sdk): void {
  const latency = provider.getMeter('m').createHistogram('exp.latency', { unit: 'ms' });
  for (const value of [0, 1, 8, 100]) latency.record(value);
}

test('exponential histograms of the SDK are answered by queries', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  for (const [encoding, Exporter] of Object.entries(EXPORTERS)) {
    const sdk = startSdk(new Exporter({ ...PATIENT, url: `${vedette.url}/v1/metrics` }), encoding);
    measureExponential(sdk);
    await sdk.stop();
    const own = await (await vedette.get('/metrics')).text();
    if (/vedette_otlp_points_refused_total\{reason="store"\}/.test(own)) {
      t.skip('the store does not hold native histograms');
      return;
    }
    const selector = `exp_latency_milliseconds{instance="${encoding}"}`;
    assert.deepEqual(await valuesOf(vedette, `histogram_count(${selector})`), { '': '4' });
    assert.deepEqual(await valuesOf(vedette, `histogram_sum(${selector})`), { '': '109' });
  }
});

/** A server whose store records what it is given. */
async function startRecording(t: TestContext): Promise<{ url: string; fixture: Fixture }> {
  const fixture = createFixture();
  const server = createServer((request, response) => {
    void buffer(request)
      .then((body) => fixture.send(body, { 'content-type': request.headers['content-type'] ?? '' }))
      .then((answer) => response.writeHead(answer.status, answer.headers).end(answer.body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close().closeAllConnections());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return { url: `http://127.0.0.1:${address.port}/v1/metrics`, fixture };
}

for (const temporalityPreference of [AggregationTemporality.CUMULATIVE, AggregationTemporality.DELTA]) {
  const named = AggregationTemporality[temporalityPreference].toLowerCase();
  test(`exponential histograms of the SDK (${named}) become native ones`, async (t) => {
    const { url, fixture } = await startRecording(t);
    for (const [encoding, Exporter] of Object.entries(EXPORTERS)) {
      const sdk = startSdk(new Exporter({ ...PATIENT, url, temporalityPreference }), encoding);
      for (let round = 0; round < 2; round++) {
        measureExponential(sdk);
        await sdk.flush();
      }
      await sdk.stop();
      const series = `exp_latency_milliseconds{instance="${encoding}", job="eu/shop"}`;
      const [first, last] = fixture.store.samples.get(series) ?? [];
      assert.ok(first?.startMs !== 0 && first?.startMs === last?.startMs);
      const native = last?.value;
      assert.ok(typeof native === 'object');
      assert.deepEqual([native.count, native.sum, native.zeroCount, native.schema], [8, 218, 2, 4]);
      assert.deepEqual(
        native.positive.counts.filter((count) => count > 0),
        Float64Array.of(2, 2, 2),
      );
      // 1 is the last value of bucket 0, 8 of bucket 3 · 16; 100 is in the one that ends at 2^(107/16).
      assert.equal(native.positive.spans[0]?.offset, 0);
    }
  });
}
