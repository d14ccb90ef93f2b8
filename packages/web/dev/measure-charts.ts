/**
 * Speed of charts in Chromium: `node packages/web/dev/measure-charts.ts`. Prints medians and the load of
 * the machine. The figures wanted: 50 series × 2,000 points from new numbers to the painted frame within
 * 20 ms, hover at 60 frames per second, a heatmap of 240 × 40 cells within 10 ms.
 */
import { loadavg } from 'node:os';
import type { Page } from 'playwright-core';
import { openDevPages, openWindow } from './dev-pages.ts';

const ROUNDS = 40;
const HOVER_MS = 3000;

const pages = await openDevPages(['measure.html']);
const { context, close } = await openWindow({ viewport: { width: 1000, height: 500 } });
try {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.log(`error: ${error.message}`));
  await page.goto(new URL('dev/measure.html', pages.base).href);
  await page.locator('.u-over').waitFor();
  const updates = await page.evaluate(async (rounds) => {
    const times: { readonly script: number; readonly painted: number }[] = [];
    for (let round = 1; round <= rounds; round++) times.push(await window.measureUpdate(round));
    return times;
  }, ROUNDS);
  const heatmaps = await page.evaluate(
    (rounds) => Array.from({ length: rounds }, () => window.measureHeatmap()),
    ROUNDS,
  );
  const hover = await hoverFrames(page);
  console.log(`update of 50 × 2,000 points: ${said(updates.map(({ painted }) => painted))}`);
  console.log(`  of it script: ${said(updates.map(({ script }) => script))}`);
  console.log(`heatmap of 240 × 40 cells: ${said(heatmaps)}`);
  console.log(`hover: ${said(hover)} between frames, ${(1000 / medianOf(hover)).toFixed(0)} per second`);
  console.log(
    `load of the machine: ${loadavg()
      .map((load) => load.toFixed(1))
      .join(' ')}`,
  );
} finally {
  await close();
  await pages.close();
}

/** Distances of frames while the pointer moves over the chart without pause. */
async function hoverFrames(page: Page): Promise<number[]> {
  return page.evaluate(async (spanMs) => {
    const over = document.querySelector('.u-over');
    if (over === null) throw new Error('cannot hover: no chart on the page');
    const { left, top, width, height } = over.getBoundingClientRect();
    over.dispatchEvent(new MouseEvent('mouseenter', { clientX: left, clientY: top }));
    const distances: number[] = [];
    const fromMs = performance.now();
    let lastMs = fromMs;
    while (lastMs - fromMs < spanMs) {
      const nowMs = await new Promise<number>((resolve) => requestAnimationFrame(resolve));
      if (nowMs > lastMs) distances.push(nowMs - lastMs);
      lastMs = nowMs;
      const share = ((nowMs - fromMs) % 1000) / 1000;
      over.dispatchEvent(
        new MouseEvent('mousemove', {
          bubbles: true,
          clientX: left + share * width,
          clientY: top + height / 2,
        }),
      );
    }
    return distances;
  }, HOVER_MS);
}

function medianOf(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

function said(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const p95 = sorted[Math.floor(sorted.length * 0.95)] ?? Number.NaN;
  return `median ${medianOf(times).toFixed(1)} ms, p95 ${p95.toFixed(1)} ms`;
}
