import type { CoverageRemark, CoverageReport, PanelCoverage } from '../../coverage.ts';
import type { Dashboard, Panel } from '../../dashboard.ts';
import { objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import { allPanels } from '../migrate/migrate.ts';
import { OWN_SOURCE_UID, speaksPromql } from '../migrate/sources.ts';
import type { Remarks } from '../remarks.ts';
import { sourceVariablesOf } from '../view/dashboard.ts';
import { viewAnnotations } from '../view/variables.ts';
import { findExpressionFault } from './expression.ts';
import { coverPanel } from './panel.ts';
import { coverVariables, standInsOf } from './variables.ts';

/** What of a file is not shown as in Grafana: by the migration, and by what we cannot draw or ask. */
export function reportCoverage(read: {
  readonly classic: JsonObject;
  readonly dashboard: Dashboard;
  readonly remarks: Remarks;
}): CoverageReport {
  const { classic, dashboard, remarks } = read;
  const objects = new Map(allPanels(objectsOf(classic['panels'])).map((panel) => [panel['id'], panel]));
  const variables = standInsOf(dashboard.variables);
  const cover = (panel: Panel, row: string): PanelCoverage => {
    const json = objects.get(panel.id) ?? {};
    return coverPanel({ panel, json, row, migrated: remarks.ofPanel(json), variables });
  };
  const panels: PanelCoverage[] = [];
  let row = '';
  for (const panel of dashboard.panels) {
    if (panel.row === undefined) panels.push(cover(panel, row));
    else {
      panels.push(...panel.row.panels.map((child) => cover(child, panel.title)));
      // What follows a collapsed row stands under it on the page, but not in it.
      row = panel.row.isCollapsed ? '' : panel.title;
    }
  }
  const sources = sourceVariablesOf(classic);
  const found = [
    ...remarks.ofDashboard(),
    ...coverSources(objects.values(), sources),
    ...coverVariables(dashboard, classic, sources),
    ...coverAnnotations(dashboard, classic, variables),
    ...coverLinks(dashboard),
  ];
  return { panels, remarks: found };
}

/** Sources that the file knows by an id of its Grafana: they are asked from our own store, and that is said. */
function coverSources(
  panels: Iterable<JsonObject>,
  variables: ReadonlyMap<string, string>,
): CoverageRemark[] {
  const uids = new Set<string>();
  for (const panel of panels)
    for (const holder of [panel, ...objectsOf(panel['targets'])]) {
      const { uid, type } = objectOf(holder['datasource']);
      const name = textOf(uid);
      const isOurs =
        name === '' || name === OWN_SOURCE_UID || name.startsWith('-- ') || variables.has(nameOf(name));
      if (!isOurs && (type === undefined || speaksPromql(textOf(type)))) uids.add(name);
    }
  if (uids.size === 0) return [];
  const names = [...uids].slice(0, 5).map((uid) => JSON.stringify(uid));
  const what = uids.size === 1 ? 'a data source' : `${uids.size} data sources`;
  return [
    {
      code: 'migrated',
      what,
      detail: `${names.join(', ')}${uids.size > 5 ? ', …' : ''}: our own store is asked instead`,
    },
  ];
}

function nameOf(reference: string): string {
  return /^(?:\$\{?|\[\[)(\w+)/.exec(reference)?.[1] ?? '';
}

function coverAnnotations(
  { annotations }: Dashboard,
  classic: JsonObject,
  variables: ReadonlyMap<string, string>,
): CoverageRemark[] {
  const { skipped } = viewAnnotations(classic['annotations'], sourceVariablesOf(classic));
  const faults = annotations.flatMap(({ name, expr }) => {
    const reason = findExpressionFault(expr, variables);
    return reason === undefined ? [] : [{ name, reason }];
  });
  return [...skipped, ...faults].map(({ name, reason }) => ({
    code: 'annotation',
    what: `annotation "${name}"`,
    detail: reason,
  }));
}

function coverLinks({ links }: Dashboard): CoverageRemark[] {
  return links
    .filter(({ url, tags }) => url === '' && tags.length === 0)
    .map(({ title }) => ({ code: 'link', what: `link "${title}"`, detail: 'has no address' }));
}
