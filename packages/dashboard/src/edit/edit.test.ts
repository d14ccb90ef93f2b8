import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { InputError } from '@vedette/model';
import {
  PANEL_KINDS,
  type ClassicDashboard,
  type GridPosition,
  type Panel,
  type Variable,
} from '../dashboard.ts';
import { readDashboard } from '../read/read-dashboard.ts';
import { newPanel } from './new-panel.ts';
import {
  addPanel,
  duplicatePanel,
  nextPanelId,
  panelJson,
  placePanels,
  removePanel,
  replacePanel,
} from './panels.ts';
import { newDashboard, setDashboardOptions, setVariables } from './settings.ts';

const grid = fc
  .record({
    x: fc.nat(23),
    y: fc.nat(50),
    w: fc.integer({ min: 1, max: 24 }),
    h: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ x, w, ...rest }) => ({ ...rest, w, x: Math.min(x, 24 - w) }));

const panelFile = fc.record({
  type: fc.constantFrom('timeseries', 'stat', 'table', 'news'),
  title: fc.string(),
  gridPos: grid,
  pluginKey: fc.jsonValue({ maxDepth: 1 }),
});

/** Stored dashboards: as the reader leaves them, with keys that we do not know. */
const classics: fc.Arbitrary<ClassicDashboard> = fc
  .record({
    title: fc.string({ minLength: 1 }),
    ourUnknown: fc.string(),
    panels: fc.array(
      fc.oneof(
        panelFile,
        fc.record({
          type: fc.constant('row'),
          title: fc.string(),
          collapsed: fc.boolean(),
          gridPos: grid,
          panels: fc.array(panelFile, { maxLength: 3 }),
        }),
      ),
      { minLength: 1, maxLength: 6 },
    ),
  })
  .map((file) => readDashboard(file).classic);

const panelsOf = (classic: ClassicDashboard): Panel[] =>
  readDashboard(classic).dashboard.panels.flatMap((panel) => [panel, ...(panel.row?.panels ?? [])]);
const idsOf = (classic: ClassicDashboard): number[] => panelsOf(classic).map(({ id }) => id);
const panelOf = (classic: ClassicDashboard, id: number): Panel => {
  const found = panelsOf(classic).find((panel) => panel.id === id);
  assert.ok(found, `panel ${id}`);
  return found;
};

/** Runs an edit and holds it to what is true of each: nothing written into, nothing left to migrate. */
function edit(
  classic: ClassicDashboard,
  change: (classic: ClassicDashboard) => ClassicDashboard,
): ClassicDashboard {
  const before = structuredClone(classic);
  const changed = change(classic);
  assert.deepEqual(classic, before);
  assert.deepEqual(readDashboard(changed).classic, changed);
  assert.equal(changed['ourUnknown'], before['ourUnknown']);
  return changed;
}

const withOneId = fc
  .tuple(classics, fc.nat())
  .map(([classic, i]) => ({ classic, id: idsOf(classic)[i % idsOf(classic).length] ?? 0 }));

test('reading what was read changes nothing', () => {
  fc.assert(
    fc.property(classics, (classic) => void edit(classic, (same) => same)),
    { numRuns: 50 },
  );
});

test('placed panels stand where they were put, the others where they stood', () => {
  fc.assert(
    fc.property(withOneId, grid, ({ classic, id }, position: GridPosition) => {
      const placed = edit(classic, (each) => placePanels(each, new Map([[id, position]])));
      for (const other of idsOf(classic))
        assert.deepEqual(panelOf(placed, other).grid, other === id ? position : panelOf(classic, other).grid);
    }),
    { numRuns: 50 },
  );
});

test('an added panel is there under the next id, below everything, and nothing else changes', () => {
  fc.assert(
    fc.property(classics, fc.constantFrom(...PANEL_KINDS), (classic, kind) => {
      const id = nextPanelId(classic);
      const added = edit(classic, (each) => addPanel(each, newPanel(kind)));
      assert.equal(panelOf(added, id).kind, kind);
      for (const other of readDashboard(classic).dashboard.panels)
        assert.ok(panelOf(added, id).grid.y >= other.grid.y + other.grid.h);
      assert.deepEqual(removePanel(added, id), classic);
    }),
    { numRuns: 50 },
  );
});

test('a removed panel is gone, a collapsed row with what it held', () => {
  fc.assert(
    fc.property(withOneId, ({ classic, id }) => {
      const gone = new Set([id, ...(panelOf(classic, id).row?.panels ?? []).map((child) => child.id)]);
      const removed = edit(classic, (each) => removePanel(each, id));
      assert.deepEqual(
        idsOf(removed),
        idsOf(classic).filter((each) => !gone.has(each)),
      );
    }),
    { numRuns: 50 },
  );
});

test('a copy differs in its id and place alone', () => {
  fc.assert(
    fc.property(withOneId, ({ classic, id }) => {
      const copyId = nextPanelId(classic);
      const doubled = edit(classic, (each) => duplicatePanel(each, id));
      const { id: _, gridPos: place, panels: _children, ...copy } = panelJson(doubled, copyId);
      const { id: __, gridPos: origin, panels: _others, ...original } = panelJson(classic, id);
      assert.deepEqual(copy, original);
      assert.notDeepEqual(place, origin);
      assert.equal(new Set(idsOf(doubled)).size, idsOf(doubled).length);
    }),
    { numRuns: 50 },
  );
});

test('a replaced panel keeps id and place, and old JSON becomes new', () => {
  const classic = readDashboard({
    title: 'x',
    panels: [{ type: 'stat', gridPos: { x: 4, y: 0, w: 8, h: 5 } }],
  }).classic;
  const changed = edit(classic, (each) => replacePanel(each, 1, { type: 'graph', id: 77, title: 'y' }));
  assert.equal(panelOf(changed, 1).kind, 'timeseries');
  assert.equal(panelOf(changed, 1).title, 'y');
  assert.deepEqual(panelOf(changed, 1).grid, { x: 4, y: 0, w: 8, h: 5 });
});

test('JSON that is no panel is refused in words', () => {
  const classic = addPanel(newDashboard('x'), newPanel('stat'));
  const check = (json: unknown, message: RegExp): void =>
    assert.throws(
      () => replacePanel(classic, 1, json),
      (error) => error instanceof InputError && message.test(error.message),
    );
  check('x', /want an object with "type".*; got "x"/);
  check({ title: 'x' }, /got one without/);
  check({ type: 'row' }, /a row stays a row/);
  assert.throws(() => panelJson(classic, 2), /BUG: want the id of a panel/);
});

test('options are what was asked, and what was not asked stays', () => {
  const classic = { ...newDashboard('x'), tags: ['a'], ours: 1 };
  const options = { title: 'y', time: { from: 'now-5m', to: 'now' }, refresh: '1m', timezone: 'utc' };
  const changed = edit(classic, (each) => setDashboardOptions(each, options));
  const { dashboard } = readDashboard(changed);
  assert.equal(dashboard.title, 'y');
  assert.deepEqual(dashboard.time, options.time);
  assert.equal(dashboard.refreshMs, 60_000);
  assert.equal(dashboard.timezone, 'utc');
  assert.deepEqual(dashboard.tags, ['a']);
  assert.equal(changed['ours'], 1);
});

test('variables are what was asked, and keep what we do not know of them', () => {
  const { classic, dashboard } = readDashboard({
    title: 'x',
    templating: {
      list: [
        {
          type: 'query',
          name: 'pod',
          query: { query: 'label_values(pod)', refId: 'Q' },
          allValue: '.*',
          ours: 1,
        },
        { type: 'custom', name: 'n', query: '1,2', multi: true, current: { text: ['1'], value: ['1'] } },
      ],
    },
  });
  const asked = dashboard.variables.toReversed().map((each): Variable => {
    const without: Variable & { allValue?: string } = {
      ...each,
      label: `${each.name}!`,
      current: each.isMulti ? ['1', '2'] : ['x'],
    };
    delete without.allValue;
    return without;
  });
  const changed = edit(classic, (each) => setVariables(each, asked));
  assert.deepEqual(readDashboard(changed).dashboard.variables, asked);
  const { list } = changed['templating'] as { list: Record<string, unknown>[] };
  assert.deepEqual(list[1]?.['query'], { query: 'label_values(pod)', refId: 'Q' });
  assert.equal(list[1]?.['ours'], 1);
});
