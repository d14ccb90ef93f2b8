/**
 * The pages against those who mean harm, and against what breaks: hostile text in every place that others fill in,
 * and files that are too large or go round in circles.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { PEERS, skipWithout } from '../support/peers.ts';
import { startService } from '../support/small-service.ts';
import { until } from '../support/until.ts';
import { temporaryDirectory, type Lifetime, type VedetteProcess } from '../support/vedette-process.ts';
import { launchChromium, openPage, untilSettled, type OpenPage } from './chromium.ts';
import { postJson, startWithUi } from './scene.ts';

const skip = skipWithout(PEERS.chromium);

/** Each would call `alert` or ask for `/xss-hit` if it came to life. */
const PAYLOADS = [
  '<script>alert(1)</script>',
  '<img src=/xss-hit onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '"><iframe srcdoc="<script>parent.alert(1)</script>">',
  '\'"onmouseover=alert(1) autofocus onfocus=alert(1) x="',
  '<a href="javascript:alert(1)">click</a>',
  '<style>@import "/xss-hit"</style>',
  '<link rel=stylesheet href=/xss-hit>',
  '<meta http-equiv=refresh content="0;url=/xss-hit">',
  '<math><mtext><table><mglyph><style><img src=/xss-hit onerror=alert(1)>',
  '{{constructor.constructor("alert(1)")()}}${alert(1)}',
  '<base href="//xss-hit.invalid/"><form action=javascript:alert(1)><input type=submit>',
] as const;

/** Addresses that must not become links. */
const ADDRESSES = [
  'javascript:alert(1)',
  ' javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
] as const;

const ALL = PAYLOADS.join(' ');

/** Run before everything else of a page: counts what must not happen. */
const TRAP = `
  window.__hits = [];
  for (const name of ['alert', 'confirm', 'prompt']) window[name] = () => { window.__hits.push(name); };
  document.addEventListener('securitypolicyviolation', (event) => window.__hits.push('policy ' + event.violatedDirective));
`;

interface Trap {
  readonly hits: () => Promise<readonly string[]>;
}

async function setTrap(page: Page, origin: string): Promise<Trap> {
  const asked: string[] = [];
  await page.addInitScript(TRAP);
  page.on('dialog', (dialog) => void (asked.push(`dialog ${dialog.message()}`), dialog.dismiss()));
  page.on('request', (request) => {
    const { origin: to, pathname, protocol } = new URL(request.url());
    if (!/^(?:data|blob):$/.test(protocol) && (to !== origin || pathname.endsWith('/xss-hit')))
      asked.push(`request ${request.url()}`);
  });
  return { hits: async () => [...asked, ...(await page.evaluate<string[]>('window.__hits ?? []'))] };
}

/** Links that would run something when they are followed. */
async function badLinks(page: Page): Promise<readonly string[]> {
  return await page.evaluate<string[]>(
    `[...document.querySelectorAll('a[href], form[action], iframe')]
      .map((one) => one.href ?? one.action ?? one.outerHTML)
      .filter((address) => !/^(?:https?|mailto):/.test(address))`,
  );
}

let browser: Browser;
let vedette: VedetteProcess;
const ends: (() => unknown)[] = [];
const lifetime: Lifetime = { after: (end) => void (end !== undefined && ends.push(end as () => unknown)) };

const quoted = (text: string): string => JSON.stringify(text);

/** A page of metrics with hostile names, labels and values. */
function metricsPage(): string {
  const lines = PAYLOADS.map(
    (payload, i) =>
      `{${quoted(`hostile_${i} ${payload}`)},${quoted(`label ${payload}`)}=${quoted(payload)}} ${i}\n`,
  );
  return lines.join('') + PAYLOADS.map((payload) => `hostile{text=${quoted(payload)}} 1\n`).join('');
}

/** A dashboard with a payload in every text that it can have. */
function hostileBoard(): object {
  const links = ADDRESSES.map((url) => ({ title: url, url, type: 'link' }));
  const common = { description: ALL, links, gridPos: { x: 0, y: 0, w: 24, h: 8 } };
  const target = { refId: 'A', expr: 'hostile', legendFormat: `${ALL} {{text}}` };
  const mappings = PAYLOADS.map((text, i) => ({ type: 'value', options: { [String(i)]: { text } } }));
  const defaults = {
    mappings,
    displayName: `${ALL} \${__field.labels.text}`,
    links,
    unit: `suffix: ${PAYLOADS[1]}`,
  };
  const markdown = `${ALL}\n\n${ADDRESSES.map((url) => `[here](${url}) ![x](${url}) <${url}>`).join('\n\n')}`;
  const kinds = ['timeseries', 'stat', 'table', 'bargauge', 'piechart', 'barchart', 'state-timeline'];
  return {
    uid: 'hostile',
    title: `Hostile ${PAYLOADS[0]} ${PAYLOADS[1]}`,
    description: ALL,
    tags: PAYLOADS.slice(0, 3),
    links,
    schemaVersion: 39,
    templating: {
      list: [
        { type: 'custom', name: 'v', label: ALL, query: PAYLOADS[1], current: { text: ALL, value: ALL } },
      ],
    },
    panels: [
      ...kinds.map((type, i) => ({
        ...common,
        id: i + 1,
        type,
        title: `${type} ${ALL} $v`,
        targets: [{ ...target, instant: type === 'table' }],
        fieldConfig: { defaults, overrides: [] },
      })),
      {
        ...common,
        id: 50,
        type: 'text',
        title: 'Markdown',
        options: { mode: 'markdown', content: markdown },
      },
      { ...common, id: 51, type: 'text', title: 'HTML', options: { mode: 'html', content: markdown } },
      {
        ...common,
        id: 52,
        type: 'text',
        title: 'Plain',
        options: { mode: 'html', content: `<b>${ALL}</b>` },
      },
      { ...common, id: 53, type: PAYLOADS[1], title: 'Unknown kind' },
    ],
  };
}

async function fill(): Promise<void> {
  const expect = async (path: string, body: unknown): Promise<void> => {
    const response = await postJson(vedette, path, body);
    assert.ok(response.ok, `${path}: ${response.status} ${await response.text()}`);
  };
  const annotations = {
    summary: ALL,
    description: ALL,
    runbook_url: 'javascript:alert(1)',
    extra: ADDRESSES[0],
  };
  const alerts = PAYLOADS.map((payload) => ({
    labels: { alertname: payload, severity: 'critical', instance: payload },
    annotations,
    generatorURL: 'javascript:alert(1)',
    // Else it would be over after five minutes.
    endsAt: new Date(Date.now() + 3_600_000).toISOString(),
  }));
  await expect('/api/v2/alerts', alerts);
  const startsAt = new Date().toISOString();
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  const matchers = [{ name: 'instance', value: ALL, isRegex: false, isEqual: true }];
  await expect('/api/v2/silences', {
    matchers,
    startsAt,
    endsAt,
    createdBy: ALL,
    comment: `\u202Ereversed ${ALL}`,
  });
  const ids = PAYLOADS.slice(0, 6);
  const actions = ids.flatMap((subject) => Array.from({ length: 40 }, () => ({ subject, action: subject })));
  await expect('/guard/actions', { actions });
  await expect('/api/vedette/dashboards', { dashboard: hostileBoard(), message: PAYLOADS[1] });
  await expect('/api/vedette/tokens', {
    name: `${PAYLOADS[1]}\u202E`,
    role: 'viewer',
    scopes: ['read'],
    expiresInDays: 1,
  });
}

before(async () => {
  if (skip !== false) return;
  browser = await launchChromium();
  const service = await startService(lifetime, (url) =>
    url === '/metrics' ? { body: metricsPage() } : { status: 500, body: ALL, contentType: 'text/html' },
  );
  const config = {
    guard: { mode: 'enforce', ids: 'plain' },
    scrape_configs: [
      {
        job_name: PAYLOADS[1],
        scrape_interval: '1s',
        static_configs: [{ targets: [`127.0.0.1:${service.port}`] }],
      },
    ],
    alertmanager: {
      route: { receiver: PAYLOADS[1] },
      receivers: [{ name: PAYLOADS[1], webhook_configs: [{ url: `http://127.0.0.1:${service.port}/hook` }] }],
    },
  };
  vedette = await startWithUi(lifetime, { config: JSON.stringify(config) });
  await fill();
  await until('the hostile series', async () => {
    const { data } = await vedette.json<{ data: { result: unknown[] } }>('/api/v1/query?query=hostile');
    return data.result.length === PAYLOADS.length ? true : undefined;
  });
});

after(async () => {
  if (skip !== false) return;
  await browser.close();
  for (const end of ends.reverse()) await end();
});

const open = async (path: string, expected?: RegExp): Promise<OpenPage> =>
  await openPage(browser, `${vedette.url}${path}`, {
    width: 1440,
    serviceWorkers: 'block',
    ...(expected === undefined ? {} : { expected }),
  });

const PLACES: readonly { readonly path: string; readonly shown: string }[] = [
  { path: '/', shown: '' },
  { path: '/alerts', shown: PAYLOADS[0] },
  { path: '/alerts?view=silences', shown: `\\u{202e}reversed ${PAYLOADS[0]}` },
  { path: '/alerts?view=notifications', shown: '' },
  { path: '/alerts/silences/new', shown: '' },
  { path: '/dashboards', shown: `Hostile ${PAYLOADS[0]}` },
  { path: '/dashboards/hostile', shown: PAYLOADS[1] },
  { path: '/dashboards/hostile?edit=1', shown: PAYLOADS[1] },
  { path: `/explore?expr=${encodeURIComponent('{__name__=~"hostile.*"}')}`, shown: PAYLOADS[1] },
  { path: `/explore?expr=${encodeURIComponent('{__name__=~"hostile.*"}')}&view=table`, shown: PAYLOADS[1] },
  { path: `/explore?expr=${encodeURIComponent(`"${PAYLOADS[1]}" +`)}`, shown: '' },
  { path: '/guard', shown: PAYLOADS[0] },
  { path: '/targets', shown: PAYLOADS[1] },
  { path: '/settings/tokens', shown: `${PAYLOADS[1]}\\u{202e}` },
  { path: '/settings/receivers', shown: PAYLOADS[1] },
  { path: '/settings/cardinality', shown: '' },
  { path: '/settings/audit', shown: '' },
  { path: `/runbook/${encodeURIComponent(PAYLOADS[1])}`, shown: '' },
];

test('the trap closes on what runs', { skip }, async () => {
  await using opened = await open('/nowhere', /./);
  const { page } = opened;
  const { hits } = await setTrap(page, vedette.url);
  await page.reload();
  await page.evaluate(
    `document.body.insertAdjacentHTML('beforeend', '<img src=/xss-hit onerror=alert(1)>'); alert(1)`,
  );
  await until('three kinds of hits', async () => {
    const all = (await hits()).join();
    return /request.*xss-hit/.test(all) && all.includes('alert') && all.includes('policy') ? true : undefined;
  });
});

test('hostile text is text in every place that shows it', { skip }, async () => {
  const faults: string[] = [];
  await using opened = await open('/nowhere', /./);
  const { page } = opened;
  const { hits } = await setTrap(page, vedette.url);
  for (const { path, shown } of PLACES) {
    await page.goto(`${vedette.url}${path}`);
    await untilSettled(page);
    const seen = page.locator('body').filter({ hasText: shown });
    await seen.waitFor().catch(() => void faults.push(`${path}: does not show ${shown}`));
    // What waits for the pointer or the keyboard gets both.
    await page.evaluate(
      `for (const one of document.querySelectorAll('main *')) one.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }))`,
    );
    for (const hit of [...(await hits()), ...(await badLinks(page))]) faults.push(`${path}: ${hit}`);
  }
  assert.deepEqual(faults, []);
});

test('a receiver that answers with markup is told as text', { skip }, async () => {
  await using opened = await open('/settings/receivers', /./);
  const { page } = opened;
  const { hits } = await setTrap(page, vedette.url);
  await page.reload();
  await page.getByRole('button', { name: /^Send test/ }).click();
  await page.getByText('Test failed').waitFor();
  assert.deepEqual([...(await hits()), ...(await badLinks(page))], []);
});

test(
  'a file of 20 MB is refused in words, and one whose variables go in circles is imported',
  { skip },
  async (t) => {
    await using opened = await open('/dashboards/import');
    const { page } = opened;
    const file = path.join(temporaryDirectory(t), 'board.json');
    const choose = async (text: string): Promise<void> => {
      writeFileSync(file, text);
      await page.locator('input[type=file]').setInputFiles(file);
    };
    await choose(`{"title":"${'x'.repeat(20_000_000)}"}`);
    await page.getByText('the file is too large').waitFor();
    const variable = (name: string, other: string): object => ({
      type: 'query',
      name,
      query: `label_values(up{job="$${other}"}, instance)`,
    });
    const panel = { id: 1, type: 'stat', title: 'Whole', targets: [{ refId: 'A', expr: 'vector(7)' }] };
    await choose(
      JSON.stringify({
        title: 'Circles',
        schemaVersion: 39,
        templating: { list: [variable('a', 'b'), variable('b', 'a')] },
        panels: [{ ...panel, gridPos: { x: 0, y: 0, w: 6, h: 4 } }],
      }),
    );
    await page
      .getByText(/about itself/)
      .first()
      .waitFor();
    await page.getByRole('button', { name: 'Import dashboard' }).click();
    await page.getByRole('group', { name: 'Whole' }).first().getByText('7').waitFor();
  },
);
