/**
 * Looks at the gallery of panels: `node packages/web/dev/look-gallery.ts OUT_DIRECTORY [SECTION…]`.
 *
 * Each section at 390 and 1440 px, light and dark: a picture, axe-core's verdict, sideways overflow and
 * complaints of the console. Exit code 1 when anything is wrong.
 */
import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { openDevPages, openWindow } from './dev-pages.ts';
import { GALLERY } from './gallery-panels.ts';

const [out = path.join(tmpdir(), 'vedette-gallery'), ...wanted] = process.argv.slice(2);
const sections = wanted.length > 0 ? wanted : Object.keys(GALLERY);
mkdirSync(out, { recursive: true });
const pages = await openDevPages(['gallery.html']);
let faultCount = 0;
try {
  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [390, 1440]) {
      const { context, close } = await openWindow({ colorScheme, viewport: { width, height: 900 } });
      for (const section of sections) {
        const page = await context.newPage();
        const faults: string[] = [];
        page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
        page.on('console', (message) => {
          if (message.type() === 'error') faults.push(`console: ${message.text()}`);
        });
        await page.goto(new URL(`dev/gallery.html?section=${section}`, pages.base).href);
        await page.waitForTimeout(1500);
        await page.screenshot({
          path: path.join(out, `${section}-${width}-${colorScheme}.png`),
          fullPage: true,
        });
        faults.push(...(await inspect(page)));
        for (const fault of faults) console.log(`${section} ${width}-${colorScheme}: ${fault}`);
        faultCount += faults.length;
        await page.close();
      }
      await close();
    }
} finally {
  await pages.close();
}
console.log(faultCount === 0 ? 'no faults' : `${faultCount} faults`);
process.exitCode = faultCount === 0 ? 0 : 1;

async function inspect(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async () => {
    const { scrollWidth, clientWidth } = document.documentElement;
    const { axe: inPage } = window as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>;
      };
    };
    const { violations } = await inPage.run();
    return [
      ...(scrollWidth > clientWidth ? [`overflows by ${scrollWidth - clientWidth} px`] : []),
      ...violations.flatMap(({ id, nodes }) =>
        nodes
          .slice(0, 3)
          .map(
            ({ html, failureSummary }) => `axe ${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 200)}`,
          ),
      ),
    ];
  });
}
