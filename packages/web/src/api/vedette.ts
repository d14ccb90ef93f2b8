import type { AlertSummary, NotificationEntry, SessionState } from '@vedette/api';
import { fetchJson, fetchText } from './http.ts';

export async function fetchAlerts(signal: AbortSignal): Promise<readonly AlertSummary[]> {
  return (await fetchJson('/api/alerts', { signal })) as readonly AlertSummary[];
}

export async function fetchNotifications(signal: AbortSignal): Promise<readonly NotificationEntry[]> {
  return (await fetchJson('/api/vedette/notifications', { signal })) as readonly NotificationEntry[];
}

export async function fetchSession(signal: AbortSignal): Promise<SessionState> {
  return (await fetchJson('/api/vedette/session', { signal })) as SessionState;
}

/** Exchanges a token for the session cookie. */
export async function signIn(token: string): Promise<void> {
  await fetchJson('/api/vedette/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token }),
  });
}

/** The Markdown of a runbook. */
export async function fetchRunbook(name: string, signal: AbortSignal): Promise<string> {
  return fetchText(`/runbooks/${encodeURIComponent(name)}`, 'text/markdown', signal);
}
