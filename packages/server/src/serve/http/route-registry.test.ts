import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BugError } from '@vedette/model';
import { createHttpServer } from '../http-server.ts';
import { serverSchema } from '../config.ts';
import { createTestDeps } from '../test-server.ts';
import { createRouteRegistry, OPEN_PATHS } from './route-registry.ts';
import { textAnswer, type Route } from './route.ts';

function route(path: string, overrides: Partial<Route> = {}): Route {
  return {
    surface: 'web',
    methods: ['GET'],
    path,
    access: 'viewer',
    errors: 'text',
    handle: () => textAnswer(200, ''),
    ...overrides,
  };
}

test('a route without a role is refused at the start', () => {
  const { access: _access, ...without } = route('/x');
  assert.throws(
    () => createRouteRegistry([without as Route]),
    (error: unknown) => {
      assert.ok(error instanceof BugError);
      assert.match(error.message, /route \/x must declare its access; got undefined/);
      return true;
    },
  );
  assert.throws(
    () => createRouteRegistry([route('/x', { access: 'everybody' as 'viewer' })]),
    /must declare its access/,
  );
});

test('only the probes may be open', () => {
  assert.throws(() => createRouteRegistry([route('/metrics', { access: 'open' })]), /must not be open/);
  for (const path of OPEN_PATHS) createRouteRegistry([route(path, { access: 'open' })]);
});

test('keys of their own are for the routes that are named', () => {
  createRouteRegistry([route('/guard/appeal/:token', { access: 'own-key' })]);
  assert.throws(
    () => createRouteRegistry([route('/guard/check', { access: 'own-key' })]),
    /route \/guard\/check must not carry its own key; those that do are \/guard\/appeal\/:token/,
  );
  for (const path of ['/guard/x', '/v1/decisions', '/v1/decisions/stream', '/v1/usage-metrics'])
    createRouteRegistry([route(path, { access: 'bouncer' })]);
  for (const path of ['/api/status', '/guards', '/v1/metrics', '/v1/decisionsx', '/api/vedette/guard/x'])
    assert.throws(() => createRouteRegistry([route(path, { access: 'bouncer' })]), /none of theirs/, path);
});

test('a path has one owner', () => {
  const refuse = (a: string, b: string): void => {
    for (const [left, right] of [
      [a, b],
      [b, a],
    ] as const)
      assert.throws(
        () => createRouteRegistry([route(left), route(right, { surface: 'live', methods: ['POST'] })]),
        /overlap; owners are web and live/,
        `${left} ${right}`,
      );
  };
  refuse('/a', '/a');
  refuse('/a/:x', '/a/b');
  refuse('/a/:x', '/a/:y');
  refuse('/a/*', '/a/b/c');
  refuse('/*', '/a');
  const allow = (a: string, b: string): void =>
    void createRouteRegistry([route(a), route(b, { surface: 'live' })]);
  allow('/a', '/b');
  allow('/a/:x', '/a');
  allow('/a/:x/c', '/a/b/d');
});

test('a method of a path is declared once', () => {
  assert.throws(() => createRouteRegistry([route('/a'), route('/a')]), /GET \/a is declared twice/);
  createRouteRegistry([route('/a'), route('/a', { methods: ['POST'] })]);
});

test('what may be called without a role is exactly the probes, the UI and signing in', () => {
  const { routes } = createHttpServer(createTestDeps(), serverSchema.parse(undefined));
  const pathsOf = (access: Route['access']): string[] =>
    [...new Set(routes.filter((one) => one.access === access).map(({ path }) => path))].toSorted();
  assert.deepEqual(pathsOf('open'), ['/-/healthy', '/-/ready', '/health']);
  assert.deepEqual(pathsOf('sign-in'), [
    '/',
    '/alerts',
    '/alerts/silences/:id',
    '/api/vedette/session',
    '/api/vedette/setup',
    '/assets/*',
    '/explore',
    '/graph',
    '/index.html',
    '/runbook/:name',
    '/targets',
  ]);
  assert.deepEqual(pathsOf('admin'), [
    '/-/reload',
    ...['clean_tombstones', 'delete_series', 'snapshot'].map((one) => `/api/v1/admin/tsdb/${one}`),
    '/api/vedette/accounts',
    '/api/vedette/accounts/:name',
    '/api/vedette/audit',
    ...['', '/:name', '/:name/*'].map((one) => `/api/vedette/backups${one}`),
    '/api/vedette/guard/decisions/:id/permanent',
    '/api/vedette/guard/policies/:name/mode',
    '/api/vedette/privacy/erase',
    '/api/vedette/privacy/export',
    '/api/vedette/tokens',
    '/api/vedette/tokens/:id',
  ]);
  assert.deepEqual(pathsOf('own-key'), ['/guard/appeal/:token']);
  assert.deepEqual(pathsOf('bouncer'), [
    '/guard/check',
    '/guard/feed',
    '/guard/forward-auth',
    '/v1/decisions',
    '/v1/decisions/stream',
    '/v1/usage-metrics',
  ]);
});
