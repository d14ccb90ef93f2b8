/**
 * What the first screen costs: all scripts that Overview loads until its first chart is drawn, and all styles, each
 * compressed by Brotli as a proxy or a browser on this machine gets them. How long it takes is measured by
 * `node packages/web/dev/measure-first-screen.ts`, not here: machines of tests are shared.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import type { Browser } from 'playwright-core';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { startVedette } from '../support/vedette-process.ts';
import { launchChromium, STEP_MS_MAX } from './chromium.ts';

const skip = skipWithout(PEERS.chromium);

const SCRIPT_KB_MAX = 240;
const STYLE_KB_MAX = 25;

let browser: Browser | undefined;

before(async () => {
  if (skip === false) browser = await launchChromium();
});

after(() => browser?.close());

test(
  'the first chart of Overview needs at most 240 kB of scripts and 25 kB of styles',
  { skip },
  async (t) => {
    assert.ok(browser);
    const vedette = await startVedette(t);
    // A chart that waits for its server's first minute is no first screen.
    await until('numbers for the first chart', async () => {
      const { data } = await vedette.json<{ data: { result: readonly unknown[] } }>(
        `/api/v1/query?query=${encodeURIComponent('rate(node_cpu_seconds_total[1m])')}`,
      );
      return data.result.length > 0 ? true : undefined;
    });
    const page = await (await browser.newContext({ serviceWorkers: 'block' })).newPage();
    page.setDefaultTimeout(STEP_MS_MAX);
    // On a busy machine the page is at rest before the first numbers are there, and fetches the menus meanwhile.
    await page.addInitScript('window.requestIdleCallback = () => 0');
    const sizes = { script: 0, stylesheet: 0 };
    const reading: Promise<unknown>[] = [];
    page.on('response', (response) => {
      const kind = response.request().resourceType();
      if (kind !== 'script' && kind !== 'stylesheet') return;
      reading.push(
        response.body().then((body) => {
          sizes[kind] += brotliCompressSync(body).length / 1000;
        }),
      );
    });
    await page.goto(vedette.url);
    await page.locator('.uplot canvas').first().waitFor({ state: 'visible' });
    await Promise.all(reading);
    await page.context().close();
    t.diagnostic(`scripts ${sizes.script.toFixed(1)} kB, styles ${sizes.stylesheet.toFixed(1)} kB (Brotli)`);
    assert.ok(sizes.script > 0 && sizes.script <= SCRIPT_KB_MAX, `scripts: ${sizes.script} kB`);
    assert.ok(sizes.stylesheet > 0 && sizes.stylesheet <= STYLE_KB_MAX, `styles: ${sizes.stylesheet} kB`);
  },
);
