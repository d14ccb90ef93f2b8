import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Panel } from '../../dashboard.ts';
import { PANELS_MAX } from './migrate.ts';
import { readDashboard } from '../read-dashboard.ts';

const read = (file: object): readonly Panel[] => readDashboard({ title: 'x', ...file }).dashboard.panels;
const placeOf = ({ title, kind, grid: { x, y, w, h } }: Panel): string =>
  `${title} ${kind} ${x},${y} ${w}x${h}`;

test('rows become panels on the grid: twelfths of the width, pixels of the height', () => {
  const panels = read({
    rows: [
      { height: '250px', panels: [{ title: 'a', type: 'stat', span: 6 }, { title: 'b', type: 'stat', span: 6 }] },
      { height: 100, panels: [{ title: 'c', type: 'stat', span: 8 }, { title: 'd', type: 'stat', span: 8 }] },
      { height: 10, panels: [{ title: 'e', type: 'stat' }] },
    ],
  }); // prettier-ignore
  assert.deepEqual(panels.map(placeOf), [
    'a stat 0,0 12x7',
    'b stat 12,0 12x7',
    'c stat 0,7 16x3',
    'd stat 0,10 16x3',
    'e stat 0,13 8x3',
  ]);
});

test('row panels appear for all rows as soon as one shows its title, is collapsed or repeated', () => {
  const rows = (first: object) => [
    { title: 'one', panels: [{ title: 'a', type: 'stat' }], ...first },
    { title: 'two', panels: [] },
  ];
  const kinds = (first: object): string =>
    read({ rows: rows(first) })
      .map(({ kind }) => kind)
      .join(' ');
  assert.equal(kinds({}), 'stat');
  assert.equal(kinds({ showTitle: true }), 'row stat row');
  assert.equal(kinds({ repeat: 'job' }), 'row stat row');
  assert.equal(kinds({ collapse: true }), 'row row');
  const [first] = read({ rows: rows({ collapse: true }) });
  assert.deepEqual(first?.row?.panels.map(placeOf), ['a stat 0,1 8x7']);
});

test('what an expanded row holds stands behind it, and rows within rows come out', () => {
  const panels = read({
    panels: [
      { type: 'row', title: 'open', panels: [{ type: 'stat', title: 'a', gridPos: { x: 0, y: 1, w: 4, h: 2 } }], gridPos: { x: 0, y: 0, w: 24, h: 1 } },
      { type: 'row', title: 'shut', collapsed: true, panels: [{ type: 'row', title: 'inner' }], gridPos: { x: 0, y: 3, w: 24, h: 1 } },
    ],
  }); // prettier-ignore
  assert.deepEqual(
    panels.map(({ title }) => title),
    ['open', 'a', 'shut', 'inner'],
  );
});

test('panels without a position stand below the others, two on a line', () => {
  const panels = read({
    panels: [
      { type: 'stat', title: 'a' },
      { type: 'stat', title: 'b' },
      { type: 'stat', title: 'c', gridPos: { x: 0, y: 0, w: 24, h: 5 } },
      { type: 'stat', title: 'd' },
    ],
  });
  assert.deepEqual(panels.map(placeOf), [
    'c stat 0,0 24x5',
    'a stat 0,5 12x8',
    'b stat 12,5 12x8',
    'd stat 0,13 12x8',
  ]);
});

test('copies that old versions stored of repeated panels are not panels', () => {
  const panels = [
    { type: 'stat', repeat: 'job' },
    { type: 'stat', repeatPanelId: 1 },
  ];
  assert.equal(read({ panels }).length, 1);
});

test('as many panels as the limit are read, one more is refused', () => {
  const panels = (count: number) => Array.from({ length: count }, () => ({ type: 'stat' }));
  assert.equal(read({ panels: panels(PANELS_MAX) }).length, PANELS_MAX);
  assert.throws(() => read({ panels: panels(PANELS_MAX + 1) }), /got 3001, limit is 3000 \(PANELS_MAX\)/);
});
