/**
 * What the panels of an open dashboard show, read from the page: their state, texts, drawings and tables. A panel
 * asks when it comes on screen, so the page is read from top to bottom, one windowful after another:
 *
 * 1. Wait until those on screen were answered and drawn, at most `PANEL_MS_MAX`: one that is not is read as it is.
 * 2. Read texts and canvases; press `t` on those with a canvas, which shows their numbers as a table; read that.
 * 3. Scroll to the first that was not read.
 */
import type { Page } from 'playwright-core';
import { until } from '../support/until.ts';

export interface PagePanel {
  readonly key: string;
  readonly kind: string;
  readonly state: string;
  /** What it is drawn with: `plot`, `canvas`, `table`, `list`, or `other`. */
  readonly shape: string;
  /** Texts that say values or names, as the panel shows them by itself. */
  readonly texts: readonly string[];
  /** Share of the columns of its canvas that hold colour: axes and grids are grey. `undefined`: it has none. */
  readonly drawnRatio: number | undefined;
  /** Its numbers as a table: row number within the whole and texts of its cells. Of a panel with a canvas. */
  readonly rows: readonly TableRow[];
}

interface TableRow {
  readonly index: number;
  readonly cells: readonly string[];
}

/** On a machine that tests share; on one of its own it is a tenth. Whoever draws nothing makes it wait this long. */
const PANEL_MS_MAX = 30_000;

/** Reads every panel of the page; `expectedCount` is how many there will be. */
export async function readPanels(page: Page, expectedCount: number): Promise<ReadonlyMap<string, PagePanel>> {
  const read = new Map<string, PagePanel>();
  await until('the panels to stand', async () =>
    (await page.evaluate<number>(COUNT)) >= expectedCount ? true : undefined,
  );
  for (;;) {
    const screen = await drawnScreen(page, new Set(read.keys()));
    if (screen.length === 0) return read;
    const tables = await tablesOf(
      page,
      screen.filter(({ drawnRatio, state }) => drawnRatio !== undefined && state === 'drawn'),
    );
    for (const panel of screen) read.set(panel.key, { ...panel, rows: tables.get(panel.key) ?? [] });
  }
}

type Drawing = Omit<PagePanel, 'rows'>;

/** The panels on screen that were not read yet, when they are drawn or had their time; none: all were read. */
async function drawnScreen(page: Page, read: ReadonlySet<string>): Promise<readonly Drawing[]> {
  const known = JSON.stringify([...read]);
  if (!(await page.evaluate<boolean>(`(${SCROLL})(new Set(${known}))`))) return [];
  await patiently(
    async () => await page.evaluate<boolean>(`(${IS_SETTLED})(new Set(${known}))`),
    (isSettled) => isSettled,
  );
  // A canvas is drawn a frame after it stands there.
  return await patiently(
    async () => await page.evaluate<readonly Drawing[]>(`(${READ})(new Set(${known}))`),
    (panels) => panels.every(({ state, drawnRatio }) => state !== 'drawn' || drawnRatio !== 0),
  );
}

async function tablesOf(
  page: Page,
  panels: readonly Drawing[],
): Promise<ReadonlyMap<string, readonly TableRow[]>> {
  const keys = JSON.stringify(panels.map(({ key }) => key));
  await page.evaluate(`(${SHOW_TABLES})(new Set(${keys}))`);
  const tables = await patiently(
    async () =>
      await page.evaluate<readonly (readonly [string, readonly TableRow[]])[]>(
        `(${READ_TABLES})(new Set(${keys}))`,
      ),
    (found) => found.every(([, rows]) => rows.length > 0),
  );
  return new Map(tables);
}

/** Asks until what comes is good; what is not good in time is given as it is. */
async function patiently<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  let latest = await ask();
  if (isGood(latest)) return latest;
  const good = until(
    'the page to be ready',
    async () => {
      latest = await ask();
      return isGood(latest) ? latest : undefined;
    },
    PANEL_MS_MAX,
  );
  return await good.catch(() => latest);
}

const COUNT = `document.querySelectorAll('[data-panel-id]').length`;

/** Brings the first panel that was not read to the top; whether there is one. */
const SCROLL = `(read) => {
  const next = [...document.querySelectorAll('[data-panel-id]')].find((one) => !read.has(one.dataset.panelId));
  next?.scrollIntoView({ block: 'start', behavior: 'instant' });
  return next !== undefined;
}`;

/** Panels on screen that were not read. */
const ON_SCREEN = `[...document.querySelectorAll('[data-panel-id]')].filter((one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return !read.has(one.dataset.panelId) && bottom > 0 && top < innerHeight;
})`;

/** Whether all have their answers, and the code that draws their kind was fetched. */
const IS_SETTLED = `(read) => ${ON_SCREEN}.every((one) => {
  const { panelKind: kind, state } = one.dataset;
  if (state !== 'drawn') return state !== 'loading' && state !== 'stale';
  if (kind === 'timeseries' || kind === 'heatmap') return one.querySelector('canvas') !== null;
  return one.querySelector('[role=list], [role=table], [role=group] *') !== null;
})`;

const READ = `(read) => ${ON_SCREEN}.map((one) => {
  const canvas = one.querySelector('canvas');
  const has = (selector) => one.querySelector(selector) !== null;
  const found = one.querySelectorAll(
    '[role=listitem] span, [role=listitem] strong, [role=listitem] b, [role=listitem] svg text, [role=cell]');
  const texts = [...found].map((text) => text.textContent);
  return {
    key: one.dataset.panelId,
    kind: one.dataset.panelKind,
    state: one.dataset.state,
    shape: has('.uplot canvas') ? 'plot' : has('canvas') ? 'canvas'
      : has('[role=table]') ? 'table' : has('[role=list]') ? 'list' : 'other',
    texts: texts.length > 0 ? texts : [one.querySelector('p, [role=group]')?.textContent ?? ''],
    drawnRatio: canvas === null ? undefined : drawnRatio(canvas),
  };
  function drawnRatio({ width, height }) {
    if (width === 0 || height === 0) return 0;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    let count = 0;
    for (let x = 0; x < width; x++)
      for (let i = 4 * x; i < data.length; i += 4 * width) {
        const [r, g, b] = [data[i], data[i + 1], data[i + 2]];
        if (data[i + 3] <= 40 || Math.max(r, g, b) - Math.min(r, g, b) <= 40) continue;
        count++;
        break;
      }
    return count / width;
  }
})`;

/** Key t in a panel, as somebody who uses the keyboard would press it. */
const SHOW_TABLES = `(keys) => {
  for (const one of document.querySelectorAll('[data-panel-id]'))
    if (keys.has(one.dataset.panelId))
      one.dispatchEvent(new KeyboardEvent('keydown', { key: 't', bubbles: true }));
}`;

/** A legend may be a table too, which stays, hidden, while the code of the table is fetched. */
const READ_TABLES = `(keys) => [...document.querySelectorAll('[data-panel-id]')]
  .filter((one) => keys.has(one.dataset.panelId))
  .map((one) => [
    one.dataset.panelId,
    [...one.querySelectorAll('[data-table] [role=row][aria-rowindex]')]
      .filter((row) => row.checkVisibility())
      .map((row) => ({
        index: Number(row.getAttribute('aria-rowindex')) - 2,
        cells: [...row.querySelectorAll('[role=cell]')].map((cell) => cell.textContent),
      })),
  ])`;
