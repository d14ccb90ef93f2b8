import type { QueryClient } from '@tanstack/react-query';
import type { LiveClient, LiveHealth } from './live-client.ts';

const AWAY: ReadonlySet<LiveHealth['kind']> = new Set(['offline', 'polling']);

/**
 * Once the server is back after it was away, every question on the page that failed meanwhile is asked anew: nobody
 * has to find out which of them ask again by themselves.
 */
export function askAgainOnReturn(live: LiveClient, queries: QueryClient): void {
  let wasAway = false;
  live.onHealth(({ kind }) => {
    if (kind === 'live' && wasAway)
      void queries.refetchQueries({ type: 'active', predicate: ({ state }) => state.status === 'error' });
    wasAway = AWAY.has(kind) || (wasAway && kind !== 'live');
  });
}
