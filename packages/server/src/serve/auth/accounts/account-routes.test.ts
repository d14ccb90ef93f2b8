import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, sessionState, type Account } from '@vedette/api';
import { PASSWORD, signIn, startAuthScene } from '../auth-fixture.ts';
import { SETUP_LINK_MS } from './setup-link.ts';

const keyOf = (link: string | undefined): string => new URL(link ?? 'http://none').hash.replace('#k=', '');

test('until the first account is made nothing is served but that', async (t) => {
  const { server, browser } = await startAuthScene(t);
  const nobody = browser();
  for (const path of ['/api/status', '/api/v1/query?query=1', '/metrics', '/api/vedette/accounts'])
    assert.equal((await nobody.send('GET', path)).status, 401, path);
  assert.equal((await nobody.send('POST', '/-/reload')).status, 401);
  assert.equal((await nobody.send('GET', '/-/ready')).status, 200);
  const { body } = await nobody.send('GET', '/api/vedette/session');
  assert.deepEqual(sessionState.parse(body), {
    role: null,
    isTokenRequired: true,
    account: null,
    ways: { token: false, password: false, oidc: null, setup: true },
  });
  assert.match(server.setupLink() ?? '', /^http:\/\/127\.0\.0\.1:\d+\/setup#k=[\w-]{43}$/);
});

test('the link makes one administrator, who is signed in, and is spent', async (t) => {
  const { server, browser } = await startAuthScene(t);
  const key = keyOf(server.setupLink());
  const first = browser();
  const made = await first.send('POST', '/api/vedette/setup', { key, name: 'ada', password: PASSWORD });
  assert.equal(made.status, 200);
  const state = sessionState.parse((await first.send('GET', '/api/vedette/session')).body);
  assert.deepEqual(
    [state.role, state.account, state.ways.setup, state.ways.password],
    ['admin', 'ada', false, true],
  );
  const second = browser();
  const again = await second.send('POST', '/api/vedette/setup', { key, name: 'eve', password: PASSWORD });
  assert.deepEqual([again.status, second.cookies], [410, {}]);
  assert.equal(server.setupLink(), undefined);
  assert.equal((await browser().send('GET', '/api/status')).status, 401, 'on loopback, too');
});

test('of two who come at once with one link one is made administrator', async (t) => {
  const { server, browser } = await startAuthScene(t);
  const key = keyOf(server.setupLink());
  const answers = await Promise.all(
    ['ada', 'eve'].map((name) =>
      browser().send('POST', '/api/vedette/setup', { key, name, password: PASSWORD }),
    ),
  );
  const [won, lost] = answers.map(({ status }) => status).toSorted((a, b) => a - b);
  assert.equal(won, 200);
  assert.ok(lost === 403 || lost === 410, String(lost));
});

test('a link that is wrong, cut off or too old makes nobody', async (t) => {
  const { server, browser, clock } = await startAuthScene(t);
  const key = keyOf(server.setupLink());
  const statusOf = async (tried: string, name = 'ada', password = PASSWORD): Promise<number> =>
    (await browser().send('POST', '/api/vedette/setup', { key: tried, name, password })).status;
  for (const tried of ['', key.slice(1), `${key}A`, key.toUpperCase()])
    assert.equal(await statusOf(tried), 403, tried);
  for (const name of ['', 'a b', 'a/b', '<b>', 'x'.repeat(101)])
    assert.equal(await statusOf(key, name), 400, name);
  assert.equal(await statusOf(key, 'ada', 'eleven char'), 400);
  clock.jumpWallClock(SETUP_LINK_MS);
  assert.equal(await statusOf(key), 403, 'ten minutes are over');
  assert.equal(await statusOf(keyOf(server.setupLink())), 200, 'a new one is another one');
});

test('an administrator adds, changes, disables and removes', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const ada = await scene.join(root, 'ada', 'viewer');
  assert.equal((await ada.send('GET', '/api/status')).status, 200);
  assert.equal((await ada.send('GET', '/api/vedette/accounts')).status, 403);
  const put = async (body: unknown): Promise<number> =>
    (await root.send('PUT', '/api/vedette/accounts/ada', body)).status;
  assert.equal(await put({ role: 'admin' }), 200);
  assert.equal((await ada.send('GET', '/api/vedette/accounts')).status, 200, 'at once');
  assert.equal(await put({ role: 'viewer' }), 200);
  assert.equal((await ada.send('GET', '/api/vedette/accounts')).status, 403, 'at once');
  assert.equal(await put({ isDisabled: true }), 200);
  assert.equal((await ada.send('GET', '/api/status')).status, 401, 'at once');
  assert.equal((await signIn(scene.browser(), 'ada')).status, 401);
  assert.equal(await put({ isDisabled: false, password: 'another long one' }), 200);
  assert.equal((await signIn(scene.browser(), 'ada')).status, 401);
  assert.equal((await signIn(ada, 'ada', 'another long one')).status, 200);
  assert.equal((await root.send('DELETE', '/api/vedette/accounts/ada')).status, 204);
  assert.equal((await ada.send('GET', '/api/status')).status, 401, 'at once');
  const { body } = await root.send('GET', '/api/vedette/accounts');
  assert.deepEqual(
    (body as Account[]).map((one) => account.parse(one).name),
    ['root'],
  );
});

test('what an administrator cannot mean is refused in words', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const check = async (
    method: string,
    path: string,
    body: unknown,
    status: number,
    words: RegExp,
  ): Promise<void> => {
    const answer = await root.send(method, `/api/vedette/accounts${path}`, body);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.match((answer.body as { error: string }).error, words);
  };
  const eve = { name: 'eve', role: 'viewer', password: PASSWORD };
  await check('POST', '', { ...eve, name: 'ROOT' }, 409, /the name "ROOT" is taken/);
  await check('POST', '', { ...eve, name: 'ｒｏｏｔ' }, 409, /is taken/);
  await check('POST', '', { ...eve, role: 'owner' }, 400, /role/);
  await check('POST', '', { ...eve, password: 'short' }, 400, /password/);
  await check('PUT', '/root', { role: 'viewer' }, 409, /it is the last administrator/);
  await check('PUT', '/root', { isDisabled: true }, 409, /it is the last administrator/);
  await check('DELETE', '/root', undefined, 409, /it is the last administrator/);
  await check('PUT', '/nobody', { role: 'viewer' }, 404, /cannot find the account "nobody"/);
  await check('DELETE', '/nobody', undefined, 404, /cannot find/);
});

test('two administrators who demote each other in the same moment leave one', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const ada = await scene.join(root, 'ada', 'admin');
  const answers = await Promise.all([
    root.send('PUT', '/api/vedette/accounts/ada', { role: 'viewer' }),
    ada.send('PUT', '/api/vedette/accounts/root', { role: 'viewer' }),
  ]);
  assert.equal(answers.filter(({ status }) => status === 200).length, 1);
});

test('a new password ends the other sessions and keeps this one', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const phone = scene.browser();
  await signIn(phone, 'root');
  const change = (current: string, next: string): ReturnType<typeof root.send> =>
    root.send('POST', '/api/vedette/account/password', { current, next });
  assert.equal((await change('wrong wrong wrong', 'another long one')).status, 403);
  assert.equal((await change(PASSWORD, 'short')).status, 400);
  assert.equal((await phone.send('GET', '/api/status')).status, 200);
  assert.equal((await change(PASSWORD, 'another long one')).status, 204);
  assert.equal((await phone.send('GET', '/api/status')).status, 401);
  assert.equal((await root.send('GET', '/api/status')).status, 200);
  assert.equal((await signIn(phone, 'root')).status, 401);
  assert.equal((await signIn(phone, 'root', 'another long one')).status, 200);
});

test('whoever has no password here cannot change one', async (t) => {
  const scene = await startAuthScene(t, { accounts: 'auto' });
  const local = scene.browser();
  const body = { current: PASSWORD, next: 'another long one' };
  assert.equal((await local.send('POST', '/api/vedette/account/password', body)).status, 409);
});

test('somebody local can make the first account, who must be an administrator', async (t) => {
  const scene = await startAuthScene(t, { accounts: 'auto' });
  const local = scene.browser();
  const add = async (role: string): Promise<number> =>
    (await local.send('POST', '/api/vedette/accounts', { name: 'ada', role, password: PASSWORD })).status;
  assert.equal(await add('viewer'), 409);
  assert.equal(await add('admin'), 201);
  assert.equal((await local.send('GET', '/api/status')).status, 401, 'from now on everybody signs in');
  assert.equal((await signIn(local, 'ada')).status, 200);
  assert.equal((await local.send('GET', '/api/status')).status, 200);
});
