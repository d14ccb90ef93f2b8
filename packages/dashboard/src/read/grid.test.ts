import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { GridPosition } from '../dashboard.ts';
import { compactGrid, GRID_COLUMNS, gridOf, PANEL_HEIGHT_MAX } from './grid.ts';

const grids = fc
  .array(
    fc.record({
      x: fc.nat(30),
      y: fc.nat(60),
      w: fc.integer({ min: 1, max: 30 }),
      h: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 15 },
  )
  .map((list) => new Map(list.map((grid, i) => [i, grid])));

const overlap = (a: GridPosition, b: GridPosition): boolean =>
  a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;

test('panels rise to what is above them and none overlaps another', () => {
  fc.assert(
    fc.property(grids, (before) => {
      const after = [...compactGrid(before).values()];
      for (const [i, grid] of after.entries()) {
        assert.ok(grid.x + grid.w <= GRID_COLUMNS);
        for (const other of after.slice(i + 1)) assert.ok(!overlap(grid, other));
        const above = { ...grid, y: grid.y - 1 };
        assert.ok(grid.y === 0 || after.some((other) => other !== grid && overlap(above, other)));
      }
      assert.equal(after.length, before.size);
    }),
  );
});

test('what is compact stays as it is', () => {
  fc.assert(
    fc.property(grids, (before) => {
      const once = compactGrid(before);
      assert.deepEqual(compactGrid(once), once);
    }),
  );
});

test('the order of reading is kept: what is left of and above another does not go under it', () => {
  const grids = new Map([
    [1, { x: 0, y: 9, w: 12, h: 4 }],
    [2, { x: 12, y: 9, w: 12, h: 2 }],
    [3, { x: 12, y: 20, w: 12, h: 2 }],
    [4, { x: 0, y: 30, w: 24, h: 1 }],
  ]);
  assert.deepEqual(
    [...compactGrid(grids)].map(([id, { y }]) => [id, y]),
    [[1, 0], [2, 0], [3, 2], [4, 4]],
  ); // prettier-ignore
});

test('positions from outside of the page come onto it', () => {
  assert.deepEqual(gridOf({ x: 23, y: -4, w: 8, h: 1e9 }), { x: 16, y: 0, w: 8, h: PANEL_HEIGHT_MAX });
  assert.deepEqual(gridOf({ x: '3', y: 2.6, w: 0, h: NaN }), { x: 3, y: 3, w: 1, h: 8 });
  assert.deepEqual(gridOf(null), { x: 0, y: 0, w: 12, h: 8 });
});
