import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textAnswer, type Route } from '../../packages/server/src/serve/http/route.ts';
import { printCli } from './cli.ts';
import { findUndocumentedRoutes, printHttp } from './http.ts';
import { collectOwnMetrics } from './metrics.ts';

const route = (path: string, methods: Route['methods']): Route => ({
  surface: 'management',
  methods,
  path,
  access: 'viewer',
  errors: 'text',
  handle: () => textAnswer(200, ''),
});

test('a route without a description is named, and a description without a route too', () => {
  const routes = [route('/a', ['GET', 'HEAD']), route('/a', ['POST']), route('/b', ['GET'])];
  assert.deepEqual(findUndocumentedRoutes(routes, { 'GET /a': 'A.', 'GET /b': 'B.', 'GET /c': 'C.' }), [
    'POST /a: has no line in ROUTE_MEANINGS',
    'GET /c: is described, but no route',
  ]);
});

test('the page of routes says path, methods, access and meaning', () => {
  const page = printHttp([route('/a', ['GET', 'HEAD'])], { 'GET /a': 'The A.' });
  assert.match(page, /## Management\n\n.*\n.*\n\| `\/a` \| GET, HEAD \| viewer \| The A\. \|/);
});

test('the page of commands has the help of each', async () => {
  const page = await printCli();
  for (const name of ['start', 'check', 'query', 'doctor', 'version'])
    assert.match(page, new RegExp(`## vedette ${name}\n\n\`\`\`text\n[^\`]*Usage: vedette ${name}`));
});

const skip = process.platform !== 'linux' && 'the list is that of Linux';

test('own metrics are those of the whole composition', { skip }, async () => {
  const metrics = await collectOwnMetrics();
  const byName = new Map(metrics.map((metric) => [metric.name, metric]));
  assert.equal(byName.size, metrics.length);
  for (const name of [
    'vedette_scrape_targets',
    'vedette_query_total',
    'vedette_http_requests_total',
    'process_open_fds',
  ])
    assert.ok(byName.has(name), name);
  assert.deepEqual(byName.get('sdk_metrics_overflows_total')?.labelNames, ['metric']);
  assert.deepEqual(byName.get('vedette_query_total')?.labelNames, ['kind', 'outcome']);
});
