import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from '@vedette/model';
import { readDashboard } from './read-dashboard.ts';

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
