import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { checkAdapter, subjectOf, type AdapterApp } from '../http/adapter.contract.ts';
import { createAskedGuard, refuse, slow } from '../http/asked-guard-fixture.ts';
import { createHttpMetrics } from '../http/http-metrics.ts';
import { samplesOf, seriesOf, serving, type TestServer } from '../http/server-fixture.ts';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { guardMiddleware, honoMetrics, metricsHandler } from './hono.ts';

function start(options: AdapterApp): Promise<TestServer> {
  const { registry, metrics, guard, clock, handled, isSolved } = options;
  const app = new Hono();
  app.onError((_error, context) => context.text('broken', 500));
  app.use(honoMetrics(metrics));
  app.get('/metrics', metricsHandler(registry));
  app.use(
    guardMiddleware(guard, {
      subject: (context) => subjectOf(context.req.header('x-user')),
      registry,
      clock,
      challenge: (context) =>
        isSolved(context.req.header('x-answer')) ? true : context.text('what is 6 × 7?', 401),
    }),
  );
  app.get('/orders/:id', (context) => {
    handled();
    return context.text('order');
  });
  app.get('/fail', () => {
    throw new Error('broken');
  });
  app.get('/hang', () => new Promise<Response>(() => undefined));
  const listener = getRequestListener(app.fetch);
  return serving(createServer((request, response) => void listener(request, response)));
}

checkAdapter({ name: 'hono on Node', knowsRouteEarly: true, start });

interface FetchApp {
  readonly registry: MetricsRegistry;
  readonly app: Hono;
}

function fetchApp(): FetchApp {
  const registry = createMetricsRegistry();
  const metrics = createHttpMetrics(registry);
  metrics.close();
  const app = new Hono();
  app.onError((_error, context) => context.text('broken', 500));
  app.use(honoMetrics(metrics));
  return { registry, app };
}

test('where there is only fetch, requests are measured around the handlers', async () => {
  const { registry, app } = fetchApp();
  app.get('/metrics', metricsHandler(registry));
  app.post('/orders/:id', (context) => context.body('order', 201, { 'content-length': '5' }));
  app.get('/fail', () => {
    throw new Error('broken');
  });
  const body = 'x'.repeat(2000);
  await app.request('/orders/7', { method: 'POST', body, headers: { 'content-length': '2000' } });
  await app.request('/fail');
  await app.request('/none');
  assert.deepEqual(seriesOf(registry, 'http_requests_total'), {
    'http_requests_total{method="POST",route="/orders/:id",status="201"}': 1,
    'http_requests_total{method="GET",route="/fail",status="500"}': 1,
    'http_requests_total{method="GET",route="unknown",status="404"}': 1,
  });
  const samples = samplesOf(registry);
  assert.equal(samples.get('http_request_size_bytes_sum{method="POST",route="/orders/:id"}'), 2000);
  assert.equal(samples.get('http_response_size_bytes_sum{method="POST",route="/orders/:id"}'), 5);
  assert.equal(samples.get('http_requests_in_flight'), 0);
  const page = await app.request('/metrics');
  assert.match(await page.text(), /http_requests_in_flight 1/);
});

test('of several routes that match, the one that answered names the request', async () => {
  const { registry, app } = fetchApp();
  app.use('/users/*', (_context, next) => next());
  app.get('/users/me', (context) => context.text('me'));
  app.get('/users/:id', (context) => context.text('id'));
  const nested = new Hono().get('/:member', (context) => context.text('ok'));
  app.route('/orgs/:org/members', nested);
  for (const path of ['/users/me', '/users/7', '/orgs/acme/members/anna']) await app.request(path);
  assert.deepEqual(seriesOf(registry, 'http_requests_total'), {
    'http_requests_total{method="GET",route="/users/me",status="200"}': 1,
    'http_requests_total{method="GET",route="/users/:id",status="200"}': 1,
    'http_requests_total{method="GET",route="/orgs/:org/members/:member",status="200"}': 1,
  });
});

test('a slowed request whose signal aborts gives its place back', async () => {
  const registry = createMetricsRegistry();
  const guard = createAskedGuard({ sam: slow(60_000) });
  const app = new Hono();
  app.use(guardMiddleware(guard, { subject: () => 'sam', registry }));
  app.get('/', (context) => context.text('ok'));
  const abort = new AbortController();
  const answer = app.request('/', { signal: abort.signal });
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(seriesOf(registry, 'guard_http_waiting'), { guard_http_waiting: 1 });
  abort.abort();
  assert.equal((await answer).status, 429);
  assert.deepEqual(seriesOf(registry, 'guard_http_waiting'), { guard_http_waiting: 0 });
});

test('the address comes from the option where there is no connection; one that throws is nobody', async () => {
  const guard = createAskedGuard({ '203.0.113.7': refuse() });
  const app = new Hono();
  app.use(
    guardMiddleware(guard, {
      fallback: 'ip',
      address: (context) => {
        const address = context.req.header('cf-connecting-ip');
        if (address === undefined) throw new Error('no address');
        return address;
      },
    }),
  );
  app.get('/', (context) => context.text('ok'));
  const statusOf = async (headers: Record<string, string>) => (await app.request('/', { headers })).status;
  assert.equal(await statusOf({ 'cf-connecting-ip': '203.0.113.7' }), 429);
  assert.equal(await statusOf({ 'cf-connecting-ip': '203.0.113.8' }), 200);
  assert.equal(await statusOf({}), 200);
});

test('a page of metrics that nobody reads to its end stops being made', async () => {
  const registry = createMetricsRegistry();
  const counter = registry.counter({ name: 'x_total', help: 'h', labelNames: ['a'] });
  for (let i = 0; i < 2000; i++) counter.inc(1, `value-${i}`);
  const app = new Hono().get('/metrics', metricsHandler(registry));
  const reader = (await app.request('/metrics')).body!.getReader();
  assert.equal((await reader.read()).done, false);
  await reader.cancel();
  assert.equal((await reader.read()).done, true);
});
