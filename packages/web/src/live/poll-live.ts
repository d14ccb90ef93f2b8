import type { AlertSummary, StatusSummary } from '@vedette/api';
import { fetchJson } from '../api/http.ts';
import { fetchNotifications } from '../api/vedette.ts';
import type { LiveRequest, LiveValueOf } from './live-topic.ts';

/** A poll that has no answer by then is overtaken by the next soon. */
const POLL_MS_MAX = 20_000;

/** What the live connection would say, by an ordinary request. Charts ask for themselves; bans are on the Guard page. */
export async function pollLive({ topic }: LiveRequest): Promise<LiveValueOf | undefined> {
  const signal = AbortSignal.timeout(POLL_MS_MAX);
  switch (topic) {
    case 'alerts':
      return { topic, alerts: (await fetchJson('/api/alerts', { signal })) as readonly AlertSummary[] };
    case 'status':
      return { topic, status: (await fetchJson('/api/status', { signal })) as StatusSummary };
    case 'notifications':
      return { topic, notifications: await fetchNotifications(signal) };
    case 'query':
    case 'bans':
      return undefined;
  }
}
