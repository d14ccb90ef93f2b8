/** The dashboards that ship, as files: what a reviewer would check by eye, panel by panel. */
import assert from 'node:assert/strict';
import { globSync, existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { suite, test } from 'node:test';
import { parseExpr, selectorsOf } from '@vedette/promql/parser';
import { documentedSeries } from '../support/documented-series.ts';

interface Target {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly Target[];
  readonly fieldConfig?: {
    readonly defaults: {
      readonly unit?: string;
      readonly thresholds: { readonly steps: readonly { readonly value: number | null }[] };
    };
    readonly overrides: readonly {
      readonly properties: readonly { readonly id: string; readonly value: unknown }[];
    }[];
  };
  readonly links?: readonly { readonly url: string }[];
}

interface ShippedDashboard {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly schemaVersion: number;
  readonly panels: readonly Panel[];
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly definition?: string }[];
  };
}

const root = path.resolve(import.meta.dirname, '../..');

// Ids of Grafana's own list; it prints any other one behind the number.
const GRAFANA_UNITS = new Set('short percentunit bytes s ops pps reqps Bps cps cpm currencyUSD'.split(' '));

const dashboards = globSync('dashboards/*.json', { cwd: root })
  .sort()
  .map((file) => ({
    file,
    dashboard: JSON.parse(readFileSync(path.join(root, file), 'utf8')) as ShippedDashboard,
  }));

const documented = documentedSeries();

/** An expression with something in the place of every variable. */
function filled(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m').replaceAll('$__range', '1h').replaceAll(/\$\w+/g, '.*');
}

const panelsOf = ({ panels }: ShippedDashboard): readonly Panel[] =>
  panels.filter(({ type }) => type !== 'row');

suite('the shipped dashboards', () => {
  test('there are the eight, each with a uid, a title and a description of its own', () => {
    assert.deepEqual(
      dashboards.map(({ file }) => path.basename(file, '.json')),
      [
        'alerts',
        'api-performance',
        'application',
        'host',
        'overview',
        'sandbox-jobs',
        'user-behaviour',
        'vedette',
      ],
    );
    for (const key of ['uid', 'title', 'description'] as const)
      assert.equal(new Set(dashboards.map(({ dashboard }) => dashboard[key])).size, dashboards.length, key);
    for (const { dashboard } of dashboards) assert.equal(dashboard.schemaVersion, 43);
  });

  test('the application overview has 17 panels', () => {
    const found = dashboards.find(({ file }) => file.endsWith('application.json'));
    assert.equal(found && panelsOf(found.dashboard).length, 17);
  });

  for (const { file, dashboard } of dashboards) {
    test(`${file}: panels have ids of their own, a title, a description that says what to do, and queries`, () => {
      const ids = dashboard.panels.map(({ id }) => id);
      assert.equal(new Set(ids).size, ids.length);
      for (const panel of panelsOf(dashboard)) {
        assert.ok(panel.title.length > 0 && panel.title.length <= 30, panel.title);
        assert.match(panel.description ?? '', /^.{20,}[.?]$/, panel.title);
        assert.ok((panel.targets ?? []).length > 0, panel.title);
        const refIds = panel.targets?.map(({ refId }) => refId) ?? [];
        assert.equal(new Set(refIds).size, refIds.length, panel.title);
      }
    });

    test(`${file}: no panel overlaps another or leaves the grid`, () => {
      const cells = new Map<string, string>();
      for (const { title, gridPos } of dashboard.panels) {
        const { x, y, w, h } = gridPos;
        assert.ok(x >= 0 && w > 0 && x + w <= 24 && h > 0, title);
        for (let column = x; column < x + w; column++)
          for (let row = y; row < y + h; row++) {
            const key = `${column} ${row}`;
            assert.equal(cells.get(key), undefined, `${title} lies over ${cells.get(key)}`);
            cells.set(key, title);
          }
      }
    });

    test(`${file}: every metric and label stands in docs/metrics.md`, () => {
      for (const { title, targets = [] } of dashboard.panels)
        for (const { expr, legendFormat } of targets) checkNames(`${title}: ${expr}`, expr, legendFormat);
      for (const { name, definition } of dashboard.templating.list) {
        const match = /^label_values\((.+), (\w+)\)$/.exec(definition ?? '');
        if (match === null) assert.equal(name, 'datasource');
        else checkNames(`variable ${name}`, match[1] ?? '', `{{${match[2]}}}`);
      }
    });

    test(`${file}: only variables that it has are used`, () => {
      const known = new Set(dashboard.templating.list.map(({ name }) => name));
      for (const [, name = ''] of JSON.stringify(dashboard).matchAll(/\$\{?(\w+)/g))
        assert.ok(known.has(name) || name.startsWith('__'), name);
    });

    test(`${file}: units are Grafana's, thresholds rise, runbooks exist`, () => {
      for (const { title, fieldConfig, links = [] } of panelsOf(dashboard)) {
        const overridden = (fieldConfig?.overrides ?? [])
          .flatMap(({ properties }) => properties)
          .filter(({ id }) => id === 'unit');
        for (const unit of [fieldConfig?.defaults.unit, ...overridden.map(({ value }) => value)])
          assert.ok(GRAFANA_UNITS.has(String(unit)), `${title}: ${String(unit)}`);
        const [first, ...steps] = (fieldConfig?.defaults.thresholds.steps ?? []).map(({ value }) => value);
        assert.equal(first, null, title);
        assert.deepEqual(
          steps,
          steps.toSorted((a, b) => Number(a) - Number(b)),
          title,
        );
        for (const { url } of links) assert.ok(existsSync(path.join(root, `${url.slice(1)}.md`)), url);
      }
    });
  }
});

function checkNames(what: string, expr: string, legend: string): void {
  const selectors = selectorsOf(parseExpr(filled(expr)));
  const inQuery = new Set<string>();
  for (const { name = '', matchers } of selectors) {
    const named = matchers.find((matcher) => matcher.name === '__name__' && matcher.op === '=~');
    for (const one of named === undefined ? [name] : named.value.split('|')) {
      const labels = documented.get(one);
      assert.ok(labels, `${what}: ${one} is not in docs/metrics.md`);
      for (const label of labels) inQuery.add(label);
      for (const matcher of matchers)
        assert.ok(
          matcher.name === '__name__' || labels.has(matcher.name),
          `${what}: ${one} has no ${matcher.name}`,
        );
    }
  }
  const grouped = [...expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
  const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
  for (const label of [...grouped, ...shown]) assert.ok(inQuery.has(label), `${what}: no label ${label}`);
}
