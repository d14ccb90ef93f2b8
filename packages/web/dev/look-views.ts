import type { Page } from 'playwright-core';

/** A screen worth looking at: where it is and what is done there before the picture. */
export interface View {
  readonly name: string;
  readonly path: string;
  /** The fake server's scene; absent: busy. */
  readonly scene?: 'fresh' | 'viewer' | 'locked';
  readonly act?: (page: Page) => Promise<void>;
  /** A complaint of the console that belongs to the view. */
  readonly expectedError?: RegExp;
}

const QUERY = 'sum%20by%20(route)%20(rate(http_requests_total[5m]))';

const SILENCE_ID = '5f0a1d6e-2b1c-4c0a-9d2e-7a41c06b1f00';
const SILENCE_FILTER =
  '%7Balertname%3D%22TargetDown%22%2Cinstance%3D%22127.0.0.1%3A9187%22%2Cjob%3D%22postgres%22%7D';

export const VIEWS: readonly View[] = [
  { name: 'overview', path: '/' },
  { name: 'overview-fresh', path: '/', scene: 'fresh' },
  { name: 'overview-hover', path: '/', act: hoverFirstChart },
  { name: 'overview-table', path: '/', act: (page) => page.getByLabel('Show as table: CPU').click() },
  { name: 'sign-in', path: '/', scene: 'locked', expectedError: /401|WebSocket/ },
  { name: 'palette', path: '/', act: (page) => page.keyboard.press('Control+k') },
  { name: 'shortcuts', path: '/', act: (page) => page.keyboard.press('?') },
  { name: 'time', path: '/', act: (page) => page.keyboard.press('t') },
  { name: 'explore', path: `/explore?expr=${QUERY}` },
  { name: 'explore-table', path: '/explore?expr=up&view=table' },
  { name: 'explore-explain', path: `/explore?expr=${QUERY}&view=explain` },
  { name: 'explore-error', path: '/explore?expr=sum(rate(http_requests_total[5m])' },
  { name: 'explore-empty', path: '/explore' },
  { name: 'explore-none', path: '/explore?expr=absent_metric' },
  { name: 'explore-typing', path: '/explore', act: completeMetric },
  { name: 'alerts', path: '/alerts' },
  { name: 'alerts-none', path: '/alerts?q=nothing%20like%20it' },
  { name: 'alerts-narrowed', path: '/#/alerts?receiver=team&filter=%7Bjob%3D%22postgres%22%7D' },
  { name: 'alerts-told', path: '/alerts?q=TargetDown', act: askWhoIsTold },
  { name: 'analysis', path: '/alerts/analysis/a1' },
  { name: 'analysis-bare', path: '/alerts/analysis/bare' },
  { name: 'analysis-unknown', path: '/alerts/analysis/unknown', expectedError: /404/ },
  { name: 'silences', path: '/#/silences' },
  { name: 'silences-viewer', path: '/alerts?view=silences', scene: 'viewer' },
  { name: 'silences-fresh', path: '/alerts?view=silences', scene: 'fresh' },
  { name: 'silence', path: `/#/silences/${SILENCE_ID}` },
  { name: 'silence-edit', path: `/alerts/silences/${SILENCE_ID}?edit=1` },
  {
    name: 'silence-unknown',
    path: '/alerts/silences/00000000-2b1c-4c0a-9d2e-7a41c06b1f00',
    expectedError: /404/,
  },
  { name: 'silence-expire', path: '/alerts?view=silences', act: askToExpire },
  { name: 'silence-new', path: `/#/silences/new?filter=${SILENCE_FILTER}` },
  { name: 'silence-new-empty', path: '/alerts/silences/new', act: (page) => page.keyboard.press('Tab') },
  { name: 'silence-new-fault', path: '/alerts/silences/new?filter=%7Ba%3D%22x', act: submitSilence },
  { name: 'guard', path: '/guard' },
  { name: 'guard-fresh', path: '/guard', scene: 'fresh' },
  { name: 'guard-viewer', path: '/guard', scene: 'viewer' },
  { name: 'guard-all', path: '/guard?show=all' },
  { name: 'guard-reviews', path: '/guard?view=reviews' },
  { name: 'guard-policies', path: '/guard?view=policies' },
  { name: 'guard-decision', path: '/guard?show=all', act: openDecision },
  { name: 'guard-lift', path: '/guard', act: askToLift },
  { name: 'guard-ban', path: '/guard/ban?subject=u42' },
  { name: 'guard-ban-fault', path: '/guard/ban', act: submitBan },
  { name: 'rules', path: '/alerts?view=rules' },
  { name: 'rules-fresh', path: '/alerts?view=rules', scene: 'fresh' },
  { name: 'notifications', path: '/alerts?view=notifications' },
  { name: 'notifications-fresh', path: '/alerts?view=notifications', scene: 'fresh' },
  { name: 'targets', path: '/targets' },
  { name: 'targets-fresh', path: '/targets', scene: 'fresh' },
  { name: 'setup', path: '/setup#k=8Q2M-5VXA', act: choosePassword },
  { name: 'setup-no-key', path: '/setup' },
  { name: 'menu', path: '/', scene: 'viewer', act: openMenu },
  { name: 'access-lost', path: '/targets', act: loseAccess, expectedError: /401|WebSocket/ },
  { name: 'accounts', path: '/settings/accounts' },
  { name: 'accounts-fresh', path: '/settings/accounts', scene: 'fresh' },
  { name: 'accounts-viewer', path: '/settings/accounts', scene: 'viewer' },
  { name: 'account-create', path: '/settings/accounts', act: (page) => press(page, 'Create account') },
  { name: 'account-delete', path: '/settings/accounts', act: (page) => press(page, 'Delete: bo') },
  { name: 'tokens', path: '/settings/tokens' },
  { name: 'token-create', path: '/settings/tokens', act: (page) => press(page, 'Create token') },
  { name: 'token-created', path: '/settings/tokens', act: createToken },
  { name: 'receivers', path: '/settings/receivers' },
  { name: 'receiver-test', path: '/settings/receivers', act: testChannels },
  { name: 'audit', path: '/settings/audit' },
  { name: 'storage', path: '/settings/storage' },
  { name: 'cardinality', path: '/settings/cardinality' },
  { name: 'cardinality-narrowed', path: '/settings/cardinality?job=api&metric=http_requests_total' },
  { name: 'status', path: '/settings/status' },
  { name: 'status-viewer', path: '/settings/status', scene: 'viewer' },
  { name: 'device', path: '/settings/device' },
  { name: 'connect', path: '/connect' },
  { name: 'connect-otlp', path: '/connect?way=otlp' },
  { name: 'connect-compose', path: '/connect?way=compose', scene: 'viewer' },
  { name: 'connect-assistants', path: '/connect?way=assistants', scene: 'viewer' },
  { name: 'connect-alertmanager', path: '/connect?way=alertmanager', scene: 'fresh' },
  { name: 'runbook', path: '/runbook/TargetDown' },
  { name: 'dashboards', path: '/dashboards' },
  { name: 'dashboards-fresh', path: '/dashboards', scene: 'fresh' },
  { name: 'dashboards-viewer', path: '/dashboards?q=shop', scene: 'viewer' },
  { name: 'dashboard', path: '/dashboards/shop' },
  { name: 'dashboard-rows', path: '/dashboards/shop?rows=7.10&var-job=api&var-job=node' },
  { name: 'dashboard-large', path: '/dashboards/shop?viewPanel=5' },
  { name: 'dashboard-kiosk', path: '/dashboards/shop?kiosk' },
  { name: 'dashboard-variable', path: '/dashboards/shop', act: openVariable },
  { name: 'dashboard-menu', path: '/dashboards/shop', act: openPanelMenu },
  { name: 'dashboard-viewer', path: '/dashboards/shop?edit=1', scene: 'viewer' },
  { name: 'dashboard-absent', path: '/dashboards/nowhere', expectedError: /404/ },
  { name: 'dashboard-edit', path: '/dashboards/shop?edit=1' },
  { name: 'dashboard-edit-panel', path: '/dashboards/shop?edit=1&editPanel=5' },
  { name: 'dashboard-edit-options', path: '/dashboards/shop?edit=1&editPanel=5', act: openOptions },
  {
    name: 'dashboard-variables',
    path: '/dashboards/shop?edit=1',
    act: (page) => openDialog(page, 'Variables'),
  },
  {
    name: 'dashboard-settings',
    path: '/dashboards/shop?edit=1',
    act: (page) => openDialog(page, 'Settings'),
  },
  { name: 'dashboard-add', path: '/dashboards/shop?edit=1', act: (page) => openDialog(page, 'Add panel') },
  { name: 'dashboard-json', path: '/dashboards/shop?edit=1', act: breakJson },
  { name: 'dashboard-conflict', path: '/dashboards/shop?edit=1', act: saveLate, expectedError: /409/ },
  { name: 'dashboard-versions', path: '/dashboards/shop', act: openVersions },
  { name: 'import', path: '/dashboards/import' },
  { name: 'import-report', path: '/dashboards/import', act: (page) => paste(page, IMPORTED) },
  {
    name: 'import-fault',
    path: '/dashboards/import',
    act: (page) => paste(page, '{"title": "x", "panels": ['),
  },
  { name: 'not-found', path: '/nowhere' },
];

async function hoverFirstChart(page: Page): Promise<void> {
  const box = await page.locator('.u-over').first().boundingBox();
  if (box === null) throw new Error('cannot hover: no chart on the page');
  await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5, { steps: 4 });
}

async function completeMetric(page: Page): Promise<void> {
  await page.locator('.cm-content').click();
  await page.keyboard.type('rate(node_c');
}

async function askWhoIsTold(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Who is told?' }).first().click();
  await page.getByText('Why these receivers').click();
}

async function askToExpire(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: /^Expire silence/ })
    .first()
    .click();
}

async function submitSilence(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Create silence' }).click();
}

async function openDecision(page: Page): Promise<void> {
  await page.getByRole('main').getByRole('link', { name: 'u1' }).first().click();
}

async function askToLift(page: Page): Promise<void> {
  await openDecision(page);
  await page.getByRole('button', { name: 'Extend: u1' }).click();
}

async function submitBan(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Check and ban' }).click();
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).first().click();
}

async function choosePassword(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('ada');
  await page.getByLabel('New password').fill('qwertyuiop12');
}

async function openMenu(page: Page): Promise<void> {
  const isPhone = (page.viewportSize()?.width ?? 0) < 640;
  await press(page, isPhone ? 'More' : 'Settings');
}

/** The session ends while the page is open: the next question is answered with 401. */
async function loseAccess(page: Page): Promise<void> {
  await page.context().addCookies([{ name: 'fake', value: 'locked', url: page.url() }]);
  await page.waitForTimeout(6000);
}

async function createToken(page: Page): Promise<void> {
  await press(page, 'Create token');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('Grafana');
  await dialog.getByRole('button', { name: 'Create token' }).click();
}

async function testChannels(page: Page): Promise<void> {
  await press(page, 'Send test: webhook of team');
  await press(page, 'Send test: slack of team');
  await page.getByText('What was sent').first().click();
}

const IMPORTED = JSON.stringify({
  title: 'Shop',
  schemaVersion: 36,
  __inputs: [{ name: 'DS_PROM', label: 'Prometheus', type: 'datasource', pluginId: 'prometheus' }],
  panels: [
    { id: 1, type: 'graph', title: 'Requests', targets: [{ refId: 'A', expr: 'up' }] },
    { id: 2, type: 'geomap', title: 'Map', targets: [] },
    { id: 3, type: 'stat', title: 'Broken', targets: [{ refId: 'A', expr: 'sum(' }] },
  ],
});

async function paste(page: Page, text: string): Promise<void> {
  await page.getByLabel('Or paste the JSON:').fill(text);
}

async function openVariable(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Job/ }).click();
}

async function openPanelMenu(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Menu of the panel Requests per second' }).click();
}

async function openOptions(page: Page): Promise<void> {
  await page.getByText('Options', { exact: true }).click();
}

async function openDialog(page: Page, name: string): Promise<void> {
  await page.getByRole('toolbar').getByRole('button', { name }).click();
}

async function breakJson(page: Page): Promise<void> {
  await openDialog(page, 'JSON');
  await page.getByLabel('JSON of the dashboard').fill('{\n  "title": "Shop",\n  panels: []\n}');
  await page.getByRole('button', { name: 'Apply' }).click();
}

async function saveLate(page: Page): Promise<void> {
  const handle = page.getByRole('button', { name: 'Move Requests per second' });
  await handle.focus();
  await page.keyboard.press('Shift+ArrowLeft');
  await openDialog(page, 'Save dashboard');
  await page.getByRole('dialog').getByRole('button', { name: 'Save dashboard' }).click();
}

async function openVersions(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Versions' }).click();
}
