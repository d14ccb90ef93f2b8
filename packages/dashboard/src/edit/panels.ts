import { bug, InputError } from '@vedette/model';
import type { ClassicDashboard, GridPosition } from '../dashboard.ts';
import { GRID_COLUMNS, gridOf, PANEL_SIZE } from '../read/grid.ts';
import { copyOf, isObject, numberOf, objectsOf, textOf, type JsonObject } from '../read/json.ts';
import { allPanels } from '../read/migrate/migrate.ts';
import { migratePanel } from '../read/migrate/panels.ts';
import { Remarks } from '../read/remarks.ts';

/**
 * Editing is done on the stored JSON and not on the view, so that what we do not know of a file stays in it.
 * Each function gives a new dashboard and leaves the one it was given alone; both share what did not change.
 * They want the `classic` of `readDashboard` (or of one another); ids that are not in it are programmers' mistakes.
 */

/** Moves and resizes panels, also those within collapsed rows; ids that the map does not have stay. */
export function placePanels(
  classic: ClassicDashboard,
  positions: ReadonlyMap<number, GridPosition>,
): ClassicDashboard {
  return mapPanels(classic, (panel) => {
    const position = positions.get(idOf(panel));
    return position === undefined ? panel : { ...panel, gridPos: gridOf(position) };
  });
}

/** The id that `addPanel` and `duplicatePanel` give to what they add. */
export function nextPanelId(classic: ClassicDashboard): number {
  return allPanels(objectsOf(classic['panels'])).reduce((top, panel) => Math.max(top, idOf(panel)), 0) + 1;
}

/** Adds a panel, under `nextPanelId`, where its `gridPos` says or else at the bottom. Old forms are migrated. */
export function addPanel(classic: ClassicDashboard, json: unknown): ClassicDashboard {
  const id = nextPanelId(classic);
  const panel = adoptPanel(json);
  const panels = objectsOf(classic['panels']);
  const bottom = panels.reduce((y, { gridPos }) => Math.max(y, gridOf(gridPos).y + gridOf(gridPos).h), 0);
  const isRow = panel['type'] === 'row';
  const place = isRow ? { x: 0, y: bottom, w: GRID_COLUMNS, h: 1 } : { x: 0, y: bottom, ...PANEL_SIZE };
  const added = { ...panel, id, gridPos: isObject(panel['gridPos']) ? gridOf(panel['gridPos']) : place };
  return { ...classic, panels: [...panels, isRow ? withChildIds(added, id + 1) : added] };
}

/** Removes a panel; a collapsed row with what it holds, an expanded one alone. */
export function removePanel(classic: ClassicDashboard, id: number): ClassicDashboard {
  panelJson(classic, id);
  const remaining = objectsOf(classic['panels']).filter((panel) => idOf(panel) !== id);
  return {
    ...classic,
    panels: remaining.map((panel) =>
      panel['type'] === 'row'
        ? { ...panel, panels: objectsOf(panel['panels']).filter((child) => idOf(child) !== id) }
        : panel,
    ),
  };
}

/** Puts other JSON in the place of a panel, which keeps its id, and its position unless the JSON has one. */
export function replacePanel(classic: ClassicDashboard, id: number, json: unknown): ClassicDashboard {
  const before = panelJson(classic, id);
  const panel = adoptPanel(json);
  if ((panel['type'] === 'row') !== (before['type'] === 'row'))
    throw new InputError(
      'VED_DASHBOARD_INVALID',
      `cannot replace panel ${id}: a row stays a row, and a panel a panel; got ${JSON.stringify(textOf(panel['type']))}; remove it and add the other`,
    );
  const gridPos = isObject(panel['gridPos']) ? gridOf(panel['gridPos']) : before['gridPos'];
  const isRow = panel['type'] === 'row';
  const kept = isRow ? { collapsed: before['collapsed'], panels: before['panels'] } : {};
  return mapPanels(classic, (each) => (idOf(each) === id ? { ...panel, ...kept, id, gridPos } : each));
}

/** Puts a copy right of a panel where there is room on its line, else below it; the copy is `nextPanelId`. */
export function duplicatePanel(classic: ClassicDashboard, id: number): ClassicDashboard {
  const original = panelJson(classic, id);
  const grid = gridOf(original['gridPos']);
  const isRightFree = grid.x + 2 * grid.w <= GRID_COLUMNS;
  const place = isRightFree ? { ...grid, x: grid.x + grid.w } : { ...grid, y: grid.y + grid.h };
  const nextId = nextPanelId(classic);
  const copy = withChildIds({ ...original, id: nextId, gridPos: place }, nextId + 1);
  const insert = (panels: readonly JsonObject[]): JsonObject[] =>
    panels.flatMap((panel) => {
      if (idOf(panel) === id) return [panel, copy];
      return [panel['type'] === 'row' ? { ...panel, panels: insert(objectsOf(panel['panels'])) } : panel];
    });
  return { ...classic, panels: insert(objectsOf(classic['panels'])) };
}

/** The JSON of one panel, as it is stored. */
export function panelJson(classic: ClassicDashboard, id: number): Readonly<Record<string, unknown>> {
  const found = allPanels(objectsOf(classic['panels'])).find((panel) => idOf(panel) === id);
  return found ?? bug(`want the id of a panel of the dashboard; got ${id}`);
}

function idOf(panel: JsonObject): number {
  return numberOf(panel['id']) ?? 0;
}

/** Every panel, those within rows too; a row is mapped after what it holds. */
function mapPanels(classic: ClassicDashboard, change: (panel: JsonObject) => JsonObject): ClassicDashboard {
  const panels = objectsOf(classic['panels']).map((panel) =>
    change(panel['type'] === 'row' ? { ...panel, panels: objectsOf(panel['panels']).map(change) } : panel),
  );
  return { ...classic, panels };
}

function adoptPanel(json: unknown): JsonObject {
  const panel = copyOf(json);
  if (!isObject(panel) || typeof panel['type'] !== 'string')
    throw new InputError(
      'VED_DASHBOARD_INVALID',
      `cannot use the JSON as a panel: want an object with "type", such as "timeseries"; got ${isObject(panel) ? 'one without' : JSON.stringify(panel)?.slice(0, 40)}`,
    );
  const remarks = new Remarks();
  migratePanel(panel, remarks);
  if (panel['type'] === 'row') {
    panel['collapsed'] = panel['collapsed'] === true;
    const children = objectsOf(panel['panels']).filter(({ type }) => type !== 'row');
    for (const child of children) {
      migratePanel(child, remarks);
      child['gridPos'] = gridOf(child['gridPos']);
    }
    panel['panels'] = panel['collapsed'] ? children : [];
  }
  return panel;
}

function withChildIds(panel: JsonObject, firstId: number): JsonObject {
  if (panel['type'] !== 'row') return panel;
  const children = objectsOf(panel['panels']);
  return { ...panel, panels: children.map((child, i) => ({ ...child, id: firstId + i })) };
}
