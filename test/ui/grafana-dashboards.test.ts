/**
 * Dashboards that people have, and ours, over generated data in the real server and a real browser. A panel counts as
 * rendered when it is of the right kind, has no fault, and what it draws is what the API answers to its queries.
 * `vedette dashboard check` must have told which cannot be.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { readDashboard, type Dashboard } from '@vedette/dashboard';
import type { Browser, Page } from 'playwright-core';
import { PEERS, projectRoot, skipWithout } from '../support/peers.ts';
import { remoteWrite } from '../support/remote-write-body.ts';
import { runVedette, type Lifetime, type VedetteProcess } from '../support/vedette-process.ts';
import { launchChromium, openPage } from './chromium.ts';
import { askPanels } from './grafana-answers.ts';
import { readPanels } from './grafana-page.ts';
import { seriesFor } from './grafana-series.ts';
import { faultOfPanel } from './grafana-verdict.ts';
import { postJson, startWithUi } from './scene.ts';

const RENDERED_RATIO_MIN = 0.95;

/** Not the default: windows and steps of queries follow what is configured. */
const SCRAPE_INTERVAL_MS = 30_000;
const CONFIG = 'global: { scrape_interval: 30s }\n';

/** What is looked at, and as much before as the first windows of rates look back. */
const RANGE_MS = 30 * 60_000;
const BEFORE_MS = 10 * 60_000;

/** Two to a machine of two processors. */
const PAGES_AT_ONCE = 2;

/** A minute on a quiet machine. */
const TEST_MS_MAX = 480_000;

/** Of one request: some megabytes. */
const SERIES_PER_WRITE = 1000;

const SHARED = path.join(
  process.env['VEDETTE_SHARED'] ?? path.join(projectRoot, '../shared'),
  'grafana-dashboards',
);

/** These go the way of a person, through the page with its file input; the others take the door it uses. */
const BY_HAND: ReadonlySet<string> = new Set(['k8s-views-pods.json', 'redis-exporter-legacy-0.3x.json']);

// A whole minute back: what is shown is written and stays as it is.
const toMs = Math.floor(Date.now() / 60_000 - 1) * 60_000;
const range = { fromMs: toMs - RANGE_MS, toMs };

let browser: Browser;
let vedette: VedetteProcess;
const ends: (() => unknown)[] = [];
const lifetime: Lifetime = { after: (end) => void (end !== undefined && ends.push(end as () => unknown)) };

before(async () => {
  if (skipWithout(PEERS.chromium) !== false) return;
  vedette = await startWithUi(lifetime, { config: CONFIG, args: ['--no-host'] });
  browser = await launchChromium();
  ends.push(() => browser.close());
  const dashboards = [...shippedFiles(), ...(existsSync(SHARED) ? sharedFiles() : [])].map(dashboardOf);
  const sampling = { fromMs: range.fromMs - BEFORE_MS, toMs, intervalMs: SCRAPE_INTERVAL_MS };
  const series = seriesFor(dashboards, sampling);
  for (let i = 0; i < series.length; i += SERIES_PER_WRITE)
    await remoteWrite(vedette.url, series.slice(i, i + SERIES_PER_WRITE));
});

after(async () => {
  for (const end of ends.toReversed()) await end();
});

test(
  'dashboards of Grafana are imported and show what the API answers',
  { skip: skipWithout(PEERS.chromium, SHARED), timeout: TEST_MS_MAX },
  async (t) => {
    await assertRendered(t, sharedFiles(), async (file) =>
      BY_HAND.has(path.basename(file)) ? await importByHand(file) : await importOverApi(file),
    );
  },
);

test(
  'the dashboards that come along show what the API answers',
  { skip: skipWithout(PEERS.chromium), timeout: TEST_MS_MAX },
  async (t) => await assertRendered(t, shippedFiles(), (file) => dashboardOf(file).uid),
);

test(
  'no panel counts that shows other numbers than the API',
  { skip: skipWithout(PEERS.chromium) },
  async (t) => {
    const file = path.join(projectRoot, 'dashboards/user-behaviour.json');
    const judgements = await judge(t, { file, uid: dashboardOf(file).uid, prepare: falsifyAnswers });
    const rendered = judgements.filter(({ fault }) => fault === undefined).map(({ name }) => name);
    assert.ok(judgements.length > 10);
    assert.deepEqual(rendered, []);
  },
);

function sharedFiles(): readonly string[] {
  return globSync(path.join(SHARED, '*.json')).toSorted((a, b) => sizeOf(b) - sizeOf(a));
}

/** The largest first, so that no long one is left for the end. */
function sizeOf(file: string): number {
  return readFileSync(file).length;
}

function shippedFiles(): readonly string[] {
  return globSync(path.join(projectRoot, 'dashboards/*.json')).toSorted();
}

function dashboardOf(file: string): Dashboard {
  return readDashboard(JSON.parse(readFileSync(file, 'utf8'))).dashboard;
}

/** Opens all, some at a time; fails unless nearly every panel is rendered, and the others were announced. */
async function assertRendered(
  t: TestContext,
  files: readonly string[],
  uidOf: (file: string) => string | Promise<string>,
): Promise<void> {
  const announced = announcedBy(t, files);
  const waiting = [...files];
  const all: Judgement[] = [];
  const judgeNext = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift())
      all.push(...(await judge(t, { file, uid: await uidOf(file) })));
  };
  await Promise.all(Array.from({ length: PAGES_AT_ONCE }, judgeNext));
  const faulty = all.filter(({ fault }) => fault !== undefined);
  const list = faulty.map(({ name, fault }) => `${name}: ${fault}`).join('\n');
  t.diagnostic(`${all.length - faulty.length} of ${all.length} panels rendered\n${list}`);
  assert.ok(all.length > 0 && 1 - faulty.length / all.length >= RENDERED_RATIO_MIN, list);
  const told = new Set(faulty.map(({ id }) => id));
  assert.deepEqual(
    (await announced).filter((id) => !told.has(id)),
    [],
    'the coverage report says of these that they are not shown',
  );
}

interface Judgement {
  /** File and number of the panel, as the coverage report has them. */
  readonly id: string;
  readonly name: string;
  readonly fault: string | undefined;
}

/** Opens a dashboard and judges each of its panels; `prepare` gets the page before it asks for anything. */
async function judge(t: TestContext, { file, uid, prepare }: Opening): Promise<readonly Judgement[]> {
  const startedMs = performance.now();
  const dashboard = dashboardOf(file);
  const closed = dashboard.panels.filter(({ row }) => row?.isCollapsed === true).map(({ id }) => id);
  const rows = closed.length === 0 ? '' : `&rows=${closed.join('.')}`;
  // A query that the server refuses is a complaint of the browser.
  const options = {
    ...WINDOW,
    viewport: WINDOW,
    expected: /status of 4\d\d/,
    serviceWorkers: 'block',
  } as const;
  await using opened = await openPage(browser, 'about:blank', options);
  await prepare?.(opened.page);
  await opened.page.goto(`${vedette.url}/dashboards/${uid}?from=${range.fromMs}&to=${toMs}&tz=UTC${rows}`);
  const asked = await askPanels(dashboard, { url: vedette.url, range, scrapeIntervalMs: SCRAPE_INTERVAL_MS });
  const shown = await readPanels(opened.page, asked.length);
  const judgements = asked.map((panel): Judgement => {
    const { id, kind, title } = panel.panel;
    const name = `${path.basename(file)} panel ${panel.key} (${kind}) ${title}`;
    return { id: `${file} ${id}`, name, fault: faultOfPanel(panel, shown.get(panel.key)) };
  });
  const renderedCount = judgements.filter(({ fault }) => fault === undefined).length;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  t.diagnostic(`${path.basename(file)}: ${renderedCount} of ${judgements.length} in ${seconds} s`);
  return judgements;
}

interface Opening {
  readonly file: string;
  readonly uid: string;
  readonly prepare?: (page: Page) => Promise<void>;
}

/** Every answer to a query comes with its numbers changed. */
async function falsifyAnswers(page: Page): Promise<void> {
  await page.route(/\/api\/v1\/query(?:_range)?$/, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replaceAll(
      /(\[[\d.]+,)"([^"]+)"/g,
      (_, time: string, value: string) => `${time}"${Number(value) * 3 + 1}"`,
    );
    await route.fulfill({ response, body });
  });
}

/** Eight rows of panels: fewer windowfuls to wait for, and no more canvases than are drawn in a moment. */
const WINDOW = { width: 1440, height: 2000 };

/** Panels of which the command says that they are not shown. */
async function announcedBy(t: TestContext, files: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runVedette(t, ['dashboard', 'check', '--json', ...files]);
  const reports = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as CheckedFile);
  return reports.flatMap(({ file, panels }) =>
    panels.flatMap(({ id, verdict }) => (verdict === 'none' ? [`${file} ${id}`] : [])),
  );
}

interface CheckedFile {
  readonly file: string;
  readonly panels: readonly { readonly id: number; readonly verdict: string }[];
}

async function importOverApi(file: string): Promise<string> {
  const dashboard: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const response = await postJson(vedette, '/api/vedette/dashboards', { dashboard, message: 'import' });
  const text = await response.text();
  assert.equal(response.status, 201, text);
  return (JSON.parse(text) as { readonly uid: string }).uid;
}

/** Chooses the file, reads the report, saves; ends on the dashboard. */
async function importByHand(file: string): Promise<string> {
  await using opened = await openPage(browser, `${vedette.url}/dashboards/import`, { width: 1440 });
  const page: Page = opened.page;
  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByRole('region', { name: 'What is shown as in Grafana' }).waitFor();
  await page.getByRole('button', { name: 'Import dashboard' }).click();
  await page.waitForURL((address) => /\/dashboards\/(?!import)[^/]+$/.test(address.pathname));
  return path.basename(new URL(page.url()).pathname);
}
