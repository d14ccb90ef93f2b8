/** Attacks on the HTTP surface of the real process: who gets in, what leaks, what a page of another site can do. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { connect } from 'node:net';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { test, type TestContext } from 'node:test';
import { serverSchema } from '../packages/server/src/serve/config.ts';
import { createHttpServer } from '../packages/server/src/serve/http-server.ts';
import { createTestDeps } from '../packages/server/src/serve/test-server.ts';
import { PEERS, skipWithout } from './support/peers.ts';
import { until } from './support/until.ts';
import { launchChromium, STEP_MS_MAX } from './ui/chromium.ts';
import {
  startVedette,
  temporaryDirectory,
  type VedetteOptions,
  type VedetteProcess,
} from './support/vedette-process.ts';

const TOKEN = 'correct-horse-battery-staple';

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The address the request comes from: all of 127.0.0.0/8 is this machine's. */
  readonly from?: string;
}

/** A request as written: `fetch` would set Host and Origin right and tidy the path. */
function send({ url }: VedetteProcess, target: string, sent: Sent = {}): Promise<Answer> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: hostname,
        port,
        path: target,
        method: sent.method ?? 'GET',
        headers: { connection: 'close', ...sent.headers },
        ...(sent.from === undefined ? {} : { localAddress: sent.from }),
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      },
    );
    request.on('error', reject);
    request.end(sent.body);
  });
}

const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });

async function startWithToken(t: TestContext, options: VedetteOptions = {}): Promise<VedetteProcess> {
  const file = path.join(temporaryDirectory(t), 'token');
  writeFileSync(file, `${TOKEN}\n`);
  const config = `server: { token_file: ${JSON.stringify(file)} }\n${options.config ?? ''}`;
  return await startVedette(t, { ...options, config, args: ['--no-host', ...(options.args ?? [])] });
}

/** What the registry has, as requests: parameters filled in. */
function routesOf(
  access: (access: string) => boolean,
): { readonly method: string; readonly target: string }[] {
  const { routes } = createHttpServer(createTestDeps(), serverSchema.parse(undefined));
  return routes
    .filter((route) => access(route.access))
    .flatMap(({ methods, path: pattern }) =>
      methods.map((method) => ({ method, target: pattern.replace(/:\w+/g, 'x').replace('*', 'x.js') })),
    );
}

test('with a token every route is closed to strangers but the probes, the UI and signing in', async (t) => {
  const vedette = await startWithToken(t);
  const closed = routesOf((access) => !['open', 'sign-in', 'own-key'].includes(access));
  assert.ok(closed.length >= 20, `${closed.length} routes`);
  for (const { method, target } of closed) {
    const { status, headers } = await send(vedette, target, { method });
    assert.equal(status, 401, `${method} ${target}`);
    assert.equal(headers['www-authenticate'], 'Bearer realm="vedette"');
  }
  const open = routesOf((access) => access === 'open' || access === 'sign-in').map(({ target }) => target);
  assert.deepEqual([...new Set(open)].toSorted(), [
    '/',
    '/-/healthy',
    '/-/ready',
    '/alerts',
    '/alerts/silences/x',
    '/api/vedette/session',
    '/api/vedette/setup',
    '/assets/x.js',
    '/explore',
    '/graph',
    '/health',
    '/index.html',
    '/runbook/x',
    '/targets',
  ]);
  // The feed of the guard has no end.
  for (const { method, target } of closed.filter(
    (one) => one.method === 'GET' && one.target !== '/guard/feed',
  )) {
    const { status } = await send(vedette, target, { method, headers: bearer(TOKEN) });
    assert.notEqual(status, 401, target);
    assert.notEqual(status, 403, target);
  }
});

test('a token is shown as bearer, as password of basic authentication, or exchanged for a cookie', async (t) => {
  const vedette = await startWithToken(t);
  const statusWith = async (headers: Record<string, string>): Promise<number> =>
    (await send(vedette, '/api/status', { headers })).status;
  const basic = (text: string): Record<string, string> => ({
    authorization: `Basic ${Buffer.from(text).toString('base64')}`,
  });
  await t.test('in the header', async () => {
    assert.equal(await statusWith(bearer(TOKEN)), 200);
    assert.equal(await statusWith(basic(`grafana:${TOKEN}`)), 200);
    assert.equal(
      await statusWith({ ...bearer(TOKEN), host: 'any.example', 'x-forwarded-for': '8.8.8.8' }),
      200,
    );
    assert.equal(await statusWith({ 'x-forwarded-for': '127.0.0.1', host: 'localhost' }), 401);
    for (const wrong of [bearer(`${TOKEN} x`), bearer(''), basic(TOKEN), { authorization: TOKEN }])
      assert.equal(await statusWith(wrong), 401, JSON.stringify(wrong));
    assert.equal((await send(vedette, `/api/status?token=${TOKEN}&access_token=${TOKEN}`)).status, 401);
  });
  await t.test('as a cookie that scripts and other sites cannot use, until it is signed out', async () => {
    const signIn = (headers: Record<string, string> = {}): Promise<Answer> =>
      send(vedette, '/api/vedette/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ token: TOKEN }),
      });
    const [plain = ''] = (await signIn()).headers['set-cookie'] ?? [];
    assert.match(plain, /^vedette_session=[\w.-]+; Path=\/; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    const [behindTls = ''] = (await signIn({ 'x-forwarded-proto': 'https' })).headers['set-cookie'] ?? [];
    assert.match(behindTls, /; HttpOnly; SameSite=Strict; Secure$/);
    const cookie = plain.split(';', 1)[0] ?? '';
    assert.equal(await statusWith({ cookie }), 200);
    const [name = '', value = ''] = cookie.split('=');
    const [id, , expiry, signature] = value.split('.');
    for (const forged of [
      `${id}.admin.${Number(expiry) + 1}.${signature}`,
      `${id}.admin.${expiry}.`,
      `${value}x`,
      '',
    ])
      assert.equal(await statusWith({ cookie: `${name}=${forged}` }), 401, forged);
    const foreign = await send(vedette, '/api/vedette/session', {
      method: 'DELETE',
      headers: { cookie, origin: 'http://evil.example' },
    });
    assert.equal(foreign.status, 403, 'another site must not sign people out');
    const signedOut = await send(vedette, '/api/vedette/session', { method: 'DELETE', headers: { cookie } });
    assert.match(String(signedOut.headers['set-cookie']), /^vedette_session=; Path=\/; Max-Age=0; HttpOnly/);
    assert.equal(await statusWith({ cookie }), 401);
    assert.equal((await signIn({ origin: 'http://evil.example' })).status, 403);
  });
  await t.test('reload and metrics have roles', async () => {
    assert.equal((await send(vedette, '/-/reload', { method: 'POST' })).status, 401);
    assert.equal((await send(vedette, '/-/reload', { method: 'POST', headers: bearer(TOKEN) })).status, 200);
    assert.equal((await send(vedette, '/metrics')).status, 401);
    assert.equal((await send(vedette, '/metrics', { headers: bearer(TOKEN) })).status, 200);
  });
});

test('who guesses tokens is slowed down, at his own address alone', async (t) => {
  const vedette = await startWithToken(t);
  const from = (address: string, token: string): Promise<Answer> =>
    send(vedette, '/api/status', { headers: bearer(token), from: address });
  for (let i = 0; i < 10; i++) assert.equal((await from('127.0.0.2', `wrong-${i}`)).status, 401);
  const limited = await from('127.0.0.2', 'wrong-again');
  assert.equal(limited.status, 429);
  assert.match(String(limited.headers['retry-after']), /^\d+$/);
  assert.equal((await from('127.0.0.2', TOKEN)).status, 429, 'else the answer would tell a right guess');
  const signIn = await send(vedette, '/api/vedette/session', {
    method: 'POST',
    body: JSON.stringify({ token: TOKEN }),
    from: '127.0.0.2',
  });
  assert.equal(signIn.status, 429, 'signing in is no way around');
  const session = await send(vedette, '/api/vedette/session', { headers: bearer(TOKEN), from: '127.0.0.2' });
  assert.equal((JSON.parse(session.body) as { role: unknown }).role, null, 'nor is asking who one is');
  const spoofed = await send(vedette, '/api/status', {
    headers: { ...bearer('x'), 'x-forwarded-for': '9.9.9.9' },
    from: '127.0.0.2',
  });
  assert.equal(spoofed.status, 429, 'nor is another address in a header');
  assert.equal((await from('127.0.0.3', TOKEN)).status, 200);
});

test('without a token only what is plainly local gets in', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  const { port } = new URL(vedette.url);
  const statusOf = async (sent: Sent, target = '/api/status'): Promise<number> =>
    (await send(vedette, target, sent)).status;
  await t.test('by the names of this machine, with any port', async () => {
    for (const host of [
      `127.0.0.1:${port}`,
      'localhost',
      'localhost:1',
      'LOCALHOST:65535',
      '127.0.0.1',
      '[::1]',
      '[::1]:9',
    ])
      assert.equal(await statusOf({ headers: { host } }), 200, host);
    for (const host of [
      'evil.example',
      `evil.example:${port}`,
      '127.0.0.1.evil.example',
      'localhost.evil.example',
      `localhost@evil.example:${port}`,
      'notlocalhost',
      'localhost.',
      '0.0.0.0',
      '[::]',
      '[::1',
      '192.168.0.1',
      '2130706433',
    ])
      assert.equal(await statusOf({ headers: { host } }), 403, host);
    assert.equal(await statusOf({ headers: { host: 'evil.example' } }, 'http://127.0.0.1/api/status'), 403);
    assert.equal(await statusOf({ headers: { host: 'evil.example' } }, '/-/healthy'), 200);
  });
  await t.test('not through a proxy', async () => {
    for (const name of [
      'x-forwarded-for',
      'x-forwarded-host',
      'x-forwarded-proto',
      'x-forwarded-port',
      'x-real-ip',
    ])
      assert.equal(await statusOf({ headers: { [name]: '127.0.0.1' } }), 403, name);
    assert.equal(await statusOf({ headers: { forwarded: 'for=127.0.0.1;host=localhost' } }), 403);
    assert.equal(await statusOf({ headers: { via: '1.1 proxy' } }), 403);
    assert.equal(await statusOf({ headers: { 'x-forwarded-for': '' } }), 403);
  });
  await t.test('not from a page of another site', async () => {
    const check = async (want: number, method: string, headers: Record<string, string>): Promise<void> =>
      assert.equal(
        await statusOf({ method, headers }, '/-/reload'),
        want,
        `${method} ${JSON.stringify(headers)}`,
      );
    for (const method of ['POST', 'PUT']) {
      await check(200, method, {});
      await check(200, method, { origin: vedette.url });
      for (const origin of [
        'http://evil.example',
        'null',
        '',
        'http://127.0.0.1:1',
        `${vedette.url}.evil.example`,
        'file://',
      ])
        await check(403, method, { origin });
      await check(403, method, { 'sec-fetch-site': 'cross-site' });
      await check(403, method, { 'sec-fetch-site': 'same-site' });
      await check(403, method, { origin: 'http://evil.example', 'sec-fetch-site': 'same-origin' });
    }
    await check(405, 'GET', {});
    await check(405, 'OPTIONS', { origin: 'http://evil.example', 'access-control-request-method': 'POST' });
    for (const name of ['x-http-method-override', 'x-method-override', 'x-http-method'])
      assert.equal(await statusOf({ headers: { [name]: 'POST' } }, '/-/reload?_method=POST'), 405, name);
    const embedded = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' };
    assert.equal(await statusOf({ headers: embedded }, '/api/v1/query?query=1'), 403);
    const form = await send(vedette, '/api/v1/query', {
      method: 'POST',
      headers: { origin: 'http://evil.example', 'content-type': 'application/x-www-form-urlencoded' },
      body: 'query=1',
    });
    assert.equal(form.status, 403);
    const { headers } = await send(vedette, '/api/status', { headers: { origin: 'http://evil.example' } });
    for (const name of Object.keys(headers)) assert.doesNotMatch(name, /^access-control-/);
  });
  await t.test('and every answer forbids sniffing, framing and storing', async () => {
    for (const target of ['/api/status', '/', '/-/healthy', '/nope', '/api/nope', '/%ff', '/metrics']) {
      const { headers } = await send(vedette, target);
      assert.equal(headers['x-content-type-options'], 'nosniff', target);
      assert.equal(headers['x-frame-options'], 'DENY', target);
      assert.equal(headers['cross-origin-resource-policy'], 'same-origin', target);
      assert.match(String(headers['cache-control']), /no-store|no-cache/, target);
    }
  });
});

test('paths, methods and bytes that nobody sends by accident get a plain refusal', async (t) => {
  const vedette = await startVedette(t, { args: ['--no-host'] });
  await t.test('nothing but the files of the UI is served', async () => {
    for (const target of [
      '/..%2f..%2f..%2fetc%2fpasswd',
      '/assets/..%2f..%2fpackage.json',
      '/assets/../../package.json',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/assets/..%5c..%5cpackage.json',
      '/assets/%252e%252e%252fpackage.json',
      '/assets/index.html%00.js',
      '/%00',
      '/.stamp',
      '//etc/passwd',
      '/assets/',
      '/assets',
      '/runbooks/..%2f..%2fetc%2fpasswd',
      '/runbooks/%00',
    ]) {
      const { status, body } = await send(vedette, target, { headers: { accept: '*/*' } });
      assert.ok(status === 404 || status === 400, `${target}: ${status}`);
      assert.doesNotMatch(body, /root:|workspaces|import /, target);
    }
  });
  await t.test('a header cannot be put into an answer', async () => {
    for (const target of [
      '/graph?g0.expr=a%0d%0aset-cookie:x=1',
      '/runbooks/a%0d%0aset-cookie:x=1',
      '/%0d%0aset-cookie:x=1',
    ]) {
      const { headers } = await send(vedette, target);
      assert.equal(headers['set-cookie'], undefined, target);
      assert.doesNotMatch(String(headers.location), /[\r\n]/);
    }
    const { headers } = await send(vedette, '/graph?g0.expr=//evil.example');
    assert.match(String(headers.location), /^explore\?/, 'links lead to our own pages');
  });
  await t.test('HEAD is answered where it is declared, OPTIONS nowhere', async () => {
    assert.equal((await send(vedette, '/-/healthy', { method: 'HEAD' })).status, 200);
    for (const method of ['OPTIONS', 'PATCH', 'DELETE']) {
      const { status, headers } = await send(vedette, '/api/v1/query', { method });
      assert.deepEqual([status, headers.allow], [405, 'GET, POST'], method);
    }
    for (const method of ['TRACE', 'PROPFIND', 'M-SEARCH'])
      assert.equal((await send(vedette, '/api/v1/query', { method })).status, 404, method);
  });
  await t.test('what is no HTTP, or two requests in one, is cut off', async () => {
    const raw = (text: string): Promise<string> =>
      new Promise((resolve) => {
        const { hostname, port } = new URL(vedette.url);
        let answer = '';
        const socket = connect(Number(port), hostname, () => socket.write(text));
        socket.setEncoding('latin1').on('data', (part: string) => (answer += part));
        socket.on('close', () => resolve(answer)).on('error', () => resolve(answer));
      });
    const check = async (want: RegExp, text: string): Promise<void> =>
      assert.match(await raw(text), want, JSON.stringify(text.slice(0, 80)));
    await check(/^HTTP\/1\.1 400 /, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n');
    await check(/^HTTP\/1\.1 400 /, 'GET / HTTP/1.1\r\n\r\n');
    await check(/^HTTP\/1\.1 431 /, `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`);
    await check(
      /^HTTP\/1\.1 400 /,
      'POST /-/reload HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n',
    );
    await check(
      /^HTTP\/1\.1 403 /,
      'GET /api/status HTTP/1.1\r\nhost: evil.example\r\nhost: localhost\r\nconnection: close\r\n\r\n',
    );
    const large = await send(vedette, '/api/v1/query', { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
    assert.equal(large.status, 413);
    assert.match(large.body, /longer than the limit of 1048576 bytes/);
  });
  assert.equal((await send(vedette, '/-/ready')).status, 200, 'and it goes on');
});

test('the configuration is shown with defaults and without a secret, to operators alone', async (t) => {
  const config = `
scrape_configs:
  - job_name: basic
    scrape_interval: 90s
    basic_auth: { username: me, password: hunter2-basic }
  - { job_name: bearer, bearer_token: hunter2-bearer }
  - { job_name: header, http_headers: { X-Key: { secrets: [hunter2-header] } } }
  - job_name: variable
    params: { key: ["\${VEDETTE_TEST_KEY}"], hook: ["https://me:hunter2-url@hook.example/"] }
`;
  const vedette = await startWithToken(t, { config, env: { VEDETTE_TEST_KEY: 'hunter2-variable' } });
  assert.equal((await send(vedette, '/api/v1/status/config')).status, 401);
  const shown = async (target: string): Promise<string> => {
    const { status, body } = await send(vedette, target, { headers: bearer(TOKEN) });
    assert.equal(status, 200, target);
    assert.ok(!body.includes('hunter2'), `a secret in ${target}`);
    assert.ok(!body.includes(TOKEN), `the token in ${target}`);
    return body;
  };
  const { yaml } = (JSON.parse(await shown('/api/v1/status/config')) as { data: { yaml: string } }).data;
  assert.match(yaml, /password: <secret>/);
  assert.match(yaml, /bearer_token: <secret>/);
  assert.match(yaml, /https:\/\/me:<secret>@hook\.example\//);
  assert.match(yaml, /scrape_interval: 1m30s/);
  assert.match(yaml, /scrape_interval: 15s/);
  for (const target of ['flags', 'runtimeinfo', 'buildinfo', 'tsdb']) await shown(`/api/v1/status/${target}`);
  for (const target of ['/api/v1/targets', '/api/status', '/metrics']) await shown(target);
  assert.ok(!vedette.stderr().includes('hunter2'), 'a secret in the log');
  assert.ok(!vedette.stderr().includes(TOKEN), 'the token in the log');
});

test(
  'the UI runs under its security policy, which stops scripts of others',
  { skip: skipWithout(PEERS.chromium) },
  async (t) => {
    const vedette = await startVedette(t, { args: ['--no-host'] });
    await until(
      'the UI to be built',
      async () => ((await (await vedette.get('/')).text()).includes('id="root"') ? true : undefined),
      90_000,
    );
    const browser = await launchChromium();
    t.after(() => browser.close());
    const page = await (await browser.newContext()).newPage();
    page.setDefaultTimeout(STEP_MS_MAX);
    await page.addInitScript(
      'window.violations = []; addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));',
    );
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (/content security policy/i.test(message.text())) complaints.push(message.text());
    });
    for (const screen of ['/', '/explore', '/alerts', '/targets']) {
      await page.goto(`${vedette.url}${screen}`);
      await page.locator('main').first().waitFor({ state: 'visible' });
      await page.waitForLoadState('load');
      assert.deepEqual(await page.evaluate('window.violations'), [], screen);
    }
    await until('live data', () =>
      page.evaluate<boolean | undefined>('performance.getEntriesByType("resource").length > 0 || undefined'),
    );
    assert.deepEqual(complaints, []);
    await page.evaluate(`{
    const script = document.createElement('script');
    script.textContent = 'window.wasRun = true';
    document.body.append(script);
    const image = document.createElement('img');
    image.setAttribute('onerror', 'window.wasRun = true');
    image.src = 'data:,x';
    document.body.append(image);
    const foreign = document.createElement('script');
    foreign.src = 'http://127.0.0.1:9/x.js';
    document.body.append(foreign);
  }`);
    const violations = await until('the browser to refuse all three', async () => {
      const found = await page.evaluate<string[]>('window.violations');
      return found.length >= 3 ? found : undefined;
    });
    assert.match(violations.join('\n'), /script-src-elem inline/);
    assert.match(violations.join('\n'), /script-src-attr inline/);
    assert.match(violations.join('\n'), /script-src-elem http:\/\/127\.0\.0\.1:9/);
    assert.equal(await page.evaluate('window.wasRun'), undefined);
  },
);
