import type {
  AlertSource,
  AlertSummary,
  AnalysisReport,
  NotificationEntry,
  SessionState,
} from '@vedette/api';
import { fetchJson, fetchText, jsonBody, send } from './http.ts';

export async function fetchAlerts(signal: AbortSignal): Promise<readonly AlertSummary[]> {
  return (await fetchJson('/api/alerts', { signal })) as readonly AlertSummary[];
}

export async function fetchNotifications(signal: AbortSignal): Promise<readonly NotificationEntry[]> {
  return (await fetchJson('/api/vedette/notifications', { signal })) as readonly NotificationEntry[];
}

export async function fetchAlertSources(signal: AbortSignal): Promise<readonly AlertSource[]> {
  return (await fetchJson('/api/vedette/alert-sources', { signal })) as readonly AlertSource[];
}

export async function fetchSession(signal: AbortSignal): Promise<SessionState> {
  return (await fetchJson('/api/vedette/session', { signal })) as SessionState;
}

/** What one signs in with. */
export type Credentials = { readonly token: string } | { readonly name: string; readonly password: string };

/** Exchanges a token, or a name with its password, for the session cookie. */
export async function signIn(credentials: Credentials): Promise<void> {
  await fetchJson('/api/vedette/session', { method: 'POST', ...jsonBody(credentials) });
}

export async function signOut(): Promise<void> {
  await send('/api/vedette/session', { method: 'DELETE' });
}

/** The Markdown of a runbook. */
export async function fetchRunbook(name: string, signal: AbortSignal): Promise<string> {
  return fetchText(`/runbooks/${encodeURIComponent(name)}`, 'text/markdown', signal);
}

/** What the monitor agent found about an alert; `isFresh` has it look again. */
export async function fetchAnalysis(
  fingerprint: string,
  { signal, isFresh = false }: { readonly signal?: AbortSignal; readonly isFresh?: boolean },
): Promise<AnalysisReport> {
  const path = `/api/vedette/alerts/${encodeURIComponent(fingerprint)}/analysis${isFresh ? '?fresh=1' : ''}`;
  return (await fetchJson(path, signal === undefined ? {} : { signal })) as AnalysisReport;
}
