import { lazy, type ComponentType, type LazyExoticComponent } from 'react';
import { browserClock } from './browser-clock.ts';

/** A server that restarts is back by then; a line that is gone is looked for in vain a few times a minute. */
const RETRY_MS = 3000;

/**
 * A component whose code comes with its first use and is asked for until it is there: the place holds what stands in for
 * it meanwhile. `lazy` alone throws when the server is away at that moment, and takes the page along.
 */
export function part<Props>(
  load: () => Promise<ComponentType<Props>>,
): LazyExoticComponent<ComponentType<Props>> {
  return lazy(async () => ({ default: await untilLoaded(load) }));
}

async function untilLoaded<Code>(load: () => Promise<Code>): Promise<Code> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise<void>((resolve) => {
        browserClock.setTimer(RETRY_MS, resolve);
      });
    }
  }
}
