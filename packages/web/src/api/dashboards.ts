import type { DashboardEntry, DashboardVersion, DashboardWrite, StoredDashboard } from '@vedette/api';
import { fetchJson, send } from './http.ts';

const ROOT = '/api/vedette/dashboards';

export async function fetchDashboards(signal: AbortSignal): Promise<readonly DashboardEntry[]> {
  return (await fetchJson(ROOT, { signal })) as readonly DashboardEntry[];
}

/** The newest version, or the one that is named. */
export async function fetchDashboard(
  uid: string,
  version: number | undefined,
  signal?: AbortSignal,
): Promise<StoredDashboard> {
  const query = version === undefined ? '' : `?version=${version}`;
  const options = signal === undefined ? {} : { signal };
  return (await fetchJson(`${pathOf(uid)}${query}`, options)) as StoredDashboard;
}

/** The newest first. */
export async function fetchDashboardVersions(
  uid: string,
  signal: AbortSignal,
): Promise<readonly DashboardVersion[]> {
  return (await fetchJson(`${pathOf(uid)}/versions`, { signal })) as readonly DashboardVersion[];
}

export async function createDashboard(write: DashboardWrite): Promise<DashboardEntry> {
  return (await fetchJson(ROOT, jsonBody('POST', write))) as DashboardEntry;
}

/** Refused with status 409 when `ifVersion` is not the newest any more. */
export async function updateDashboard(uid: string, write: DashboardWrite): Promise<DashboardEntry> {
  return (await fetchJson(pathOf(uid), jsonBody('PUT', write))) as DashboardEntry;
}

/** A shipped one comes back as its file says; others are gone. */
export async function deleteDashboard(uid: string): Promise<void> {
  await send(pathOf(uid), { method: 'DELETE' });
}

function pathOf(uid: string): string {
  return `${ROOT}/${encodeURIComponent(uid)}`;
}

function jsonBody(method: 'POST' | 'PUT', body: DashboardWrite) {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
