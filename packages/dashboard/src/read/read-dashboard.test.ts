import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '@vedette/model';
import { ANNOTATIONS_MAX, QUERIES_MAX, VARIABLES_MAX } from './migrate/migrate.ts';
import { readDashboard, viewOfDashboard } from './read-dashboard.ts';

const read = (panels: unknown[], rest: object = {}) => readDashboard({ title: 'x', panels, ...rest });

test('a dashboard is found in whatever wraps it', () => {
  const classic = { title: 'x', panels: [{ type: 'stat' }] };
  const check = (json: unknown): void => assert.equal(readDashboard(json).dashboard.panels[0]?.kind, 'stat');
  check(classic);
  check({ dashboard: classic, meta: { slug: 'x' } });
  for (const version of ['v0alpha1', 'v1beta1', 'v1'])
    check({
      apiVersion: `dashboard.grafana.app/${version}`,
      kind: 'Dashboard',
      metadata: { name: 'u' },
      spec: classic,
    });
});

test('the uid of a resource is its name', () => {
  const resource = {
    apiVersion: 'dashboard.grafana.app/v1',
    metadata: { name: 'cpu' },
    spec: { title: 'x' },
  };
  assert.equal(readDashboard(resource).dashboard.uid, 'cpu');
});

test('what is no dashboard is refused in words', () => {
  const check = (json: unknown, message: RegExp): void =>
    assert.throws(
      () => readDashboard(json),
      (error) => error instanceof InputError && message.test(error.message),
    );
  check(null, /want a JSON object with "panels"; got object/);
  check([], /got a list/);
  check({}, /got one with no keys/);
  check({ status: 'error', error: 'x' }, /looks like the answer of a server/);
  check({ apiVersion: 'v1', kind: 'ConfigMap', spec: {} }, /resource of "v1", kind "ConfigMap"/);
});

test('panels have ids of their own, rows their panels, and the page its order', () => {
  const { dashboard, classic } = read([
    { type: 'stat', id: 2, gridPos: { x: 12, y: 5, w: 12, h: 4 } },
    { type: 'table', id: 2, gridPos: { x: 0, y: 5, w: 12, h: 4 } },
    { type: 'row', id: 1, collapsed: true, gridPos: { x: 0, y: 0, w: 24, h: 1 }, panels: [{ type: 'text' }] },
  ]);
  assert.deepEqual(
    dashboard.panels.map(({ id, kind }) => `${id} ${kind}`),
    ['1 row', '3 table', '2 stat'],
  );
  assert.deepEqual(
    dashboard.panels[0]?.row?.panels.map(({ id, kind }) => `${id} ${kind}`),
    ['4 text'],
  );
  assert.equal(classic['schemaVersion'], 43);
});

test('a query knows the type of its source through variables, inputs and names', () => {
  const source = (datasource: unknown, target: object = {}): string | undefined =>
    read([{ type: 'stat', datasource, targets: [{ expr: 'up', ...target }] }], {
      templating: { list: [{ type: 'datasource', name: 'logs', query: 'loki' }] },
      __inputs: [{ type: 'datasource', name: 'DS_X', pluginId: 'influxdb' }],
    }).dashboard.panels[0]?.queries[0]?.source;
  assert.equal(source(undefined), 'prometheus');
  assert.equal(source('default'), 'prometheus');
  assert.equal(source('$logs'), 'loki');
  assert.equal(source({ uid: '${logs}' }), 'loki');
  assert.equal(source('${DS_X}'), 'influxdb');
  assert.equal(source('-- Mixed --', { datasource: { type: 'loki', uid: 'l' } }), 'loki');
  assert.equal(source('-- Mixed --'), 'prometheus');
});

test('constants of a shared file stand where they are named, hostile long ones do not', () => {
  const titleWith = (value: string): string | undefined =>
    read([{ type: 'stat', title: 'a ${VAR_X} b' }], {
      __inputs: [{ type: 'constant', name: 'VAR_X', value }],
    }).dashboard.panels[0]?.title;
  assert.equal(titleWith('c'), 'a c b');
  assert.equal(titleWith('c'.repeat(200))?.length, 204);
  assert.equal(titleWith('c'.repeat(201)), 'a ${VAR_X} b');
});

test('a large library panel is put into as many places as the limit has room for', () => {
  const model = { type: 'text', options: { content: 'x'.repeat(1024 * 1024) } };
  const panels = Array.from({ length: 10 }, () => ({ libraryPanel: { uid: 'u', name: 'big' } }));
  const { dashboard } = read(panels, { __elements: { u: { model } } });
  assert.equal(dashboard.panels.filter(({ kind }) => kind === 'text').length, 3);
  assert.equal(dashboard.panels.filter(({ kind }) => kind === 'unsupported').length, 7);
});

test('keys of objects themselves are nothing special', () => {
  const json: unknown = JSON.parse(
    '{"title":"x","__proto__":{"panels":[]},"panels":[{"type":"constructor","options":{"__proto__":{"a":1}},"libraryPanel":{"uid":"toString"}}]}',
  );
  const { classic, dashboard } = readDashboard(json);
  assert.equal(dashboard.panels[0]?.kind, 'unsupported');
  assert.ok(!JSON.stringify(classic).includes('__proto__'));
  assert.equal(Object.getPrototypeOf(dashboard.panels[0].options), Object.prototype);
});

test('JSON as deep as the limit is read, one level more is refused', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
  const at = (levels: number) => () => readDashboard({ title: 'x', deep: nested(levels) });
  at(63)();
  assert.throws(at(64), /nested deeper than 64 levels \(JSON_DEPTH_MAX\)/);
  const circle: Record<string, unknown> = { title: 'x' };
  circle['panels'] = circle;
  assert.throws(() => readDashboard(circle), /nested deeper/);
});

test('everything the view reads of settings has a default', () => {
  const { dashboard } = readDashboard({ panels: [] });
  assert.deepEqual(
    [dashboard.title, dashboard.timezone, dashboard.time, dashboard.refreshMs, dashboard.cursor],
    ['Untitled', 'browser', { from: 'now-6h', to: 'now' }, 0, 'off'],
  );
  const refreshOf = (refresh: unknown): number => readDashboard({ title: 'x', refresh }).dashboard.refreshMs;
  assert.deepEqual(
    ['10s', '1m30s', '100ms', 'auto', false, '9999d', '0s'].map(refreshOf),
    [10_000, 90_000, 1000, 0, 0, 86_400_000, 0],
  );
});

test('mappings and thresholds of every form are read', () => {
  const fieldConfig = {
    defaults: {
      mappings: [
        {
          type: 'value',
          options: { down: { text: 'D', index: 1 }, up: { text: 'U', color: 'green', index: 0 } },
        },
        { type: 'range', options: { from: null, to: 3, result: { text: 'low' } } },
        { type: 'regex', options: { pattern: '^a', result: { color: 'red' } } },
        { type: 'special', options: { match: 'null+nan', result: { text: '-' } } },
        { type: 'special', options: { match: 'odd', result: {} } },
      ],
      thresholds: {
        mode: 'percentage',
        steps: [
          { value: 5, color: 'b' },
          { value: null, color: 'a' },
        ],
      },
    },
    overrides: [{ matcher: { id: 'byName', options: 'x' }, properties: [{ id: 'decimals', value: '2' }] }],
  };
  const { field } = read([{ type: 'stat', fieldConfig }]).dashboard.panels[0] ?? {};
  assert.deepEqual(field?.defaults.mappings, [
    { type: 'value', value: 'up', result: { text: 'U', color: 'green' } },
    { type: 'value', value: 'down', result: { text: 'D' } },
    { type: 'range', from: -Infinity, to: 3, result: { text: 'low' } },
    { type: 'regex', pattern: '^a', result: { color: 'red' } },
    { type: 'special', match: 'null+nan', result: { text: '-' } },
  ]);
  assert.deepEqual(field.defaults.thresholds, {
    mode: 'percentage',
    steps: [
      { value: -Infinity, color: 'a' },
      { value: 5, color: 'b' },
    ],
  });
  assert.deepEqual(field.overrides[0]?.properties, [{ id: 'decimals', value: 2 }]);
});

test('variables, annotations and queries are read up to their limits and refused one above', () => {
  const many = (count: number, one: object = {}): object[] =>
    Array.from({ length: count }, (_, i) => ({ name: `v${i}`, ...one }));
  const check = (what: string, limit: number, dashboardOf: (list: object[]) => object): void => {
    assert.ok(viewOfDashboard(dashboardOf(many(limit))));
    assert.throws(
      () => viewOfDashboard(dashboardOf(many(limit + 1))),
      new RegExp(
        `it has too many ${what}; got ${limit + 1}, limit is ${limit} \\(${what.toUpperCase()}_MAX\\)`,
      ),
    );
  };
  check('variables', VARIABLES_MAX, (list) => ({ title: 'x', panels: [], templating: { list } }));
  check('annotations', ANNOTATIONS_MAX, (list) => ({ title: 'x', panels: [], annotations: { list } }));
  const panelsOf = (list: object[]): object[] => [
    { type: 'stat', targets: list.slice(0, 10) },
    { type: 'row', panels: [{ type: 'stat', targets: list.slice(10) }] },
  ];
  check('queries', QUERIES_MAX, (list) => ({ title: 'x', panels: panelsOf(list) }));
});

test('a circle as long as there may be variables is told, and takes no time to speak of', () => {
  const list = Array.from({ length: VARIABLES_MAX }, (_, i) => ({
    name: `v${i}`,
    type: 'query',
    query: `label_values(up{a="$v${(i + 1) % VARIABLES_MAX}"}, a)`,
  }));
  const { report } = readDashboard({ title: 'x', panels: [], templating: { list } });
  const circular = report.remarks.filter(({ detail }) => detail.includes('about itself'));
  assert.equal(circular.length, VARIABLES_MAX);
});

test('the view without the report is the one that comes with it', () => {
  const json = {
    title: 'x',
    schemaVersion: 10,
    rows: [{ panels: [{ type: 'graph', targets: [{ expr: 'up' }] }] }],
  };
  const { dashboard, classic } = readDashboard(json);
  assert.deepEqual(viewOfDashboard(json), { dashboard, classic });
});
