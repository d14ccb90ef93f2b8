/** The pages as a person sees them: the real server, Chromium, three widths; screenshots go to test/artefacts. */
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { PEERS, projectRoot, skipWithout } from './support/peers.ts';
import { startService } from './support/small-service.ts';
import { until } from './support/until.ts';
import { startVedette, type VedetteProcess } from './support/vedette-process.ts';

const artefacts = path.join(projectRoot, 'test/artefacts');
const skip = skipWithout(PEERS.chromium);
const WIDTHS = [390, 768, 1440] as const;

// Without these, Chromium looks for its maker's hosts at every start.
const QUIET_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser | undefined;

before(async () => {
  if (skip !== false) return;
  mkdirSync(artefacts, { recursive: true });
  browser = await chromium.launch({ executablePath: PEERS.chromium, args: QUIET_FLAGS });
});

after(() => browser?.close());

interface OpenPage extends AsyncDisposable {
  readonly page: Page;
}

/** A page of the given width, closed at the end of its block; it must not have logged an error by then. */
async function openPage(
  url: string,
  width: number,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<OpenPage> {
  assert.ok(browser);
  const context = await browser.newContext({
    viewport: { width, height: width === 390 ? 844 : 900 },
    colorScheme,
    locale: 'en',
  });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
  page.on('pageerror', (error) => void errors.push(error.message));
  await page.goto(url);
  return {
    page,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      assert.deepEqual(errors, [], 'the page logged errors');
    },
  };
}

/** Waits until the UI has been built: before that, the server shows a page that says so. */
async function startWithUi(t: TestContext, config = ''): Promise<VedetteProcess> {
  const vedette = await startVedette(t, { config });
  await until(
    'the UI to be built',
    async () => ((await (await vedette.get('/')).text()).includes('id="root"') ? true : undefined),
    60_000,
  );
  return vedette;
}

async function assertNoSidewaysScroll(page: Page): Promise<void> {
  const overflow = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than the screen`);
}

test('Overview shows values that move, at every width', { skip }, async (t) => {
  const vedette = await startWithUi(t);
  for (const width of WIDTHS) {
    await using opened = await openPage(vedette.url, width);
    const { page } = opened;
    await page.locator('.uplot canvas').first().waitFor({ state: 'visible' });
    const before = await page.locator('main').innerText();
    await until('a value on the page to change', async () =>
      (await page.locator('main').innerText()) === before ? undefined : true,
    );
    await assertNoSidewaysScroll(page);
    await page.screenshot({ path: path.join(artefacts, `overview-${width}.png`) });
  }
  await using opened = await openPage(vedette.url, 1440, 'dark');
  const { page: dark } = opened;
  await dark.locator('.uplot canvas').first().waitFor({ state: 'visible' });
  await dark.screenshot({ path: path.join(artefacts, 'overview-1440-dark.png') });
});

test('a query in Explore draws, and shows its table', { skip }, async (t) => {
  const vedette = await startWithUi(t);
  for (const width of WIDTHS) {
    await using opened = await openPage(
      `${vedette.url}/explore?expr=${encodeURIComponent('rate(node_cpu_seconds_total{mode="user"}[30s])')}`,
      width,
    );
    const { page } = opened;
    await page.locator('.uplot canvas').first().waitFor({ state: 'visible' });
    await assertNoSidewaysScroll(page);
    await page.screenshot({ path: path.join(artefacts, `explore-${width}.png`) });
  }
});

test('Alerts and Targets open at every width', { skip }, async (t) => {
  const service = await startService(t, () => ({ body: '# TYPE jobs_total counter\njobs_total 1\n' }));
  const vedette = await startWithUi(
    t,
    `scrape_configs: [ { job_name: shop, static_configs: [ { targets: ["127.0.0.1:${service.port}"] } ] } ]\n`,
  );
  for (const [name, word] of [
    ['alerts', 'Watchdog'],
    ['targets', 'shop'],
  ] as const) {
    for (const width of WIDTHS) {
      await using opened = await openPage(`${vedette.url}/${name}`, width);
      const { page } = opened;
      await page.getByText(word).first().waitFor({ state: 'visible' });
      await assertNoSidewaysScroll(page);
      await page.screenshot({ path: path.join(artefacts, `${name}-${width}.png`) });
    }
  }
});

test(
  'a link to a new silence leads to the form; the silence is made, seen and ended',
  { skip },
  async (t) => {
    const vedette = await startWithUi(t);
    await until('Watchdog to fire', async () => {
      const alerts = (await (await vedette.get('/api/v2/alerts')).json()) as unknown[];
      return alerts.length > 0 ? true : undefined;
    });
    const filter = encodeURIComponent('{alertname="Watchdog",severity=~"none|info"}');
    await using opened = await openPage(`${vedette.url}/#/silences/new?filter=${filter}`, 390);
    const { page } = opened;
    await page.getByLabel('Your name').fill('Ada');
    await page.getByLabel('Why', { exact: true }).fill('Trying silences out');
    await page.getByRole('button', { name: '4h', exact: true }).click();
    await assertNoSidewaysScroll(page);
    await page.screenshot({ path: path.join(artefacts, 'silence-new-390.png'), fullPage: true });
    await page.getByRole('button', { name: 'Silence 1 alert' }).click();
    await page.getByText('mutes 1 alert now').waitFor();
    const id = page.url().split('/').at(-1) ?? '';
    const { status, matchers, createdBy } = (await (await vedette.get(`/api/v2/silence/${id}`)).json()) as {
      readonly status: { readonly state: string };
      readonly matchers: readonly unknown[];
      readonly createdBy: string;
    };
    assert.deepEqual([status.state, createdBy], ['active', 'Ada']);
    assert.deepEqual(matchers, [
      { isEqual: true, isRegex: false, name: 'alertname', value: 'Watchdog' },
      { isEqual: true, isRegex: true, name: 'severity', value: 'none|info' },
    ]);
    await page.getByRole('link', { name: 'Edit silence' }).click();
    await page.getByLabel('Why', { exact: true }).fill('Trying an edit out');
    await page.getByRole('button', { name: 'Save changes' }).click();
    await page.getByRole('link', { name: 'Trying an edit out' }).first().waitFor();
    assert.equal(page.url(), `${vedette.url}/alerts/silences/${id}`, 'an edit in place keeps the id');
    // The hash alone changes, as when a link is pasted over the address: the page is not loaded anew.
    await page.evaluate("location.hash = '#/silences'");
    // The page of the one silence has the same button: the list must be there.
    await page.getByText('Active 1', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Expire silence: Trying an edit out' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Expire' }).click();
    await page.getByText('Expired 1').click();
    await page.getByRole('link', { name: 'Silence again: Trying an edit out' }).waitFor();
  },
);

test(
  'who asks too much appears in Guard without a reload, and is let go by the page',
  { skip },
  async (t) => {
    const vedette = await startWithUi(t, 'guard: { mode: enforce, ids: plain }\n');
    await using opened = await openPage(`${vedette.url}/guard`, 390);
    const { page } = opened;
    await page.getByText('The guard has not decided anything yet').waitFor();
    await assertNoSidewaysScroll(page);
    // The mark would turn the rest of the line around, were it not shown.
    const subject = 'u1\u202Eexe';
    const actions = Array.from({ length: 60 }, () => ({ subject, action: 'search' }));
    const { status } = await vedette.get('/guard/actions', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ actions }),
    });
    assert.equal(status, 200);
    await page.getByText('1 decision in force').waitFor();
    await page.getByText(/^\d+m \d\ds left$/).waitFor();
    await assertNoSidewaysScroll(page);
    await page.screenshot({ path: path.join(artefacts, 'guard-390.png') });
    await page.getByRole('link', { name: 'user u1\\u{202e}exe' }).click();
    await page.getByRole('button', { name: 'Lift: u1\\u{202e}exe' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Lift' }).click();
    await dialog.getByText('Say why').waitFor();
    await dialog.getByLabel('Why').fill('a load test of ours');
    await dialog.getByLabel('Your name').fill('Ada');
    await dialog.getByRole('button', { name: 'Lift' }).click();
    await page.getByText('Ada: a load test of ours').waitFor();
    const { verdict } = await vedette.json<{ verdict: string }>(
      `/guard/check?scope=user&id=${encodeURIComponent(subject)}`,
    );
    assert.equal(verdict, 'allow');
    await page.getByRole('link', { name: 'All decisions' }).click();
    await page.getByText('Nobody is kept out').waitFor();
  },
);
