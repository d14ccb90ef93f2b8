import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import express, { Router, type Express, type RequestHandler } from 'express';
import { checkAdapter, subjectOf, type AdapterApp } from '../http/adapter.contract.ts';
import { createHttpMetrics } from '../http/http-metrics.ts';
import { seriesOf, serving, until, type TestServer } from '../http/server-fixture.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { expressMetrics, guardMiddleware, metricsHandler } from './express.ts';

// Express prints errors of handlers unless it is told that this is a test.
const quiet = (): Express => express().set('env', 'test');

function start({ registry, metrics, guard, clock, handled, isSolved }: AdapterApp): Promise<TestServer> {
  const app = quiet();
  app.use(expressMetrics(metrics));
  app.get('/metrics', metricsHandler(registry));
  app.use(
    guardMiddleware(guard, {
      subject: (request) => subjectOf(request.headers['x-user']),
      registry,
      clock,
      challenge: (request, response) => {
        if (isSolved(request.headers['x-answer'])) return true;
        response.status(401).send('what is 6 × 7?');
        return false;
      },
    }),
  );
  app.get('/orders/:id', (_request, response) => {
    handled();
    response.send('order');
  });
  app.get('/fail', () => {
    throw new Error('broken');
  });
  app.get('/hang', () => undefined);
  return serving(createServer(app));
}

checkAdapter({ name: 'express', knowsRouteEarly: false, start });

/** Routes of the requests to `paths`, in order. */
async function routesOf(mount: (app: Express) => void, paths: readonly string[]): Promise<string[]> {
  const registry = createMetricsRegistry();
  const metrics = createHttpMetrics(registry);
  const app = quiet();
  app.use(expressMetrics(metrics));
  mount(app);
  await using server = await serving(createServer(app));
  const routes: string[] = [];
  for (const path of paths) {
    const before = seriesOf(registry, 'http_requests_total');
    await (await fetch(server.url + path)).text();
    let changed: string | undefined;
    await until(() => {
      const after = seriesOf(registry, 'http_requests_total');
      changed = Object.keys(after).find((key) => after[key] !== before[key]);
      return changed !== undefined;
    });
    routes.push(/route="([^"]*)"/.exec(changed ?? '')?.[1] ?? '');
  }
  metrics.close();
  return routes;
}

const ok: RequestHandler = (_request, response) => void response.send('ok');
const broken: RequestHandler = () => {
  throw new Error('broken');
};

test('the template has the mount paths of routers in it, parameters unfilled', async () => {
  const members = Router().get('/:member', ok).get('/', ok);
  const orgs = Router().use('/:org/members', members).get('/:org', ok);
  const routes = await routesOf(
    (app) => app.use('/api', orgs).get('/', ok),
    ['/api/acme', '/api/acme/members/anna', '/api/zeta/members/', '/api/members/members/members', '/'],
  );
  assert.deepEqual(routes, [
    '/api/:org',
    '/api/:org/members/:member',
    '/api/:org/members',
    '/api/:org/members/:member',
    '/',
  ]);
});

test('an error that leaves its router keeps the whole template', async () => {
  const router = Router().get('/:id', broken);
  const routes = await routesOf((app) => app.use('/orgs/:org', router), ['/orgs/acme/7']);
  assert.deepEqual(routes, ['/orgs/:org/:id']);
});

test('a router that is mounted twice has the template of the way that was taken', async () => {
  const router = Router().get('/:id', ok);
  const routes = await routesOf(
    (app) => app.use('/new/:version', router).use('/old', router),
    ['/old/1', '/new/v2/1', '/old/2'],
  );
  assert.deepEqual(routes, ['/old/:id', '/new/:version/:id', '/old/:id']);
});

test('a mounted application is part of the template', async () => {
  const admin = quiet();
  admin.use('/users', Router().get('/:user', ok));
  const routes = await routesOf((app) => app.use('/admin/:tenant', admin), ['/admin/acme/users/anna']);
  assert.deepEqual(routes, ['/admin/:tenant/users/:user']);
});

test('patterns and lists are named by what the code says', async () => {
  const routes = await routesOf(
    (app) => app.get(/^\/files\/(.*)$/, ok).get(['/a', '/b'], ok),
    ['/files/secret.txt', '/b'],
  );
  assert.deepEqual(routes, [String.raw`^\/files\/(.*)$`, '/a|/b']);
});

test('percent signs, double slashes and broken escapes never become a route', async () => {
  const router = Router().get('/:id', ok);
  const routes = await routesOf(
    (app) => app.use('/orgs/:org', router),
    ['/orgs/a%20b/c%2Fd', '//orgs/x/1', '/orgs/%E0%A4%A/1', '/__proto__/constructor'],
  );
  assert.deepEqual(routes, ['/orgs/:org/:id', 'unknown', 'unknown', 'unknown']);
});

test('a middleware that answers has no route', async () => {
  const routes = await routesOf((app) => app.use('/static', ok), ['/static/logo.png']);
  assert.deepEqual(routes, ['unknown']);
});
