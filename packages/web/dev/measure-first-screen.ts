/**
 * `VEDETTE_SERVER=http://… node packages/web/dev/measure-first-screen.ts [RUNS]`: how long the first screen of a running
 * server takes, with nothing cached: once on a slow line and processor (1.6 Mbit/s, 150 ms, a quarter of this machine's
 * speed), once as it is. Prints the median of the runs (5): first and largest paint, time in which the page was blocked
 * (of each task what is over 50 ms), first chart, and by how much the page moved while it came.
 */
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';

const SLOW = { name: 'slow line, slow processor', bytesPerSecond: 1.6e6 / 8, latencyMs: 150, slowdown: 4 };
const PLAIN = { name: 'as it is', bytesPerSecond: -1, latencyMs: 0, slowdown: 1 };

/** Late paints and tasks: what comes after this belongs to the life of the page. */
const SETTLE_MS = 2500;

interface Figures {
  readonly firstPaintMs: number;
  readonly largestPaintMs: number;
  readonly blockedMs: number;
  readonly firstChartMs: number;
  readonly movedBy: number;
}

const OBSERVE = `(() => {
  const seen = { largest: 0, blocked: 0, moved: 0, chart: 0 };
  window.__seen = seen;
  const watch = (type, note) => new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
  watch('largest-contentful-paint', (entry) => (seen.largest = entry.startTime));
  watch('longtask', (entry) => (seen.blocked += Math.max(0, entry.duration - 50)));
  watch('layout-shift', (entry) => (seen.moved += entry.hadRecentInput ? 0 : entry.value));
  const look = () => {
    if (document.querySelector('.uplot canvas') !== null) seen.chart = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})()`;

const READ = `({
  firstPaintMs: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  largestPaintMs: window.__seen.largest,
  blockedMs: window.__seen.blocked,
  firstChartMs: window.__seen.chart,
  movedBy: window.__seen.moved,
})`;

const server = process.env['VEDETTE_SERVER'];
if (server === undefined) {
  console.error(
    'usage: VEDETTE_SERVER=http://HOST:PORT node packages/web/dev/measure-first-screen.ts [RUNS]',
  );
  process.exitCode = 2;
} else await main(server, Number(process.argv[2] ?? 5));

async function main(url: string, runs: number): Promise<void> {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  for (const profile of [SLOW, PLAIN]) {
    const all: Figures[] = [];
    for (let run = 0; run < runs; run++) all.push(await measure(browser, url, profile));
    const median = (key: keyof Figures): number =>
      all.map((figures) => figures[key]).toSorted((a, b) => a - b)[Math.floor(all.length / 2)] ?? NaN;
    const ms = (key: keyof Figures): string => `${Math.round(median(key))} ms`;
    console.log(
      `${profile.name}: first paint ${ms('firstPaintMs')}, largest ${ms('largestPaintMs')}, blocked ${ms('blockedMs')}, ` +
        `first chart ${ms('firstChartMs')}, moved by ${median('movedBy').toFixed(3)} (median of ${all.length})`,
    );
  }
  await browser.close();
}

async function measure(browser: Browser, url: string, profile: typeof SLOW): Promise<Figures> {
  const context = await browser.newContext({
    viewport: { width: 412, height: 823 },
    locale: 'en',
    serviceWorkers: 'block',
  });
  const page = await context.newPage();
  await throttle(await context.newCDPSession(page), profile);
  await page.addInitScript(OBSERVE);
  await page.goto(url);
  await page.locator('.uplot canvas').first().waitFor({ state: 'attached' });
  await page.waitForTimeout(SETTLE_MS);
  const figures = await read(page);
  await context.close();
  return figures;
}

async function throttle(session: CDPSession, profile: typeof SLOW): Promise<void> {
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: profile.latencyMs,
    downloadThroughput: profile.bytesPerSecond,
    uploadThroughput: profile.bytesPerSecond,
  });
  await session.send('Emulation.setCPUThrottlingRate', { rate: profile.slowdown });
}

async function read(page: Page): Promise<Figures> {
  return await page.evaluate<Figures>(READ);
}
