import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import type { PanelCoverage } from '../coverage.ts';
import type { Panel } from '../dashboard.ts';
import { JSON_DEPTH_MAX } from './json.ts';
import { parseDashboardText } from './parse-text.ts';
import { readDashboard } from './read-dashboard.ts';

const shared = process.env['VEDETTE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../shared');
const directory = path.join(shared, 'grafana-dashboards');
const isRequired = process.env['VEDETTE_PEERS'] === 'required';
const skip = existsSync(directory) || isRequired ? false : 'the shared dashboards are not here';

const readFile = (name: string): ReturnType<typeof readDashboard> =>
  readDashboard(parseDashboardText(readFileSync(path.join(directory, `${name}.json`), 'utf8')));

const allOf = (panels: readonly Panel[]): Panel[] =>
  panels.flatMap((panel) => [panel, ...(panel.row?.panels ?? [])]);

interface Want {
  readonly title: string;
  readonly kinds: Readonly<Record<string, number>>;
  readonly targetCount: number;
  readonly variables: string;
  /** Panels that are not shown in full, with the reason. */
  readonly missing?: readonly string[];
}

/** Reads one file and holds it to what its README and a look into it say. */
function check(name: string, want: Want): void {
  const { dashboard, classic, report } = readFile(name);
  const panels = allOf(dashboard.panels);
  const kinds: Record<string, number> = {};
  for (const { kind } of panels) kinds[kind] = (kinds[kind] ?? 0) + 1;
  assert.equal(dashboard.title, want.title);
  assert.deepEqual(kinds, want.kinds);
  assert.equal(
    panels.reduce((sum, { queries }) => sum + queries.length, 0),
    want.targetCount,
  );
  assert.ok(
    panels.every(({ queries }) =>
      queries.every(({ source, expr }) => source === 'prometheus' && expr !== ''),
    ),
  );
  assert.equal(dashboard.variables.map(({ kind, name }) => `${kind} ${name}`).join(', '), want.variables);
  assert.deepEqual(report.panels.flatMap(missingOf), want.missing ?? []);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  assert.deepEqual(readDashboard(classic).classic, classic);
}

function missingOf({ title, verdict, remarks }: PanelCoverage): string[] {
  if (verdict === 'full') return [];
  return remarks
    .filter(({ code }) => code !== 'migrated')
    .map(({ what, detail }) => `${title} (${verdict}): ${what}: ${detail}`);
}

test('Node Exporter Full is read whole, with 14 of its 16 rows collapsed', { skip }, () => {
  check('node-exporter-full', {
    title: 'Node Exporter Full',
    kinds: { row: 16, bargauge: 4, gauge: 5, stat: 5, timeseries: 111 },
    targetCount: 286,
    variables: 'datasource ds_prometheus, query job, query nodename, query node',
  });
  const { dashboard } = readFile('node-exporter-full');
  const rows = dashboard.panels.filter(({ kind }) => kind === 'row');
  assert.equal(rows.filter(({ row }) => row?.isCollapsed === true).length, 14);
  const cpu = dashboard.panels.find(({ title }) => title === 'CPU Basic');
  assert.equal(cpu?.field.defaults.unit, 'percentunit');
  assert.equal(cpu.queries[0]?.legend, 'Busy System');
  const busy = cpu.field.overrides.find(({ matcher }) => matcher.options === 'Busy Iowait');
  assert.deepEqual(busy?.properties, [{ id: 'color', value: { fixedColor: '#890F02', mode: 'fixed' } }]);
});

test('Prometheus / Overview is read whole', { skip }, () => {
  check('prometheus-overview', {
    title: 'Prometheus / Overview',
    kinds: { row: 5, table: 1, timeseries: 9 },
    targetCount: 15,
    variables: 'datasource datasource, query cluster, query job, query instance',
  });
});

test(
  'Kubernetes / Compute Resources / Cluster is read whole: its mixed source is Prometheus alone',
  { skip },
  () => {
    check('k8s-resources-cluster', {
      title: 'Kubernetes / Compute Resources / Cluster',
      kinds: { stat: 6, timeseries: 12, table: 4 },
      targetCount: 44,
      variables: 'datasource datasource, query cluster',
    });
    const { dashboard } = readFile('k8s-resources-cluster');
    const table = dashboard.panels.find(({ kind }) => kind === 'table');
    assert.deepEqual(
      table?.transformations.map(({ id }) => id),
      ['joinByField', 'organize'],
    );
    assert.ok(table?.field.overrides.some(({ properties }) => properties.some(({ id }) => id === 'links')));
    assert.deepEqual(dashboard.links[0]?.tags, ['kubernetes-mixin']);
    assert.deepEqual(table?.queries.map(({ mode, refId }) => `${mode} ${refId}`).slice(0, 2), [
      'instant A',
      'instant B',
    ]);
  },
);

test('the Redis dashboard has its input bound to our own store', { skip }, () => {
  check('redis-exporter', {
    title: 'Redis Dashboard for Prometheus Redis Exporter 1.x',
    kinds: { stat: 2, gauge: 1, timeseries: 10 },
    targetCount: 19,
    variables: 'datasource DS_PROM, query namespace, query instance',
  });
  const { classic } = readFile('redis-exporter');
  assert.ok(!('__inputs' in classic));
  assert.ok(!JSON.stringify(classic).includes('${DS_PROM}'));
});

test('the Redis dashboard of version 12 becomes timeseries, stat and gauge', { skip }, () => {
  check('redis-exporter-legacy-0.3x', {
    title: 'Prometheus Redis',
    kinds: { stat: 2, gauge: 1, timeseries: 9 },
    targetCount: 17,
    variables: 'query addr',
    missing: ['Total Memory Usage (partial): nullPointMode: gaps stay gaps: they were drawn as zero'],
  });
  const panels = allOf(readFile('redis-exporter-legacy-0.3x').dashboard.panels);
  const named = (title: string, kind: string) =>
    panels.find((panel) => panel.title === title && panel.kind === kind);
  const memory = named('Memory Usage', 'gauge');
  assert.deepEqual(memory?.field.defaults.thresholds?.steps, [
    { value: -Infinity, color: 'rgba(50, 172, 45, 0.97)' },
    { value: 80, color: 'rgba(237, 129, 40, 0.89)' },
    { value: 95, color: 'rgba(245, 54, 54, 0.9)' },
  ]);
  assert.deepEqual(
    [memory.field.defaults.unit, memory.field.defaults.max, memory.timeFrom],
    ['percent', 100, '1m'],
  );
  const uptime = named('Uptime', 'stat');
  assert.equal(uptime?.field.defaults.unit, 's');
  assert.deepEqual(uptime.field.defaults.mappings, [
    { type: 'special', match: 'null', result: { text: 'N/A' } },
  ]);
  assert.equal(uptime.options['graphMode'], 'area');
  const items = named('Total Items per DB', 'timeseries');
  assert.deepEqual(items?.options['legend'], {
    showLegend: true, displayMode: 'table', placement: 'right', calcs: ['lastNotNull'],
  }); // prettier-ignore
  assert.deepEqual(items.field.defaults.custom?.['stacking'], { mode: 'normal', group: 'A' });
  const evicted = named('Expired / Evicted', 'timeseries')?.field.overrides.find(
    ({ matcher, properties }) => matcher.options === 'reclaims' && properties[0]?.id !== 'color',
  );
  assert.deepEqual(evicted?.properties[0], { id: 'custom.axisPlacement', value: 'right' });
});

test('RED Metrics has its heatmap, bars and text', { skip }, () => {
  check('otel-red-metrics-classic', {
    title: 'RED Metrics (classic histogram)',
    kinds: { text: 1, timeseries: 3, bargauge: 1, heatmap: 1 },
    targetCount: 6,
    variables: 'query job, query instance',
  });
  const { dashboard } = readFile('otel-red-metrics-classic');
  assert.equal(dashboard.panels.find(({ kind }) => kind === 'heatmap')?.queries[0]?.format, 'heatmap');
  assert.deepEqual(
    dashboard.variables.map(({ query }) => query),
    ['label_values(job)', 'label_values({job=~"$job"},instance)'],
  );
});

test('the one query of Pyrra that no Prometheus takes is named with its place', { skip }, () => {
  check('pyrra-slo-detail', {
    title: 'Pyrra - Detail',
    kinds: { stat: 4, timeseries: 3 },
    targetCount: 7,
    variables: 'datasource datasource, query slo',
    missing: [
      'Rate (none): expr of A: 1:5: expected type instant vector in aggregation expression, got range vector',
    ],
  });
});

test('Kubernetes / Views / Pods is read whole, with its chained and custom variables', { skip }, () => {
  check('k8s-views-pods', {
    title: 'Kubernetes / Views / Pods',
    kinds: { row: 4, stat: 7, gauge: 4, table: 3, timeseries: 11 },
    targetCount: 36,
    variables:
      'datasource datasource, query cluster, query namespace, query pod, custom resolution, query job',
  });
});

test('the shared files are less deep than half of the limit', { skip }, () => {
  const depthOf = (value: unknown): number =>
    typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  assert.ok(depthOf(readFile('node-exporter-full').classic) < JSON_DEPTH_MAX / 2);
});
