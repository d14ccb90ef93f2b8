/** The server goes and comes back while pages are open, and the network blocks one way to it after another. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { freePort } from '../support/free-port.ts';
import { MoodyProxy } from '../support/moody-proxy.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { temporaryDirectory } from '../support/vedette-process.ts';
import { launchChromium, loadsOf, STEP_MS_MAX } from './chromium.ts';
import { startWithUi } from './scene.ts';

const skip = skipWithout(PEERS.chromium);

let browser: Browser;

before(async () => {
  if (skip === false) browser = await launchChromium();
});

after(() => browser?.close());

/** A page that may complain: its server goes away. */
async function openPage(t: { after(end: () => unknown): void }, url: string): Promise<Page> {
  const context = await browser.newContext({
    locale: 'en',
    viewport: { width: 1280, height: 700 },
    serviceWorkers: 'block',
  });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MS_MAX);
  await page.clock.install();
  await page.goto(url);
  return page;
}

const pill = (page: Page, kind: string): Promise<void> => page.locator(`span[data-kind="${kind}"]`).waitFor();

/** What the chart says its newest value is, until it says something else. */
async function untilMoved(page: Page, title: string, isHastened = false): Promise<void> {
  const card = page.getByRole('region', { name: title, exact: true });
  const before = await card.innerText();
  await until(`a new sample in ${title}`, async () => {
    // Where nothing comes by itself it is asked for every half a minute: the page's clock goes faster meanwhile.
    if (isHastened) await page.clock.fastForward(1000);
    return (await card.innerText()) === before ? undefined : true;
  });
}

test(
  'a restart of the server is told in place with its time; what was shown, typed and chosen stays, and goes on',
  { skip },
  async (t) => {
    const start = {
      dataDirectory: temporaryDirectory(t),
      args: ['--listen', `127.0.0.1:${await freePort()}`],
    };
    const first = await startWithUi(t, start);
    const charts = await openPage(t, `${first.url}/?range=5m`);
    const form = await openPage(t, `${first.url}/alerts/silences/new?range=5m`);
    await pill(charts, 'live');
    await charts.locator('.uplot canvas').first().waitFor();
    await untilMoved(charts, 'CPU');
    await charts.mouse.wheel(0, SCROLLED);
    await until('the page to be scrolled', async () =>
      (await scrollOf(charts)) === SCROLLED ? true : undefined,
    );
    await form.getByLabel('Why', { exact: true }).fill('half a sentence');
    const before = { scroll: await scrollOf(charts), charts: await charts.locator('.uplot canvas').count() };
    const loads = [loadsOf(charts), loadsOf(form)];

    first.kill('SIGKILL');
    await first.exited();
    for (const page of [charts, form]) {
      await page.getByText(/^Offline: data of \d+\w ago$/).waitFor();
      await page.getByText(/^Offline, data of \d+:\d+/).waitFor();
    }
    assert.ok((await charts.locator('.uplot canvas').count()) >= before.charts, 'what was drawn stays');
    assert.equal(await charts.getByRole('alert').count(), 0, 'it is said once, not by every chart');

    const second = await startWithUi(t, start);
    assert.equal(second.url, first.url);
    for (const page of [charts, form]) {
      await pill(page, 'live');
      await page
        .getByText(/^Offline/)
        .first()
        .waitFor({ state: 'detached' });
    }
    await untilMoved(charts, 'CPU');
    assert.equal(await scrollOf(charts), before.scroll);
    assert.match(charts.url(), /range=5m/);
    assert.equal(await form.getByLabel('Why', { exact: true }).inputValue(), 'half a sentence');
    assert.deepEqual(
      loads.map((count) => count()),
      [0, 0],
      'nothing is loaded anew',
    );
  },
);

/** Asks for the next try until the page lives by a socket: on a busy machine the first one may come too late. */
async function untilSocket(page: Page): Promise<void> {
  await until('a socket', async () => {
    const isLive = (await page.locator('span[data-kind="live"]').count()) === 1;
    if (isLive && (await page.locator('[data-tip*="no WebSocket"]').count()) === 0) return true;
    await page.evaluate("dispatchEvent(new Event('online'))");
    return undefined;
  });
}

/** Pixels; the page may take a while to come there. */
const SCROLLED = 40;

const scrollOf = async (page: Page): Promise<number> => await page.evaluate<number>('scrollY');

test(
  'with sockets blocked, then events, the page falls to the next way each time, and comes back up',
  { skip },
  async (t) => {
    const vedette = await startWithUi(t);
    const proxy = await MoodyProxy.start(t, vedette.url);
    const page = await openPage(t, proxy.url);
    const loads = loadsOf(page);
    await pill(page, 'live');
    await untilSocket(page);
    await page.locator('.uplot canvas').first().waitFor();

    proxy.become('no-upgrade');
    await page.locator('[data-tip*="no WebSocket"]').waitFor();
    await pill(page, 'live');
    await untilMoved(page, 'CPU');

    proxy.become('no-live');
    await pill(page, 'polling');
    await untilMoved(page, 'CPU', true);

    // The way up: at the next try, of which there is one every half a minute at the latest.
    proxy.become('open');
    await untilSocket(page);
    await untilMoved(page, 'CPU');
    assert.equal(loads(), 0, 'nothing is loaded anew');
  },
);
