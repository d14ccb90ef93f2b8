/**
 * Looks at the built UI over the fake server: `node packages/web/dev/look.ts OUT_DIRECTORY [VIEW…]`.
 *
 * Every view of look-views.ts at 390, 768 and 1440 px, light and dark: a picture, axe-core's verdict
 * (WCAG 2 A and AA), horizontal overflow, and what the console complained about; and once the size of
 * the entry. Exit code 1 when anything is wrong. VEDETTE_SERVER=http://… looks at a real server
 * instead, LOOK_LOCALE=zh-CN at another language, LOOK_ONLY=390-dark at one size.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import axe from 'axe-core';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { preview } from 'vite';
import { entryFaults } from './entry-size.ts';
import { VIEWS, type View } from './look-views.ts';

const WIDTHS = [390, 768, 1440] as const;
const SCHEMES = ['light', 'dark'] as const;

/** Long enough for lazy code, first frames and two live deltas. */
const SETTLE_MS = 1500;

/** A page longer than this on a phone has not been thought through. */
const FULL_HEIGHT_MAX = 5000;

const CHROMIUM_FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

const [out = path.join(tmpdir(), 'vedette-look'), ...wanted] = process.argv.slice(2);
process.exitCode = (await main()) === 0 ? 0 : 1;

async function main(): Promise<number> {
  mkdirSync(out, { recursive: true });
  const { base, close } = await openServer();
  const profile = mkdtempSync(path.join(tmpdir(), 'vedette-chromium-'));
  const sizes = entryFaults(path.resolve(import.meta.dirname, '../dist'));
  for (const fault of sizes) console.log(fault);
  let faultCount = sizes.length;
  try {
    for (const colorScheme of SCHEMES)
      for (const width of WIDTHS) {
        if (!`${width}-${colorScheme}`.includes(process.env['LOOK_ONLY'] ?? '')) continue;
        const context = await chromium.launchPersistentContext(
          path.join(profile, `${colorScheme}-${width}`),
          {
            executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
            args: CHROMIUM_FLAGS,
            colorScheme,
            locale: process.env['LOOK_LOCALE'] ?? 'en-GB',
            viewport: { width, height: width === 390 ? 844 : 900 },
          },
        );
        faultCount += await lookAtViews(context, base, `${width}-${colorScheme}`);
        await context.close();
      }
  } finally {
    await close();
    rmSync(profile, { recursive: true, force: true });
  }
  console.log(faultCount === 0 ? 'no faults' : `${faultCount} faults`);
  return faultCount;
}

/** A running Vedette where one is named, the fake one otherwise. */
async function openServer(): Promise<{ base: string; close: () => Promise<void> }> {
  const real = process.env['VEDETTE_SERVER'];
  if (real !== undefined) return { base: real, close: () => Promise.resolve() };
  const server = await preview({
    configFile: path.resolve(import.meta.dirname, '../vite.config.ts'),
    preview: { port: 0, host: '127.0.0.1' },
    logLevel: 'error',
  });
  return { base: server.resolvedUrls?.local[0] ?? '', close: () => server.close() };
}

async function lookAtViews(context: BrowserContext, base: string, suffix: string): Promise<number> {
  let faultCount = 0;
  for (const view of VIEWS) {
    if (wanted.length > 0 && !wanted.includes(view.name)) continue;
    const faults = await lookAt(context, { base, view, file: path.join(out, `${view.name}-${suffix}.png`) });
    for (const fault of faults) console.log(`${view.name} ${suffix}: ${fault}`);
    faultCount += faults.length;
  }
  return faultCount;
}

async function lookAt(
  context: BrowserContext,
  { base, view, file }: { readonly base: string; readonly view: View; readonly file: string },
): Promise<string[]> {
  await context.clearCookies();
  if (view.scene !== undefined) await context.addCookies([{ name: 'fake', value: view.scene, url: base }]);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
  page.on('console', (message) => {
    const isExpected = view.expectedError?.test(message.text()) === true;
    if (message.type() === 'error' && !isExpected) faults.push(`console: ${message.text()}`);
  });
  await page.goto(new URL(view.path, base).href);
  await page.waitForTimeout(SETTLE_MS);
  await view.act?.(page);
  if (view.act === undefined) faults.push(...(await stretch(page)));
  await page.waitForTimeout(SETTLE_MS);
  await page.screenshot({ path: file });
  faults.push(...(await inspect(page)));
  await page.close();
  return faults;
}

/** Makes the window as high as the page, so that all charts are on screen: others are not subscribed. */
async function stretch(page: Page): Promise<string[]> {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  const width = page.viewportSize()?.width ?? 0;
  await page.setViewportSize({ width, height: Math.min(height, FULL_HEIGHT_MAX) });
  return height > FULL_HEIGHT_MAX ? [`is ${height} px high`] : [];
}

async function inspect(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const faults: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`overflows by ${scrollWidth - clientWidth} px`);
    const { axe: inPage } = window as unknown as {
      axe: { run(context: object, options: object): Promise<AxeResult> };
    };
    // The editor's list of completions is driven from the editor by aria-activedescendant: it takes no focus.
    const result = await inPage.run(
      { exclude: ['.cm-tooltip-autocomplete'] },
      { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] },
    );
    for (const { id, nodes } of result.violations)
      for (const node of nodes.slice(0, 3))
        faults.push(`axe ${id}: ${node.html.slice(0, 160)} ${node.failureSummary.slice(0, 240)}`);
    return faults;
  });
}

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}
