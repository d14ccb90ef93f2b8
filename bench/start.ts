import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { chromium } from 'playwright-core';
import { median, type Figure } from './measure.ts';
import { freePort, pause, projectRoot, readProcessUse, startVedette } from './server-process.ts';

const READY_ROUNDS = 5;

/** From the spawn to the `ready` line; the first round warms the compile cache and is left out. */
export async function measureReady(): Promise<Figure[]> {
  const readyMs: number[] = [];
  for (let round = 0; round <= READY_ROUNDS; round++) {
    await using server = await startVedette();
    if (round > 0) readyMs.push(server.readyMs);
  }
  const value = median(readyMs) / 1000;
  return [{ name: 'ready', value, unit: 's', goal: '≤ 2', isReached: value <= 2 }];
}

/** `npm start` in one hand, a browser in the other: until the overview shows a drawn chart and a moving number. */
export async function measureLiveCharts(): Promise<Figure[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-bench-'));
  const port = await freePort();
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const startMs = performance.now();
  const npm = spawn(
    'npm',
    ['start', '--silent', '--', '--listen', `127.0.0.1:${port}`, '--data', directory],
    { cwd: projectRoot, stdio: 'ignore' },
  );
  try {
    while (
      !(await page.goto(`http://127.0.0.1:${port}/`).then(
        () => true,
        () => false,
      ))
    )
      await pause(50);
    await page.locator('.uplot canvas').first().waitFor({ state: 'visible' });
    const before = await page.locator('main').innerText();
    while ((await page.locator('main').innerText()) === before) await pause(50);
    const value = (performance.now() - startMs) / 1000;
    return [{ name: 'live charts after npm start', value, unit: 's', goal: '≤ 10', isReached: value <= 10 }];
  } finally {
    await browser.close();
    npm.kill('SIGTERM');
    await new Promise((resolve) => npm.on('close', resolve));
    rmSync(directory, { recursive: true, force: true });
  }
}

const WARM_UP_MS = 60_000;
const IDLE_MS = 60_000;

/** Default configuration, nobody looking, after a minute of warming up. */
export async function measureIdle(): Promise<Figure[]> {
  await using server = await startVedette();
  await pause(WARM_UP_MS);
  const first = readProcessUse(server.pid);
  const startMs = performance.now();
  await pause(IDLE_MS);
  const final = readProcessUse(server.pid);
  const cpuPercent = ((final.cpuSeconds - first.cpuSeconds) / ((performance.now() - startMs) / 1000)) * 100;
  const rssMegabytes = final.rssBytes / 1e6;
  return [
    { name: 'idle RSS', value: rssMegabytes, unit: 'MB', goal: '≤ 150', isReached: rssMegabytes <= 150 },
    { name: 'idle CPU', value: cpuPercent, unit: '% of a core', goal: '≤ 1.5', isReached: cpuPercent <= 1.5 },
  ];
}
