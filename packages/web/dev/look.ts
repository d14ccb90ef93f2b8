/**
 * Looks at the built UI over the fake server: `node packages/web/dev/look.ts OUT_DIRECTORY [PAGE…]`.
 *
 * Every page at 390, 768 and 1440 px, light and dark: a picture, axe-core's verdict (WCAG 2 A and AA),
 * horizontal overflow, and what the console complained about. Exit code 1 when anything is wrong.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { preview } from 'vite';

const PAGES: Readonly<Record<string, string>> = {
  overview: '/',
  explore: '/explore?expr=sum%20by%20(route)%20(rate(http_requests_total[5m]))',
  'explore-table': '/explore?expr=up&view=table',
  'explore-error': '/explore?expr=sum(rate(http_requests_total[5m])',
  'explore-empty': '/explore',
  alerts: '/alerts',
  rules: '/alerts?view=rules',
  notifications: '/alerts?view=notifications',
  targets: '/targets',
  runbook: '/runbook/TargetDown',
};
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
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
process.exitCode = (await main()) === 0 ? 0 : 1;

async function main(): Promise<number> {
  mkdirSync(out, { recursive: true });
  const server = await preview({
    configFile: path.resolve(import.meta.dirname, '../vite.config.ts'),
    preview: { port: 0, host: '127.0.0.1' },
    logLevel: 'error',
  });
  const base = server.resolvedUrls?.local[0] ?? '';
  const profile = mkdtempSync(path.join(tmpdir(), 'vedette-chromium-'));
  let faultCount = 0;
  try {
    for (const colorScheme of SCHEMES)
      for (const width of WIDTHS) {
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
        faultCount += await lookAtPages(context, base, `${width}-${colorScheme}`);
        await context.close();
      }
  } finally {
    await server.close();
    rmSync(profile, { recursive: true, force: true });
  }
  console.log(faultCount === 0 ? 'no faults' : `${faultCount} faults`);
  return faultCount;
}

async function lookAtPages(context: BrowserContext, base: string, suffix: string): Promise<number> {
  let faultCount = 0;
  for (const [name, address] of Object.entries(PAGES)) {
    if (wanted.length > 0 && !wanted.includes(name)) continue;
    const page = await context.newPage();
    const faults: string[] = [];
    page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
    page.on('console', (message) => {
      const isExpected = name === 'explore-error' && message.text().includes('400');
      if (message.type() === 'error' && !isExpected) faults.push(`console: ${message.text()}`);
    });
    await page.goto(new URL(address, base).href);
    await page.waitForTimeout(SETTLE_MS);
    // All charts on screen at once: what is out of sight is not subscribed.
    const height = await page.evaluate(() => document.documentElement.scrollHeight);
    if (height > FULL_HEIGHT_MAX) faults.push(`is ${height} px high`);
    await page.setViewportSize({
      width: page.viewportSize()?.width ?? 0,
      height: Math.min(height, FULL_HEIGHT_MAX),
    });
    await page.waitForTimeout(SETTLE_MS);
    await page.screenshot({ path: path.join(out, `${name}-${suffix}.png`) });
    faults.push(...(await inspect(page)));
    for (const fault of faults) console.log(`${name} ${suffix}: ${fault}`);
    faultCount += faults.length;
    await page.close();
  }
  return faultCount;
}

async function inspect(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  return page.evaluate(async () => {
    const faults: string[] = [];
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth > clientWidth) faults.push(`overflows by ${scrollWidth - clientWidth} px`);
    const { axe } = window as unknown as { axe: { run(options: object): Promise<AxeResult> } };
    const result = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] });
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
