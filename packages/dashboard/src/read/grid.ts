import type { GridPosition } from '../dashboard.ts';
import { numberOf, objectOf } from './json.ts';

export const GRID_COLUMNS = 24;

// 500 units are 19,000 px; a panel that is higher is a mistake of the file, and its canvas would not be drawn.
export const PANEL_HEIGHT_MAX = 500;

// Ten thousand panels of ten units; further down nobody scrolls.
const GRID_Y_MAX = 100_000;

/** Size of a panel whose file names none: half the width, as Grafana's new panels. */
export const PANEL_SIZE = { w: 12, h: 8 } as const;

/** Within the page: whole numbers, at least one unit, no further right than the last column. */
export function gridOf(value: unknown): GridPosition {
  const { x, y, w, h } = objectOf(value);
  const width = within(numberOf(w) ?? PANEL_SIZE.w, 1, GRID_COLUMNS);
  return {
    x: within(numberOf(x) ?? 0, 0, GRID_COLUMNS - width),
    y: within(numberOf(y) ?? 0, 0, GRID_Y_MAX),
    w: width,
    h: within(numberOf(h) ?? PANEL_SIZE.h, 1, PANEL_HEIGHT_MAX),
  };
}

/**
 * Gravity: in the order of reading, each panel rises until it touches what stands above it, as in Grafana. The
 * skyline has the lowest free line of each column, so that n panels cost 24·n steps and none overlaps another.
 */
export function compactGrid(grids: ReadonlyMap<number, GridPosition>): Map<number, GridPosition> {
  const skyline = Array<number>(GRID_COLUMNS).fill(0);
  const compacted = new Map<number, GridPosition>();
  for (const [id, wild] of [...grids].toSorted(([, a], [, b]) => a.y - b.y || a.x - b.x)) {
    const grid = gridOf(wild);
    const y = Math.max(...skyline.slice(grid.x, grid.x + grid.w));
    skyline.fill(y + grid.h, grid.x, grid.x + grid.w);
    compacted.set(id, { ...grid, y });
  }
  return compacted;
}

function within(value: number, min: number, max: number): number {
  return Math.min(Math.max(Math.round(value), min), max);
}
