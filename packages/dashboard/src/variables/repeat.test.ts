import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dashboard, GridPosition, Panel } from '../dashboard.ts';
import { resolvedOf } from '../test-support/scope.ts';
import { repeatPanels, REPEATS_MAX } from './repeat.ts';

function panelOf(id: number, grid: GridPosition, more: Partial<Panel> = {}): Panel {
  return {
    id,
    kind: 'timeseries',
    type: 'timeseries',
    title: '',
    description: '',
    isTransparent: false,
    grid,
    queries: [],
    transformations: [],
    field: { defaults: {}, overrides: [] },
    options: {},
    links: [],
    intervalMin: '',
    ...more,
  };
}

/** `key x,y w×h` of each drawn panel. */
function layout(panels: readonly Panel[], values: readonly string[]): string[] {
  const dashboard = { panels } as unknown as Dashboard;
  const drawn = repeatPanels(dashboard, { variables: [resolvedOf('v', values)] });
  return drawn.map(({ key, panel: { grid } }) => `${key} ${grid.x},${grid.y} ${grid.w}×${grid.h}`);
}

const repeat = (direction: 'h' | 'v', maxPerRow = 4): Partial<Panel> => ({
  repeat: { variable: 'v', direction, maxPerRow },
});

test('a repeat over the width shares it, and moves down what stands below', () => {
  const panels = [
    panelOf(1, { x: 0, y: 0, w: 24, h: 4 }, repeat('h', 2)),
    panelOf(2, { x: 0, y: 4, w: 12, h: 4 }),
  ];
  assert.deepEqual(layout(panels, ['a', 'b', 'c']), [
    '1 0,0 12×4',
    '1/b 12,0 12×4',
    '1/c 0,4 12×4',
    '2 0,8 12×4',
  ]);
  assert.deepEqual(layout(panels, ['a']), ['1 0,0 24×4', '2 0,4 12×4']);
  assert.deepEqual(layout(panels, []), ['1 0,0 24×4', '2 0,4 12×4']);
});

test('two repeats beside each other move what follows once', () => {
  const panels = [
    panelOf(1, { x: 0, y: 0, w: 12, h: 4 }, repeat('v')),
    panelOf(2, { x: 12, y: 0, w: 12, h: 4 }, repeat('v')),
    panelOf(3, { x: 0, y: 4, w: 24, h: 4 }),
  ];
  assert.equal(layout(panels, ['a', 'b']).at(-1), '3 0,8 24×4');
});

test('a row repeats with all that stands in it', () => {
  const panels = [
    panelOf(1, { x: 0, y: 0, w: 24, h: 1 }, { kind: 'row', ...repeat('h') }),
    panelOf(2, { x: 0, y: 1, w: 24, h: 5 }),
    panelOf(3, { x: 0, y: 6, w: 24, h: 1 }, { kind: 'row' }),
  ];
  assert.deepEqual(layout(panels, ['a', 'b']), [
    '1 0,0 24×1',
    '2 0,1 24×5',
    '1/b 0,6 24×1',
    '2/b 0,7 24×5',
    '3 0,12 24×1',
  ]);
  const drawn = repeatPanels({ panels } as unknown as Dashboard, {
    variables: [resolvedOf('v', ['a', 'b'])],
  });
  assert.deepEqual(drawn[3]?.panelVariables.get('v'), ['b']);
});

test('copies end at their limit', () => {
  const values = Array.from({ length: REPEATS_MAX + 1 }, (_, i) => `v${i}`);
  assert.equal(layout([panelOf(1, { x: 0, y: 0, w: 24, h: 1 }, repeat('h'))], values).length, REPEATS_MAX);
});
