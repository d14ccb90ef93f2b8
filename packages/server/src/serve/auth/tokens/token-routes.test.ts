import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiToken, createdToken, type ApiToken, type CreatedToken } from '@vedette/api';
import { startAuthScene, type AuthScene, type Browser } from '../auth-fixture.ts';
import { TOKEN_USE_WRITE_MS } from './token-book.ts';

const DAY_MS = 86_400_000;

async function create(
  root: Browser,
  wanted: Partial<ApiToken & { expiresInDays: number }> = {},
): Promise<CreatedToken> {
  const request = { name: 'deploy', role: 'viewer', scopes: ['read'], expiresInDays: null, ...wanted };
  const { status, body } = await root.send('POST', '/api/vedette/tokens', request);
  assert.equal(status, 201, JSON.stringify(body));
  return createdToken.parse(body);
}

const statusWith = async (scene: AuthScene, secret: string, path = '/api/status'): Promise<number> =>
  (await scene.browser().send('GET', path, undefined, { authorization: `Bearer ${secret}` })).status;

test('the secret is shown once, is long and is stored nowhere', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const token = await create(root);
  assert.match(token.secret, /^vdt_[\w-]{43}$/);
  assert.equal(token.hint, token.secret.slice(0, 8));
  assert.equal(token.createdBy, 'account:root');
  const listed = (await root.send('GET', '/api/vedette/tokens')).body as ApiToken[];
  assert.deepEqual(
    listed.map((one) => apiToken.parse(one).id),
    [token.id],
  );
  const stored = JSON.stringify(await scene.state.documents.list('api_tokens'));
  assert.ok(!stored.includes(token.secret.slice(8)));
});

test('a token opens its scope until it is revoked or expires', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const forever = await create(root);
  const short = await create(root, { expiresInDays: 1 });
  assert.equal(short.expiresAtMs, scene.clock.nowMs() + DAY_MS);
  for (const { secret } of [forever, short]) assert.equal(await statusWith(scene, secret), 200);
  assert.equal(await statusWith(scene, forever.secret, '/api/vedette/tokens'), 403, 'role too low');
  const headers = { authorization: `Basic ${Buffer.from(`grafana:${forever.secret}`).toString('base64')}` };
  assert.equal((await scene.browser().send('GET', '/api/status', undefined, headers)).status, 200);
  assert.equal((await scene.browser().send('POST', '/-/reload', undefined, headers)).status, 403);
  scene.clock.jumpWallClock(DAY_MS - 1);
  assert.equal(await statusWith(scene, short.secret), 200);
  scene.clock.jumpWallClock(1);
  assert.equal(await statusWith(scene, short.secret), 401);
  const admin = scene.browser();
  await admin.send('POST', '/api/vedette/session', { name: 'root', password: 'correct horse battery' });
  assert.equal((await admin.send('DELETE', `/api/vedette/tokens/${forever.id}`)).status, 204);
  assert.equal(await statusWith(scene, forever.secret), 401);
  assert.equal((await admin.send('DELETE', `/api/vedette/tokens/${forever.id}`)).status, 404);
});

test('a browser that signed in with a token is out when the token is', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const { id, secret } = await create(root, { role: 'admin', scopes: ['read', 'write'] });
  const browser = scene.browser();
  assert.equal((await browser.send('POST', '/api/vedette/session', { token: secret })).status, 200);
  assert.equal((await browser.send('GET', '/api/vedette/tokens')).status, 200);
  await root.send('DELETE', `/api/vedette/tokens/${id}`);
  assert.equal((await browser.send('GET', '/api/vedette/tokens')).status, 401);
});

test('when it was last used is noted, at most once a minute, and never brings a revoked one back', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const { id, secret } = await create(root);
  const lastUsed = async (): Promise<number | null | undefined> =>
    ((await root.send('GET', '/api/vedette/tokens')).body as ApiToken[])[0]?.lastUsedAtMs;
  assert.equal(await lastUsed(), null);
  const startMs = scene.clock.nowMs();
  await statusWith(scene, secret);
  assert.equal(await lastUsed(), startMs);
  scene.clock.jumpWallClock(TOKEN_USE_WRITE_MS - 1);
  await statusWith(scene, secret);
  assert.equal(await lastUsed(), startMs);
  scene.clock.jumpWallClock(1);
  await Promise.all([statusWith(scene, secret), root.send('DELETE', `/api/vedette/tokens/${id}`)]);
  assert.deepEqual((await root.send('GET', '/api/vedette/tokens')).body, []);
  assert.deepEqual(await scene.state.documents.list('api_tokens'), []);
});

test('a token that cannot be meant is refused', async (t) => {
  const scene = await startAuthScene(t);
  const root = await scene.setUp();
  const good = { name: 'x', role: 'viewer', scopes: ['read'], expiresInDays: 1 };
  for (const bad of [
    { ...good, scopes: [] },
    { ...good, scopes: ['all'] },
    { ...good, role: 'root' },
    { ...good, expiresInDays: 0 },
    { ...good, expiresInDays: 1.5 },
    { ...good, expiresInDays: 3651 },
    { ...good, name: '' },
    { ...good, secret: 'vdt_mine' },
    'x',
  ])
    assert.equal((await root.send('POST', '/api/vedette/tokens', bad)).status, 400, JSON.stringify(bad));
});
