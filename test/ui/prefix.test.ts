/** The pages below a path of a larger site: a proxy that takes the path off, and knows nothing outside of it. */
import assert from 'node:assert/strict';
import * as http from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { after, before, test, type TestContext } from 'node:test';
import type { Browser } from 'playwright-core';
import { freePort } from '../support/free-port.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { launchChromium, openPage } from './chromium.ts';
import { startWithUi } from './scene.ts';

const skip = skipWithout(PEERS.chromium);
const PREFIX = '/watch/vedette';

interface Site {
  readonly origin: string;
  /** Paths that were asked for and lie outside of ours. */
  readonly astray: readonly string[];
}

/** A site on loopback that hands what is below the prefix on to the port, with the prefix cut off. */
async function startSite(t: TestContext, toPort: number): Promise<Site> {
  const astray: string[] = [];
  const innerOf = (url = ''): string | undefined => {
    if (url.startsWith(`${PREFIX}/`)) return url.slice(PREFIX.length);
    astray.push(url);
    return undefined;
  };
  const server = http.createServer((request, response) => {
    const { url, method, headers } = request;
    const path = innerOf(url);
    if (path === undefined) return void response.writeHead(404).end();
    const outgoing = http.request({ host: '127.0.0.1', port: toPort, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    return void request.pipe(outgoing);
  });
  server.on('upgrade', ({ url, headers }, socket, head) => {
    const path = innerOf(url);
    if (path === undefined) return void socket.destroy();
    const upstream = connect(toPort, '127.0.0.1');
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy());
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${String(value)}\r\n`);
    upstream.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
    upstream.write(head);
    return void socket.pipe(upstream).pipe(socket);
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, astray };
}

let browser: Browser;

before(async () => {
  if (skip === false) browser = await launchChromium();
});

after(() => browser?.close());

interface Installed {
  readonly scope: string;
  readonly manifest: { readonly start: string; readonly scope: string; readonly icons: readonly number[] };
}

/** Run in the page: what its worker takes care of, and what an installed app would begin with. */
const INSTALLED = `(async () => {
  const { scope } = await navigator.serviceWorker.ready;
  const { href } = document.querySelector('link[rel=manifest]');
  const { start_url, scope: within, icons } = await (await fetch(href)).json();
  const answers = await Promise.all(icons.map(({ src }) => fetch(new URL(src, href))));
  return {
    scope,
    manifest: {
      start: new URL(start_url, href).href,
      scope: new URL(within, href).href,
      icons: answers.map(({ status }) => status),
    },
  };
})()`;

test(
  'below a path everything stays below it: worker, app, icons, live data, links and reloads',
  { skip },
  async (t) => {
    const port = await freePort();
    const site = await startSite(t, port);
    const root = `${site.origin}${PREFIX}/`;
    await startWithUi(t, {
      args: ['--listen', `127.0.0.1:${port}`],
      config: `server: { external_url: "${root}" }\n`,
    });
    await using opened = await openPage(browser, root, { width: 1440 });
    const { page } = opened;
    const live = page.locator('span[data-kind="live"]');
    await live.waitFor();
    await page.locator('.uplot canvas').first().waitFor();
    // Where a socket takes long to open the page lives by events until it is there.
    await page.locator('[data-tip*="no WebSocket"]').waitFor({ state: 'detached' });
    const installed = await page.evaluate<Installed>(INSTALLED);
    assert.equal(installed.scope, root);
    assert.deepEqual([installed.manifest.start, installed.manifest.scope], [root, root]);
    assert.ok(
      installed.manifest.icons.length > 0 && installed.manifest.icons.every((status) => status === 200),
    );

    await page.getByRole('link', { name: 'Dashboards' }).first().click();
    await page.getByRole('link', { name: 'Host' }).first().click();
    await page.waitForURL(`${root}dashboards/vedette-host*`);
    await page.reload();
    await page.locator('main h1').filter({ hasText: 'Host' }).waitFor();
    await live.waitFor();
    await page.goto(`${root}alerts/silences/new?range=1h`);
    await page.getByLabel('Why', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await page.waitForURL(`${root}*`);
    await page.locator('.uplot canvas').first().waitFor();
    assert.deepEqual(site.astray, [], 'nothing is asked for outside of the path');
  },
);
