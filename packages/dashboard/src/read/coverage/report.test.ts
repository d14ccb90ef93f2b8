import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDashboard } from '../read-dashboard.ts';

const reportOf = (file: object) => readDashboard({ title: 'x', schemaVersion: 43, ...file }).report;

/** Verdict and findings of one panel. */
function judge(panel: object, rest: object = {}): string[] {
  const [report] = reportOf({ panels: [{ type: 'timeseries', ...panel }], ...rest }).panels;
  assert.ok(report !== undefined);
  return [report.verdict, ...report.remarks.map(({ code, what, detail }) => `${code} | ${what} | ${detail}`)];
}

const query = (expr: string, rest: object = {}) => ({ targets: [{ refId: 'A', expr, ...rest }] });

test('a panel of which everything is drawn is full', () => {
  assert.deepEqual(judge(query('up')), ['full']);
  assert.deepEqual(
    judge({
      ...query('rate(x[$__rate_interval])'),
      options: { legend: { calcs: ['mean'], sortBy: 'Mean' }, tooltip: { mode: 'multi', hideZeros: false } },
      fieldConfig: { defaults: { unit: 's', custom: { lineWidth: 2, barWidthFactor: 0.6 } }, overrides: [] },
      transformations: [{ id: 'organize', options: {} }],
    }),
    ['full'],
  );
});

test('a type nobody draws is not shown, and named', () => {
  assert.deepEqual(judge({ type: 'geomap', ...query('up') }), [
    'none',
    'panel-type | geomap | panels of this type are not drawn',
  ]);
});

test('queries of other languages are named; with none left, nothing is shown', () => {
  const logs = { refId: 'B', expr: '{app="x"} |= "y"', datasource: { type: 'loki', uid: 'l' } };
  const remark = 'query-language | expr of B | asks a source of type "loki"; PromQL alone is understood';
  assert.deepEqual(judge({ targets: [logs] }), ['none', remark]);
  assert.deepEqual(
    judge({ datasource: { uid: '-- Mixed --' }, targets: [{ refId: 'A', expr: 'up' }, logs] }),
    ['partial', remark],
  );
  assert.deepEqual(
    judge({
      targets: [
        { ...logs, hide: true },
        { refId: 'A', expr: 'up' },
      ],
    }),
    ['partial', remark],
  );
});

test('an expression that cannot be parsed is named with its place', () => {
  assert.deepEqual(judge(query('sum(up')), [
    'none',
    'query-syntax | expr of A | 1:7: unclosed left parenthesis',
  ]);
});

test('options that are set and not carried out are named, empty ones are not', () => {
  assert.deepEqual(
    judge({
      options: { timezone: ['utc'], annotations: { multiLane: true }, legend: { limit: 5 }, candle: 'none' },
    }),
    [
      'partial',
      'option | options.timezone | is not carried out',
      'option | options.annotations.multiLane | is not carried out',
      'option | options.legend.limit | is not carried out',
    ],
  );
  assert.equal(judge({ type: 'text', options: { mode: 'html', content: '<b>x</b>' } })[0], 'partial');
  assert.equal(judge({ type: 'text', options: { mode: 'markdown', content: '**x**' } })[0], 'full');
});

test('what a panel of one kind carries out another may not', () => {
  const options = (type: string, set: object) => judge({ type, options: set });
  assert.deepEqual(options('stat', { showPercentChange: true, orientation: 'horizontal' }), ['full']);
  assert.match(options('table', { showPercentChange: true }).join(), /options\.showPercentChange/);
  assert.deepEqual(options('bargauge', { valueMode: 'hidden' }), ['full']);
  assert.match(options('barchart', { legend: { calcs: ['mean'] } }).join(), /options\.legend\.calcs/);
  assert.deepEqual(options('heatmap', { color: { mode: 'opacity', scheme: 'Oranges' } }), ['full']);
  assert.match(
    options('heatmap', { yAxis: { unit: 's', reverse: true } }).join(),
    /^partial,option \| options\.yAxis\.reverse \| is not carried out$/,
  );
  assert.match(options('table', { footer: { show: true, countRows: true } }).join(), /footer\.countRows/);
});

test('field options, cells and scales that are not carried out are named', () => {
  const config = (custom: object, type = 'timeseries') =>
    judge({ type, fieldConfig: { defaults: { custom } } });
  assert.deepEqual(config({ lineColor: 'x', axisGridShow: true }), [
    'partial',
    'option | fieldConfig.custom.lineColor | is not carried out',
  ]);
  assert.match(config({ scaleDistribution: { type: 'symlog' } })[1] ?? '', /symmetric logarithm/);
  assert.match(config({ cellOptions: { type: 'sparkline' } }, 'table')[1] ?? '', /cells of type "sparkline"/);
  assert.deepEqual(config({ cellOptions: { type: 'color-text' } }, 'table'), ['full']);
});

test('overrides: matchers that do not choose, patterns that are none, properties that are not carried out', () => {
  const override = (id: string, options: unknown, property = 'unit') =>
    judge({
      fieldConfig: {
        defaults: {},
        overrides: [{ matcher: { id, options }, properties: [{ id: property, value: 's' }] }],
      },
    });
  assert.deepEqual(override('byName', 'a'), ['full']);
  assert.deepEqual(override('byRegexp', '/^a+$/i'), ['full']);
  assert.match(override('byRegexp', '/(/').join(), /"\/\(\/" is no pattern/);
  assert.match(override('byRegexp', '(a+)+$').join(), /could run for ever/);
  assert.match(override('byQueryType', 'a').join(), /matcher "byQueryType"/);
  assert.match(override('byName', 'a', 'custom.glow').join(), /override \| custom\.glow/);
});

test('transformations that are not known are named unless they are off', () => {
  assert.match(judge({ transformations: [{ id: 'heatmap' }] }).join(), /^partial,transformation \| heatmap/);
  assert.deepEqual(judge({ transformations: [{ id: 'heatmap', disabled: true }] }), ['full']);
});

test('a repeat by a variable that is not there, and a link without an address, are named', () => {
  assert.match(judge({ repeat: 'pod' }).join(), /variable \| repeat by "pod"/);
  assert.deepEqual(
    judge({ repeat: 'pod' }, { templating: { list: [{ type: 'custom', name: 'pod', query: 'a' }] } }),
    ['full'],
  );
  assert.match(judge({ links: [{ title: 'more' }] }).join(), /link \| link "more" \| has no address/);
});

test('panels have the row they stand in; below a collapsed one they stand in none', () => {
  const at = (y: number) => ({ gridPos: { x: 0, y, w: 24, h: 1 } });
  const { panels } = reportOf({
    panels: [
      { type: 'stat', title: 'a', ...at(0) },
      { type: 'row', title: 'open', ...at(1) },
      { type: 'stat', title: 'b', ...at(2) },
      {
        type: 'row',
        title: 'shut',
        collapsed: true,
        panels: [{ type: 'stat', title: 'c', ...at(4) }],
        ...at(3),
      },
      { type: 'stat', title: 'd', ...at(5) },
    ],
  });
  assert.deepEqual(
    panels.map(({ title, row }) => `${title} ${row}`),
    ['a ', 'b open', 'c shut', 'd '],
  );
});

const remarksOf = (file: object): string[] =>
  reportOf(file).remarks.map(({ code, what, detail }) => `${code} | ${what} | ${detail}`);
const ofVariables = (...list: object[]): string[] => remarksOf({ templating: { list } });

test('variables that cannot be offered are named', () => {
  const asks = (name: string, query: string, rest: object = {}) => ({ type: 'query', name, query, ...rest });
  assert.deepEqual(ofVariables(asks('a', 'label_values(up{b="$b"}, a)'), asks('b', 'label_values(b)')), []);
  assert.match(ofVariables({ type: 'adhoc', name: 'f' }).join(), /variables of type "adhoc" are not offered/);
  assert.match(ofVariables(asks('a', 'label_values(up{, a)')).join(), /"up\{": 1:4: /);
  assert.match(
    ofVariables(asks('a', 'x', { datasource: { type: 'loki' } })).join(),
    /asks a source of type "loki"/,
  );
  assert.match(ofVariables(asks('a', 'label_values(a)', { regex: '/(/' })).join(), /"\/\(\/" is no pattern/);
  assert.match(ofVariables(asks('a', '')).join(), /has no query/);
  assert.match(
    ofVariables(asks('a', 'label_values(a)'), asks('a', 'label_values(b)')).join(),
    /comes more than once/,
  );
});

test('variables that ask in a circle are named, those that lead into it are not', () => {
  const asks = (name: string, other: string) => ({
    type: 'query',
    name,
    query: `label_values(up{x="$${other}"}, ${name})`,
  });
  const remarks = ofVariables(asks('a', 'b'), asks('b', 'c'), asks('c', 'b'), asks('d', 'd'));
  assert.deepEqual(
    remarks.map((remark) => /variable "(\w)" \| asks/.exec(remark)?.[1]),
    ['b', 'c', 'd'],
  );
});

test('sources of another Grafana are asked from our own store, and that is said', () => {
  const panels = [{ type: 'stat', datasource: { type: 'prometheus', uid: 'PBFA97' }, ...query('up') }];
  assert.deepEqual(remarksOf({ panels }), [
    'migrated | a data source | "PBFA97": our own store is asked instead',
  ]);
});

test('annotations that ask no PromQL are named', () => {
  const list = [
    { name: 'grafana', builtIn: 1, datasource: { uid: '-- Grafana --' } },
    { name: 'deploys', datasource: { type: 'loki' }, expr: '{a="b"}' },
    { name: 'broken', expr: 'up{' },
    { name: 'fine', expr: 'up == 0' },
  ];
  assert.deepEqual(
    remarksOf({ annotations: { list } }).map((remark) => remark.split(' | ')[1]),
    ['annotation "deploys"', 'annotation "broken"'],
  );
});

test('the version and what was made of it are said', () => {
  assert.match(remarksOf({ schemaVersion: 12 }).join(), /12 became 43/);
  assert.match(remarksOf({ schemaVersion: 50 }).join(), /50 is newer than 43/);
});
