/** How equal boxes fill an area: as many columns as make them largest without being too narrow. */
export interface CellGrid {
  readonly columns: number;
  readonly rows: number;
  readonly width: number;
  readonly height: number;
}

const GAP = 8;

export interface CellArea {
  readonly width: number;
  readonly height: number;
  /** `horizontal`: one above the other; `vertical`: beside each other, as far as they fit; `auto`: what makes them largest. */
  readonly orientation: 'auto' | 'horizontal' | 'vertical';
}

/**
 * Boxes for `count` values in `width × height` pixels. Boxes keep their least size: when they do not all
 * fit, the area scrolls.
 */
export function cellGridOf(
  count: number,
  area: CellArea,
  least: { readonly width: number; readonly height: number },
): CellGrid {
  const fitting = Math.max(1, Math.floor((area.width + GAP) / (least.width + GAP)));
  const columnsMax = area.orientation === 'horizontal' ? 1 : Math.min(Math.max(1, count), fitting);
  let best: CellGrid | undefined;
  for (let columns = area.orientation === 'vertical' ? columnsMax : 1; columns <= columnsMax; columns++) {
    const rows = Math.max(1, Math.ceil(count / columns));
    const width = (area.width - GAP * (columns - 1)) / columns;
    const height = Math.max(least.height, (area.height - GAP * (rows - 1)) / rows);
    const grid = { columns, rows, width, height };
    // A box twice as wide as high holds a number best.
    if (best === undefined || sizeOf(grid, area.height) > sizeOf(best, area.height)) best = grid;
  }
  return best ?? { columns: 1, rows: 1, width: area.width, height: area.height };
}

function sizeOf({ width, height, rows }: CellGrid, areaHeight: number): number {
  const overflow = Math.max(0, rows * (height + GAP) - GAP - areaHeight);
  return Math.min(width / 2, height) - overflow;
}

/** Size of a text in pixels that fits a box: a number that is cut off says something else. */
export function fontSizeOf(text: string, box: { readonly width: number; readonly height: number }): number {
  const ems = Array.from(text, emsOf).reduce((sum, width) => sum + width, 0);
  const byWidth = box.width / Math.max(1.4, ems);
  return Math.floor(Math.min(64, Math.max(12, Math.min(byWidth, box.height))));
}

/** Widths when bold in DejaVu Sans, the widest of the fonts of systems. */
function emsOf(char: string): number {
  if ('.,:; '.includes(char)) return 0.4;
  if ('%WM@'.includes(char)) return 1.1;
  return char > '\u2e80' ? 1 : 0.72;
}
