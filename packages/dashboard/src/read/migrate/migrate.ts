import { InputError } from '@vedette/model';
import { isObject, listOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';
import { isRepeatedCopy, migratePanel } from './panels.ts';
import { flattenRows, placeLegacyRows, placePanelsOnGrid } from './rows.ts';
import { bindInputs, migrateSource, takeSharedInputs } from './sources.ts';
import { migrateVariables } from './variables.ts';

/** The newest version that is known; a newer file is read as if it were one. */
export const SCHEMA_VERSION = 43;

// The largest public dashboards have 200 to 300 panels; ten times that is no page but a mistake of a generator.
export const PANELS_MAX = 3000;

// Public dashboards have a dozen. Every variable is looked for in the others, and chosen in a box of its own.
export const VARIABLES_MAX = 500;

// Each is a query of its own whenever the time range changes; public dashboards have a few.
export const ANNOTATIONS_MAX = 500;

// Large public dashboards have 300. The report parses each, a quarter of a millisecond where variables stand in it.
export const QUERIES_MAX = 5000;

/**
 * Brings a classic dashboard of any version to the newest one, in place. What Grafana does in 43 steps is done by
 * form and not by number, since generators write old forms under new numbers and the other way round: each step
 * acts where it finds the form it replaces, so that a second run changes nothing.
 */
export function migrateDashboard(dashboard: JsonObject, remarks: Remarks): void {
  const version = numberOf(dashboard['schemaVersion']) ?? 0;
  if (version > SCHEMA_VERSION)
    remarks.aboutDashboard(
      'migrated',
      'schemaVersion',
      `${version} is newer than ${SCHEMA_VERSION}, the newest known; read as that`,
    );
  else if (version < SCHEMA_VERSION)
    remarks.aboutDashboard('migrated', 'schemaVersion', `${version} became ${SCHEMA_VERSION}`);
  dashboard['schemaVersion'] = SCHEMA_VERSION;
  assertFew('variables', listOf(objectOf(dashboard['templating'])['list']).length);
  assertFew('annotations', listOf(objectOf(dashboard['annotations'])['list']).length);
  const elements = objectOf(dashboard['__elements']);
  const inputs = takeSharedInputs(dashboard);
  if (inputs.sources.size + inputs.constants.size > 0) {
    bindInputs(dashboard, inputs);
    bindInputs(elements, inputs);
  }
  migratePanels(dashboard, elements, remarks);
  migrateSettings(dashboard);
  migrateVariables(dashboard);
  migrateAnnotations(dashboard);
}

function migratePanels(dashboard: JsonObject, elements: JsonObject, remarks: Remarks): void {
  placeLegacyRows(dashboard);
  const panels = flattenRows(objectsOf(dashboard['panels'])).filter((panel) => !isRepeatedCopy(panel));
  assertFew('panels', allPanels(panels).length);
  takeLibraryPanels(allPanels(panels), elements);
  assertFew(
    'queries',
    allPanels(panels).reduce((count, { targets }) => count + listOf(targets).length, 0),
  );
  for (const panel of allPanels(panels)) migratePanel(panel, remarks);
  placePanelsOnGrid(panels);
  numberPanels(panels);
  dashboard['panels'] = panels;
}

function assertFew(what: keyof typeof LIMITS, count: number): void {
  const [name, limit] = LIMITS[what];
  if (count > limit)
    throw new InputError(
      'VED_DASHBOARD_INVALID',
      `cannot read the dashboard: it has too many ${what}; got ${count}, limit is ${limit} (${name}); split it`,
    );
}

const LIMITS = {
  panels: ['PANELS_MAX', PANELS_MAX],
  queries: ['QUERIES_MAX', QUERIES_MAX],
  variables: ['VARIABLES_MAX', VARIABLES_MAX],
  annotations: ['ANNOTATIONS_MAX', ANNOTATIONS_MAX],
} as const;

/** Rows and what stands in them, in the order of the file. */
export function allPanels(panels: readonly JsonObject[]): JsonObject[] {
  return panels.flatMap((panel) =>
    panel['type'] === 'row' ? [panel, ...objectsOf(panel['panels'])] : [panel],
  );
}

// As much as a file may be long: one large library panel in every place of a file would fill the memory.
const LIBRARY_CHARACTERS_MAX = 4 * 1024 * 1024;

/**
 * A file that was exported for sharing carries its library panels, each to be put where it is named; others name
 * one that only their Grafana has. Copies above the limit stay names, which the report tells.
 */
function takeLibraryPanels(panels: readonly JsonObject[], elements: JsonObject): void {
  const texts = new Map<string, string>();
  let characterCount = 0;
  for (const panel of panels) {
    const uid = textOf(objectOf(panel['libraryPanel'])['uid']);
    const { model } = objectOf(Object.hasOwn(elements, uid) ? elements[uid] : undefined);
    if (!isObject(model) || panel['type'] === 'row' || model['type'] === 'row') continue;
    const text = texts.get(uid) ?? JSON.stringify(model);
    texts.set(uid, text);
    characterCount += text.length;
    if (characterCount > LIBRARY_CHARACTERS_MAX) return;
    const { id, gridPos } = panel;
    Object.assign(panel, JSON.parse(text), { id, gridPos });
    delete panel['libraryPanel'];
  }
}

/** Ids are whole numbers from 1, each once: the first panel keeps a repeated one. */
function numberPanels(panels: readonly JsonObject[]): void {
  const all = allPanels(panels);
  const taken = new Set<number>();
  const homeless: JsonObject[] = [];
  for (const panel of all) {
    const id = numberOf(panel['id']);
    if (id === undefined || !Number.isSafeInteger(id) || id < 1 || taken.has(id)) homeless.push(panel);
    else {
      taken.add(id);
      panel['id'] = id;
    }
  }
  let next = 1;
  for (const panel of homeless) {
    while (taken.has(next)) next += 1;
    taken.add(next);
    panel['id'] = next;
  }
}

function migrateSettings(dashboard: JsonObject): void {
  if ('sharedCrosshair' in dashboard) {
    dashboard['graphTooltip'] ??= dashboard['sharedCrosshair'] === true ? 1 : 0;
    delete dashboard['sharedCrosshair'];
  }
  if (!isObject(dashboard['time'])) dashboard['time'] = { from: 'now-6h', to: 'now' };
  if (typeof dashboard['refresh'] !== 'string') dashboard['refresh'] = '';
  if (typeof dashboard['title'] !== 'string' || dashboard['title'] === '') dashboard['title'] = 'Untitled';
  dashboard['uid'] = textOf(dashboard['uid']);
}

function migrateAnnotations(dashboard: JsonObject): void {
  const annotations = objectOf(dashboard['annotations']);
  const list = objectsOf(annotations['list']);
  for (const annotation of list) migrateSource(annotation);
  dashboard['annotations'] = { ...annotations, list };
}
