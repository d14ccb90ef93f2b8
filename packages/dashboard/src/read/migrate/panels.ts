import { isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';
import { migrateFieldConfig } from './field-config.ts';
import { migrateGraph } from './graph.ts';
import { isOldHeatmap, migrateHeatmap } from './heatmap.ts';
import { migrateSinglestat } from './singlestat.ts';
import { migrateSource } from './sources.ts';
import { isOldTable, migrateOldTable } from './table.ts';

/** One panel, whatever its version, to today's form; a row's own panels are migrated by the caller. */
export function migratePanel(panel: JsonObject, remarks: Remarks): void {
  panel['type'] = textOf(panel['type'], 'unknown');
  migrateSource(panel);
  migrateTargets(panel);
  // Copies of a repeated panel that old versions stored beside it are made anew from the panel itself.
  if (numberOf(panel['minSpan']) !== undefined && panel['maxPerRow'] === undefined)
    panel['maxPerRow'] = Math.max(1, Math.floor(24 / Math.max((numberOf(panel['minSpan']) ?? 24) * 2, 1)));
  delete panel['minSpan'];
  if (panel['repeat'] === null) delete panel['repeat'];
  migrateType(panel, remarks);
  migrateFieldConfig(panel);
  migrateOptions(panel);
  migrateTransformations(panel);
}

function migrateType(panel: JsonObject, remarks: Remarks): void {
  if (panel['type'] === 'graph') migrateGraph(panel, remarks);
  else if (panel['type'] === 'singlestat' || panel['type'] === 'grafana-singlestat-panel')
    migrateSinglestat(panel, remarks);
  else if (isOldTable(panel)) migrateOldTable(panel, remarks);
  else if (isOldHeatmap(panel)) migrateHeatmap(panel, remarks);
  else if (panel['type'] === 'grafana-piechart-panel') migratePie(panel, remarks);
  else if (panel['type'] === 'text2') panel['type'] = 'text';
  if (panel['type'] === 'text') migrateText(panel);
}

/** The pie of the plugin, before it became part of Grafana. */
function migratePie(panel: JsonObject, remarks: Remarks): void {
  panel['type'] = 'piechart';
  const format = textOf(panel['format']);
  if (format !== '' && !isObject(panel['fieldConfig']))
    panel['fieldConfig'] = { defaults: { unit: format }, overrides: [] };
  panel['options'] = {
    pieType: panel['pieType'] === 'donut' ? 'donut' : 'pie',
    reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
    legend: {
      showLegend: objectOf(panel['legend'])['show'] !== false,
      displayMode: 'list',
      placement: 'bottom',
    },
    tooltip: { mode: 'single' },
  };
  remarks.aboutPanel(panel, 'migrated', 'type', 'was "grafana-piechart-panel", drawn as "piechart"');
  for (const key of [
    'pieType',
    'format',
    'legend',
    'legendType',
    'valueName',
    'aliasColors',
    'strokeWidth',
    'combine',
  ])
    delete panel[key];
}

function migrateText(panel: JsonObject): void {
  const options = objectOf(panel['options']);
  for (const key of ['mode', 'content']) {
    if (typeof panel[key] === 'string' && options[key] === undefined) options[key] = panel[key];
    delete panel[key];
  }
  panel['options'] = options;
}

/** Every query has a name of its own; `A` to `Z`, then `A1`… */
function migrateTargets(panel: JsonObject): void {
  if (!Array.isArray(panel['targets'])) {
    delete panel['targets'];
    return;
  }
  const targets = objectsOf(panel['targets']);
  const taken = new Set<string>();
  let next = 0;
  const free = new Set(targets.map(({ refId }) => textOf(refId)));
  for (const target of targets) {
    migrateSource(target);
    let refId = textOf(target['refId']);
    if (refId === '' || taken.has(refId)) {
      do refId = refIdOf(next++);
      while (free.has(refId) || taken.has(refId));
      target['refId'] = refId;
    }
    taken.add(refId);
  }
  panel['targets'] = targets;
}

/** `A`…`Z`, `A1`…`Z1`, `A2`… */
export function refIdOf(index: number): string {
  const letter = String.fromCharCode(65 + (index % 26));
  return index < 26 ? letter : `${letter}${Math.floor(index / 26)}`;
}

function migrateOptions(panel: JsonObject): void {
  if (!isObject(panel['options'])) return;
  const { options } = panel;
  if (isObject(options['tooltipOptions']) && options['tooltip'] === undefined) {
    options['tooltip'] = options['tooltipOptions'];
    delete options['tooltipOptions'];
  }
  const { legend } = options;
  if (!isObject(legend)) return;
  // Up to version 37 a legend was not shown by a mode of that name, and the mode was lost with it.
  if (legend['displayMode'] === 'hidden') {
    legend['displayMode'] = 'list';
    legend['showLegend'] = false;
  } else if (legend['showLegend'] === undefined && typeof legend['displayMode'] === 'string')
    legend['showLegend'] = true;
}

/** Version 43: `formatTime` of a field became a target type of `convertFieldType`. */
function migrateTransformations(panel: JsonObject): void {
  if (!Array.isArray(panel['transformations'])) return;
  const transformations = objectsOf(panel['transformations']);
  for (const transformation of transformations) {
    if (transformation['id'] !== 'formatTime') continue;
    const options = objectOf(transformation['options']);
    transformation['id'] = 'convertFieldType';
    transformation['options'] = {
      conversions: [
        {
          targetField: textOf(options['timeField']),
          destinationType: 'string',
          dateFormat: textOf(options['outputFormat']),
        },
      ],
    };
  }
  panel['transformations'] = transformations;
}

/** Panels old versions stored for each value of a repeated one. */
export function isRepeatedCopy(panel: JsonObject): boolean {
  return numberOf(panel['repeatPanelId']) !== undefined;
}
