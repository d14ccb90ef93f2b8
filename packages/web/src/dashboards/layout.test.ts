import type { GridPosition, Panel } from '@vedette/dashboard';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  bottomOf,
  compact,
  fromTop,
  GRID_COLUMNS,
  nudgeItem,
  pixelsOf,
  placeItem,
  sectionsOf,
  type Placed,
} from './layout.ts';

const at = (id: string, x: number, y: number, w: number, h: number): Placed => ({ id, grid: { x, y, w, h } });
const gridOf = (items: readonly Placed[], id: string): GridPosition | undefined =>
  items.find((item) => item.id === id)?.grid;

function expectSound(items: readonly Placed[]): void {
  for (const [i, { grid: a }] of items.entries()) {
    expect(a.x >= 0 && a.y >= 0 && a.x + a.w <= GRID_COLUMNS).toBe(true);
    for (const { grid: b } of items.slice(i + 1))
      expect(a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h).toBe(false);
  }
}

const grid = fc
  .record({
    x: fc.integer({ min: 0, max: 23 }),
    y: fc.integer({ min: 0, max: 40 }),
    w: fc.integer({ min: 2, max: 24 }),
    h: fc.integer({ min: 2, max: 12 }),
  })
  .map(({ x, w, ...rest }) => ({ ...rest, w, x: Math.min(x, GRID_COLUMNS - w) }));
const items = fc
  .array(grid, { minLength: 1, maxLength: 12 })
  .map((grids) => compact(grids.map((one, i) => ({ id: String(i), grid: one }))));

test('any move of any item leaves a grid without overlaps, inside its columns, with every item once', () => {
  fc.assert(
    fc.property(
      items,
      fc.nat(11),
      fc.integer({ min: -5, max: 30 }),
      fc.integer({ min: -3, max: 40 }),
      (all, i, x, y) => {
        const one = all[i % all.length] ?? all[0];
        if (one === undefined) return;
        const moved = placeItem(all, one.id, { ...one.grid, x, y });
        expectSound(moved);
        expect(moved.map(({ id }) => id).sort()).toEqual(all.map(({ id }) => id).sort());
      },
    ),
  );
});

test('a compact grid stays as it is', () => {
  const byId = (list: readonly Placed[]) => list.toSorted((a, b) => a.id.localeCompare(b.id));
  fc.assert(
    fc.property(items, (all) => {
      expect(byId(compact(all))).toEqual(byId(all));
    }),
  );
});

test('a panel moved onto another pushes it down', () => {
  const moved = placeItem([at('a', 0, 0, 12, 8), at('b', 12, 0, 12, 8)], 'b', { x: 0, y: 0, w: 12, h: 8 });
  expect(gridOf(moved, 'b')).toEqual({ x: 0, y: 0, w: 12, h: 8 });
  expect(gridOf(moved, 'a')).toEqual({ x: 0, y: 8, w: 12, h: 8 });
});

test('what stood under a panel moves up when the panel is away', () => {
  const moved = placeItem([at('a', 0, 0, 12, 8), at('b', 0, 8, 12, 4)], 'a', { x: 12, y: 0, w: 12, h: 8 });
  expect(gridOf(moved, 'b')?.y).toBe(0);
});

test('the arrow keys go past a neighbour in one step, though gravity pulls', () => {
  const all = [at('a', 0, 0, 12, 8), at('b', 0, 8, 12, 4)];
  const step = { dx: 0, dw: 0, dh: 0 };
  expect(gridOf(nudgeItem(all, 'b', { ...step, dy: -1 }), 'b')?.y).toBe(0);
  const down = nudgeItem(all, 'a', { ...step, dy: 1 });
  expect(gridOf(down, 'a')?.y).toBe(4);
  expect(gridOf(down, 'b')?.y).toBe(0);
});

test('keys stop at the edge of the grid and at the smallest size', () => {
  const all = [at('a', 22, 0, 2, 2)];
  expect(gridOf(nudgeItem(all, 'a', { dx: 1, dy: 0, dw: 0, dh: 0 }), 'a')).toEqual({
    x: 22,
    y: 0,
    w: 2,
    h: 2,
  });
  expect(gridOf(nudgeItem(all, 'a', { dx: 0, dy: 0, dw: -1, dh: 0 }), 'a')?.w).toBe(2);
  expect(gridOf(nudgeItem(all, 'a', { dx: 0, dy: -1, dw: 0, dh: 0 }), 'a')?.y).toBe(0);
  expect(nudgeItem(all, 'none', { dx: 1, dy: 0, dw: 0, dh: 0 })).toBe(all);
});

test('a new panel goes under everything', () => {
  expect(bottomOf([])).toBe(0);
  expect(bottomOf([at('a', 0, 0, 4, 8), at('b', 4, 0, 4, 3)])).toBe(8);
});

test('heights are those of Grafana: 8 units are 296 px', () => {
  expect(pixelsOf(8)).toBe(296);
  expect(pixelsOf(1)).toBe(30);
});

const panel = (id: number, y: number, kind: Panel['kind'] = 'stat', x = 0): { panel: Panel } => ({
  panel: {
    id,
    kind,
    type: kind,
    title: `Panel ${id}`,
    description: '',
    isTransparent: false,
    grid: { x, y, w: 6, h: 4 },
    queries: [],
    transformations: [],
    field: { defaults: {}, overrides: [] },
    options: {},
    links: [],
    intervalMin: '',
  },
});

test('panels belong to the row before them, whether it is open or not', () => {
  const sections = sectionsOf(
    [panel(1, 0, 'stat', 6), panel(2, 0), panel(3, 4, 'row'), panel(4, 5), panel(5, 9, 'row'), panel(6, 10)],
    ({ id }) => id === 5,
  );
  expect(
    sections.map(({ row, isCollapsed, panels }) => [
      row?.panel.id,
      isCollapsed,
      panels.map((p) => p.panel.id),
    ]),
  ).toEqual([
    [undefined, false, [2, 1]],
    [3, false, [4]],
    [5, true, [6]],
  ]);
});

test('a section begins at its own top', () => {
  expect(
    fromTop([
      { x: 0, y: 5, w: 1, h: 1 },
      { x: 1, y: 9, w: 1, h: 1 },
    ]).map(({ y }) => y),
  ).toEqual([0, 4]);
  expect(fromTop([])).toEqual([]);
});
