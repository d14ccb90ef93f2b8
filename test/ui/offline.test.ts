/** The pages where the network is bad or gone: Chromium behind a proxy that blocks this or that. */
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { MoodyProxy } from '../support/moody-proxy.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { launchChromium, STEP_MS_MAX } from './chromium.ts';
import { startWithUi } from './scene.ts';

const skip = skipWithout(PEERS.chromium);

/** Run in the page: whether charts, alerts and status are in its store. */
const IS_KEPT = `new Promise((resolve) => {
  const opening = indexedDB.open('vedette', 1);
  opening.onsuccess = () => {
    const counting = opening.result.transaction('snapshots').objectStore('snapshots').count();
    counting.onsuccess = () => {
      opening.result.close();
      resolve(counting.result >= 3);
    };
  };
})`;

let browser: Browser | undefined;

before(async () => {
  if (skip === false) browser = await launchChromium();
});

after(() => browser?.close());

/** A page in a context of its own, which may complain: its network is bad. */
async function newPage(t: TestContext): Promise<Page> {
  assert.ok(browser);
  const context = await browser.newContext({ locale: 'en', viewport: { width: 1440, height: 900 } });
  t.after(() => context.close());
  context.setDefaultTimeout(STEP_MS_MAX);
  return await context.newPage();
}

/** Waits for the pill of the shell to say so. */
async function pillIs(page: Page, kind: string): Promise<void> {
  await page.locator(`span[data-kind="${kind}"]`).waitFor();
}

test('where sockets are blocked the page lives by events, and can be paused', { skip }, async (t) => {
  const vedette = await startWithUi(t);
  const proxy = await MoodyProxy.start(t, vedette.url);
  const page = await newPage(t);
  proxy.become('no-upgrade');
  await page.goto(proxy.url);
  await pillIs(page, 'live');
  await page.locator('[data-tip*="no WebSocket"]').waitFor();
  await page.getByRole('button', { name: 'Pause live data' }).click();
  await pillIs(page, 'paused');
  await page.getByRole('button', { name: 'Go on live' }).click();
  await pillIs(page, 'live');
});

test('without a server the last picture is there with its age', { skip }, async (t) => {
  const vedette = await startWithUi(t);
  const proxy = await MoodyProxy.start(t, vedette.url);
  const page = await newPage(t);
  await page.goto(proxy.url);
  await pillIs(page, 'live');
  await page.evaluate('navigator.serviceWorker.ready.then(() => undefined)');
  await page.reload();
  await pillIs(page, 'live');
  await page.locator('.uplot canvas').first().waitFor();
  assert.equal(await page.evaluate('navigator.serviceWorker.controller !== null'), true);
  await until('what is shown to be kept', async () => {
    await page.evaluate("window.dispatchEvent(new Event('pagehide'))");
    return (await page.evaluate(IS_KEPT)) === true ? true : undefined;
  });
  proxy.become('down');
  await page.reload();
  await page.getByText(/^Offline: data of \d+\w ago$/).waitFor();
  await page.locator('.uplot canvas').first().waitFor();
  proxy.become('open');
  await pillIs(page, 'live');
  await page.getByText(/^Offline: data of/).waitFor({ state: 'detached' });
});
