import type { Page } from 'playwright-core';

/** A screen worth looking at: where it is and what is done there before the picture. */
export interface View {
  readonly name: string;
  readonly path: string;
  /** The fake server's scene; absent: busy. */
  readonly scene?: 'fresh' | 'locked';
  readonly act?: (page: Page) => Promise<void>;
  /** A complaint of the console that belongs to the view. */
  readonly expectedError?: RegExp;
}

const QUERY = 'sum%20by%20(route)%20(rate(http_requests_total[5m]))';

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
  { name: 'explore-error', path: '/explore?expr=sum(rate(http_requests_total[5m])' },
  { name: 'explore-empty', path: '/explore' },
  { name: 'explore-none', path: '/explore?expr=absent_metric' },
  { name: 'explore-typing', path: '/explore', act: completeMetric },
  { name: 'alerts', path: '/alerts' },
  { name: 'alerts-none', path: '/alerts?q=nothing%20like%20it' },
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
