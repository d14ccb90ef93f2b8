/**
 * Dashboards that were made, imported or edited here, with their versions.
 *
 * A write that resolves is durable. Each write of a uid is its next version, from 1; the last
 * `VERSIONS_KEPT_MAX` are kept. A uid that was removed begins again at 1. All calls may overlap.
 */
export interface DashboardStore {
  /** By uid bytes. */
  list(): Promise<readonly DashboardHead[]>;
  find(uid: string): Promise<DashboardHead | undefined>;
  /** The JSON of one version, the newest by default; `undefined` when it is not kept. */
  read(uid: string, version?: number): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** The newest first; empty for an unknown uid. */
  versions(uid: string): Promise<readonly DashboardChange[]>;
  /**
   * Rejects with `ConflictError` (VED_STATE_CONFLICT) when `ifVersion` is not the newest (0: must not be there), with
   * `InputError` (VED_DASHBOARD_TOO_LARGE) when the JSON is above `DASHBOARD_STORED_BYTES_MAX`, and with
   * `ExecutionError` (VED_DASHBOARD_LIMIT) when it would be one more than `DASHBOARDS_MAX`.
   */
  write(write: StoredDashboardWrite): Promise<DashboardHead>;
  /** With all its versions. False when there is none of that uid. */
  remove(uid: string): Promise<boolean>;
}

/** What lists show of a dashboard. */
export interface DashboardSummary {
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly panelCount: number;
}

/** One version: who wrote it, when, and in a few words why. */
export interface DashboardChange {
  readonly version: number;
  readonly atMs: number;
  readonly by: string;
  readonly message: string;
}

export interface DashboardHead extends DashboardSummary, DashboardChange {
  readonly uid: string;
}

export interface StoredDashboardWrite {
  readonly uid: string;
  readonly dashboard: Readonly<Record<string, unknown>>;
  readonly summary: DashboardSummary;
  readonly by: string;
  readonly message: string;
  readonly ifVersion?: number | undefined;
}
