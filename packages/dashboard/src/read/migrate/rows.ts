import { GRID_COLUMNS, gridOf, PANEL_SIZE } from '../grid.ts';
import { numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';

/**
 * Before version 16 a dashboard held `rows`, each with panels of some of 12 columns (`span`) and a height in pixels;
 * generators write the form to this day, whatever their `schemaVersion` says. They become panels on the grid:
 *
 * 1. A unit is 30 px with 8 px of gap; a row without a height has 250 px, and none is lower than 90 px.
 * 2. Panels fill the row from the left, the next line begins where one does not fit any more.
 * 3. Row panels appear for all rows as soon as one of them is collapsed, repeated or shows its title.
 */
export function placeLegacyRows(dashboard: JsonObject): void {
  const rows = objectsOf(dashboard['rows']);
  if (!('rows' in dashboard)) return;
  delete dashboard['rows'];
  if (rows.length === 0) return;
  const hasRowPanels = rows.some(
    (row) => row['collapse'] === true || row['showTitle'] === true || textOf(row['repeat']) !== '',
  );
  const panels = objectsOf(dashboard['panels']);
  let y = panels.reduce((bottom, { gridPos }) => Math.max(bottom, gridOf(gridPos).y + gridOf(gridPos).h), 0);
  for (const row of rows) {
    if (hasRowPanels) {
      const panel = rowPanelOf(row, y);
      panels.push(panel);
      y += 1;
      const isCollapsed = row['collapse'] === true;
      const placed = placeRow(row, y);
      if (isCollapsed) panel['panels'] = placed.panels;
      else panels.push(...placed.panels);
      y = isCollapsed ? y : placed.bottom;
      continue;
    }
    const placed = placeRow(row, y);
    panels.push(...placed.panels);
    y = placed.bottom;
  }
  dashboard['panels'] = panels;
}

const UNIT_PX = 38;
const HEIGHT_PX = { otherwise: 250, min: 90 } as const;

function heightOf(value: unknown): number | undefined {
  const px = numberOf(typeof value === 'string' ? value.replace(/px$/, '') : value);
  return px === undefined || px <= 0 ? undefined : Math.ceil(Math.max(px, HEIGHT_PX.min) / UNIT_PX);
}

function rowPanelOf(row: JsonObject, y: number): JsonObject {
  const repeat = textOf(row['repeat']);
  return {
    type: 'row',
    title: textOf(row['title']),
    collapsed: row['collapse'] === true,
    panels: [],
    gridPos: { x: 0, y, w: GRID_COLUMNS, h: 1 },
    ...(repeat === '' ? {} : { repeat }),
  };
}

function placeRow(row: JsonObject, top: number): { panels: JsonObject[]; bottom: number } {
  const rowHeight = heightOf(row['height']) ?? heightOf(HEIGHT_PX.otherwise) ?? PANEL_SIZE.h;
  const panels = objectsOf(row['panels']);
  let x = 0;
  let y = top;
  let lineHeight = 0;
  for (const panel of panels) {
    const span = Math.min(Math.max(numberOf(panel['span']) ?? 4, 1), 12);
    const w = Math.floor(span * 2);
    const h = heightOf(panel['height']) ?? rowHeight;
    if (x + w > GRID_COLUMNS) {
      x = 0;
      y += lineHeight;
      lineHeight = 0;
    }
    panel['gridPos'] = { x, y, w, h };
    delete panel['span'];
    delete panel['height'];
    x += w;
    lineHeight = Math.max(lineHeight, h);
  }
  return { panels, bottom: y + Math.max(lineHeight, panels.length === 0 ? 0 : rowHeight) };
}

/** Rows never hold rows, and what an expanded one holds stands behind it. */
export function flattenRows(panels: readonly JsonObject[]): JsonObject[] {
  return panels.flatMap((panel) => {
    if (panel['type'] !== 'row') return [panel];
    const inner = objectsOf(panel['panels']);
    const rows = flattenRows(inner.filter(({ type }) => type === 'row'));
    const children = inner.filter(({ type }) => type !== 'row');
    const isCollapsed = panel['collapsed'] === true;
    panel['collapsed'] = isCollapsed;
    panel['panels'] = isCollapsed ? children : [];
    return isCollapsed ? [panel, ...rows] : [panel, ...children, ...rows];
  });
}

/** Whatever the file says of it, every panel has a place on the grid; who has none stands at the bottom. */
export function placePanelsOnGrid(panels: readonly JsonObject[]): void {
  const placed = new Set(panels.filter(({ gridPos }) => 'w' in objectOf(gridPos)));
  let y = [...placed].reduce(
    (bottom, { gridPos }) => Math.max(bottom, gridOf(gridPos).y + gridOf(gridPos).h),
    0,
  );
  let x = 0;
  for (const panel of panels) {
    const isRow = panel['type'] === 'row';
    if (isRow) placePanelsOnGrid(objectsOf(panel['panels']));
    if (placed.has(panel)) {
      panel['gridPos'] = { ...objectOf(panel['gridPos']), ...gridOf(panel['gridPos']) };
      continue;
    }
    if (isRow && x > 0) {
      x = 0;
      y += PANEL_SIZE.h;
    }
    panel['gridPos'] = isRow ? { x: 0, y, w: GRID_COLUMNS, h: 1 } : { x, y, ...PANEL_SIZE };
    x = isRow ? 0 : (x + PANEL_SIZE.w) % GRID_COLUMNS;
    if (isRow) y += 1;
    else if (x === 0) y += PANEL_SIZE.h;
  }
}
