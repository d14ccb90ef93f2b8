import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Role } from '@vedette/api';
import { SeededRandom } from '@vedette/model';
import { Secret } from '../../lib/secret.ts';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { createTestClock } from '../test-server.ts';
import { AccessGuard, type AccessRequest } from './access-guard.ts';
import { FAILED_ATTEMPTS_MAX, FAILED_ATTEMPTS_WINDOW_MS } from './attempt-limiter.ts';
import type { Scope } from './caller.ts';
import { Identities } from './identities.ts';

const TOKEN = 'correct-horse-battery';

const KEY = 'edge-key-edge-key-1';

function createGuard(
  options: { token?: string; externalUrl?: string; isOpen?: boolean; isEnabled?: boolean } = {},
) {
  const clock = createTestClock();
  const random = new SeededRandom(7);
  const identities = new Identities(
    { clock, random, log: SILENT_LOG, documents: undefined },
    { isEnabled: options.isEnabled ?? false },
  );
  const guard = new AccessGuard(
    { clock, identities },
    {
      token: options.token === undefined ? undefined : new Secret(options.token),
      externalUrl: options.externalUrl,
      isOpen: options.isOpen ?? false,
      bouncers: [{ name: 'edge', key: new Secret(KEY) }],
    },
  );
  return { clock, guard, identities };
}

/** The value of the cookie of whoever showed the token. */
async function signIn(guard: AccessGuard, identities: Identities): Promise<string> {
  const found = guard.checkToken(TOKEN, '10.0.0.1');
  assert.ok(found.kind === 'granted');
  return await identities.openFor(found.caller, TOKEN);
}

function request(
  headers: Record<string, string> = {},
  overrides: Partial<AccessRequest> = {},
): AccessRequest {
  return {
    method: 'GET',
    headers: { host: '127.0.0.1:8080', ...headers },
    remoteAddress: '127.0.0.1',
    ...overrides,
  };
}

/** 200 stands for granted. */
function statusOf(guard: AccessGuard, one: AccessRequest): number {
  const verdict = guard.judge(one, 'admin');
  return verdict.kind === 'granted' ? 200 : verdict.status;
}

test('who is open serves everybody but pages of other sites, and a token counts all the same', () => {
  const far = { remoteAddress: '10.0.0.5' };
  const { guard } = createGuard({ isOpen: true });
  assert.equal(statusOf(guard, request({ host: 'am.example:9093', via: '1.1 proxy' }, far)), 200);
  const foreign = request({ host: 'am.example', origin: 'https://evil.example' }, { ...far, method: 'POST' });
  assert.equal(statusOf(guard, foreign), 403);
  assert.equal(statusOf(createGuard({ isOpen: true, token: TOKEN }).guard, request({}, far)), 401);
});

test('without a token the plainly local caller is the administrator, nobody else', () => {
  const { guard } = createGuard();
  const check = (want: number, headers: Record<string, string>, remoteAddress = '127.0.0.1'): void =>
    assert.equal(statusOf(guard, request(headers, { remoteAddress })), want, JSON.stringify(headers));
  check(200, {});
  check(200, { host: 'localhost:8080' });
  check(200, { host: '[::1]:8080' }, '::1');
  check(200, { host: '127.8.8.8' }, '::ffff:127.0.0.1');
  check(403, { host: 'evil.example:8080' });
  check(403, { host: '127.0.0.1.evil.example' });
  check(403, { host: '127.evil.example' });
  check(403, { host: '' });
  check(403, { host: '192.168.1.2:8080' });
  check(403, { forwarded: 'for=1.2.3.4' });
  check(403, { 'x-forwarded-for': '1.2.3.4' });
  check(403, { 'x-forwarded-host': '127.0.0.1' });
  check(403, { via: '1.1 proxy' });
  check(403, {}, '10.0.0.5');
  check(403, {}, '');
});

test('refusals without a token name the remedy', () => {
  const { guard } = createGuard();
  const verdict = guard.judge(request({ host: 'evil.example' }), 'viewer');
  assert.equal(verdict.kind, 'refused');
  assert.match(verdict.kind === 'refused' ? verdict.message : '', /"evil\.example".*set server\.token_file/);
});

test('with a token it is the only way in, from loopback too', () => {
  const { guard } = createGuard({ token: TOKEN });
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`;
  const check = (want: number, authorization?: string): void =>
    assert.equal(
      statusOf(guard, request(authorization === undefined ? {} : { authorization })),
      want,
      authorization ?? 'none',
    );
  check(401);
  check(200, `Bearer ${TOKEN}`);
  check(200, `bearer ${TOKEN}`);
  check(200, basic(`anyone:${TOKEN}`));
  check(200, basic(`:${TOKEN}`));
  check(401, basic(TOKEN));
  check(401, basic(`${TOKEN}:`));
  check(401, `Bearer ${TOKEN}x`);
  check(401, `Bearer ${TOKEN.slice(0, -1)}`);
  check(401, 'Bearer');
  check(401, `Digest ${TOKEN}`);
  assert.equal(
    statusOf(
      guard,
      request(
        { authorization: `Bearer ${TOKEN}`, host: 'any.example', 'x-forwarded-for': '1.1.1.1' },
        { remoteAddress: '10.0.0.5' },
      ),
    ),
    200,
  );
});

test('a token that contains a colon works with basic authentication', () => {
  const { guard } = createGuard({ token: 'with:colon:in:the:middle' });
  const authorization = `Basic ${Buffer.from('me:with:colon:in:the:middle').toString('base64')}`;
  assert.equal(statusOf(guard, request({ authorization })), 200);
});

test('changes asked for by pages of other origins are refused, reads only when embedded', () => {
  const { guard } = createGuard();
  const check = (want: number, method: string, headers: Record<string, string>): void =>
    assert.equal(statusOf(guard, request(headers, { method })), want, `${method} ${JSON.stringify(headers)}`);
  check(200, 'POST', {});
  check(200, 'POST', { origin: 'http://127.0.0.1:8080' });
  check(403, 'POST', { origin: 'http://127.0.0.1:3000' });
  check(403, 'POST', { origin: 'http://127.0.0.1:8080.evil.example' });
  check(403, 'POST', { origin: 'http://evil.example' });
  check(403, 'DELETE', { origin: 'null' });
  check(403, 'PUT', { origin: '' });
  check(403, 'POST', { 'sec-fetch-site': 'cross-site' });
  check(403, 'POST', { 'sec-fetch-site': 'same-site' });
  check(200, 'POST', { 'sec-fetch-site': 'same-origin' });
  check(200, 'GET', { origin: 'http://evil.example' });
  check(403, 'GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' });
  check(200, 'GET', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' });
});

test('the origin of external_url is our own', () => {
  const { guard } = createGuard({ token: TOKEN, externalUrl: 'https://watch.example/vedette/' });
  const check = (want: number, origin: string): void =>
    assert.equal(
      statusOf(guard, request({ origin, authorization: `Bearer ${TOKEN}` }, { method: 'POST' })),
      want,
    );
  check(200, 'https://watch.example');
  check(403, 'https://watch.example.evil.example');
});

test('wrong tokens are limited per address, and the right one waits too', async () => {
  const { clock, guard } = createGuard({ token: TOKEN });
  const from = (remoteAddress: string, token: string): number =>
    statusOf(guard, request({ authorization: `Bearer ${token}` }, { remoteAddress }));
  for (let i = 0; i < FAILED_ATTEMPTS_MAX; i++) assert.equal(from('10.0.0.1', `wrong-${i}`), 401);
  assert.equal(from('10.0.0.1', TOKEN), 429);
  assert.equal(from('10.0.0.2', TOKEN), 200);
  await clock.advance(FAILED_ATTEMPTS_WINDOW_MS - 1);
  const verdict = guard.judge(
    request({ authorization: `Bearer ${TOKEN}` }, { remoteAddress: '10.0.0.1' }),
    'viewer',
  );
  assert.equal(verdict.kind === 'refused' && verdict.retryAfterSeconds, 1);
  await clock.advance(1);
  assert.equal(from('10.0.0.1', TOKEN), 200);
});

test('a session stands for the token until it ends or another token is configured', async () => {
  const { guard, identities } = createGuard({ token: TOKEN });
  const cookie = `a=b; vedette_session=${await signIn(guard, identities)}; c=d`;
  assert.equal(statusOf(guard, request({ cookie })), 200);
  const session = guard.findSession({ cookie }) ?? assert.fail('no session');
  await identities.sessions.end(session.id);
  assert.equal(statusOf(guard, request({ cookie })), 401);
  const other = `vedette_session=${await signIn(guard, identities)}`;
  identities.useServerToken(Buffer.alloc(32));
  assert.equal(statusOf(guard, request({ cookie: other })), 401);
});

test('signing in tells nobody whether the token was nearly right', () => {
  const { guard } = createGuard({ token: TOKEN });
  for (const token of ['', 'x', TOKEN.slice(1), `${TOKEN} `, 'vdt_', `vdt_${TOKEN}`])
    assert.deepEqual(guard.checkToken(token, '10.0.0.9'), {
      kind: 'refused',
      status: 401,
      message: 'cannot allow this: the token is wrong, was revoked, or has expired',
    });
});

test('an API token opens its scopes with its role, also where nobody has to sign in', async () => {
  const { guard, identities } = createGuard();
  const { secret, id } = await identities.tokens.create({
    name: 'grafana',
    role: 'operator',
    scopes: ['read', 'ingest'],
    expiresInDays: null,
    createdBy: 'local',
  });
  const basic = `Basic ${Buffer.from(`grafana:${secret}`).toString('base64')}`;
  const status = (authorization: string, access: Role, scope: Scope): number => {
    const verdict = guard.judge(request({ authorization }), access, scope);
    return verdict.kind === 'granted' ? 200 : verdict.status;
  };
  for (const shown of [`Bearer ${secret}`, basic]) {
    assert.equal(status(shown, 'viewer', 'read'), 200);
    assert.equal(status(shown, 'operator', 'ingest'), 200);
    assert.equal(status(shown, 'operator', 'write'), 403);
    assert.equal(status(shown, 'viewer', 'guard'), 403);
    assert.equal(status(shown, 'admin', 'read'), 403, 'although the caller is local, who may everything');
  }
  assert.equal(status(`Bearer ${secret}x`, 'viewer', 'read'), 401);
  await identities.revokeToken(id);
  assert.equal(status(`Bearer ${secret}`, 'viewer', 'read'), 401);
});

test('guesses from an address keep no API token out, and leave no revoked one in a page that is open', async () => {
  const { guard, identities } = createGuard({ token: TOKEN });
  const wanted = { name: 'grafana', role: 'viewer', scopes: ['read'], expiresInDays: null } as const;
  const { secret, id } = await identities.tokens.create({ ...wanted, createdBy: 'local' });
  const one = request({ authorization: `Bearer ${secret}` });
  const granted = guard.judge(one, 'viewer');
  assert.ok(granted.kind === 'granted');
  const guess = request({ authorization: 'Bearer wrong' });
  for (let i = 0; i < FAILED_ATTEMPTS_MAX; i++) assert.equal(statusOf(guard, guess), 401);
  assert.equal(statusOf(guard, guess), 429);
  assert.equal(guard.judge(one, 'viewer').kind, 'granted', 'who shows 256 right bits does not guess');
  assert.equal(guard.recheck(one, granted, 'viewer').kind, 'granted');
  await identities.revokeToken(id);
  assert.equal(guard.recheck(one, granted, 'viewer').kind, 'refused');
});

test('pages that are asked again count as no guesses', async () => {
  const { guard, identities } = createGuard({ token: TOKEN });
  const wanted = { name: 'wall', role: 'viewer', scopes: ['read'], expiresInDays: null } as const;
  const { secret, id } = await identities.tokens.create({ ...wanted, createdBy: 'local' });
  const one = request({ authorization: `Bearer ${secret}` });
  const granted = guard.judge(one, 'viewer');
  assert.ok(granted.kind === 'granted');
  await identities.revokeToken(id);
  for (let i = 0; i <= FAILED_ATTEMPTS_MAX; i++) guard.recheck(one, granted, 'viewer');
  assert.equal(guard.judge(request({ authorization: `Bearer ${TOKEN}` }), 'admin').kind, 'granted');
});

test('as soon as there is an account nobody is let in for being local', async () => {
  const { guard, identities } = createGuard();
  assert.equal(statusOf(guard, request()), 200);
  await identities.accounts.addFirst({ name: 'ada', passwordHash: 'x' });
  assert.equal(statusOf(guard, request()), 401);
  await identities.removeAccount('ada').then(
    () => assert.fail('the last administrator'),
    () => undefined,
  );
});

test('where accounts are enabled and there is none, the refusal names the link', () => {
  const { guard } = createGuard({ isEnabled: true });
  const verdict = guard.judge(request(), 'viewer');
  assert.equal(verdict.kind === 'refused' && verdict.status, 401);
  assert.match(verdict.kind === 'refused' ? verdict.message : '', /no account exists yet.*link/);
});

test('a role that falls, a disabled account and an end of the session count at the next look', async () => {
  const { guard, identities } = createGuard();
  await identities.accounts.addFirst({ name: 'root', passwordHash: 'x' });
  await identities.accounts.add({ name: 'ada', role: 'admin', passwordHash: 'x' });
  const cookie = `vedette_session=${await identities.openForAccount('ada')}`;
  const one = request({ cookie });
  const granted = guard.judge(one, 'viewer');
  assert.ok(granted.kind === 'granted');
  const look = (): number => {
    const verdict = guard.recheck(one, granted, 'viewer');
    return verdict.kind === 'granted' ? 200 : verdict.status;
  };
  assert.equal(look(), 200);
  let tellings = 0;
  identities.onChange(() => tellings++);
  await identities.changeAccount('ada', { role: 'viewer' });
  assert.ok(tellings > 0);
  assert.equal(look(), 403, 'though a viewer may look: the page has to learn what it is now');
  assert.equal(statusOf(guard, one), 403);
  await identities.changeAccount('ada', { isDisabled: true });
  assert.equal(look(), 401);
  assert.equal(statusOf(guard, one), 401);
});

test('open routes are open and sign-in routes tell who is there', () => {
  const { guard } = createGuard({ token: TOKEN });
  const stranger = request(
    { host: 'evil.example', 'x-forwarded-for': '1.1.1.1' },
    { remoteAddress: '10.0.0.5' },
  );
  assert.deepEqual(guard.judge(stranger, 'open'), { kind: 'granted', role: undefined });
  assert.deepEqual(guard.judge(stranger, 'sign-in'), { kind: 'granted', role: undefined });
  assert.deepEqual(guard.judge(request({ authorization: `Bearer ${TOKEN}` }), 'sign-in'), {
    kind: 'granted',
    role: 'admin',
    caller: { kind: 'server-token', name: 'server-token', role: 'admin' },
  });
});

test('a role below the one wanted is refused with both', async () => {
  const { guard, identities } = createGuard();
  await identities.accounts.addFirst({ name: 'root', passwordHash: 'x' });
  await identities.accounts.add({ name: 'ada', role: 'viewer', passwordHash: 'x' });
  const cookie = `vedette_session=${await identities.openForAccount('ada')}`;
  assert.equal(guard.judge(request({ cookie }), 'viewer').kind, 'granted');
  const { caller, ...verdict } = guard.judge(request({ cookie }), 'admin');
  assert.deepEqual(verdict, {
    kind: 'refused',
    status: 403,
    message: 'cannot allow this: role "viewer" is too low; want "admin"',
  });
  assert.equal(caller?.name, 'ada');
});

/** What a proxy passes on of a browser far away. */
const PROXIED = {
  host: 'shop.example',
  'x-forwarded-for': '203.0.113.9',
  origin: 'https://shop.example',
  'sec-fetch-site': 'cross-site',
  cookie: 'vedette_session=x',
};

test('a bouncer’s key opens the routes of bouncers and nothing else', () => {
  const far = { remoteAddress: '10.0.0.5' };
  const basic = `Basic ${Buffer.from(`edge:${KEY}`).toString('base64')}`;
  for (const { guard } of [createGuard(), createGuard({ token: TOKEN })])
    for (const shown of [
      { 'x-api-key': KEY },
      { authorization: basic },
      { authorization: `Bearer ${KEY}` },
    ]) {
      const one = request({ ...PROXIED, ...shown }, far);
      const caller = { kind: 'bouncer', name: 'edge', role: undefined };
      const granted = { kind: 'granted', role: undefined, bouncer: 'edge', caller };
      assert.deepEqual(guard.judge(one, 'bouncer'), granted);
      for (const access of ['viewer', 'operator', 'admin'] as const)
        assert.equal(guard.judge(one, access).kind, 'refused', access);
    }
});

test('without a key a route of bouncers wants the token, or somebody local', () => {
  const far = { remoteAddress: '10.0.0.5' };
  assert.equal(createGuard().guard.judge(request(), 'bouncer').kind, 'granted');
  assert.equal(createGuard().guard.judge(request(PROXIED, far), 'bouncer').kind, 'refused');
  const { guard } = createGuard({ token: TOKEN });
  assert.equal(guard.judge(request(), 'bouncer').kind, 'refused');
  assert.equal(guard.judge(request({ authorization: `Bearer ${TOKEN}` }), 'bouncer').kind, 'granted');
});

test('wrong keys are limited per address, however they are shown, and do not lock the token out', async () => {
  for (const shown of [
    (key: string) => ({ 'x-api-key': key }),
    (key: string) => ({ authorization: `Bearer ${key}` }),
  ]) {
    const { clock, guard } = createGuard();
    const from = (remoteAddress: string, key: string): string => {
      const verdict = guard.judge(request({ ...PROXIED, ...shown(key) }, { remoteAddress }), 'bouncer');
      return verdict.kind;
    };
    for (let i = 0; i < FAILED_ATTEMPTS_MAX; i++) assert.equal(from('10.0.0.1', `${KEY}${i}`), 'refused');
    assert.equal(from('10.0.0.1', KEY), 'refused');
    assert.equal(from('10.0.0.2', KEY), 'granted');
    await clock.advance(FAILED_ATTEMPTS_WINDOW_MS);
    assert.equal(from('10.0.0.1', KEY), 'granted');
  }
  const { guard } = createGuard({ token: TOKEN });
  const status = (headers: Record<string, string>): number => {
    const verdict = guard.judge(request(headers), 'bouncer');
    return verdict.kind === 'granted' ? 200 : verdict.status;
  };
  for (let i = 0; i < FAILED_ATTEMPTS_MAX; i++) assert.equal(status({ 'x-api-key': `${KEY}${i}` }), 403);
  assert.equal(status({ 'x-api-key': KEY }), 429);
  assert.equal(status({ authorization: `Bearer ${TOKEN}` }), 200);
});

test('an address with a key of its own reaches its handler from anywhere', () => {
  const { guard } = createGuard({ token: TOKEN });
  const one = request(PROXIED, { method: 'POST', remoteAddress: '10.0.0.5' });
  assert.deepEqual(guard.judge(one, 'own-key'), { kind: 'granted', role: undefined });
});
