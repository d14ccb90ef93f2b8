/** Pages of the protobuf exposition, scraped by the real process: native histograms, and those of a real Prometheus. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test, type TestContext } from 'node:test';
import type { NativeHistogram } from '@vedette/model';
import { protobufPage, type TestFamily } from '../../packages/server/src/ingest/scrape/exposition-fixture.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette, type VedetteProcess } from '../support/vedette-process.ts';
import { startPrometheus } from './real-prometheus.ts';

const CONTENT_TYPE =
  'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited';

interface Answer {
  readonly status: string;
  readonly data: { readonly result: readonly { metric: Record<string, string>; value?: [number, string] }[] };
}

/** The answer to an instant query, once it is not empty. */
async function resultOf(vedette: VedetteProcess, query: string): Promise<Answer['data']['result']> {
  const path = `/api/v1/query?${new URLSearchParams({ query }).toString()}`;
  return await until(query, async () => {
    const { status, data } = await vedette.json<Answer>(path);
    assert.equal(status, 'success', query);
    return data.result.length > 0 ? data.result : undefined;
  });
}

async function check(vedette: VedetteProcess, query: string, want: string): Promise<void> {
  const result = await resultOf(vedette, query);
  assert.deepEqual(
    result.map(({ value }) => value?.[1]),
    [want],
    query,
  );
}

/** Answers protobuf to those who ask for it, else text; resolves with host:port. */
async function startTarget(t: TestContext, families: readonly TestFamily[]): Promise<string> {
  const server = createServer((request, response) => {
    if (request.headers.accept?.startsWith('application/vnd.google.protobuf') === true)
      response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(protobufPage(families));
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('asked_for_text 1\n');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close().closeAllConnections());
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return `127.0.0.1:${address.port}`;
}

const LATENCY: NativeHistogram = {
  schema: 0,
  count: 10,
  sum: 24,
  zeroThreshold: 0.001,
  zeroCount: 2,
  positive: { spans: [{ offset: 1, length: 3 }], counts: Float64Array.of(4, 3, 1) },
  negative: { spans: [], counts: new Float64Array(0) },
  customBounds: new Float64Array(0),
  counterReset: 'unknown',
};

const FAMILIES: readonly TestFamily[] = [
  {
    name: 'latency',
    type: 'histogram',
    metrics: [
      {
        native: LATENCY,
        buckets: [{ bound: 2, count: 6, exemplar: { id: 'abc', value: 1.5, timestampSeconds: 1 } }],
      },
    ],
  },
  { name: 'classic', type: 'histogram', metrics: [{ count: 3, sum: 4, buckets: [{ bound: 1, count: 2 }] }] },
];

test('native histograms are scraped by protobuf and answered by queries', async (t) => {
  const address = await startTarget(t, FAMILIES);
  const job = (name: string, keys: string): string =>
    `  - { job_name: ${name}, ${keys}, static_configs: [ { targets: ["${address}"] } ] }\n`;
  const vedette = await startVedette(t, {
    args: ['--no-host'],
    config: `global: { scrape_interval: 1s }\nscrape_configs:\n${job('native', 'scrape_native_histograms: true')}${job(
      'both',
      'scrape_native_histograms: true, always_scrape_classic_histograms: true, convert_classic_histograms_to_nhcb: true, native_histogram_bucket_limit: 2',
    )}${job('text', 'sample_limit: 100')}`,
  });
  await check(vedette, 'histogram_count(latency{job="native"})', '10');
  await check(vedette, 'histogram_sum(latency{job="native"})', '24');
  // 2 in the zero bucket, 4 up to 2.
  await check(vedette, 'histogram_fraction(0, 2, latency{job="native"})', '0.6');
  await check(vedette, 'classic_count{job="native"}', '3');
  await check(vedette, 'count({job="native",__name__=~"latency_.+"}) or vector(0)', '0');
  // Two buckets are left of three: of the 7 up to 4 half count, as the scale is logarithmic.
  await check(vedette, 'histogram_fraction(0, 2, latency{job="both"})', '0.55');
  await check(vedette, 'latency_bucket{job="both",le="2.0"}', '6');
  await check(vedette, 'histogram_count(classic{job="both"})', '3');
  await check(vedette, 'classic_bucket{job="both",le="+Inf"}', '3');
  // Who does not ask for native histograms does not ask for protobuf.
  await check(vedette, 'asked_for_text{job="text"}', '1');
});

test("a real Prometheus' own page gives the same series by protobuf and by text", async (t) => {
  const skip = skipWithout(PEERS.prometheus);
  if (skip !== false) {
    t.skip(skip);
    return;
  }
  const url = new URL(await startPrometheus(t, 'global: { scrape_interval: 1h }\n'));
  const job = (protocol: string): string =>
    `  - { job_name: ${protocol}, scrape_protocols: [${protocol}], static_configs: [ { targets: ["${url.host}"] } ] }\n`;
  const vedette = await startVedette(t, {
    args: ['--no-host'],
    config: `global: { scrape_interval: 1s }\nscrape_configs:\n${job('PrometheusProto')}${job('PrometheusText0.0.4')}`,
  });
  const seriesOf = async (name: string): Promise<string[]> => {
    const result = await resultOf(vedette, `{job="${name}",__name__!~"up|scrape_.*"}`);
    return result.map(({ metric }) => JSON.stringify({ ...metric, job: '' })).sort();
  };
  // Two scrapes each: the first requests add series of their own.
  await until('the third scrape', async () => {
    const [count] = await resultOf(vedette, 'min(sum_over_time(up{job=~"Prometheus.*"}[5m]))');
    return Number(count?.value?.[1]) >= 3 ? true : undefined;
  });
  // Between two scrapes, or after one that came too late, one of them may know more.
  const protobuf = await until('the same series by both', async () => {
    const found = await seriesOf('PrometheusProto');
    assert.deepEqual(found, await seriesOf('PrometheusText0.0.4'));
    return found;
  });
  assert.ok(protobuf.length > 200, `${protobuf.length} series`);
  // What does not move has the same value.
  const unequal =
    'prometheus_build_info{job="PrometheusProto"} != ignoring(job) prometheus_build_info{job="PrometheusText0.0.4"}';
  await check(vedette, `count(${unequal}) or vector(0)`, '0');
  const { data } = await vedette.json<{ data: Record<string, unknown> }>(
    '/api/v1/metadata?metric=prometheus_http_request_duration_seconds',
  );
  assert.deepEqual(data, {
    prometheus_http_request_duration_seconds: [
      { type: 'histogram', help: 'Histogram of latencies for HTTP requests.', unit: '' },
    ],
  });
});
