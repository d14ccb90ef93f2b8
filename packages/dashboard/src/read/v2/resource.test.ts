import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDashboard } from '../read-dashboard.ts';

const element = (type: string, expr: string, rest: object = {}) => ({
  kind: 'Panel',
  spec: {
    id: 7, title: type, ...rest,
    data: { kind: 'QueryGroup', spec: {
      queries: [{ kind: 'PanelQuery', spec: { refId: 'A', hidden: false, query: { kind: 'DataQuery', group: 'prometheus', datasource: { name: 'p' }, spec: { expr, legendFormat: 'x' } } } }],
      transformations: [{ kind: 'Transformation', group: 'limit', spec: { options: { limitField: 3 } } }],
      queryOptions: { timeFrom: '1h', interval: '30s' },
    } },
    vizConfig: { kind: 'VizConfig', group: type, version: '1', spec: { options: { a: 1 }, fieldConfig: { defaults: { unit: 's' }, overrides: [] } } },
  },
}); // prettier-ignore

const item = (name: string, x: number, y: number) => ({
  kind: 'GridLayoutItem',
  spec: { x, y, width: 12, height: 6, element: { kind: 'ElementReference', name } },
});

const grid = (...items: object[]) => ({ kind: 'GridLayout', spec: { items } });

const read = (spec: object) =>
  readDashboard({
    apiVersion: 'dashboard.grafana.app/v2beta1',
    kind: 'Dashboard',
    metadata: { name: 'u' },
    spec: {
      title: 'x',
      elements: { a: element('stat', 'up'), b: element('table', 'x') },
      layout: grid(),
      ...spec,
    },
  });

const placesOf = ({ dashboard }: ReturnType<typeof readDashboard>): string[] =>
  dashboard.panels.map(({ type, grid: { x, y, w, h } }) => `${type} ${x},${y} ${w}x${h}`);

test('a grid of a V2 resource is read with its queries, options and ids made unique', () => {
  const result = read({ layout: grid(item('a', 0, 0), item('b', 12, 0)) });
  assert.deepEqual(placesOf(result), ['stat 0,0 12x6', 'table 12,0 12x6']);
  const [stat, table] = result.dashboard.panels;
  assert.deepEqual([stat?.id, table?.id], [7, 1]);
  assert.equal(stat?.queries[0]?.expr, 'up');
  assert.equal(stat.queries[0].source, 'prometheus');
  assert.equal(stat.field.defaults.unit, 's');
  assert.deepEqual([stat.timeFrom, stat.intervalMin, stat.transformations[0]?.id], ['1h', '30s', 'limit']);
  assert.equal(result.dashboard.uid, 'u');
});

test('rows hold what stands in them, collapsed or not, one below the other', () => {
  const row = (title: string, name: string, collapse: boolean) => ({
    kind: 'RowsLayoutRow',
    spec: { title, collapse, layout: grid(item(name, 0, 0)), repeat: { mode: 'variable', value: 'pod' } },
  });
  const result = read({
    layout: { kind: 'RowsLayout', spec: { rows: [row('one', 'a', false), row('two', 'b', true)] } },
  });
  assert.deepEqual(placesOf(result), ['row 0,0 24x1', 'stat 0,1 12x6', 'row 0,7 24x1']);
  assert.equal(result.dashboard.panels[2]?.row?.panels[0]?.type, 'table');
  assert.equal(result.dashboard.panels[2].repeat?.variable, 'pod');
});

test('tabs become rows and automatic grids equal parts, and both are said', () => {
  const auto = {
    kind: 'AutoGridLayout',
    spec: { maxColumnCount: 2, items: [item('a', 0, 0), item('b', 0, 0), item('gone', 0, 0)] },
  };
  const result = read({
    layout: {
      kind: 'TabsLayout',
      spec: { tabs: [{ kind: 'TabsLayoutTab', spec: { title: 't', layout: auto } }] },
    },
  });
  assert.deepEqual(placesOf(result), ['row 0,0 24x1', 'stat 0,1 12x9', 'table 12,1 12x9']);
  const details = result.report.remarks.filter(({ what }) => what === 'layout').map(({ detail }) => detail);
  assert.deepEqual(details, [
    'tabs are shown as rows, one below the other',
    'there is no element "gone", or it stands elsewhere already; its place stays empty',
  ]);
});

test('a layout that is not known is named, its panels left out', () => {
  const { dashboard, report } = read({ layout: { kind: 'SpiralLayout' } });
  assert.equal(dashboard.panels.length, 0);
  assert.match(JSON.stringify(report.remarks), /layout of kind \\"SpiralLayout\\" is not known/);
});

test('variables, annotations and settings are said with words there', () => {
  const { dashboard } = read({
    cursorSync: 'Crosshair',
    timeSettings: { from: 'now-5m', to: 'now', timezone: 'utc', autoRefresh: '10s' },
    variables: [
      {
        kind: 'QueryVariable',
        spec: {
          name: 'pod', label: 'Pod', hide: 'hideLabel', refresh: 'onTimeRangeChanged', sort: 'naturalAsc', multi: true,
          query: { kind: 'DataQuery', group: 'prometheus', spec: { query: 'label_values(pod)' } },
          current: { text: ['a'], value: ['a'] },
        },
      },
      { kind: 'DatasourceVariable', spec: { name: 'ds', pluginId: 'loki' } },
      { kind: 'QueryVariable', spec: { name: 'old', query: { group: 'prometheus', spec: { __legacyStringValue: 'metrics(x)' } } } },
    ],
    annotations: [
      { kind: 'AnnotationQuery', spec: { name: 'up', enable: true, query: { group: 'prometheus', spec: { expr: 'up == 0' } } } },
    ],
  }); // prettier-ignore
  assert.deepEqual(
    [dashboard.cursor, dashboard.time.from, dashboard.timezone, dashboard.refreshMs],
    ['crosshair', 'now-5m', 'utc', 10_000],
  );
  const [pod, ds, old] = dashboard.variables;
  assert.deepEqual(
    [pod?.hide, pod?.refresh, pod?.sort, pod?.query, pod?.current],
    [1, 'range', 7, 'label_values(pod)', ['a']],
  );
  assert.deepEqual([ds?.kind, ds?.query, old?.query], ['datasource', 'loki', 'metrics(x)']);
  assert.equal(dashboard.annotations[0]?.expr, 'up == 0');
});

test('the first version of V2 had types and sources elsewhere', () => {
  const query = {
    kind: 'PanelQuery',
    spec: {
      refId: 'A',
      datasource: { type: 'loki', uid: 'l' },
      query: { kind: 'loki', spec: { expr: 'x' } },
    },
  };
  const panel = {
    kind: 'Panel',
    spec: { id: 1, data: { spec: { queries: [query] } }, vizConfig: { kind: 'gauge', spec: {} } },
  };
  const inner = {
    kind: 'GridLayoutRow',
    spec: { y: 0, title: 'r', collapsed: true, elements: [item('p', 0, 1)] },
  };
  const { dashboard } = read({ elements: { p: panel }, layout: grid(inner) });
  const [child] = dashboard.panels[0]?.row?.panels ?? [];
  assert.equal(child?.kind, 'gauge');
  assert.equal(child.queries[0]?.source, 'loki');
});

test('a library panel of another Grafana is named', () => {
  const library = {
    kind: 'LibraryPanel',
    spec: { id: 1, title: 'CPU', libraryPanel: { uid: 'u', name: 'CPU of all' } },
  };
  const { report } = read({ elements: { p: library }, layout: grid(item('p', 0, 0)) });
  assert.equal(report.panels[0]?.verdict, 'none');
  assert.equal(report.panels[0].remarks[0]?.what, 'library panel "CPU of all"');
});
