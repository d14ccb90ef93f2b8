import type { CoverageRemark, CoverageReport, PanelCoverage } from '../../coverage.ts';
import type { Dashboard, Panel } from '../../dashboard.ts';
import { objectsOf, type JsonObject } from '../json.ts';
import { allPanels } from '../migrate/migrate.ts';
import type { Remarks } from '../remarks.ts';

/** What of a file is not shown as in Grafana: by the migration, and by what we cannot draw or ask. */
export function reportCoverage(read: {
  readonly classic: JsonObject;
  readonly dashboard: Dashboard;
  readonly remarks: Remarks;
}): CoverageReport {
  const { classic, dashboard, remarks } = read;
  const objects = new Map(allPanels(objectsOf(classic['panels'])).map((panel) => [panel['id'], panel]));
  const panels: PanelCoverage[] = [];
  let row = '';
  for (const panel of dashboard.panels) {
    if (panel.row === undefined) panels.push(coverPanel(panel, row, objects.get(panel.id), remarks));
    else {
      for (const child of panel.row.panels)
        panels.push(coverPanel(child, panel.title, objects.get(child.id), remarks));
      // What follows a collapsed row stands under it on the page, but not in it.
      row = panel.row.isCollapsed ? '' : panel.title;
    }
  }
  return { panels, remarks: remarks.ofDashboard() };
}

function coverPanel(
  panel: Panel,
  row: string,
  object: JsonObject | undefined,
  remarks: Remarks,
): PanelCoverage {
  const found: CoverageRemark[] = object === undefined ? [] : [...remarks.ofPanel(object)];
  if (panel.kind === 'unsupported')
    found.push({ code: 'panel-type', what: panel.type, detail: 'panels of this type are not drawn' });
  const { id, title, type } = panel;
  return { id, title, type, row, verdict: panel.kind === 'unsupported' ? 'none' : 'full', remarks: found };
}
