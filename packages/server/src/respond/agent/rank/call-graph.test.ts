import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CanceledError, labelsOf, MemoryMetrics, TimeoutError } from '@vedette/model';
import type { PromQuery } from '../../../query/metrics/port.ts';
import {
  addServiceGraph,
  count,
  isBad,
  MINUTE,
  NEVER,
  open,
  shop,
  SPLIT,
  wave,
  WINDOW,
} from './call-fixture.ts';
import { readCallGraph, type CallGraph } from './call-graph.ts';
import { rankSuspects, type SignalKind } from './rank-suspects.ts';

function signalOf(
  graph: CallGraph | undefined,
  node: string,
  kind: SignalKind,
): { score: number; query: string } {
  const signals =
    graph?.nodes.find(({ name }) => name === node)?.signals.filter((one) => one.kind === kind) ?? [];
  const [best] = signals.toSorted((a, b) => b.deviation.score - a.deviation.score);
  return { score: best?.deviation.score ?? -1, query: best?.evidence ?? '' };
}

function edgesOf(graph: CallGraph | undefined): readonly string[] {
  return graph?.edges.map(({ caller, callee }) => `${caller} → ${callee}`) ?? [];
}

test('service graph metrics become edges and signals, and each signal has the query that shows it', async () => {
  const query = open(shop());
  const graph = await readCallGraph(query, WINDOW, NEVER);
  assert.equal(graph?.source, 'service graph metrics');
  assert.deepEqual(graph.gaps, []);
  assert.deepEqual(edgesOf(graph), ['cart → redis', 'shop → cart', 'shop → mail', 'user → shop']);
  assert.ok(signalOf(graph, 'redis', 'latency').score > 20);
  assert.ok(signalOf(graph, 'mail', 'latency').score < 2);
  assert.ok(signalOf(graph, 'mail', 'errors').score > 3);
  assert.equal(signalOf(graph, 'cart', 'errors').score, 0);
  const { query: expr } = signalOf(graph, 'mail', 'errors');
  const shown = await query.instant({ expr, atMs: WINDOW.untilMs }, NEVER);
  assert.ok(shown.kind === 'series' && Math.abs((shown.series[0]?.values[0] ?? 0) - 0.2) < 1e-9, expr);
});

test('the last strange service of a chain is suspected', async () => {
  const graph = await readCallGraph(open(shop()), WINDOW, NEVER);
  assert.ok(graph !== undefined);
  const { nodes, edges } = graph;
  const ranking = rankSuspects({ subject: 'shop', violated: 'latency', nodes, edges, stepMs: MINUTE });
  assert.equal(ranking.suspects[0]?.node, 'redis');
});

test('where nothing counts calls there is no graph', async () => {
  const storage = new MemoryMetrics();
  assert.equal(await readCallGraph(open(storage), WINDOW, NEVER), undefined);
  count(storage, { __name__: 'http_requests_total', job: 'shop' }, () => 5);
  assert.equal(await readCallGraph(open(storage), WINDOW, NEVER), undefined);
  // Calls that nobody makes any more, and calls without a caller.
  count(storage, { __name__: 'traces_service_graph_request_total', client: 'a', server: 'b' }, () => 0);
  count(storage, { __name__: 'traces_service_graph_request_total', server: 'b' }, () => 5);
  assert.equal(await readCallGraph(open(storage), WINDOW, NEVER), undefined);
});

test('Istio: workloads, responses of 500 and milliseconds', async () => {
  const storage = new MemoryMetrics();
  const ends = { source_workload: 'shop', destination_workload: 'cart' };
  for (const reporter of ['source', 'destination']) {
    const labels = { ...ends, reporter };
    count(
      storage,
      { __name__: 'istio_requests_total', ...labels, response_code: '200' },
      (ms) => 600 * wave(ms),
    );
    count(storage, { __name__: 'istio_requests_total', ...labels, response_code: '503' }, (ms) =>
      isBad(ms) ? 300 : 0,
    );
    count(
      storage,
      { __name__: 'istio_request_duration_milliseconds_count', ...labels },
      (ms) => 600 * wave(ms),
    );
    count(
      storage,
      { __name__: 'istio_request_duration_milliseconds_sum', ...labels },
      (ms) => 30_000 * wave(ms * 3),
    );
  }
  const graph = await readCallGraph(open(storage), WINDOW, NEVER);
  assert.equal(graph?.source, 'Istio');
  assert.deepEqual(edgesOf(graph), ['shop → cart']);
  assert.ok(signalOf(graph, 'cart', 'errors').score > 3);
  const latency = graph.nodes
    .find(({ name }) => name === 'cart')
    ?.signals.find(({ kind }) => kind === 'latency');
  assert.ok(Math.abs((latency?.deviation.before ?? 0) - 0.05) < 0.002);
});

test('Linkerd: deployments', async () => {
  const storage = new MemoryMetrics();
  const labels = { direction: 'outbound', deployment: 'shop', dst_deployment: 'cart' };
  count(storage, { __name__: 'request_total', ...labels }, (ms) => 600 * wave(ms));
  count(storage, { __name__: 'request_total', direction: 'inbound', deployment: 'cart' }, () => 600);
  count(
    storage,
    { __name__: 'response_total', ...labels, classification: 'success' },
    (ms) => 600 * wave(ms),
  );
  count(storage, { __name__: 'response_total', ...labels, classification: 'failure' }, (ms) =>
    isBad(ms) ? 90 : 0,
  );
  count(storage, { __name__: 'response_latency_ms_sum', ...labels }, (ms) => 6000 * wave(ms * 3));
  count(storage, { __name__: 'response_latency_ms_count', ...labels }, (ms) => 600 * wave(ms));
  const graph = await readCallGraph(open(storage), WINDOW, NEVER);
  assert.equal(graph?.source, 'Linkerd');
  assert.deepEqual(edgesOf(graph), ['shop → cart']);
  assert.ok(signalOf(graph, 'cart', 'errors').score > 3);
  assert.ok(signalOf(graph, 'cart', 'latency').score < 2);
});

test('OpenTelemetry clients: the address of a service that calls others is that service', async () => {
  const storage = new MemoryMetrics();
  const call = (job: string, address: string): void => {
    const labels = { job, server_address: address, http_response_status_code: '200' };
    count(
      storage,
      { __name__: 'http_client_request_duration_seconds_count', ...labels },
      (ms) => 60 * wave(ms),
    );
    count(
      storage,
      { __name__: 'http_client_request_duration_seconds_sum', ...labels },
      (ms) => 6 * wave(ms * 3),
    );
  };
  call('web/shop', 'cart.web.svc.cluster.local');
  call('web/cart', 'api.bank.example');
  const server = { job: 'web/cart', http_response_status_code: '500' };
  count(storage, { __name__: 'http_server_request_duration_seconds_count', ...server }, (ms) =>
    isBad(ms) ? 30 : 0,
  );
  count(
    storage,
    { __name__: 'http_server_request_duration_seconds_count', ...server, http_response_status_code: '200' },
    (ms) => 60 * wave(ms),
  );
  const graph = await readCallGraph(open(storage), WINDOW, NEVER);
  assert.equal(graph?.source, 'OpenTelemetry HTTP clients');
  assert.deepEqual(edgesOf(graph), ['cart → api.bank.example', 'shop → cart']);
  assert.ok(signalOf(graph, 'cart', 'errors').score > 3);
  assert.match(signalOf(graph, 'cart', 'errors').query, /job="web\/cart"/);
});

test('Envoy: clusters of a job', async () => {
  const storage = new MemoryMetrics();
  const labels = { job: 'edge', envoy_cluster_name: 'cart' };
  count(storage, { __name__: 'envoy_cluster_upstream_rq_total', ...labels }, (ms) => 600 * wave(ms));
  count(
    storage,
    { __name__: 'envoy_cluster_upstream_rq_xx', ...labels, envoy_response_code_class: '5' },
    (ms) => (isBad(ms) ? 60 : 0),
  );
  const graph = await readCallGraph(open(storage), WINDOW, NEVER);
  assert.equal(graph?.source, 'Envoy clusters');
  assert.deepEqual(edgesOf(graph), ['edge → cart']);
  assert.ok(signalOf(graph, 'cart', 'errors').score > 3);
});

test('a callee that nobody reaches any more is still in the graph, and its rate is gone', async () => {
  const storage = new MemoryMetrics();
  let total = 0;
  for (let ms = 0; ms <= SPLIT; ms += MINUTE) {
    total += 60 * wave(ms);
    storage.add(
      labelsOf({ __name__: 'traces_service_graph_request_total', client: 'shop', server: 'ads' }),
      ms,
      total,
    );
  }
  const graph = await readCallGraph(open(storage), WINDOW, NEVER);
  assert.deepEqual(edgesOf(graph), ['shop → ads']);
  const rate = graph?.nodes.find(({ name }) => name === 'ads')?.signals.find(({ kind }) => kind === 'rate');
  assert.equal(rate?.deviation.isGone, true);
});

test('a signal that cannot be read is a gap, and the others are there', async () => {
  const query = open(shop());
  const failing: PromQuery = {
    ...query,
    range: (request, signal) =>
      request.expr.includes('failed_total')
        ? Promise.reject(new TimeoutError('VED_QUERY_TIMEOUT', 'cannot answer: it takes too long'))
        : query.range(request, signal),
  };
  const graph = await readCallGraph(failing, WINDOW, NEVER);
  assert.deepEqual(graph?.gaps, [
    { what: 'errors counted by service graph metrics', why: 'cannot answer: it takes too long' },
  ]);
  assert.ok(signalOf(graph, 'redis', 'latency').score > 20);
  assert.equal(signalOf(graph, 'mail', 'errors').score, -1);
});

test('who gives up is told so', async () => {
  const query = open(shop());
  const controller = new AbortController();
  controller.abort(new CanceledError('VED_QUERY_CANCELED', 'nobody waits'));
  await assert.rejects(readCallGraph(query, WINDOW, controller.signal));
});

test('names that need quoting are asked for', async () => {
  const storage = new MemoryMetrics();
  const labels = { client: 'a "b" \\ c', server: '數據庫 {x="y"}' };
  addServiceGraph(storage, { labels, perMinute: 60, seconds: () => 0.1 });
  const query = open(storage);
  const graph = await readCallGraph(query, WINDOW, NEVER);
  const { query: expr } = signalOf(graph, labels.server, 'latency');
  const shown = await query.instant({ expr, atMs: WINDOW.untilMs }, NEVER);
  assert.ok(shown.kind === 'series' && shown.series.length === 1, expr);
});
