/** Every route of the server × everybody who may call: generated from the table of routes, so that none is forgotten. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROLES, TOKEN_SCOPES, type Role } from '@vedette/api';
import { SeededRandom } from '@vedette/model';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { serverSchema } from '../config.ts';
import { createHttpServer } from '../http-server.ts';
import type { Route } from '../http/route.ts';
import { createTestClock, createTestDeps } from '../test-server.ts';
import { AccessGuard, type AccessRequest } from './access-guard.ts';
import { actionOf } from './audit/audited.ts';
import { startAuthScene } from './auth-fixture.ts';
import { Identities } from './identities.ts';
import { scopeOf } from './route-scope.ts';

interface Door {
  readonly route: Route;
  readonly method: string;
  readonly name: string;
}

function doors(): readonly Door[] {
  const none = (): Promise<never> => Promise.reject(new Error('not here'));
  const push = { desk: none, sendTest: none, useRoles: () => undefined };
  const guarded = { push, guard: none, backtest: none, privacy: none };
  const { routes } = createHttpServer(createTestDeps(guarded), serverSchema.parse({}));
  return routes.flatMap((route) =>
    route.methods.map((method) => ({ route, method, name: `${method} ${route.path}` })),
  );
}

/** Somebody with proof, as headers. */
interface Person {
  readonly name: string;
  readonly headers: Record<string, string>;
  readonly role: Role | undefined;
  readonly scopes: readonly string[];
  /** Signed in, not a program with a token. */
  readonly isHuman?: boolean;
}

async function createPeople(): Promise<{ guard: AccessGuard; people: readonly Person[] }> {
  const clock = createTestClock();
  const deps = { clock, random: new SeededRandom(5), log: SILENT_LOG, documents: undefined };
  const identities = new Identities(deps, { isEnabled: true });
  const guard = new AccessGuard({ clock, identities }, { token: undefined, externalUrl: undefined });
  await identities.accounts.addFirst({ name: 'root', passwordHash: '' });
  const people: Person[] = [{ name: 'nobody', headers: {}, role: undefined, scopes: [] }];
  for (const role of ROLES) {
    await identities.accounts.add({ name: role, role, passwordHash: '' });
    const cookie = `vedette_session=${await identities.openForAccount(role)}`;
    people.push({ name: role, headers: { cookie }, role, scopes: TOKEN_SCOPES, isHuman: true });
    for (const scope of TOKEN_SCOPES) {
      const wanted = { name: scope, role, scopes: [scope], expiresInDays: null, createdBy: 'root' };
      const { secret } = await identities.tokens.create(wanted);
      const headers = { authorization: `Bearer ${secret}` };
      people.push({ name: `${role} token ${scope}`, headers, role, scopes: [scope] });
    }
  }
  return { guard, people };
}

function requestOf(method: string, headers: Record<string, string>): AccessRequest {
  return { method, headers: { host: 'vedette.example', ...headers }, remoteAddress: '10.0.0.5' };
}

/** Whether a person may use a door, said anew. */
function isAllowed({ role, scopes, isHuman = false }: Person, { route, method }: Door): boolean {
  const { access } = route;
  if (access === 'open' || access === 'own-key' || access === 'sign-in') return true;
  if (role === undefined) return false;
  if (!scopes.includes(access === 'bouncer' ? 'guard' : scopeOf(route, method))) return false;
  // Decisions are about persons, and viewers do not see those.
  const wanted = access === 'bouncer' ? (isHuman ? 'operator' : 'viewer') : access;
  return ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}

test('every route lets in whom its role and scope say, and nobody else', async () => {
  const { guard, people } = await createPeople();
  let granted = 0;
  let refused = 0;
  for (const door of doors())
    for (const person of people) {
      const { route, method } = door;
      const verdict = guard.judge(requestOf(method, person.headers), route.access, scopeOf(route, method));
      assert.equal(verdict.kind === 'granted', isAllowed(person, door), `${person.name}: ${door.name}`);
      if (verdict.kind === 'granted') granted++;
      else refused++;
    }
  assert.ok(granted > 300 && refused > 300, `${granted} granted, ${refused} refused`);
});

test('a page of another site changes nothing on any route, whoever is signed in', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const foreign = [
    { origin: 'https://evil.example' },
    { origin: 'null' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ];
  let count = 0;
  for (const { route, method, name } of doors()) {
    if (method === 'GET' || method === 'HEAD' || route.access === 'bouncer' || route.access === 'own-key')
      continue;
    count++;
    const headers = foreign[count % foreign.length];
    const { status } = await root.send(method, route.path.replaceAll(/:\w+|\*/g, 'x'), undefined, headers);
    assert.equal(status, 403, `${name} ${JSON.stringify(headers)}`);
  }
  assert.ok(count > 40, String(count));
});

test('what changes something is exactly this, and all of it is written down', () => {
  const changing = doors()
    .filter(({ route, method }) => scopeOf(route, method) === 'write')
    .map(({ route, method, name }) => `${name} = ${actionOf(route, method) ?? 'not written down'}`);
  assert.deepEqual(
    changing.toSorted((a, b) => (a < b ? -1 : 1)),
    [
      'DELETE /api/v2/silence/:id = silence.delete',
      'DELETE /api/vedette/accounts/:name = account.delete',
      'DELETE /api/vedette/backups/:name = backup.delete',
      'DELETE /api/vedette/dashboards/:uid = dashboard.delete',
      'DELETE /api/vedette/push/subscriptions = push.subscription.delete',
      'DELETE /api/vedette/session = session.sign_out',
      'DELETE /api/vedette/tokens/:id = token.delete',
      'POST /-/reload = config.reload',
      'POST /api/v1/admin/tsdb/clean_tombstones = tsdb.clean_tombstones',
      'POST /api/v1/admin/tsdb/delete_series = tsdb.delete_series',
      'POST /api/v1/admin/tsdb/snapshot = tsdb.snapshot',
      'POST /api/v2/silences = silence.create',
      'POST /api/vedette/account/password = account.password',
      'POST /api/vedette/accounts = account.create',
      'POST /api/vedette/alerts/acknowledge = alert.acknowledge',
      'POST /api/vedette/backups = backup.create',
      'POST /api/vedette/dashboards = dashboard.create',
      'POST /api/vedette/guard/backtest = guard.backtest',
      'POST /api/vedette/guard/decisions = guard.ban',
      'POST /api/vedette/guard/decisions/:id/appeal = guard.appeal',
      'POST /api/vedette/guard/decisions/:id/approve = guard.approve',
      'POST /api/vedette/guard/decisions/:id/extend = guard.extend',
      'POST /api/vedette/guard/decisions/:id/lift = guard.lift',
      'POST /api/vedette/guard/decisions/:id/permanent = guard.permanent',
      'POST /api/vedette/guard/policies/:name/mode = guard.policy.mode',
      'POST /api/vedette/privacy/erase = privacy.erase',
      'POST /api/vedette/privacy/export = privacy.export',
      'POST /api/vedette/push/subscriptions = push.subscription.create',
      'POST /api/vedette/push/test = push.test',
      'POST /api/vedette/receivers/:name/test = receiver.test',
      'POST /api/vedette/session = session.sign_in',
      'POST /api/vedette/setup = account.setup',
      'POST /api/vedette/tokens = token.create',
      'PUT /-/reload = config.reload',
      'PUT /api/v1/admin/tsdb/clean_tombstones = tsdb.clean_tombstones',
      'PUT /api/v1/admin/tsdb/delete_series = tsdb.delete_series',
      'PUT /api/v1/admin/tsdb/snapshot = tsdb.snapshot',
      'PUT /api/vedette/accounts/:name = account.update',
      'PUT /api/vedette/dashboards/:uid = dashboard.update',
    ],
  );
});

test('what programs send and ask has scopes of its own, and is not written down', () => {
  const names = (scope: string): readonly string[] =>
    doors()
      .filter(({ route, method }) => scopeOf(route, method) === scope)
      .map(({ route, method, name }) => {
        assert.equal(actionOf(route, method), undefined, name);
        return name;
      })
      .toSorted((a, b) => (a < b ? -1 : 1));
  assert.deepEqual(names('ingest'), [
    'POST /api/v1/alerts',
    'POST /api/v2/alerts',
    'POST /webhooks/alertmanager/:source',
  ]);
  assert.ok(names('guard').includes('GET /guard/forward-auth'));
});
