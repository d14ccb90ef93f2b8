import { browserClock } from './browser-clock.ts';

/**
 * What the first screen does without waits for this: the menus behind its buttons, the worker for visits without a
 * server. Fetched with it, their twenty files stood in its way on a slow line.
 *
 * 1. Three seconds after the page is loaded the first charts are there, also on a busy machine, or wait for numbers; then
 *    for a moment in which the browser has nothing to do.
 * 2. Whoever moves a pointer or presses a key before that is about to use them: then at once.
 */
const AFTER_LOAD_MS = 3000;

/** A page that never rests gets them all the same. */
const IDLE_WITHIN_MS = 5000;

const SIGNS_OF_LIFE = ['pointermove', 'pointerdown', 'keydown', 'focusin'] as const;

const calm = Promise.withResolvers<void>();

/** Begins to wait. Once, when the page begins. */
export function watchCalm(): void {
  const seen = { once: true, capture: true, passive: true } as const;
  for (const sign of SIGNS_OF_LIFE) window.addEventListener(sign, () => calm.resolve(), seen);
  const afterLoad = (): void => void browserClock.setTimer(AFTER_LOAD_MS, whenIdle);
  if (document.readyState === 'complete') afterLoad();
  else window.addEventListener('load', afterLoad, { once: true });
}

/** Resolves when what can wait need not wait any more. */
export function untilCalm(): Promise<void> {
  return calm.promise;
}

function whenIdle(): void {
  // Safari has none.
  if (!('requestIdleCallback' in window)) calm.resolve();
  else requestIdleCallback(() => calm.resolve(), { timeout: IDLE_WITHIN_MS });
}
