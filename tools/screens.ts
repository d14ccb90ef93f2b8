/**
 * `node tools/screens.ts [NAME…]`: takes the pictures of docs/screens/, all or those named, of the demonstration.
 *
 * 1. The demonstration's shop with one fault that stays, and somebody who takes too much.
 * 2. Once the fault is told, somebody is kept out, and charts have a line rather than a dot, each view is opened in a
 *    Chromium of its own context and taken as far as a screen shows it.
 *
 * Nothing in them is made up, so no two runs give the same bytes: pictures are taken when a view has changed.
 */
import { mkdirSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { launchChromium, openPage, untilSettled } from '../test/ui/chromium.ts';
import { runWithLifetime } from '../test/support/lifetime.ts';
import { until } from '../test/support/until.ts';
import { buildUi } from './build-ui.ts';
import { startDemo, type Demo } from './demo/scene.ts';
import { PROJECT_ROOT } from '../packages/server/src/lib/project-root.ts';

const OUT = path.join(PROJECT_ROOT, 'docs/screens');

/** All together, so that a clone stays quick. */
const BYTES_MAX = 3 * 1024 * 1024;

/** As much as charts of five minutes need to show a course: some of it before the fault, the rest with it. */
const AGE_MS = 120_000;
const CALM_MS = 45_000;
const TOLD_MS_MAX = 180_000;

/** The fault stays as long as pictures are taken. */
const FOREVER_MS = 3_600_000;

/** After the last answer: charts draw, and fonts and rows find their place. */
const DRAW_MS = 1500;

interface Screen {
  readonly name: string;
  readonly path: string | ((demo: Demo) => Promise<string>);
  readonly width: 390 | 1440;
  readonly isDark?: boolean;
}

const EXPR = 'sum by (route) (rate(http_requests_total[1m]))';

const SCREENS: readonly Screen[] = [
  { name: 'overview', path: '/?range=5m', width: 1440 },
  { name: 'overview-dark', path: '/?range=5m', width: 1440, isDark: true },
  { name: 'application', path: '/dashboards/vedette-application?range=5m', width: 1440 },
  { name: 'application-dark', path: '/dashboards/vedette-application?range=5m', width: 1440, isDark: true },
  { name: 'api', path: '/dashboards/vedette-api?range=5m', width: 1440 },
  { name: 'explore', path: `/explore?expr=${encodeURIComponent(EXPR)}&range=5m`, width: 1440 },
  { name: 'alerts', path: '/alerts', width: 1440 },
  { name: 'analysis', path: analysisPath, width: 1440 },
  { name: 'guard', path: '/guard?range=5m', width: 1440 },
  { name: 'connect', path: '/connect', width: 1440 },
  { name: 'cardinality', path: '/settings/cardinality', width: 1440 },
  { name: 'phone-overview', path: '/?range=5m', width: 390 },
  { name: 'phone-alerts', path: '/alerts', width: 390 },
  { name: 'phone-guard', path: '/guard?range=5m', width: 390 },
];

process.exitCode = await main(process.argv.slice(2));

async function main(names: readonly string[]): Promise<number> {
  const unknown = names.find((name) => !SCREENS.some((screen) => screen.name === name));
  if (unknown !== undefined) {
    console.error(
      `cannot take picture "${unknown}": it is not one of ${SCREENS.map(({ name }) => name).join(', ')}`,
    );
    return 2;
  }
  await buildUi();
  mkdirSync(OUT, { recursive: true });
  await runWithLifetime(async (lifetime) => {
    const told = { isSo: false };
    const demo = await startDemo(lifetime, {
      calmMs: CALM_MS,
      faultMs: FOREVER_MS,
      faultEveryMs: 2 * FOREVER_MS,
      abuserRestMs: 1000,
      onEvent: (event) => (told.isSo ||= event.kind === 'told' && event.status === 'firing'),
    });
    const browser = await launchChromium();
    lifetime.after(() => browser.close());
    await wait(AGE_MS);
    await until('the fault to be told', () => told.isSo || undefined, TOLD_MS_MAX);
    for (const screen of SCREENS)
      if (names.length === 0 || names.includes(screen.name)) await take(browser, demo, screen);
    await demo.stop();
    demo.server.kill('SIGTERM');
    await demo.server.exited();
  });
  return saySize();
}

async function take(browser: Browser, demo: Demo, screen: Screen): Promise<void> {
  if (screen.name.includes('guard')) await untilSomebodyIsOut(demo);
  const where = typeof screen.path === 'string' ? screen.path : await screen.path(demo);
  await using opened = await openPage(browser, `${demo.server.url}${where}`, {
    width: screen.width,
    colorScheme: screen.isDark === true ? 'dark' : 'light',
    reducedMotion: 'reduce',
  });
  const { page } = opened;
  const size = page.viewportSize();
  await untilSettled(page);
  // What is settled may be taller than a screen: a picture shows what somebody sees first.
  if (size !== null) await page.setViewportSize(size);
  await wait(DRAW_MS);
  const file = path.join(OUT, `${screen.name}.png`);
  await page.screenshot({ path: file });
  console.log(`${screen.name}.png  ${Math.round(statSync(file).size / 1024)} KiB`);
}

/** What the agent found about the fault. */
async function analysisPath(demo: Demo): Promise<string> {
  const alerts = await demo.server.json<AlertAnswer[]>('/api/v2/alerts');
  const about = alerts.find(({ labels }) => labels['severity'] !== 'none');
  return `/alerts/analysis/${about?.fingerprint}?range=5m`;
}

interface AlertAnswer {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
}

async function untilSomebodyIsOut(demo: Demo): Promise<void> {
  await until(
    'somebody to be kept out',
    async () => {
      const { decisions } = await demo.server.json<Answer>('/api/vedette/guard/decisions?live=true');
      return decisions.length > 0 || undefined;
    },
    TOLD_MS_MAX,
  );
}

interface Answer {
  readonly decisions: readonly unknown[];
}

function saySize(): number {
  const bytes = SCREENS.map(
    ({ name }) => statSync(path.join(OUT, `${name}.png`), { throwIfNoEntry: false })?.size ?? 0,
  ).reduce((sum, size) => sum + size, 0);
  if (bytes <= BYTES_MAX) return 0;
  console.error(`cannot keep the pictures: they take ${bytes} bytes together, want at most ${BYTES_MAX}`);
  return 1;
}
