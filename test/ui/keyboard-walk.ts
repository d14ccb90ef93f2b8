/**
 * Walks a page with the Tab key, as somebody without a mouse does, and says which controls were never reached.
 *
 * Controls of a group that is moved within by arrow keys (tabs, radio buttons, menus) have one member in the Tab order
 * and the others out of it (`tabindex="-1"`); radio buttons of one name count as one.
 */
import type { Page } from 'playwright-core';

/** More stops than any page has; a list that adds some with every step would have no end. */
const STOPS_MAX = 600;

const MARK_CONTROLS = `(() => {
  const selector = 'a[href], button, input, select, textarea, summary, [tabindex="0"], [contenteditable="true"]';
  let count = 0;
  for (const node of document.querySelectorAll(selector)) {
    const box = node.getBoundingClientRect();
    const style = getComputedStyle(node);
    const isHidden = box.width === 0 || box.height === 0 || style.visibility === 'hidden' || node.closest('[inert],[aria-hidden="true"]') !== null;
    if (isHidden || node.disabled || node.tabIndex < 0 || node.type === 'radio') continue;
    node.setAttribute('data-walk', String(count++));
  }
  document.activeElement?.blur();
  return count;
})()`;

const ROUNDS_MAX = 10;

/** Marks the control that has the focus; true when none has. */
const NOTE_FOCUS = `(() => {
  const node = document.activeElement;
  if (node === null || node === document.body) return true;
  node.setAttribute('data-walked', '');
  return false;
})()`;

const UNREACHED = `[...document.querySelectorAll('[data-walk]:not([data-walked])')]
  .filter((node) => node.isConnected && node.getBoundingClientRect().width > 0)
  .map((node) => node.outerHTML.slice(0, 160))`;

/** Controls that Tab does not reach, each as the beginning of its HTML. */
export async function unreachedControls(page: Page): Promise<readonly string[]> {
  const count = await page.evaluate<number>(MARK_CONTROLS);
  // After the last control comes the browser itself, shown as the body. A control that goes away while it has the focus
  // (an alert that ended) leaves it there as well, so that several such stops are no end yet.
  let rounds = 0;
  for (let stop = 0; stop < Math.min(STOPS_MAX, count * 3 + 20) && rounds < ROUNDS_MAX; stop++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>(NOTE_FOCUS)) rounds++;
    if (rounds > 0 && (await page.evaluate<string[]>(UNREACHED)).length === 0) break;
  }
  return await page.evaluate<string[]>(UNREACHED);
}
