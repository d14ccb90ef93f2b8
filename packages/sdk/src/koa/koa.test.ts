import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import Koa, { type Middleware } from 'koa';
import { checkAdapter, subjectOf, type AdapterApp } from '../http/adapter.contract.ts';
import { createHttpMetrics } from '../http/http-metrics.ts';
import { seriesOf, serving, until, type TestServer } from '../http/server-fixture.ts';
import { createMetricsRegistry } from '../metrics/registry.ts';
import { guardMiddleware, koaMetrics, metricsHandler } from './koa.ts';

/** A route that leaves its template in the context, as `@koa/router` does. */
const route =
  (template: string, pattern: RegExp, handler: Middleware): Middleware =>
  (context, next) => {
    if (!pattern.test(context.path)) return next();
    context['_matchedRoute'] = template;
    return handler(context, next);
  };

function quiet(): Koa {
  const app = new Koa();
  app.silent = true;
  return app;
}

function servingApp(app: Koa): Promise<TestServer> {
  const listener = app.callback();
  return serving(createServer((request, response) => void listener(request, response)));
}

function start(options: AdapterApp): Promise<TestServer> {
  const { registry, metrics, guard, clock, handled, isSolved } = options;
  const app = quiet();
  app.use(koaMetrics(metrics));
  app.use(route('/metrics', /^\/metrics$/, metricsHandler(registry)));
  app.use(
    guardMiddleware(guard, {
      subject: (context) => subjectOf(context.headers['x-user']),
      registry,
      clock,
      challenge: (context) => {
        if (isSolved(context.headers['x-answer'])) return true;
        context.status = 401;
        context.body = 'what is 6 × 7?';
        return false;
      },
    }),
  );
  app.use(
    route('/orders/:id', /^\/orders\/[^/]+$/, (context) => {
      handled();
      context.body = 'order';
    }),
  );
  app.use(
    route('/fail', /^\/fail$/, () => {
      throw new Error('broken');
    }),
  );
  app.use(route('/hang', /^\/hang$/, () => new Promise(() => undefined)));
  return servingApp(app);
}

checkAdapter({ name: 'koa', knowsRouteEarly: false, start });

test('another router’s template is what the option says; one that throws is unknown', async () => {
  const registry = createMetricsRegistry();
  const metrics = createHttpMetrics(registry);
  const app = quiet();
  app.use(
    koaMetrics(metrics, {
      route: (context) => {
        if (context.path === '/throw') throw new Error('no route');
        return context.state['template'] as string;
      },
    }),
  );
  app.use((context) => {
    context.state['template'] = '/mine/:id';
    context.body = 'ok';
  });
  await using server = await servingApp(app);
  for (const path of ['/mine/1', '/throw']) await (await fetch(server.url + path)).text();
  const want = [
    'http_requests_total{method="GET",route="/mine/:id",status="200"}',
    'http_requests_total{method="GET",route="unknown",status="200"}',
  ];
  await until(() => Object.keys(seriesOf(registry, 'http_requests_total')).length === 2);
  assert.deepEqual(Object.keys(seriesOf(registry, 'http_requests_total')), want);
  metrics.close();
});
