import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PanelCoverage } from '../../coverage.ts';
import type { Panel } from '../../dashboard.ts';
import { readDashboard } from '../read-dashboard.ts';

function read(panel: object): { panel: Panel; report: PanelCoverage } {
  const { dashboard, report } = readDashboard({ title: 'x', panels: [panel] });
  assert.ok(dashboard.panels[0] !== undefined && report.panels[0] !== undefined);
  return { panel: dashboard.panels[0], report: report.panels[0] };
}

const lossesOf = ({ report }: { report: PanelCoverage }): string[] =>
  report.remarks.filter(({ code }) => code !== 'migrated').map(({ code, what }) => `${code} ${what}`);

test('a graph keeps how it draws', () => {
  const { panel, report } = read({
    type: 'graph', bars: false, lines: true, linewidth: 3, fill: 2, stack: true, percentage: true, steppedLine: true,
    nullPointMode: 'connected', points: true, pointradius: 1, decimals: 1, dashes: true, dashLength: 4, spaceLength: 5,
    yaxes: [{ format: 'bytes', min: '0', max: null, logBase: 10, label: 'size' }, { format: 'short' }],
    tooltip: { shared: false, sort: 2 },
    legend: { show: true, values: true, avg: true, max: true, sort: 'avg', sortDesc: true },
  }); // prettier-ignore
  assert.equal(report.verdict, 'full');
  const { custom, ...defaults } = panel.field.defaults;
  assert.deepEqual(defaults, { unit: 'bytes', min: 0, decimals: 1, color: { mode: 'palette-classic' } });
  assert.deepEqual(custom, {
    drawStyle: 'line', lineInterpolation: 'stepAfter', lineWidth: 3, fillOpacity: 20, gradientMode: 'none',
    showPoints: 'always', pointSize: 3, spanNulls: true, stacking: { mode: 'percent', group: 'A' },
    lineStyle: { fill: 'dash', dash: [4, 5] }, axisPlacement: 'auto', axisLabel: 'size',
    scaleDistribution: { type: 'log', log: 10 },
  }); // prettier-ignore
  assert.deepEqual(panel.options['tooltip'], { mode: 'single', sort: 'desc' });
  assert.deepEqual(panel.options['legend'], {
    showLegend: true, displayMode: 'list', placement: 'bottom', calcs: ['max', 'mean'], sortBy: 'Mean', sortDesc: true,
  }); // prettier-ignore
});

test('a graph says of single series what it said by alias, by text or by pattern', () => {
  const { panel, report } = read({
    type: 'graph',
    aliasColors: { up: '#123456' },
    yaxes: [{ format: 's' }, { format: 'percent', max: 100 }],
    seriesOverrides: [
      { alias: '/err.*/i', yaxis: 2, bars: true, zindex: 3 },
      { alias: 'in', transform: 'negative-Y', fill: 0, stack: 'B' },
      { alias: 'x', unheardOf: 1 },
    ],
  });
  assert.deepEqual(
    panel.field.overrides.map(({ matcher }) => matcher),
    [
      { id: 'byName', options: 'up' },
      { id: 'byRegexp', options: '/err.*/i' },
      { id: 'byName', options: 'in' },
      { id: 'byName', options: 'x' },
    ],
  );
  assert.deepEqual(panel.field.overrides[1]?.properties, [
    { id: 'custom.axisPlacement', value: 'right' },
    { id: 'unit', value: 'percent' },
    { id: 'max', value: 100 },
    { id: 'custom.drawStyle', value: 'bars' },
    { id: 'custom.fillOpacity', value: 100 },
  ]);
  assert.deepEqual(panel.field.overrides[2]?.properties, [
    { id: 'custom.transform', value: 'negative-Y' },
    { id: 'custom.fillOpacity', value: 0 },
    { id: 'custom.stacking', value: { mode: 'normal', group: 'B' } },
  ]);
  assert.deepEqual(lossesOf({ report }), ['option seriesOverrides.unheardOf']);
});

test('thresholds of a graph become steps on one scale', () => {
  const steps = (thresholds: object[]) =>
    read({ type: 'graph', thresholds }).panel.field.defaults.thresholds?.steps;
  assert.deepEqual(steps([{ value: 90, op: 'gt', colorMode: 'critical', fill: true }, { value: 70, op: 'gt', colorMode: 'warning' }]), [
    { value: -Infinity, color: 'transparent' },
    { value: 70, color: 'orange' },
    { value: 90, color: 'red' },
  ]); // prettier-ignore
  assert.deepEqual(steps([{ value: 5, op: 'lt', colorMode: 'custom', fillColor: '#abc' }]), [
    { value: -Infinity, color: '#abc' },
    { value: 5, color: 'transparent' },
  ]);
});

test('what a graph had and nobody draws is named', () => {
  const result = read({
    type: 'graph', xaxis: { mode: 'histogram' }, timeRegions: [{}], alert: {}, legend: { hideEmpty: true }, nullPointMode: 'null as zero',
  }); // prettier-ignore
  assert.deepEqual(lossesOf(result), [
    'option xaxis.mode',
    'option nullPointMode',
    'option timeRegions',
    'option alert',
    'option legend.hideEmpty',
  ]);
  assert.equal(result.report.verdict, 'partial');
});

test('a singlestat becomes a number with its colours, mappings and word for nothing', () => {
  const { panel, report } = read({
    type: 'singlestat', valueName: 'max', format: 'percent', thresholds: '1,2', colors: ['a', 'b', 'c'], nullText: 'none',
    colorBackground: true, mappingType: 1, valueMaps: [{ value: '1', text: 'UP' }], prefix: '~',
  }); // prettier-ignore
  assert.equal(panel.kind, 'stat');
  assert.deepEqual(panel.field.defaults, {
    unit: 'percent', min: 0, max: 100, noValue: 'none', color: { mode: 'thresholds' },
    thresholds: { mode: 'absolute', steps: [{ value: -Infinity, color: 'a' }, { value: 1, color: 'b' }, { value: 2, color: 'c' }] },
    mappings: [{ type: 'value', value: '1', result: { text: 'UP' } }],
  }); // prettier-ignore
  assert.deepEqual(panel.options['reduceOptions'], { calcs: ['max'], fields: '', values: false });
  assert.equal(panel.options['colorMode'], 'background');
  assert.deepEqual(lossesOf({ report }), ['option prefix']);
});

test('ranges of a singlestat are mapped when the file says so', () => {
  const { panel } = read({
    type: 'singlestat', mappingType: 2, valueMaps: [{ value: '1', text: 'x' }],
    rangeMaps: [{ from: '1', to: '5', text: 'few' }, { from: 'null', to: 'null', text: 'N/A' }],
  }); // prettier-ignore
  assert.deepEqual(panel.field.defaults.mappings, [
    { type: 'range', from: 1, to: 5, result: { text: 'few' } },
    { type: 'special', match: 'null', result: { text: 'N/A' } },
  ]);
});

test('an old table has its styles as overrides and its transform as a transformation', () => {
  const { panel } = read({
    type: 'table-old', transform: 'timeseries_aggregations', columns: [{ value: 'avg' }, { value: 'current' }],
    styles: [
      { pattern: 'Time', type: 'hidden' },
      { pattern: '/cpu.*/', type: 'number', unit: 'percent', decimals: 1, alias: 'CPU', colorMode: 'cell', colors: ['g', 'r'], thresholds: ['80'] },
      { pattern: 'pod', type: 'string', link: true, linkUrl: '/d/x?var-pod=$__cell&n=$__cell_2', linkTooltip: 'more' },
      { pattern: '/.*/', type: 'number', unit: 'short' },
    ],
  }); // prettier-ignore
  assert.equal(panel.kind, 'table');
  assert.deepEqual(panel.field.defaults, { unit: 'short' });
  assert.deepEqual(
    panel.transformations.map(({ id, options }) => [id, options['reducers']]),
    [['reduce', ['mean', 'lastNotNull']]],
  );
  const [hidden, cpu, pod] = panel.field.overrides;
  assert.deepEqual(hidden?.properties, [{ id: 'custom.hidden', value: true }]);
  assert.deepEqual(cpu?.matcher, { id: 'byRegexp', options: '/cpu.*/' });
  assert.deepEqual(
    cpu.properties.map(({ id }) => id),
    ['displayName', 'unit', 'decimals', 'custom.cellOptions', 'thresholds'],
  );
  assert.match(JSON.stringify(pod?.properties), /var-pod=\$\{__value\.raw\}&n=\$\{__data\.fields\[2\]\}/);
});

test('a heatmap of before 9.1 keeps its colours, unit and kind of buckets', () => {
  const { panel, report } = read({
    type: 'heatmap', dataFormat: 'tsbuckets', color: { mode: 'spectrum', colorScheme: 'interpolateBlues', exponent: 0.4 },
    yAxis: { format: 's', logBase: 2 }, hideZeroBuckets: true, yBucketBound: 'upper',
    targets: [{ expr: 'x', format: 'heatmap' }],
  }); // prettier-ignore
  assert.equal(panel.options['calculate'], false);
  assert.match(JSON.stringify(panel.options['color']), /"scheme":"Blues".*"exponent":0.4/);
  assert.equal((panel.options['yAxis'] as Record<string, unknown>)['unit'], 's');
  assert.deepEqual(panel.options['rowsFrame'], { layout: 'le' });
  assert.deepEqual(panel.options['filterValues'], { le: 1e-9 });
  assert.equal(report.verdict, 'full');
});

test('field options of 6.x move from the options to where they are today', () => {
  const { panel } = read({
    type: 'gauge',
    options: {
      fieldOptions: {
        calcs: ['max'],
        defaults: { unit: 'bytes', title: 'Size' },
        thresholds: [{ value: -1, color: 'green' }, { value: 9, color: 'red' }],
        mappings: [{ type: 1, value: '0', text: 'none' }],
      },
    },
  }); // prettier-ignore
  assert.deepEqual(panel.field.defaults, {
    unit: 'bytes', displayName: 'Size', color: { mode: 'thresholds' },
    thresholds: { mode: 'absolute', steps: [{ value: -Infinity, color: 'green' }, { value: 9, color: 'red' }] },
    mappings: [{ type: 'value', value: '0', result: { text: 'none' } }],
  }); // prettier-ignore
  assert.deepEqual(panel.options, { reduceOptions: { calcs: ['max'], fields: '', values: false } });
});

test('smaller moves: legends that were hidden, display modes of cells, times as texts', () => {
  const legend = read({ type: 'timeseries', options: { legend: { displayMode: 'hidden' } } }).panel.options[
    'legend'
  ];
  assert.deepEqual(legend, { displayMode: 'list', showLegend: false });
  const cells = { defaults: { custom: { displayMode: 'lcd-gauge' } }, overrides: [] };
  const { custom } = read({ type: 'table', fieldConfig: cells }).panel.field.defaults;
  assert.deepEqual(custom, { cellOptions: { type: 'gauge', mode: 'lcd' } });
  const format = { id: 'formatTime', options: { timeField: 't', outputFormat: 'YYYY' } };
  const [converted] = read({ type: 'table', transformations: [format] }).panel.transformations;
  assert.equal(converted?.id, 'convertFieldType');
});

test('queries have names of their own', () => {
  const targets = [{ expr: 'a' }, { expr: 'b', refId: 'A' }, { expr: 'c', refId: 'A' }, { expr: 'd' }];
  assert.deepEqual(
    read({ type: 'stat', targets }).panel.queries.map(({ refId, expr }) => `${refId} ${expr}`),
    ['B a', 'A b', 'C c', 'D d'],
  );
});

test('a library panel that the file carries is drawn, one that it only names is not', () => {
  const panels = [{ libraryPanel: { uid: 'u', name: 'CPU' }, gridPos: { x: 2, y: 0, w: 3, h: 4 } }];
  const model = {
    type: 'stat',
    title: 'CPU',
    targets: [{ expr: 'up' }],
    gridPos: { x: 9, y: 9, w: 1, h: 1 },
  };
  const whole = readDashboard({ title: 'x', panels, __elements: { u: { model } } });
  assert.equal(whole.dashboard.panels[0]?.kind, 'stat');
  assert.equal(whole.dashboard.panels[0].grid.x, 2);
  const named = readDashboard({ title: 'x', panels });
  assert.equal(named.report.panels[0]?.verdict, 'none');
  assert.equal(named.report.panels[0].remarks[0]?.what, 'library panel "CPU"');
});
