import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { fastify } from 'fastify';
import { checkAdapter, subjectOf, type AdapterApp } from '../http/adapter.contract.ts';
import { createAskedGuard, refuse } from '../http/asked-guard-fixture.ts';
import { createHttpMetrics } from '../http/http-metrics.ts';
import { seriesOf, serving, until, type TestServer } from '../http/server-fixture.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { fastifyMetrics, guardMiddleware, metricsHandler } from './fastify.ts';

async function start(app: AdapterApp): Promise<TestServer> {
  const { registry, metrics, guard, clock, handled, isSolved } = app;
  const instance = fastify({ forceCloseConnections: true });
  instance.get('/metrics', metricsHandler(registry));
  await instance.register(fastifyMetrics(metrics));
  await instance.register(
    guardMiddleware(guard, {
      subject: (request) => subjectOf(request.headers['x-user']),
      registry,
      clock,
      challenge: async (request, reply) => {
        if (isSolved(request.headers['x-answer'])) return true;
        await reply.code(401).send('what is 6 × 7?');
        return false;
      },
    }),
  );
  instance.get('/orders/:id', (_request, reply) => {
    handled();
    void reply.send('order');
  });
  instance.get('/fail', () => {
    throw new Error('broken');
  });
  instance.get('/hang', () => undefined);
  await instance.ready();
  return serving(instance.server);
}

checkAdapter({ name: 'fastify', knowsRouteEarly: true, start });

test('templates have their prefixes in them, and hooks hold for routes of other plugins', async () => {
  const registry = createMetricsRegistry();
  const metrics = createHttpMetrics(registry);
  const instance = fastify();
  await instance.register(fastifyMetrics(metrics));
  await instance.register(
    (child, _options, done) => {
      child.get('/members/:member', () => 'ok');
      done();
    },
    { prefix: '/orgs/:org' },
  );
  await instance.ready();
  await using server = await serving(instance.server);
  await (await fetch(`${server.url}/orgs/acme/members/anna`)).text();
  await until(() => Object.keys(seriesOf(registry, 'http_requests_total')).length === 1);
  assert.deepEqual(Object.keys(seriesOf(registry, 'http_requests_total')), [
    'http_requests_total{method="GET",route="/orgs/:org/members/:member",status="200"}',
  ]);
  metrics.close();
});

test('asked on request, a refusal comes before the body is read', async () => {
  const instance = fastify();
  const guard = createAskedGuard({ eve: refuse({ grade: 'permanent', retryAfterMs: undefined }) });
  await instance.register(guardMiddleware(guard, { subject: () => 'eve', hook: 'onRequest' }));
  instance.post('/upload', () => 'ok');
  await instance.ready();
  await using server = await serving(instance.server);
  // The body never comes.
  const socket = await server.send('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(String(first), /^HTTP\/1\.1 403 Forbidden/);
  socket.destroy();
});

test('a request that Fastify injects into itself is guarded, though no server counts it', async () => {
  const instance = fastify();
  const guard = createAskedGuard({ eve: refuse() });
  await instance.register(guardMiddleware(guard, { subject: ({ headers }) => headers['x-user'] as string }));
  instance.get('/orders/:id', () => 'order');
  const refused = await instance.inject({ url: '/orders/1', headers: { 'x-user': 'eve' } });
  assert.equal(refused.statusCode, 429);
  const passed = await instance.inject({ url: '/orders/1', headers: { 'x-user': 'anna' } });
  assert.equal(passed.body, 'order');
  await instance.close();
});
