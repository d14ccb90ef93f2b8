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
  { name: 'runbook', path: '/runbook/TargetDown' },
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
