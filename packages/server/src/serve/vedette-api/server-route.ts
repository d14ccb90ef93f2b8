import type { ServerState } from '@vedette/api';
import { jsonAnswer, type Route } from '../http/route.ts';
import type { ServerView } from '../prometheus-api/status-routes.ts';

/** What the settings show of storage and reload, and what dashboards need to know of scrapes: `packages/api/src/server-state.ts` has the answer. */
export function serverRoute({ server }: { readonly server: ServerView }): Route {
  return {
    surface: 'vedette-api',
    methods: ['GET'],
    path: '/api/vedette/server',
    access: 'viewer',
    errors: 'json',
    handle: ({ role }) => {
      const { isSuccess, atMs, fault } = server.lastReload();
      // The fault quotes lines of the configuration, which are for operators.
      const shown = role === 'viewer' ? undefined : fault;
      const state: ServerState = {
        storage: server.storage(),
        scrape: { intervalMs: server.scrapeIntervalMs() },
        reload: { isSuccess, atMs, fault: shown ?? null },
      };
      return jsonAnswer(200, state);
    },
  };
}
