import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import type { RunningHttpServer } from '../http-server.ts';
import { startTestServer } from '../test-server.ts';
import type { UiState } from './ui-build.ts';

const running: RunningHttpServer[] = [];
const root = mkdtempSync(path.join(tmpdir(), 'vedette-ui-'));
after(async () => {
  await Promise.all(running.map((server) => server.close()));
  rmSync(root, { recursive: true });
});

mkdirSync(path.join(root, 'assets'));
writeFileSync(
  path.join(root, 'index.html'),
  '<!doctype html><base href="/" /><script>theme()</script><script type="module" src="./assets/a-1.js"></script>',
);
writeFileSync(path.join(root, 'assets/a-1.js'), 'plain');
writeFileSync(path.join(root, 'assets/b-2.css'), 'plain');
writeFileSync(path.join(root, 'assets/b-2.css.br'), 'brotli');
writeFileSync(path.join(root, 'favicon.svg'), '<svg/>');
writeFileSync(path.join(root, '.stamp'), 'hash');
symlinkSync('../vedette-ui-secret', path.join(root, 'link.txt'));
symlinkSync('..', path.join(root, 'assets/up'));
writeFileSync(path.join(root, '../vedette-ui-secret'), 'secret');
after(() => rmSync(path.join(root, '../vedette-ui-secret'), { force: true }));

async function start(state: UiState = { kind: 'ready', root }): Promise<string> {
  const server = await startTestServer({ uiState: () => state });
  running.push(server);
  return server.address;
}

const HTML = { accept: 'text/html,*/*' };

test('all screens are the one page, which is asked for again each time', async () => {
  const address = await start();
  for (const screen of [
    '/',
    '/explore?expr=up',
    '/alerts',
    '/targets',
    '/runbook/DiskFull',
    '/some/new/screen',
  ]) {
    const response = await fetch(address + screen, { headers: HTML });
    assert.equal(response.status, 200, screen);
    assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
    assert.equal(response.headers.get('cache-control'), 'no-cache');
    assert.match(await response.text(), /theme\(\)/);
  }
});

test('the page may run its own scripts and those whose hash is known, no others', async () => {
  const address = await start();
  const { headers } = await fetch(address, { headers: HTML });
  const policy = headers.get('content-security-policy') ?? '';
  assert.match(policy, /script-src 'self' 'sha256-[A-Za-z0-9+/]{43}='(?:;|$)/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /script-src[^;]*unsafe/);
});

test('hashed files are kept by browsers for ever, with their type', async () => {
  const address = await start();
  const response = await fetch(`${address}/assets/a-1.js`);
  assert.equal(response.headers.get('content-type'), 'text/javascript; charset=utf-8');
  assert.equal(response.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  assert.equal((await fetch(`${address}/favicon.svg`)).headers.get('cache-control'), 'no-cache');
});

test('what was compressed at build time is sent as it is, to those who take it', async () => {
  const address = await start();
  const encodingOf = async (accept: string): Promise<string | null> => {
    const response = await fetch(`${address}/assets/b-2.css`, {
      headers: { 'accept-encoding': accept },
      method: 'HEAD',
    });
    return response.headers.get('content-encoding');
  };
  assert.equal(await encodingOf('gzip, br;q=0.9'), 'br');
  assert.equal(await encodingOf('gzip'), null);
});

test('nothing but the files of the UI can be reached', async () => {
  const address = await start();
  for (const hidden of [
    '/.stamp',
    '/assets/nope.js',
    '/assets/%2e%2e/.stamp',
    '/%2e%2e/vedette-ui-secret',
    '/assets/..%2f..%2fvedette-ui-secret',
    '/assets/a-1.js%00.css',
    '/assets/a-1.js/',
    '/assets%2fa-1.js%2f..%2f..%2f.stamp',
    '/link.txt',
    '/assets/up/favicon.svg',
  ])
    assert.equal((await fetch(address + hidden, { headers: { accept: '*/*' } })).status, 404, hidden);
  assert.equal((await fetch(`${address}/%ff`)).status, 400);
  assert.equal((await fetch(`${address}/some/screen`, { method: 'POST', headers: HTML })).status, 404);
});

test('links of Prometheus lead to Explore with their expressions', async () => {
  const address = await start();
  const check = async (query: string, want: string): Promise<void> => {
    const response = await fetch(`${address}/graph${query}`, { redirect: 'manual' });
    assert.equal(response.status, 302);
    assert.equal(response.headers.get('location'), want);
  };
  await check('?g0.expr=up%7Ba%3D%22b%22%7D&g0.tab=1', 'explore?expr=up%7Ba%3D%22b%22%7D&view=table');
  await check('?g0.expr=a&g0.range_input=1h&g1.expr=b', 'explore?expr=a&range=1h');
  await check('', 'explore?');
});

test('while the UI is built the page says so and loads itself again; the API works', async () => {
  const address = await start({ kind: 'building' });
  const response = await fetch(address, { headers: HTML });
  assert.equal(response.status, 503);
  assert.equal(response.headers.get('refresh'), '2');
  assert.match(await response.text(), /building its user interface/);
  assert.equal((await fetch(`${address}/api/v1/query?query=up`)).status, 200);
});

test('a build that failed is shown with its reason, as text', async () => {
  const address = await start({ kind: 'failed', reason: 'error: <script>alert(1)</script> in app.tsx' });
  const response = await fetch(`${address}/explore`, { headers: HTML });
  assert.equal(response.status, 500);
  assert.match(await response.text(), /&lt;script&gt;alert\(1\)&lt;\/script&gt; in app\.tsx/);
});

test('runbooks are Markdown', async () => {
  const address = await start();
  const response = await fetch(`${address}/runbooks/disk-full.md`);
  assert.equal(response.headers.get('content-type'), 'text/markdown; charset=utf-8');
  assert.equal(await response.text(), '# Disk full\n');
  assert.equal((await fetch(`${address}/runbooks/nope`)).status, 404);
  assert.equal((await fetch(`${address}/runbooks/..%2f..%2fetc%2fpasswd`)).status, 404);
});

test('a UI that another server has replaced is shown as it now is', async (t) => {
  const place = mkdtempSync(path.join(tmpdir(), 'vedette-ui-'));
  t.after(() => rmSync(place, { recursive: true }));
  const build = (name: string): void => {
    rmSync(path.join(place, 'dist'), { recursive: true, force: true });
    mkdirSync(path.join(place, 'dist/assets'), { recursive: true });
    writeFileSync(path.join(place, 'dist/index.html'), `<base href="/" /><script src="./assets/${name}.js">`);
    writeFileSync(path.join(place, `dist/assets/${name}.js`), name);
  };
  build('one');
  const address = await start({ kind: 'ready', root: path.join(place, 'dist') });
  assert.match(await (await fetch(address, { headers: HTML })).text(), /one\.js/);
  build('two');
  assert.equal((await fetch(`${address}/assets/one.js`)).status, 404);
  assert.match(await (await fetch(address, { headers: HTML })).text(), /two\.js/);
  assert.equal((await fetch(`${address}/assets/two.js`)).status, 200);
});

test('a prefix stands in the page as it stands in the address', async () => {
  for (const [external_url, base] of [
    ['https://a.example/ä b/$&', '/%C3%A4%20b/$&amp;/'],
    ['https://a.example/"><script>', '/%22%3E%3Cscript%3E/'],
  ] as const) {
    const server = await startTestServer({ uiState: () => ({ kind: 'ready', root }) }, { external_url });
    running.push(server);
    const page = await (await fetch(server.address, { headers: HTML })).text();
    assert.equal(/<base href="([^"]*)"/.exec(page)?.[1], base);
  }
});

test('under a route prefix everything answers, whether the proxy cuts it off or not', async () => {
  const server = await startTestServer(
    { uiState: () => ({ kind: 'ready', root }) },
    { external_url: 'https://watch.example/vedette/' },
  );
  running.push(server);
  for (const prefix of ['', '/vedette']) {
    const page = await fetch(`${server.address}${prefix}/explore`, { headers: HTML });
    assert.match(await page.text(), /<base href="\/vedette\/" \/>/);
    assert.equal((await fetch(`${server.address}${prefix}/assets/a-1.js`)).status, 200);
    assert.equal((await fetch(`${server.address}${prefix}/api/v1/query?query=up`)).status, 200);
  }
  assert.equal((await fetch(`${server.address}/vedette`, { headers: HTML })).status, 200);
  assert.equal((await fetch(`${server.address}/vedettex/api/v1/query?query=up`)).status, 404);
});
