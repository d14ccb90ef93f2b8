import { definedOf, isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';
import { fieldConfigOf, mappingsOf, thresholdsOfTexts } from './field-config.ts';

/** The table of before 7.0, which had `styles` per column; later renamed to `table-old`. */
export function isOldTable(panel: JsonObject): boolean {
  if (panel['type'] === 'table-old') return true;
  return panel['type'] === 'table' && Array.isArray(panel['styles']) && !isObject(panel['fieldConfig']);
}

export function migrateOldTable(panel: JsonObject, remarks: Remarks): void {
  const { defaults, overrides } = fieldConfigOf(panel);
  panel['type'] = 'table';
  for (const style of objectsOf(panel['styles'])) {
    const pattern = textOf(style['pattern']);
    const properties = propertiesOf(style);
    if (pattern === '/.*/') Object.assign(defaults, defaultsOf(properties));
    else
      overrides.push({
        matcher: { id: pattern.startsWith('/') ? 'byRegexp' : 'byName', options: pattern },
        properties,
      });
  }
  takeTransform(panel, remarks);
  const { col, desc } = objectOf(panel['sort']);
  panel['options'] = { showHeader: panel['showHeader'] !== false, cellHeight: 'sm' };
  if (numberOf(col) !== undefined)
    remarks.aboutPanel(
      panel,
      'option',
      'sort',
      `by column ${String(col)}${desc === true ? ', descending' : ''}, is not taken over`,
    );
  remarks.aboutPanel(panel, 'migrated', 'type', 'was a table of before 7.0');
  for (const key of [
    'styles',
    'columns',
    'transform',
    'sort',
    'showHeader',
    'scroll',
    'fontSize',
    'pageSize',
  ])
    delete panel[key];
}

interface Property {
  readonly id: string;
  readonly value: unknown;
}

function propertiesOf(style: JsonObject): Property[] {
  const type = textOf(style['type'], 'number');
  const colorMode = textOf(style['colorMode']);
  const cellType = colorMode === 'value' ? 'color-text' : 'color-background';
  const link = textOf(style['linkUrl']);
  const config = definedOf({
    displayName: textOf(style['alias']) === '' ? undefined : style['alias'],
    'custom.hidden': type === 'hidden' ? true : undefined,
    unit: type === 'number' ? style['unit'] : type === 'date' ? dateUnitOf(style) : undefined,
    decimals: type === 'number' ? numberOf(style['decimals']) : undefined,
    'custom.cellOptions': colorMode === '' ? undefined : { type: cellType },
    thresholds: colorMode === '' ? undefined : thresholdsOfTexts(style['thresholds'], style['colors']),
    mappings: type === 'string' ? mappingsOf(oldMappingsOf(style)) : undefined,
    'custom.align': textOf(style['align']) === '' ? undefined : style['align'],
    links:
      style['link'] === true && link !== ''
        ? [
            {
              title: textOf(style['linkTooltip']),
              url: linkOf(link),
              targetBlank: style['linkTargetBlank'] === true,
            },
          ]
        : undefined,
  });
  return Object.entries(config).map(([id, value]) => ({ id, value }));
}

function oldMappingsOf(style: JsonObject): JsonObject[] {
  return numberOf(style['mappingType']) === 2
    ? objectsOf(style['rangeMaps']).map((map) => ({ ...map, type: 2 }))
    : objectsOf(style['valueMaps']).map((map) => ({ ...map, type: 1 }));
}

function dateUnitOf(style: JsonObject): string {
  const format = textOf(style['dateFormat']);
  return format === '' ? 'dateTimeAsIso' : `time:${format}`;
}

/** Cells were `$__cell`, those of the same row `$__cell_1`. */
function linkOf(url: string): string {
  return url
    .replaceAll(/\$\{?__cell_(\d+)(:\w+)?\}?/g, (_, column: string) => `\${__data.fields[${column}]}`)
    .replaceAll(/\$\{?__cell(:\w+)?\}?/g, '${__value.raw}');
}

function defaultsOf(properties: readonly Property[]): JsonObject {
  const defaults: JsonObject = {};
  const custom: JsonObject = {};
  for (const { id, value } of properties) {
    if (id.startsWith('custom.')) custom[id.slice('custom.'.length)] = value;
    else defaults[id] = value;
  }
  return Object.keys(custom).length === 0 ? defaults : { ...defaults, custom };
}

const AGGREGATIONS: ReadonlyMap<string, string> = new Map([
  ['avg', 'mean'],
  ['min', 'min'],
  ['max', 'max'],
  ['current', 'lastNotNull'],
  ['total', 'sum'],
  ['count', 'count'],
]);

function takeTransform(panel: JsonObject, remarks: Remarks): void {
  const transform = textOf(panel['transform']);
  const before = objectsOf(panel['transformations']);
  const add = (id: string, options: JsonObject): void =>
    void (panel['transformations'] = [...before, { id, options }]);
  if (transform === 'timeseries_to_columns') add('joinByField', { byField: 'Time', mode: 'outer' });
  else if (transform === 'timeseries_to_rows') add('seriesToRows', {});
  else if (transform === 'table') add('merge', {});
  else if (transform === 'timeseries_aggregations') {
    const reducers = objectsOf(panel['columns']).map(({ value }) => AGGREGATIONS.get(textOf(value)));
    add('reduce', { reducers: reducers.filter((reducer) => reducer !== undefined), includeTimeField: false });
  } else if (transform !== '')
    remarks.aboutPanel(panel, 'transformation', transform, 'of an old table is not known');
}
