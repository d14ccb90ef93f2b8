/**
 * Every route with true data (the demonstration's shop, one fault, one abuser): at 390, 768 and 1440 px, light and dark
 * (the same page follows the system from one to the other), and in Simplified Chinese at 1440. No fault by axe-core
 * (WCAG 2.2 AA), nothing wider than the screen, no complaint of the console; at 1440 and 390 px the Tab key reaches
 * every control.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { startDemo, type Demo } from '../../tools/demo/scene.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import type { Lifetime } from '../support/vedette-process.ts';
import { axeFaults } from './axe.ts';
import {
  changeScheme,
  launchChromium,
  overflowOf,
  STEP_MS_MAX,
  untilSettled,
  untilStill,
  watchPage,
} from './chromium.ts';
import { unreachedControls } from './keyboard-walk.ts';
import { VIEWS, type View } from './views.ts';

const skip = skipWithout(PEERS.chromium);

interface Visit {
  readonly width: number;
  readonly locale: string;
  /** The page opens in the first; it has to follow the system to the next ones while it is open. */
  readonly schemes: readonly ('light' | 'dark')[];
  readonly isWalked?: boolean;
}

const VISITS: readonly Visit[] = [
  { width: 1440, locale: 'en', schemes: ['light', 'dark'], isWalked: true },
  { width: 768, locale: 'en', schemes: ['dark', 'light'] },
  { width: 390, locale: 'en', schemes: ['light', 'dark'], isWalked: true },
  { width: 1440, locale: 'zh-CN', schemes: ['light'] },
];

/** Some forty views, looked at twice and walked through: two minutes where nobody else works, here with room. */
const VISIT_MS_MAX = 600_000;

/** Half a minute after the start of four programs, where nobody else works. */
const TOLD_MS_MAX = 150_000;

/** Pages wait for the server most of the time; more than two would be slower for everybody on two cores. */
const PAGES_AT_ONCE = 2;

let browser: Browser | undefined;
let demo: Demo | undefined;
const ends: (() => unknown)[] = [];
const lifetime: Lifetime = { after: (end) => void (end !== undefined && ends.push(end as () => unknown)) };

before(async () => {
  if (skip !== false) return;
  let isTold = false;
  browser = await launchChromium();
  demo = await startDemo(lifetime, {
    calmMs: 5000,
    faultMs: 3_600_000,
    faultEveryMs: 7_200_000,
    abuserRestMs: 1000,
    onEvent: (event) => {
      isTold ||= event.kind === 'told' && event.alerts.some((text) => text.includes('/orders'));
    },
  });
  await until('the fault to be told', () => (isTold ? true : undefined), TOLD_MS_MAX);
});

after(async () => {
  await browser?.close();
  for (const end of ends.reverse()) await end();
});

for (const visit of VISITS) {
  const title = `every route at ${visit.width} px, ${visit.schemes.join(' and ')}, ${visit.locale}`;
  test(title, { skip, timeout: VISIT_MS_MAX }, async () => {
    assert.ok(browser);
    const context = await browser.newContext({
      viewport: { width: visit.width, height: visit.width < 600 ? 844 : 900 },
      locale: visit.locale,
      reducedMotion: 'reduce',
    });
    context.setDefaultTimeout(STEP_MS_MAX);
    const waiting = [...VIEWS];
    const faults: string[] = [];
    const work = async (): Promise<void> => {
      for (let view = waiting.shift(); view !== undefined; view = waiting.shift())
        for (const fault of await faultsOf(context, view, visit).catch(faultOfError))
          faults.push(`${view.name}: ${fault}`);
    };
    await Promise.all(Array.from({ length: PAGES_AT_ONCE }, work));
    await context.close();
    assert.deepEqual(faults, []);
  });
}

async function faultsOf(context: BrowserContext, view: View, visit: Visit): Promise<readonly string[]> {
  assert.ok(demo);
  const page = await context.newPage();
  const watch = watchPage(page);
  const faults: string[] = [];
  for (const colorScheme of visit.schemes) {
    if (page.url() === 'about:blank') {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${demo.server.url}${view.path}`);
    } else {
      await changeScheme(page, colorScheme);
    }
    await untilSettled(page);
    await untilStill(page);
    const overflow = await overflowOf(page);
    if (overflow > 0) faults.push(`${colorScheme}: is ${overflow} px wider than the screen`);
    for (const fault of await axeFaults(page)) faults.push(`${colorScheme}: ${fault}`);
  }
  if (visit.isWalked === true)
    for (const html of await unreachedControls(page)) faults.push(`Tab never reaches ${html}`);
  for (const text of watch.complaints)
    if (view.expected?.test(text) !== true) faults.push(`console: ${text}`);
  await page.close();
  return faults;
}

/** A view that never settles is a fault of that view; the others are looked at all the same. */
function faultOfError(error: unknown): readonly string[] {
  return [String(error)];
}
