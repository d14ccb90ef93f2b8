/**
 * What a person sets or their system says is followed everywhere: colours light and dark, also while the page is open,
 * and language, without words of another left over.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { PEERS, projectRoot, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import type { Lifetime, VedetteProcess } from '../support/vedette-process.ts';
import { goWithin, launchChromium, openPage, untilSettled, type OpenPage } from './chromium.ts';
import { postJson, startWithUi } from './scene.ts';
import { VIEWS } from './views.ts';

const skip = skipWithout(PEERS.chromium);

const CONFIG = `
guard:
  mode: enforce
  ids: plain
  policies:
    - name: searches
      window: 60s
      steps:
        - { over: 20, decide: refuse, grade: review_required, for: 24h }
`;

let browser: Browser;
let vedette: VedetteProcess;
const ends: (() => unknown)[] = [];
const lifetime: Lifetime = { after: (end) => void (end !== undefined && ends.push(end as () => unknown)) };

before(async () => {
  if (skip !== false) return;
  browser = await launchChromium();
  vedette = await startWithUi(lifetime, { config: CONFIG });
  const actions = Array.from({ length: 40 }, () => ({ subject: 'u1', action: 'search' }));
  assert.equal((await postJson(vedette, '/guard/actions', { actions })).status, 200);
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

const open = async (path: string, options: Partial<Parameters<typeof openPage>[2]> = {}): Promise<OpenPage> =>
  await openPage(browser, `${vedette.url}${path}`, { width: 1440, serviceWorkers: 'block', ...options });

/** Run in the page: how bright what is painted is, from 0 (black) to 255; of canvases the ink of the axes. */
const LOOK = `(() => {
  const dot = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const brightnessOf = (colour) => {
    dot.fillStyle = colour;
    dot.fillRect(0, 0, 1, 1);
    const [r, g, b] = dot.getImageData(0, 0, 1, 1).data;
    return (r + g + b) / 3;
  };
  const of = (selector, property) => brightnessOf(getComputedStyle(document.querySelector(selector))[property]);
  const inkOf = (canvas) => {
    // The left edge, where the numbers of the axis stand.
    const { data } = canvas.getContext('2d').getImageData(0, 0, 30, canvas.height);
    let sum = 0;
    let count = 0;
    for (let i = 0; i < data.length; i += 4)
      if (data[i + 3] > 200) {
        sum += (data[i] + data[i + 1] + data[i + 2]) / 3;
        count++;
      }
    return count === 0 ? -1 : sum / count;
  };
  return {
    page: of('body', 'backgroundColor'),
    navigation: of('nav', 'backgroundColor'),
    heading: of('main header', 'backgroundColor'),
    card: of('section:has(.uplot)', 'backgroundColor'),
    words: of('main h1', 'color'),
    inks: [...document.querySelectorAll('.uplot canvas')].map(inkOf).filter((ink) => ink >= 0),
  };
})()`;

interface Look {
  readonly page: number;
  readonly navigation: number;
  readonly heading: number;
  readonly card: number;
  readonly words: number;
  readonly inks: readonly number[];
}

const isDark = ({ page, navigation, heading, card, words, inks }: Look): boolean =>
  [page, navigation, heading, card].every((ground) => ground < 70) &&
  [words, ...inks].every((ink) => ink > 100);

const isLight = ({ page, navigation, heading, card, words, inks }: Look): boolean =>
  [page, navigation, heading, card].every((ground) => ground > 200) &&
  [words, ...inks].every((ink) => ink < 150);

async function untilLooks(page: Page, what: string, test: (look: Look) => boolean): Promise<void> {
  let seen: Look | undefined;
  await until(`the page to be ${what}`, async () => {
    seen = await page.evaluate<Look>(LOOK);
    return seen.inks.length > 0 && test(seen) ? true : undefined;
  }).catch((error: unknown) => {
    throw new Error(`${String(error)}; last seen ${JSON.stringify(seen)}`);
  });
}

test('colours follow the system while the page is open, until a person chooses', { skip }, async () => {
  await using opened = await open('/', { colorScheme: 'light' });
  const { page } = opened;
  await page.locator('.uplot canvas').first().waitFor();
  await untilLooks(page, 'light', isLight);
  await page.emulateMedia({ colorScheme: 'dark' });
  await untilLooks(page, 'dark', isDark);
  const choose = async (name: string): Promise<void> => {
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };
  await choose('Light');
  await untilLooks(page, 'light by choice', isLight);
  await page.reload();
  await page.locator('.uplot canvas').first().waitFor();
  await untilLooks(page, 'light after a reload', isLight);
  const bar =
    "[...document.querySelectorAll('meta[name=theme-color]')].find((m) => m.media === '' || matchMedia(m.media).matches)?.content";
  await until('the bar of the browser, too', async () =>
    (await page.evaluate(bar)) === '#f6f7f9' ? true : undefined,
  );
  await choose('Like the system');
  await untilLooks(page, 'dark again', isDark);
});

type Texts = { readonly [key: string]: string | Texts };

function leavesOf(texts: Texts, prefix = ''): Map<string, string> {
  const leaves = new Map<string, string>();
  for (const [key, value] of Object.entries(texts))
    if (typeof value === 'string') leaves.set(prefix + key, value);
    else for (const [inner, text] of leavesOf(value, `${prefix}${key}.`)) leaves.set(inner, text);
  return leaves;
}

const textsOf = (language: string): Map<string, string> =>
  new Map(
    [`first-${language}`, language].flatMap((file) => [
      ...leavesOf(
        JSON.parse(
          readFileSync(path.join(projectRoot, 'packages/web/src/i18n', `${file}.json`), 'utf8'),
        ) as Texts,
      ),
    ]),
  );

/** English texts that the language says otherwise, as patterns; those that are little but a filled-in value are left out. */
function patternsOf(language: string): RegExp {
  const translated = textsOf(language);
  const patterns = [...textsOf('en')]
    .filter(([key, text]) => translated.get(key.replace(/_one$/, '_other')) !== text)
    .map(([, text]) => text.split(/\{\{.*?\}\}/))
    .filter((parts) => parts.length === 1 || /[a-z]{3,}.* .*[a-z]{3,}/i.test(parts.join(' ')))
    .map((parts) => parts.map((part) => part.replaceAll(/[^\w\s]/g, '\\$&')).join('.+'));
  return new RegExp(`^(?:${patterns.join('|')})$`);
}

/** Run in the page: every text that is seen or read aloud, but what data says. */
const SEEN = `(() => {
  const texts = [];
  const isData = (node) => node.closest('bdi, code, pre, .cm-editor, [data-panel-id], [lang]:not(html)') !== null;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
    if (node.parentElement.checkVisibility() && !isData(node.parentElement)) texts.push(node.data.trim());
  for (const node of document.querySelectorAll('[aria-label], [title], [placeholder], [data-tip]'))
    if (!isData(node))
      for (const name of ['aria-label', 'title', 'placeholder', 'data-tip'])
        if (node.hasAttribute(name)) texts.push(node.getAttribute(name).trim());
  texts.push(document.title);
  return [...new Set(texts)].filter((text) => /[a-z]{2}/i.test(text));
})()`;

/** Shipped dashboards are files in English: what stands in them is shown as it is. */
function textsOfDashboards(): ReadonlySet<string> {
  const directory = path.join(projectRoot, 'dashboards');
  const files = readdirSync(directory).filter((file) => file.endsWith('.json'));
  const strings = files.flatMap((file) => [
    ...readFileSync(path.join(directory, file), 'utf8').matchAll(/"(?:title|label)": "(.*?)"/g),
  ]);
  return new Set(strings.map(([, title = '']) => title));
}

/** Names of series on Overview that are words. */
const OF_METRICS = new Set(['user']);

/** What views show of refusals, on one page after the other. */
const REFUSALS = new RegExp(VIEWS.flatMap(({ expected }) => expected?.source ?? []).join('|'));

async function leftOver(locale: string, language: string): Promise<readonly string[]> {
  const english = patternsOf(language);
  assert.match('Nothing is firing.', english, 'the check finds what it looks for');
  const known = new Set([...textsOfDashboards(), ...OF_METRICS]);
  const faults: string[] = [];
  await using opened = await open('/', { locale, expected: REFUSALS });
  const { page } = opened;
  for (const { name, path: to } of VIEWS) {
    await goWithin(page, to);
    await untilSettled(page);
    for (const text of await page.evaluate<string[]>(SEEN))
      if (english.test(text) && !known.has(text)) faults.push(`${name}: ${text}`);
  }
  return faults;
}

test('no English is left over in Simplified and Traditional Chinese', { skip }, async () => {
  const faults = await Promise.all([leftOver('zh-CN', 'zh-hans'), leftOver('zh-TW', 'zh-hant')]);
  assert.deepEqual(faults, [[], []]);
});
