import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { sessionState } from '@vedette/api';
import type { RunningHttpServer } from '../http-server.ts';
import { memoryFiles, startTestServer } from '../test-server.ts';

const TOKEN = 'correct-horse-battery';
const running: RunningHttpServer[] = [];
after(() => Promise.all(running.map((server) => server.close())));

async function start(token_file?: string): Promise<string> {
  const files = memoryFiles({ token: `${TOKEN}\n` });
  const server = await startTestServer({ files }, token_file === undefined ? {} : { token_file });
  running.push(server);
  return server.address;
}

const post = (address: string, body: string): Promise<Response> =>
  fetch(`${address}/api/vedette/session`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json' },
  });

const NOBODY = {
  isTokenRequired: true,
  account: null,
  ways: { token: true, password: false, oidc: null, setup: false },
};

test('a token is exchanged for a cookie that scripts cannot read', async () => {
  const address = await start('token');
  const before = await fetch(`${address}/api/vedette/session`);
  assert.deepEqual(sessionState.parse(await before.json()), { ...NOBODY, role: null });
  assert.equal((await fetch(`${address}/api/status`)).status, 401);
  const signedIn = await post(address, JSON.stringify({ token: TOKEN }));
  assert.deepEqual(sessionState.parse(await signedIn.json()), { ...NOBODY, role: 'admin' });
  const header = signedIn.headers.get('set-cookie') ?? '';
  assert.match(header, /^vedette_session=[^;]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
  const cookie = header.split(';', 1)[0] ?? '';
  assert.equal((await fetch(`${address}/api/status`, { headers: { cookie } })).status, 200);
  const signedOut = await fetch(`${address}/api/vedette/session`, { method: 'DELETE', headers: { cookie } });
  assert.match(signedOut.headers.get('set-cookie') ?? '', /^vedette_session=; Path=\/; Max-Age=0/);
  assert.equal((await fetch(`${address}/api/status`, { headers: { cookie } })).status, 401);
});

test('a wrong token and a broken body are refused in words', async () => {
  const address = await start('token');
  const check = async (body: string, status: number, words: RegExp): Promise<void> => {
    const response = await post(address, body);
    assert.equal(response.status, status, body);
    assert.equal(response.headers.get('set-cookie'), null);
    assert.match(((await response.json()) as { error: string }).error, words);
  };
  await check(JSON.stringify({ token: 'wrong' }), 401, /the token is wrong/);
  await check(JSON.stringify({ token: '' }), 400, /^cannot read the body: .*want JSON such as {"token"/);
  await check(
    JSON.stringify({ token: TOKEN, role: 'admin' }),
    400,
    /^cannot read the body: .*want JSON such as {"token"/,
  );
  await check('{', 400, /^cannot read the body: .*want JSON such as {"token"/);
  await check('', 400, /^cannot read the body: .*want JSON such as {"token"/);
});

test('an answer that is opened in a tab by itself runs nothing, whatever its kind', async () => {
  const address = await start('token');
  for (const path of [
    '/api/vedette/session',
    '/api/status',
    '/-/healthy',
    '/metrics',
    '/nothing',
    '/api/x',
    '/%zz',
  ]) {
    const { headers } = await fetch(address + path);
    assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none';/, path);
    assert.equal(headers.get('cache-control'), 'no-store', path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff', path);
  }
});

test('behind TLS the cookie is marked secure', async () => {
  const address = await start('token');
  for (const [proto, isSecure] of [
    ['https', true],
    ['HTTPS', true],
    ['https, http', true],
    ['http,https', false],
    ['http', false],
  ] as const) {
    const response = await fetch(`${address}/api/vedette/session`, {
      method: 'POST',
      body: JSON.stringify({ token: TOKEN }),
      headers: { 'x-forwarded-proto': proto },
    });
    assert.equal((response.headers.get('set-cookie') ?? '').endsWith('; Secure'), isSecure, proto);
  }
});

test('a local caller without a token configured is the administrator already', async () => {
  const address = await start();
  const response = await fetch(`${address}/api/vedette/session`);
  assert.deepEqual(await response.json(), {
    role: 'admin',
    isTokenRequired: false,
    account: null,
    ways: { token: false, password: false, oidc: null, setup: false },
  });
});

test('a refusal asks for a bearer token, so that browsers open no password box', async () => {
  const address = await start('token');
  const response = await fetch(`${address}/api/v1/query?query=up`);
  assert.equal(response.status, 401);
  assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="vedette"');
  const body = (await response.json()) as { status: string; errorType: string };
  assert.deepEqual([body.status, body.errorType], ['error', 'unauthorized']);
});
