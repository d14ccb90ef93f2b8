/** Signing in at a real provider (oidc-provider) on loopback. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { test, type TestContext } from 'node:test';
import { sessionState, type Account, type AuditEntry } from '@vedette/api';
import Provider from 'oidc-provider';
import {
  browserOf,
  startAuthScene,
  type Answer,
  type AuthScene,
  type Browser,
  listenFor,
} from '../auth-fixture.ts';
import { oidcSchema } from './config.ts';
import { OIDC_PENDING_MS } from './pending-sign-in.ts';

interface Person {
  readonly sub: string;
  readonly preferred_username: string;
  readonly groups: readonly string[];
}

interface Scene extends AuthScene {
  /** Whom the provider lets in next. */
  person: Person;
  /** Begins here, signs in there, and gives back the address that leads back here. */
  visitProvider(browser: Browser, returnTo?: string): Promise<string>;
  comeBack(browser: Browser, address: string): Promise<Answer>;
  stopProvider(): void;
}

async function startScene(t: TestContext): Promise<Scene> {
  const provider = createServer();
  const issuer = await listenFor(t, provider);
  const oidc = oidcSchema.parse({
    issuer,
    client_id: 'vedette',
    scopes: ['openid', 'profile', 'groups'],
    roles: { operator: ['oncall'], admin: ['sre'] },
    name: 'Acme',
  });
  const auth = await startAuthScene(t, { accounts: 'auto', oidc });
  const scene: Scene = Object.assign(auth, {
    person: { sub: '1', preferred_username: 'ada', groups: ['sre', 'all'] },
    visitProvider: async (browser: Browser, returnTo = '/alerts') => {
      const begun = await browser.send(
        'GET',
        `/api/vedette/oidc/start?return=${encodeURIComponent(returnTo)}`,
      );
      assert.equal(begun.status, 302, JSON.stringify(begun.body));
      return await walk(issuer, begun.headers.get('location') ?? '');
    },
    comeBack: async (browser: Browser, address: string) => {
      const { pathname, search } = new URL(address);
      return await browser.send('GET', pathname + search);
    },
    stopProvider: () => {
      provider.close();
      provider.closeAllConnections();
    },
  });
  serveProvider(provider, issuer, { redirectUri: `${auth.server.address}/api/vedette/oidc/callback`, scene });
  return scene;
}

function serveProvider(
  server: Server,
  issuer: string,
  { redirectUri, scene }: { readonly redirectUri: string; readonly scene: Scene },
): void {
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'vedette', token_endpoint_auth_method: 'none', redirect_uris: [redirectUri] }],
    scopes: ['openid', 'profile', 'groups'],
    claims: { openid: ['sub'], profile: ['preferred_username'], groups: ['groups'] },
    cookies: { keys: ['for tests'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ ...scene.person, sub: id }) }),
    loadExistingGrant: async ({ oidc: { client, session } }) => {
      const grant = new provider.Grant({ clientId: client!.clientId, accountId: session!.accountId! });
      grant.addOIDCScope('openid profile groups');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (request.url?.startsWith('/interaction/') !== true) return void answer(request, response);
    return void provider.interactionFinished(request, response, { login: { accountId: scene.person.sub } });
  });
}

/** Follows the provider until it leads elsewhere, with cookies of its own. */
async function walk(issuer: string, address: string): Promise<string> {
  const browser = browserOf('');
  let next = address;
  for (let i = 0; i < 10 && next.startsWith(issuer); i++) {
    const { status, headers, body } = await browser.send('GET', next);
    assert.ok(status === 302 || status === 303, `${status} ${JSON.stringify(body)}`);
    next = new URL(headers.get('location') ?? '', issuer).href;
  }
  return next;
}

const roleOf = async (browser: Browser): Promise<string | null> =>
  sessionState.parse((await browser.send('GET', '/api/vedette/session')).body).role;

test('who comes by the provider first and may only look does not spend the setup link', async (t) => {
  const scene = await startScene(t);
  const link = scene.server.setupLink() ?? assert.fail('no link');
  scene.person = { sub: '9', preferred_username: 'eve', groups: ['oncall'] };
  const eve = scene.browser();
  await scene.comeBack(eve, await scene.visitProvider(eve));
  assert.equal(await roleOf(eve), 'operator');
  assert.notEqual(scene.server.setupLink(), undefined);
  const key = new URL(link).hash.replace('#k=', '');
  const setUp = async (name: string): Promise<number> =>
    (await scene.browser().send('POST', '/api/vedette/setup', { key, name, password: 'long enough a word' }))
      .status;
  assert.equal(await setUp('EVE'), 409, 'an account of the provider is not taken over');
  assert.equal(await setUp('root'), 200);
  assert.equal(await setUp('again'), 410);
  assert.equal(scene.server.setupLink(), undefined);
});

test('groups give the role, anew at each sign-in, and people are known by what never changes', async (t) => {
  const scene = await startScene(t);
  const browser = scene.browser();
  const before = sessionState.parse((await browser.send('GET', '/api/vedette/session')).body);
  assert.deepEqual(before.ways, { token: false, password: false, oidc: 'Acme', setup: true });
  const back = await scene.comeBack(browser, await scene.visitProvider(browser));
  assert.deepEqual([back.status, back.headers.get('location')], [302, '/alerts']);
  assert.equal(await roleOf(browser), 'admin');
  assert.equal(browser.cookies['vedette_oidc'], undefined);
  scene.person = { sub: '1', preferred_username: 'ada-lovelace', groups: ['all', 'oncall'] };
  const phone = scene.browser();
  await scene.comeBack(phone, await scene.visitProvider(phone));
  assert.equal(await roleOf(phone), 'operator');
  assert.equal(await roleOf(browser), 'operator', 'the group is lost in the other browser, too');
  scene.person = { sub: '2', preferred_username: 'root', groups: ['sre'] };
  const root = scene.browser();
  await scene.comeBack(root, await scene.visitProvider(root));
  const accounts = (await root.send('GET', '/api/vedette/accounts')).body as Account[];
  assert.deepEqual(
    accounts.map(({ name, role, source }) => [name, role, source]),
    [
      ['ada', 'operator', 'oidc'],
      ['root', 'admin', 'oidc'],
    ],
  );
  const put = await root.send('PUT', '/api/vedette/accounts/ada', { role: 'admin' });
  assert.equal(put.status, 409, 'the provider says it');
  const audit = (await root.send('GET', '/api/vedette/audit?action=session')).body as AuditEntry[];
  assert.deepEqual(
    audit.map(({ actor, status }) => [actor, status]),
    [
      ['oidc:root', 302],
      ['oidc:ada', 302],
      ['oidc:ada', 302],
    ],
  );
});

test('whoever has no group, or a name that is taken, stays out', async (t) => {
  const scene = await startScene(t);
  const root = await scene.setUp('root');
  const browser = scene.browser();
  const check = async (person: Person, status: number, words: RegExp): Promise<void> => {
    scene.person = person;
    const back = await scene.comeBack(browser, await scene.visitProvider(browser));
    assert.equal(back.status, status);
    assert.match(String(back.body), words);
    assert.equal(browser.cookies['vedette_session'], undefined);
  };
  await check(
    { sub: '1', preferred_username: 'eve', groups: ['all'] },
    403,
    /no group of "eve" has a role here/,
  );
  await check({ sub: '2', preferred_username: 'ROOT', groups: ['sre'] }, 409, /the name "ROOT" is taken/);
  scene.person = { sub: '3', preferred_username: 'ada', groups: ['sre'] };
  await scene.comeBack(browser, await scene.visitProvider(browser));
  await root.send('PUT', '/api/vedette/accounts/ada', { isDisabled: true });
  assert.equal(await roleOf(browser), null);
  const back = await scene.comeBack(browser, await scene.visitProvider(browser));
  assert.deepEqual([back.status, /is disabled/.test(String(back.body))], [403, true]);
});

test('a wrong state, a code twice, another browser and a late return sign nobody in', async (t) => {
  const scene = await startScene(t);
  const victim = scene.browser();
  const address = await scene.visitProvider(victim);
  assert.equal((await scene.comeBack(scene.browser(), address)).status, 400, 'another browser');
  const wrongState = new URL(address);
  wrongState.searchParams.set('state', 'made-up');
  assert.equal((await scene.comeBack(victim, wrongState.href)).status, 401);
  const wrongIssuer = new URL(address);
  wrongIssuer.searchParams.set('iss', 'http://evil.example');
  assert.equal((await scene.comeBack(victim, wrongIssuer.href)).status, 401);
  const pending = { ...victim.cookies };
  assert.equal((await scene.comeBack(victim, address)).status, 302);
  const thief = scene.browser(pending);
  assert.equal((await scene.comeBack(thief, address)).status, 401, 'the code was used');
  assert.equal(await roleOf(thief), null);
  const late = scene.browser();
  const slow = await scene.visitProvider(late);
  scene.clock.jumpWallClock(OIDC_PENDING_MS);
  const answer = await scene.comeBack(late, slow);
  assert.equal(answer.status, 400);
  assert.match(String(answer.body), /more than 10 minutes ago/);
});

test('links lead back to pages of ours alone', async (t) => {
  const scene = await startScene(t);
  const browser = scene.browser();
  for (const [wanted, got] of [
    ['//evil.example/x', '/'],
    ['/\\evil.example', '/'],
    ['https://evil.example', '/'],
    ['/explore?expr=up', '/explore?expr=up'],
  ] as const) {
    const back = await scene.comeBack(browser, await scene.visitProvider(browser, wanted));
    assert.equal(back.headers.get('location'), got, wanted);
  }
});

test('a provider that is away is told, and passwords go on', async (t) => {
  const scene = await startScene(t);
  const root = await scene.setUp();
  scene.stopProvider();
  const answer = await scene.browser().send('GET', '/api/vedette/oidc/start');
  assert.equal(answer.status, 503);
  assert.match(String(answer.body), /cannot sign in with Acme: the provider cannot be reached/);
  assert.match(answer.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.equal(await roleOf(root), 'admin');
});
