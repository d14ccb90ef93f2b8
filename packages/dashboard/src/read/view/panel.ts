import { PANEL_KINDS, type Panel, type PanelQuery, type Transformation } from '../../dashboard.ts';
import { gridOf } from '../grid.ts';
import { isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import { sourceTypeOf, speaksPromql } from '../migrate/sources.ts';
import { viewFieldOptions } from './field.ts';
import { linksOf } from './links.ts';

/** A migrated panel as it is drawn. `variables`: types of the data source variables, by name. */
export function viewPanel(panel: JsonObject, variables: ReadonlyMap<string, string>): Panel {
  const type = textOf(panel['type']);
  const repeat = textOf(panel['repeat']);
  const maxDataPoints = numberOf(panel['maxDataPoints']);
  const timeFrom = textOf(panel['timeFrom']);
  const timeShift = textOf(panel['timeShift']);
  return {
    id: numberOf(panel['id']) ?? 0,
    kind: kindOf(panel, type),
    type,
    title: textOf(panel['title']),
    description: textOf(panel['description']),
    isTransparent: panel['transparent'] === true,
    grid: gridOf(panel['gridPos']),
    queries: objectsOf(panel['targets']).map((target) => viewQuery(target, panel, variables)),
    transformations: objectsOf(panel['transformations']).map(viewTransformation),
    field: viewFieldOptions(panel['fieldConfig']),
    options: objectOf(panel['options']),
    links: linksOf(panel['links']),
    ...(repeat !== '' && { repeat: repeatOf(panel, repeat) }),
    intervalMin: textOf(panel['interval']),
    ...(maxDataPoints !== undefined && maxDataPoints > 0 && { maxDataPoints }),
    ...(timeFrom !== '' && { timeFrom }),
    ...(timeShift !== '' && { timeShift }),
    ...(type === 'row' && {
      row: {
        isCollapsed: panel['collapsed'] === true,
        panels: sortPanels(objectsOf(panel['panels']).map((child) => viewPanel(child, variables))),
      },
    }),
  };
}

/** In the order of reading. A row stands before what is on the same line. */
export function sortPanels(panels: readonly Panel[]): Panel[] {
  return panels.toSorted(
    (a, b) =>
      a.grid.y - b.grid.y || Number(b.kind === 'row') - Number(a.kind === 'row') || a.grid.x - b.grid.x,
  );
}

/** A library panel has no content here, whatever its type. */
function kindOf(panel: JsonObject, type: string): Panel['kind'] {
  if (type !== 'row' && isObject(panel['libraryPanel']) && !Array.isArray(panel['targets']))
    return 'unsupported';
  return PANEL_KINDS.find((kind) => kind === type) ?? 'unsupported';
}

// Grafana's own default.
const MAX_PER_ROW = 4;

function repeatOf(panel: JsonObject, variable: string): NonNullable<Panel['repeat']> {
  return {
    variable,
    direction: panel['repeatDirection'] === 'v' ? 'v' : 'h',
    maxPerRow: Math.min(Math.max(Math.round(numberOf(panel['maxPerRow']) ?? MAX_PER_ROW), 1), 24),
  };
}

function viewQuery(
  target: JsonObject,
  panel: JsonObject,
  variables: ReadonlyMap<string, string>,
): PanelQuery {
  const reference = target['datasource'] ?? panel['datasource'];
  const found = sourceTypeOf(reference, { variables, query: target });
  // In a mixed panel a query without a source of its own is for the default one.
  const source = found === undefined || found === 'mixed' ? 'prometheus' : found;
  const isPromql = speaksPromql(source);
  return {
    refId: textOf(target['refId']),
    expr: isPromql ? textOf(target['expr']) : '',
    legend: textOf(target['legendFormat']),
    mode: modeOf(target),
    format: formatOf(target['format']),
    isHidden: target['hide'] === true,
    intervalMin: textOf(target['interval']),
    hasExemplars: target['exemplar'] === true,
    source,
  };
}

function modeOf({ instant, range }: JsonObject): PanelQuery['mode'] {
  if (instant === true) return range === true ? 'both' : 'instant';
  return 'range';
}

function formatOf(value: unknown): PanelQuery['format'] {
  return value === 'table' || value === 'heatmap' ? value : 'time_series';
}

function viewTransformation({ id, disabled, options, filter }: JsonObject): Transformation {
  const matcher = objectOf(filter);
  return {
    id: textOf(id),
    isDisabled: disabled === true,
    options: objectOf(options),
    ...(isObject(filter) && { filter: { id: textOf(matcher['id']), options: matcher['options'] } }),
  };
}
