import { z } from 'zod';

/**
 * `/api/vedette/dashboards`: shipped dashboards (files in `dashboards/`) and stored ones, as Grafana's
 * classic JSON. An edited shipped one is stored under its uid and hides the file until it is deleted.
 *
 * - `GET /api/vedette/dashboards`: `DashboardEntry[]`, by title.
 * - `GET /api/vedette/dashboards/UID[?version=N]`: `StoredDashboard`; 404.
 * - `GET /api/vedette/dashboards/UID/versions`: `DashboardVersion[]`, the newest first.
 * - `POST /api/vedette/dashboards` (operator): stores under the uid of the JSON, or a new one where that is
 *   empty or taken; 201 with `DashboardEntry`.
 * - `PUT /api/vedette/dashboards/UID` (operator): the next version; 409 when `ifVersion` is not the newest.
 * - `DELETE /api/vedette/dashboards/UID` (operator): back to the file, or gone; 204.
 */
export const dashboardWrite = z.strictObject({
  /** Grafana's classic JSON. */
  dashboard: z.custom<Record<string, unknown>>(isObject, 'want an object, a dashboard of Grafana'),
  /** What changed, for the list of versions. */
  message: z.string().max(200).default(''),
  /** The version that was edited; 0 for a file that is edited the first time. Absent: whatever stands there. */
  ifVersion: z.number().int().nonnegative().optional(),
});
export type DashboardWrite = z.input<typeof dashboardWrite>;

/** Not `z.record`, which copies key by key: a second for what is parsed in a tenth. */
function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export const dashboardEntry = z.strictObject({
  uid: z.string(),
  title: z.string(),
  description: z.string(),
  tags: z.array(z.string()),
  /** `shipped`: a file as it came; `edited`: a shipped one that was changed here; `stored`: made or imported here. */
  origin: z.enum(['shipped', 'edited', 'stored']),
  /** 0 for a file. */
  version: z.number(),
  panelCount: z.number(),
  /** `null` for a file. */
  updatedAtMs: z.number().nullable(),
  updatedBy: z.string().nullable(),
});
export type DashboardEntry = z.infer<typeof dashboardEntry>;

export const storedDashboard = dashboardEntry.extend({ dashboard: z.record(z.string(), z.unknown()) });
export type StoredDashboard = z.infer<typeof storedDashboard>;

export const dashboardVersion = z.strictObject({
  version: z.number(),
  atMs: z.number(),
  by: z.string(),
  message: z.string(),
});
export type DashboardVersion = z.infer<typeof dashboardVersion>;
