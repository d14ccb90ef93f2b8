import { GRID_COLUMNS } from '../grid.ts';
import { definedOf, isObject, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';
import { placeLayout } from './layout.ts';
import { classicPanelOf, queryOf } from './panel.ts';

/**
 * A V2 resource keeps what a classic dashboard keeps, wrapped otherwise: panels are named `elements`, a tree of
 * layouts says where they stand, words replace numbers. It is brought to the classic form, from which everything
 * else starts. What the classic form has no word for is reported: tabs become rows, rows within rows come out,
 * conditions are not asked.
 */
export function classicOfV2(spec: JsonObject, remarks: Remarks): JsonObject {
  const panels = new Map<string, JsonObject>();
  for (const [name, element] of Object.entries(objectOf(spec['elements'])))
    if (isObject(element)) panels.set(name, classicPanelOf(element));
  const time = objectOf(spec['timeSettings']);
  return definedOf({
    title: spec['title'],
    description: spec['description'],
    tags: spec['tags'],
    links: spec['links'],
    editable: spec['editable'],
    liveNow: spec['liveNow'],
    schemaVersion: 42,
    graphTooltip: Math.max(CURSORS.indexOf(textOf(spec['cursorSync'])), 0),
    time: { from: textOf(time['from'], 'now-6h'), to: textOf(time['to'], 'now') },
    timezone: time['timezone'],
    refresh: textOf(time['autoRefresh']),
    weekStart: time['weekStart'],
    fiscalYearStartMonth: time['fiscalYearStartMonth'],
    templating: { list: objectsOf(spec['variables']).map(classicVariableOf) },
    annotations: { list: objectsOf(spec['annotations']).map(classicAnnotationOf) },
    panels: placeLayout(objectOf(spec['layout']), { panels, remarks, width: GRID_COLUMNS }),
  });
}

const CURSORS: readonly string[] = ['Off', 'Crosshair', 'Tooltip'];
const HIDES: readonly string[] = ['dontHide', 'hideLabel', 'hideVariable'];
const REFRESHES: readonly string[] = ['never', 'onDashboardLoad', 'onTimeRangeChanged'];
const SORTS: readonly string[] = [
  'disabled',
  'alphabeticalAsc',
  'alphabeticalDesc',
  'numericalAsc',
  'numericalDesc',
  'alphabeticalCaseInsensitiveAsc',
  'alphabeticalCaseInsensitiveDesc',
  'naturalAsc',
  'naturalDesc',
];

const VARIABLE_TYPES: ReadonlyMap<string, string> = new Map([
  ['QueryVariable', 'query'],
  ['CustomVariable', 'custom'],
  ['IntervalVariable', 'interval'],
  ['DatasourceVariable', 'datasource'],
  ['TextVariable', 'textbox'],
  ['ConstantVariable', 'constant'],
  ['AdhocVariable', 'adhoc'],
  ['GroupByVariable', 'groupby'],
  ['SwitchVariable', 'switch'],
]);

function classicVariableOf({ kind, spec }: JsonObject): JsonObject {
  const { query, pluginId, ...rest } = objectOf(spec);
  const type = VARIABLE_TYPES.get(textOf(kind)) ?? textOf(kind, 'unknown');
  return definedOf({
    ...rest,
    type,
    hide: Math.max(HIDES.indexOf(textOf(rest['hide'])), 0),
    refresh: Math.max(REFRESHES.indexOf(textOf(rest['refresh'])), 0),
    sort: Math.max(SORTS.indexOf(textOf(rest['sort'])), 0),
    query: type === 'datasource' ? textOf(pluginId) : classicQueryTextOf(query),
    datasource: isObject(query) ? queryOf(query, rest).datasource : undefined,
  });
}

/** A text that an older form had is kept under a name of its own. */
function classicQueryTextOf(query: unknown): unknown {
  if (!isObject(query)) return textOf(query);
  const { __legacyStringValue: legacy, ...spec } = objectOf(query['spec']);
  return typeof legacy === 'string' ? legacy : spec;
}

function classicAnnotationOf({ spec }: JsonObject): JsonObject {
  const { query, builtIn, legacyOptions, ...rest } = objectOf(spec);
  const { datasource, spec: target } = queryOf(objectOf(query), rest);
  return definedOf({
    ...objectOf(legacyOptions),
    ...rest,
    builtIn: builtIn === true ? 1 : 0,
    datasource,
    expr: target['expr'],
    titleFormat: target['titleFormat'],
    textFormat: target['textFormat'],
    tagKeys: target['tagKeys'],
    step: target['step'],
  });
}
