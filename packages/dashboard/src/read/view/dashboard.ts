import type { Dashboard } from '../../dashboard.ts';
import { numberOf, objectOf, objectsOf, textOf, textsOf, type JsonObject } from '../json.ts';
import { refreshMsOf } from '../migrate/variables.ts';
import { linksOf } from './links.ts';
import { sortPanels, viewPanel } from './panel.ts';
import { viewAnnotations, viewVariables } from './variables.ts';

const CURSORS = ['off', 'crosshair', 'tooltip'] as const;

/** The view on a migrated dashboard that panels and variables share. */
export function viewDashboard(classic: JsonObject): Dashboard {
  const { from, to } = objectOf(classic['time']);
  const sources = sourceVariablesOf(classic);
  return {
    uid: textOf(classic['uid']),
    title: textOf(classic['title']),
    description: textOf(classic['description']),
    tags: textsOf(classic['tags']),
    timezone: textOf(classic['timezone']) === '' ? 'browser' : textOf(classic['timezone']),
    time: { from: textOf(from, 'now-6h'), to: textOf(to, 'now') },
    refreshMs: refreshMsOf(classic['refresh']),
    cursor: CURSORS[numberOf(classic['graphTooltip']) ?? 0] ?? 'off',
    variables: viewVariables(classic['templating']),
    panels: sortPanels(objectsOf(classic['panels']).map((panel) => viewPanel(panel, sources))),
    annotations: viewAnnotations(classic['annotations'], sources).shown,
    links: linksOf(classic['links']),
  };
}

/** What each data source variable stands for: its query is the type of source it lists. */
export function sourceVariablesOf(classic: JsonObject): Map<string, string> {
  const list = objectsOf(objectOf(classic['templating'])['list']);
  return new Map(
    list
      .filter(({ type }) => type === 'datasource')
      .map(({ name, query }) => [textOf(name), textOf(query, 'prometheus')]),
  );
}
