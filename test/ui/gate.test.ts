/**
 * Every route with true data (the demonstration's shop, one fault, one abuser): at 390, 768 and 1440 px, light and dark,
 * and in Simplified Chinese at 1440. No fault by axe-core (WCAG 2.2 AA), nothing wider than the screen, no complaint of
 * the console; at 1440 and 390 px the Tab key reaches every control.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, BrowserContext } from 'playwright-core';
import { startDemo, type Demo } from '../../tools/demo/scene.ts';
import { PEERS, skipWithout } from '../support/peers.ts';
import { until } from '../support/until.ts';
import type { Lifetime } from '../support/vedette-process.ts';
import { axeFaults } from './axe.ts';
import { launchChromium, overflowOf, untilSettled, watchPage } from './chromium.ts';
import { unreachedControls } from './keyboard-walk.ts';
import { VIEWS, type View } from './views.ts';

const skip = skipWithout(PEERS.chromium);

interface Look {
  readonly width: number;
  readonly colorScheme: 'light' | 'dark';
  readonly locale: string;
  readonly isWalked?: boolean;
}

const LOOKS: readonly Look[] = [
  { width: 1440, colorScheme: 'light', locale: 'en', isWalked: true },
  { width: 1440, colorScheme: 'dark', locale: 'en' },
  { width: 768, colorScheme: 'light', locale: 'en' },
  { width: 768, colorScheme: 'dark', locale: 'en' },
  { width: 390, colorScheme: 'light', locale: 'en', isWalked: true },
  { width: 390, colorScheme: 'dark', locale: 'en' },
  { width: 1440, colorScheme: 'light', locale: 'zh-CN' },
];

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
  await until('the fault to be told', () => (isTold ? true : undefined), 90_000);
});

after(async () => {
  await browser?.close();
  for (const end of ends.reverse()) await end();
});

for (const look of LOOKS) {
  test(`every route at ${look.width} px, ${look.colorScheme}, ${look.locale}`, { skip }, async () => {
    assert.ok(browser);
    const context = await browser.newContext({
      viewport: { width: look.width, height: look.width < 600 ? 844 : 900 },
      colorScheme: look.colorScheme,
      locale: look.locale,
      reducedMotion: 'reduce',
    });
    const waiting = [...VIEWS];
    const faults: string[] = [];
    const work = async (): Promise<void> => {
      for (let view = waiting.shift(); view !== undefined; view = waiting.shift())
        for (const fault of await faultsOf(context, view, look).catch(faultOfError))
          faults.push(`${view.name}: ${fault}`);
    };
    await Promise.all(Array.from({ length: PAGES_AT_ONCE }, work));
    await context.close();
    assert.deepEqual(faults, []);
  });
}

async function faultsOf(context: BrowserContext, view: View, look: Look): Promise<readonly string[]> {
  assert.ok(demo);
  const page = await context.newPage();
  const watch = watchPage(page);
  await page.goto(`${demo.server.url}${view.path}`);
  await untilSettled(page);
  const overflow = await overflowOf(page);
  const faults = [
    ...(overflow > 0 ? [`is ${overflow} px wider than the screen`] : []),
    ...(await axeFaults(page)),
    ...(look.isWalked === true
      ? (await unreachedControls(page)).map((html) => `Tab never reaches ${html}`)
      : []),
    ...watch.complaints
      .filter((text) => view.expected?.test(text) !== true)
      .map((text) => `console: ${text}`),
  ];
  await page.close();
  return faults;
}

/** A view that never settles is a fault of that view; the others are looked at all the same. */
function faultOfError(error: unknown): readonly string[] {
  return [String(error)];
}
