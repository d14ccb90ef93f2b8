/** Chromium as the tests of the pages use it: quiet, and every complaint of a page is a fault. */
import assert from 'node:assert/strict';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { PEERS } from '../support/peers.ts';
import { until } from '../support/until.ts';

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

/** What a page does at once on a machine of its own, it does within this time on one that tests share. */
export const STEP_MS_MAX = 60_000;

export async function launchChromium(): Promise<Browser> {
  return await chromium.launch({ executablePath: PEERS.chromium, args: QUIET_FLAGS, timeout: STEP_MS_MAX });
}

export interface PageWatch {
  /** Complaints of the console and errors that nobody caught, so far. */
  readonly complaints: string[];
}

export function watchPage(page: Page): PageWatch {
  const complaints: string[] = [];
  page.on('console', (message) => {
    // What could not be loaded is told without saying what it was.
    if (message.type() === 'error') complaints.push(`${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => void complaints.push(error.message));
  return { complaints };
}

export interface OpenPage extends AsyncDisposable {
  readonly page: Page;
}

/** A page closed at the end of its block; it must not have complained by then, but of what `expected` matches. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions & {
    readonly width: number;
    readonly expected?: RegExp;
    /** Done with the page before it is opened. */
    readonly prepare?: (page: Page) => Promise<unknown>;
  },
): Promise<OpenPage> {
  const { width, expected, prepare, ...rest } = options;
  const context = await browser.newContext({
    viewport: { width, height: width < 600 ? 844 : 900 },
    locale: 'en',
    ...rest,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(STEP_MS_MAX);
  const watch = watchPage(page);
  await prepare?.(page);
  await page.goto(url);
  return {
    page,
    [Symbol.asyncDispose]: async () => {
      await context.close();
      const faults = watch.complaints.filter((text) => expected?.test(text) !== true);
      assert.deepEqual(faults, [], 'the page complained');
    },
  };
}

/**
 * Waits until a page shows what it has: its heading is there and no placeholder is left on the screen. The window is
 * made as high as the page as that grows, since charts that nobody sees ask for nothing.
 */
export async function untilSettled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor({ state: 'visible' });
  await until(
    'placeholders to be filled',
    async () => {
      await stretch(page);
      return (await page.evaluate<number>(PLACEHOLDERS_SEEN)) === 0 ? true : undefined;
    },
    STEP_MS_MAX,
  );
  await stretch(page);
}

/** Lets the system change to `colorScheme`, and waits until the page has followed: it hears of that with its next frame. */
export async function changeScheme(page: Page, colorScheme: 'light' | 'dark'): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await page.locator(`html[data-mantine-color-scheme=${colorScheme}]`).waitFor();
  await untilStill(page);
}

/** Waits for the end of what moves or fades: colours half-way from one scheme to another have no contrast of their own. */
export async function untilStill(page: Page): Promise<void> {
  await until(
    'movement to end',
    async () => ((await page.evaluate<number>(MOVEMENTS)) === 0 ? true : undefined),
    STEP_MS_MAX,
  );
}

const MOVEMENTS = `document.getAnimations().filter((movement) =>
  movement.playState === 'running' && movement.effect.getComputedTiming().endTime !== Infinity).length`;

/** What lies in a row that scrolls sideways is not drawn before it is seen. */
const PLACEHOLDERS_SEEN = `[...document.querySelectorAll('.mantine-Skeleton-root')].filter((node) => {
  const box = node.getBoundingClientRect();
  return box.top < innerHeight && box.bottom > 0 && box.left < innerWidth && box.right > 0;
}).length`;

async function stretch(page: Page): Promise<void> {
  const size = page.viewportSize();
  const height = await page.evaluate<number>('document.documentElement.scrollHeight');
  if (size !== null && height > size.height)
    await page.setViewportSize({ width: size.width, height: Math.min(height, HEIGHT_MAX) });
}

/** Longer pages are lists, of which the beginning is looked at. */
const HEIGHT_MAX = 6000;

/** How far the page is wider than the screen, in pixels. */
export async function overflowOf(page: Page): Promise<number> {
  return await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
}

/** Lets a page that is open show another path, as its own links do: nothing is loaded anew. Ends when its code is there. */
export async function goWithin(page: Page, path: string): Promise<void> {
  await page.locator('main h1').first().waitFor();
  await page.evaluate(`new Promise((resolve) => {
    const stop = __TSR_ROUTER__.subscribe('onResolved', () => { stop(); resolve(); });
    history.pushState({}, '', ${JSON.stringify(path)});
    dispatchEvent(new PopStateEvent('popstate', { state: {} }));
  })`);
}

/** Counts how often a page is loaded from now on. */
export function loadsOf(page: Page): () => number {
  let loads = 0;
  page.on('load', () => void (loads += 1));
  return () => loads;
}
