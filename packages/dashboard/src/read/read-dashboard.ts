import type { CoverageReport } from '../coverage.ts';
import type { ClassicDashboard, Dashboard } from '../dashboard.ts';
import { reportCoverage } from './coverage/report.ts';
import { copyOf, type JsonObject } from './json.ts';
import { migrateDashboard } from './migrate/migrate.ts';
import { Remarks } from './remarks.ts';
import { unwrapDashboard } from './unwrap.ts';
import { viewDashboard } from './view/dashboard.ts';

/**
 * Reads a dashboard as Grafana exports it, in whatever form:
 *
 * 1. The JSON is copied, so that nothing of it can surprise (`copyOf`), and wrappers are taken off.
 * 2. `migrateDashboard` brings it to the newest classic form, which is what is stored (`classic`).
 * 3. `dashboard` is the view on that which panels and variables share.
 * 4. `report` says, panel by panel, what of it is not shown as in Grafana.
 *
 * Reading `classic` again gives the same three, but for remarks about the migration. Throws `InputError` for what is
 * no dashboard; anything within one that cannot be used is left out and reported instead.
 */
export function readDashboard(json: unknown): {
  dashboard: Dashboard;
  classic: ClassicDashboard;
  report: CoverageReport;
} {
  const remarks = new Remarks();
  const { dashboard, classic } = read(json, remarks);
  return { dashboard, classic, report: reportCoverage({ classic, dashboard, remarks }) };
}

/** The same without the report, which parses every expression: for whoever shows, edits or keeps a dashboard. */
export function viewOfDashboard(json: unknown): { dashboard: Dashboard; classic: ClassicDashboard } {
  return read(json, new Remarks());
}

function read(json: unknown, remarks: Remarks): { dashboard: Dashboard; classic: JsonObject } {
  const classic = unwrapDashboard(copyOf(json), remarks);
  migrateDashboard(classic, remarks);
  return { dashboard: viewDashboard(classic), classic };
}
