import { gridOf, GRID_COLUMNS } from '../grid.ts';
import { definedOf, isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';

interface LayoutContext {
  /** By the name of the element; who has its place is taken out. */
  readonly panels: Map<string, JsonObject>;
  readonly remarks: Remarks;
  /** Columns there are. */
  readonly width: number;
}

/** The panels of a layout with their positions, rows among them, from line 0 on. */
export function placeLayout(layout: JsonObject, context: LayoutContext): JsonObject[] {
  return place(layout, context, 0).panels;
}

interface Placed {
  readonly panels: JsonObject[];
  /** The first free line below. */
  readonly bottom: number;
}

function place(layout: JsonObject, context: LayoutContext, top: number): Placed {
  const spec = objectOf(layout['spec']);
  switch (layout['kind']) {
    case 'GridLayout':
      return placeGrid(objectsOf(spec['items']), context, top);
    case 'AutoGridLayout':
      return placeAutoGrid(spec, context, top);
    case 'RowsLayout':
      return placeSections(objectsOf(spec['rows']), context, top);
    case 'TabsLayout':
      context.remarks.aboutDashboard('option', 'layout', 'tabs are shown as rows, one below the other');
      return placeSections(objectsOf(spec['tabs']), context, top);
    default:
      context.remarks.aboutDashboard(
        'option',
        'layout',
        `a layout of kind "${textOf(layout['kind'])}" is not known; its panels are left out`,
      );
      return { panels: [], bottom: top };
  }
}

function placeGrid(items: readonly JsonObject[], context: LayoutContext, top: number): Placed {
  const panels: JsonObject[] = [];
  let bottom = top;
  for (const { kind, spec } of items) {
    const { x, y, width, height, element, repeat, collapsed, title, elements } = objectOf(spec);
    if (kind === 'GridLayoutRow') {
      // The first version had rows within the grid, as the classic form.
      const inner = placeGrid(objectsOf(elements), context, top);
      const isCollapsed = collapsed === true;
      const gridPos = { x: 0, y: top + (numberOf(y) ?? 0), w: GRID_COLUMNS, h: 1 };
      panels.push({
        type: 'row',
        title: textOf(title),
        collapsed: isCollapsed,
        panels: inner.panels,
        gridPos,
      });
      bottom = Math.max(bottom, gridPos.y + 1, inner.bottom);
      continue;
    }
    const panel = takePanel(element, context);
    if (panel === undefined) continue;
    const grid = gridOf({ x, y: top + (numberOf(y) ?? 0), w: width, h: height });
    panels.push({ ...panel, ...repeatOf(repeat), gridPos: grid });
    bottom = Math.max(bottom, grid.y + grid.h);
  }
  return { panels, bottom };
}

const ROW_HEIGHTS: ReadonlyMap<string, number> = new Map([
  ['short', 5],
  ['standard', 9],
  ['tall', 14],
]);

/** Grafana fills lines by the width of the window; ours have a fixed number of equal parts. */
function placeAutoGrid(spec: JsonObject, context: LayoutContext, top: number): Placed {
  const columnCount = Math.min(Math.max(Math.round(numberOf(spec['maxColumnCount']) ?? 3), 1), 6);
  const w = Math.floor(context.width / columnCount);
  const h = ROW_HEIGHTS.get(textOf(spec['rowHeightMode'])) ?? 9;
  const found = objectsOf(spec['items']).flatMap((item) => {
    const { element, repeat, conditionalRendering } = objectOf(item['spec']);
    remarkOnCondition(conditionalRendering, context);
    const panel = takePanel(element, context);
    return panel === undefined ? [] : [{ ...panel, ...repeatOf(repeat) }];
  });
  const panels = found.map((panel, i) => ({
    ...panel,
    gridPos: { x: (i % columnCount) * w, y: top + Math.floor(i / columnCount) * h, w, h },
  }));
  return { panels, bottom: top + Math.ceil(panels.length / columnCount) * h };
}

/** Rows and tabs: a title each, and a layout within. */
function placeSections(sections: readonly JsonObject[], context: LayoutContext, top: number): Placed {
  const panels: JsonObject[] = [];
  let bottom = top;
  for (const { spec } of sections) {
    const { title, collapse, hideHeader, repeat, layout, conditionalRendering } = objectOf(spec);
    remarkOnCondition(conditionalRendering, context);
    const hasRow = hideHeader !== true;
    const inner = place(objectOf(layout), context, bottom + (hasRow ? 1 : 0));
    if (hasRow) {
      const gridPos = { x: 0, y: bottom, w: GRID_COLUMNS, h: 1 };
      const isCollapsed = collapse === true;
      panels.push({
        type: 'row',
        title: textOf(title),
        collapsed: isCollapsed,
        panels: inner.panels,
        gridPos,
        ...repeatOf(repeat),
      });
    } else panels.push(...inner.panels);
    bottom = Math.max(inner.bottom, bottom + 1);
  }
  return { panels, bottom };
}

function remarkOnCondition(condition: unknown, { remarks }: LayoutContext): void {
  if (isObject(condition))
    remarks.aboutDashboard(
      'option',
      'conditional rendering',
      'panels and rows with a condition are always shown',
    );
}

function takePanel(reference: unknown, { panels, remarks }: LayoutContext): JsonObject | undefined {
  const name = textOf(objectOf(reference)['name']);
  const panel = panels.get(name);
  // Each stands in one place: a large one in a thousand places would be a thousand times as large.
  panels.delete(name);
  if (panel === undefined)
    remarks.aboutDashboard(
      'option',
      'layout',
      `there is no element "${name}", or it stands elsewhere already; its place stays empty`,
    );
  return panel;
}

function repeatOf(repeat: unknown): JsonObject {
  const { value, direction, maxPerRow } = objectOf(repeat);
  if (textOf(value) === '') return {};
  return definedOf({ repeat: value, repeatDirection: direction, maxPerRow });
}
