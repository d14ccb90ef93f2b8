import { useEffect, useState } from 'react';
import { browserClock } from '../lib/browser-clock.ts';

/** The wall clock, read anew every `everyMs`; with `undefined` it stands. */
export function useNow(everyMs: number | undefined): number {
  const [nowMs, setNowMs] = useState(() => browserClock.nowMs());
  useEffect(() => {
    if (everyMs === undefined) return;
    let timer = browserClock.setTimer(everyMs, tick);
    return () => timer.cancel();

    function tick(): void {
      setNowMs(browserClock.nowMs());
      timer = browserClock.setTimer(everyMs ?? 0, tick);
    }
  }, [everyMs]);
  return nowMs;
}
