import type { GridPosition, Panel } from '@vedette/dashboard';

/**
 * The grid of a dashboard: 24 columns, units of 30 px with 8 px between them, and gravity upwards.
 *
 * - Shown, a dashboard is a list of sections, one per row and one for what stands before the first;
 *   each is a grid of its own, so that a closed row takes its panels along and the rest moves up.
 * - Edited, it is one grid: `placeItem` moves one item, pushes down what it would cover, and lets
 *   everything fall up again. Items keep their order of reading, so the same move always gives the same grid.
 */
export const GRID_COLUMNS = 24;

/** As Grafana's: its files are drawn for it. */
export const UNIT_PIXELS = 30;
export const GAP_PIXELS = 8;

/** Less cannot hold a title and a number. */
const WIDTH_MIN = 2;
const HEIGHT_MIN = 2;

/** A thousand pixels and more: nobody reads a higher panel. */
const HEIGHT_MAX = 40;

export function pixelsOf(units: number): number {
  return units * UNIT_PIXELS + (units - 1) * GAP_PIXELS;
}

export interface Placed {
  readonly id: string;
  readonly grid: GridPosition;
}

/** A row with what stands in it, or what stands before the first row. */
export interface Section<P> {
  readonly row: P | undefined;
  readonly isCollapsed: boolean;
  readonly panels: readonly P[];
}

interface Sectioned {
  readonly panel: Panel;
}

/** Panels by the row they stand under, in the order of reading. */
export function sectionsOf<P extends Sectioned>(
  panels: readonly P[],
  isCollapsed: (row: Panel) => boolean,
): readonly Section<P>[] {
  const sections: { row: P | undefined; isCollapsed: boolean; panels: P[] }[] = [];
  for (const one of panels) {
    if (one.panel.kind === 'row')
      sections.push({ row: one, isCollapsed: isCollapsed(one.panel), panels: [] });
    else {
      if (sections.length === 0) sections.push({ row: undefined, isCollapsed: false, panels: [] });
      sections.at(-1)?.panels.push(one);
    }
  }
  return sections.map((section) => ({ ...section, panels: section.panels.toSorted(byReading) }));
}

/** Positions with the topmost at 0: sections and single grids begin at their own top. */
export function fromTop(grids: readonly GridPosition[]): readonly GridPosition[] {
  const top = Math.min(...grids.map(({ y }) => y), Infinity);
  return grids.map((grid) => ({ ...grid, y: grid.y - top }));
}

/** The grid after one item was moved or resized; what it would cover goes down, and all falls up. */
export function placeItem(items: readonly Placed[], id: string, wanted: GridPosition): readonly Placed[] {
  const grid = withinGrid(wanted);
  const others = items.filter((item) => item.id !== id).toSorted(byPosition);
  const placed: Placed[] = [{ id, grid }];
  for (const item of others) placed.push({ ...item, grid: firstFree(item.grid, placed) });
  return compact(placed);
}

/** Moves by whole units; upwards past what stands there, since gravity would undo a smaller step. */
export function nudgeItem(
  items: readonly Placed[],
  id: string,
  by: { readonly dx: number; readonly dy: number; readonly dw: number; readonly dh: number },
): readonly Placed[] {
  const item = items.find((one) => one.id === id);
  if (item === undefined) return items;
  const { x, y, w, h } = item.grid;
  const jumpY = by.dy === 0 ? 0 : jumpOf(items, item, by.dy);
  return placeItem(items, id, { x: x + by.dx, y: y + jumpY, w: w + by.dw, h: h + by.dh });
}

/** Everything as high up as it goes, in the order of reading. */
export function compact(items: readonly Placed[]): readonly Placed[] {
  const done: Placed[] = [];
  for (const item of items.toSorted(byPosition)) {
    let { grid } = item;
    while (grid.y > 0 && !isCovered({ ...grid, y: grid.y - 1 }, done)) grid = { ...grid, y: grid.y - 1 };
    done.push({ ...item, grid: firstFree(grid, done) });
  }
  return done;
}

/** Where a new panel goes: under everything. */
export function bottomOf(items: readonly Placed[]): number {
  return Math.max(0, ...items.map(({ grid }) => grid.y + grid.h));
}

/** Up: to the top of the nearest item above; down: past the nearest below. */
function jumpOf(items: readonly Placed[], item: Placed, dy: number): number {
  const columns = items.filter(({ id, grid }) => id !== item.id && overlapsX(grid, item.grid));
  if (dy < 0) {
    const above = columns.filter(({ grid }) => grid.y < item.grid.y).map(({ grid }) => grid.y);
    return (above.length === 0 ? 0 : Math.max(...above)) - item.grid.y;
  }
  const below = columns.filter(({ grid }) => grid.y >= item.grid.y + item.grid.h);
  const next = below.toSorted(byPosition)[0];
  return next === undefined ? 0 : next.grid.y + next.grid.h - item.grid.y;
}

function withinGrid({ x, y, w, h }: GridPosition): GridPosition {
  const width = clamp(w, WIDTH_MIN, GRID_COLUMNS);
  return {
    x: clamp(x, 0, GRID_COLUMNS - width),
    y: Math.max(0, y),
    w: width,
    // A row is one unit high and stays so.
    h: h === 1 ? 1 : clamp(h, HEIGHT_MIN, HEIGHT_MAX),
  };
}

function firstFree(grid: GridPosition, placed: readonly Placed[]): GridPosition {
  let free = grid;
  for (;;) {
    const hit = placed.find((one) => overlaps(one.grid, free));
    if (hit === undefined) return free;
    free = { ...free, y: hit.grid.y + hit.grid.h };
  }
}

function isCovered(grid: GridPosition, placed: readonly Placed[]): boolean {
  return placed.some((one) => overlaps(one.grid, grid));
}

function overlaps(a: GridPosition, b: GridPosition): boolean {
  return overlapsX(a, b) && a.y < b.y + b.h && b.y < a.y + a.h;
}

function overlapsX(a: GridPosition, b: GridPosition): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w;
}

function byPosition(a: Placed, b: Placed): number {
  return a.grid.y - b.grid.y || a.grid.x - b.grid.x;
}

function byReading(a: Sectioned, b: Sectioned): number {
  return a.panel.grid.y - b.panel.grid.y || a.panel.grid.x - b.panel.grid.x;
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
