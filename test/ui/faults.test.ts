/**
 * One thing is broken and the rest of the page lives: routes that refuse, fail, answer rubbish or never answer; queries
 * that cannot be evaluated; a panel that throws while it is drawn; code of a page that cannot be fetched.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page, Route } from 'playwright-core';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import type { Lifetime, VedetteProcess } from '../support/vedette-process.ts';
import { goWithin, launchChromium, loadsOf, openPage, type OpenPage } from './chromium.ts';
import { postJson, startWithUi } from './scene.ts';

const skip = skipWithout(PEERS.chromium);

/** Small enough that a panel can ask for more, large enough for the shipped ones. */
const CONFIG = `
guard: { mode: enforce, ids: plain }
query: { max_samples: 200000 }
`;

let browser: Browser;
let vedette: VedetteProcess;
const ends: (() => unknown)[] = [];
const lifetime: Lifetime = { after: (end) => void (end !== undefined && ends.push(end as () => unknown)) };

before(async () => {
  if (skip !== false) return;
  browser = await launchChromium();
  vedette = await startWithUi(lifetime, { config: CONFIG });
  await until('Watchdog to fire', async () => {
    const alerts = await vedette.json<unknown[]>('/api/v2/alerts');
    return alerts.length > 0 ? true : undefined;
  });
});

after(async () => {
  if (skip !== false) return;
  await browser.close();
  for (const end of ends.reverse()) await end();
});

/** A page whose clock can be set forward, and that is answered by nobody but the server and the test. */
const open = async (path: string, prepare?: (page: Page) => Promise<unknown>): Promise<OpenPage> =>
  await openPage(browser, `${vedette.url}${path}`, {
    width: 1440,
    serviceWorkers: 'block',
    expected: /status of (?:500|503)|ERR_FAILED|the server does not answer/,
    prepare: async (page) => {
      await page.clock.install();
      await prepare?.(page);
    },
  });

/** Ways in which a route is broken, with the words that a person reads then. */
const WAYS = {
  refusal: {
    answer: (route) =>
      route.fulfill({ status: 503, json: { status: 'error', error: 'cannot do it: too busy' } }),
    words: /cannot do it: too busy/,
  },
  failure: {
    answer: (route) => route.fulfill({ status: 500, contentType: 'text/html', body: '<h1>Oops</h1>' }),
    words: /cannot answer: status 500/,
  },
  rubbish: {
    answer: (route) =>
      route.fulfill({ contentType: 'text/html', body: '<!doctype html><p>Sign in to the wifi' }),
    words: /cannot read the answer to \/api\/.*: it is no JSON/,
  },
  silence: { answer: () => undefined, words: /cannot get an answer to \/api\/.*: none within \d+ s/ },
} satisfies Record<string, { readonly answer: (route: Route) => unknown; readonly words: RegExp }>;

interface BrokenRoute {
  readonly way: keyof typeof WAYS;
  readonly path: string;
  readonly url: RegExp;
  /** Where the words stand. */
  readonly place: (page: Page) => Locator;
  /** What of the page does not need the route. */
  readonly lives: (page: Page) => Locator;
  /** What stands in the place once the route works again. */
  readonly healed: (place: Locator) => Locator;
}

const main = (page: Page): Locator => page.locator('main');
const minuteAgo = (): string => `from=${Date.now() - 60_000}&to=${Date.now()}`;

const ROUTES: Readonly<Record<string, BrokenRoute>> = {
  rules: {
    way: 'silence',
    path: '/alerts?view=rules',
    url: /\/api\/v1\/rules/,
    place: main,
    lives: (page) => page.getByText('Silences', { exact: true }),
    healed: (place) => place.getByText('Watchdog').first(),
  },
  decisions: {
    way: 'refusal',
    path: '/guard',
    url: /\/api\/vedette\/guard\/decisions/,
    place: main,
    lives: (page) => page.locator('.uplot canvas').first(),
    healed: (place) => place.getByText('The guard has not decided anything yet'),
  },
  dashboards: {
    way: 'rubbish',
    path: '/dashboards',
    url: /\/api\/vedette\/dashboards$/,
    place: main,
    lives: (page) => page.locator('[data-kind="live"]'),
    healed: (place) => place.getByRole('link', { name: 'Host' }).first(),
  },
  'targets on Overview': {
    way: 'failure',
    path: '/',
    url: /\/api\/v1\/targets/,
    place: (page) => page.getByRole('region', { name: 'Targets' }),
    lives: (page) => page.locator('.uplot canvas').first(),
    healed: (place) => place.getByText('Nothing is scraped yet'),
  },
  'ranges of a chart': {
    way: 'refusal',
    path: '/?',
    url: /\/api\/v1\/query_range/,
    place: (page) => page.getByRole('region', { name: 'CPU', exact: true }),
    lives: (page) => page.getByText('Nothing is scraped yet'),
    healed: (place) => place.locator('.uplot canvas'),
  },
  'state of the server': {
    way: 'silence',
    path: '/settings/status',
    url: /\/api\/vedette\/server/,
    place: main,
    lives: (page) => page.getByRole('link', { name: 'Storage' }),
    healed: (place) => place.getByText('Last load of the configuration'),
  },
  'who one is': {
    way: 'rubbish',
    path: '/guard',
    url: /\/api\/vedette\/session/,
    place: (page) => page.locator('body'),
    lives: (page) => main(page).getByText('Decisions', { exact: true }),
    healed: (place) => place.getByText('The guard has not decided anything yet'),
  },
};

/** Waits for what takes the page long: its clock goes much faster meanwhile. */
async function untilSeen(page: Page, wanted: Locator): Promise<void> {
  await until(`"${wanted.toString()}" to be seen`, async () => {
    if (await wanted.isVisible()) return true;
    await page.clock.fastForward(1000);
    return undefined;
  });
}

/** While it is asked again the button is away for moments. */
const PRESS_MS_MAX = 1000;

for (const [name, { way, path, url, place, lives, healed }] of Object.entries(ROUTES))
  test(`${name}, met with ${way}: the place says so and offers to try again`, { skip }, async () => {
    const { answer, words } = WAYS[way];
    const range = path === '/?' ? minuteAgo() : '';
    await using opened = await open(`${path}${range}`, (page) => page.route(url, answer));
    const { page } = opened;
    const fault = place(page).getByRole('alert').filter({ hasText: words }).first();
    await untilSeen(page, fault);
    await untilSeen(page, lives(page));
    const button = fault.getByRole('button', { name: 'Try again' });
    await untilSeen(page, button);
    await page.unrouteAll();
    const loads = loadsOf(page);
    // What asks by itself every few seconds may be healed without the press.
    await until('a press or an answer', async () => {
      if (await healed(place(page)).isVisible()) return true;
      return await button.click({ timeout: PRESS_MS_MAX }).then(
        () => true,
        () => undefined,
      );
    });
    await untilSeen(page, healed(place(page)));
    await until('the fault to be gone', async () => {
      if ((await fault.count()) === 0) return true;
      await page.clock.fastForward(1000);
      return undefined;
    });
    assert.equal(loads(), 0, 'nothing is loaded anew');
  });

const target = (expr: string): object[] => [{ refId: 'A', expr }];

/** Four panels, of which three cannot be shown, and one that can. */
const BOARD = {
  uid: 'broken',
  title: 'Broken',
  schemaVersion: 39,
  panels: [
    { type: 'timeseries', title: 'Bad query', targets: target('sum by (x) (rate(up[5m])') },
    // 720,000 samples, however little is stored yet.
    { type: 'timeseries', title: 'Too much', targets: target('sum_over_time(vector(1)[2h:10ms])') },
    {
      type: 'heatmap',
      title: 'Throws',
      targets: target('sum by (le) (vedette_http_request_duration_seconds_bucket)'),
    },
    { type: 'stat', title: 'Well', targets: target('vector(42)') },
  ].map((panel, i) => ({ ...panel, id: i + 1, gridPos: { x: (i % 2) * 12, y: i < 2 ? 0 : 8, w: 12, h: 8 } })),
};

/** Run before the page: whoever puts a picture on a canvas fails. Of the panels above that is the heatmap alone. */
const NO_PICTURES = `CanvasRenderingContext2D.prototype.drawImage = () => { throw new Error("no pictures today"); };`;

test('panels that cannot be shown say why, each in its place, and the others live', { skip }, async () => {
  const stored = await postJson(vedette, '/api/vedette/dashboards', { dashboard: BOARD, message: '' });
  assert.equal(stored.status, 201, await stored.text());
  await using opened = await openPage(browser, `${vedette.url}/dashboards/broken`, {
    width: 1440,
    expected: /no pictures today|status of 4\d\d/,
    prepare: (page) => page.addInitScript(NO_PICTURES),
  });
  const { page } = opened;
  const panel = (title: string): Locator => page.getByRole('group', { name: title, exact: true }).first();
  await panel('Bad query')
    .getByRole('alert')
    .filter({ hasText: /parse|unclosed|expected/i })
    .waitFor();
  await panel('Too much').getByRole('alert').filter({ hasText: 'query.max_samples' }).waitFor();
  await panel('Throws').getByRole('alert').filter({ hasText: 'no pictures today' }).waitFor();
  await panel('Well').getByText('42').waitFor();
  assert.equal(await panel('Well').getByRole('alert').count(), 0);
});

test('a page whose code cannot be fetched says so, and the rest stays', { skip }, async () => {
  await using opened = await open('/');
  const { page } = opened;
  // What draws charts comes with the first of them: all that Overview needs is there then.
  await page.locator('.uplot canvas').first().waitFor();
  const loads = loadsOf(page);
  // As if the server were gone, but for the live connection.
  await page.route(/./, (route) => route.abort());
  await goWithin(page, '/targets');
  await page.getByRole('heading', { name: 'This page cannot be shown' }).waitFor();
  await page.getByRole('alert').filter({ hasText: 'the server does not answer' }).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('.uplot canvas').first().waitFor();
  assert.equal(loads(), 0, 'nothing is loaded anew');
});
