import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { browserClock } from './browser-clock.ts';

/** A server that restarts is back by then; a line that is gone is looked for in vain a few times a minute. */
const RETRY_MS = 3000;

/** A server that answers and still has no such file has another version by now, or the browser remembers the failure. */
const TRIES_MAX = 5;

/**
 * A component whose code comes with its first use. While the server is away it is asked for again and again, and the
 * place holds what stands in for it: `lazy` alone throws then, and takes the page along. Throws when the server answers
 * and the code cannot be had all the same: the page that catches it offers to load everything anew.
 */
export function part<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: await untilLoaded(load) }));
}

async function untilLoaded<Code>(load: () => Promise<Code>): Promise<Code> {
  for (let tries = 1; ;)
    try {
      return await load();
    } catch (fault) {
      if (await isServerThere()) {
        if (tries >= TRIES_MAX) throw fault;
        tries += 1;
      }
      await browserClock.sleep(RETRY_MS);
    }
}

async function isServerThere(): Promise<boolean> {
  return await fetch(document.baseURI, { method: 'HEAD' }).then(
    ({ ok }) => ok,
    () => false,
  );
}
