import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { ExpectedError } from '@vedette/model';
import type { Panel } from '../dashboard.ts';
import { parseDashboardText } from './parse-text.ts';
import { readDashboard } from './read-dashboard.ts';

/**
 * Whatever JSON comes, it is read or refused in words, and what was read holds: ids are unique, positions on the
 * grid, and a second reading changes nothing.
 */
function survive(json: unknown): void {
  const result = attempt(() => readDashboard(json));
  if (result === undefined) return;
  const { dashboard, classic, report } = result;
  const panels: Panel[] = dashboard.panels.flatMap((panel) => [panel, ...(panel.row?.panels ?? [])]);
  assert.equal(new Set(panels.map(({ id }) => id)).size, panels.length);
  for (const { id, grid } of panels) {
    assert.ok(Number.isSafeInteger(id) && id >= 1, `id ${id}`);
    assert.ok(
      grid.x >= 0 && grid.x + grid.w <= 24 && grid.w >= 1 && grid.h >= 1 && grid.y >= 0,
      JSON.stringify(grid),
    );
  }
  assert.equal(report.panels.length, panels.filter(({ kind }) => kind !== 'row').length);
  const again = readDashboard(JSON.parse(JSON.stringify(classic)));
  assert.deepEqual(again.classic, classic);
  assert.deepEqual(again.dashboard, dashboard);
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ExpectedError) return undefined;
    throw error;
  }
}

/** Words of the format, so that random JSON comes into its corners. */
const KEYS = (
  'panels rows type id gridPos x y w h span height collapsed collapse repeat targets expr refId datasource uid ' +
  'fieldConfig defaults overrides matcher properties options mappings thresholds steps value color custom ' +
  'templating list name query current multi includeAll annotations target links url tags transformations ' +
  'libraryPanel legend yaxes format seriesOverrides alias aliasColors gauge sparkline valueMaps styles pattern ' +
  'fieldOptions valueOptions reduceOptions calcs displayMode time refresh __inputs pluginId __elements model ' +
  'spec apiVersion dashboard elements layout kind items __proto__ constructor toString schemaVersion'
).split(' ');

const WORDS = [
  'row', 'graph', 'singlestat', 'table-old', 'table', 'heatmap', 'stat', 'text', 'query', 'custom', 'datasource',
  'constant', 'up{a="$x"}', '$x', '${DS_X}', '[[x]]', '-- Mixed --', 'null', 'timeseries_aggregations', '1', '1px',
  '/[/', '/a/', 'label_values($x, a)', 'dashboard.grafana.app/v1', 'dashboard.grafana.app/v2beta1', 'byRegexp',
  'Panel', 'GridLayout', 'RowsLayout', 'TabsLayout', 'AutoGridLayout', 'PanelKind', '', '9'.repeat(400),
]; // prettier-ignore

const wildJson: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 7, withCrossShrink: true },
    fc.oneof(
      fc.constantFrom(...WORDS, null, true, false, NaN, Infinity, -1, 0, 1, 2, 25, 1e308, -1e308, 0.5),
      fc.string(),
      fc.double(),
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 8 }).map(own),
  ),
})).value;

/** As `JSON.parse` makes them: `__proto__` is a key as any other. */
function own(entries: readonly (readonly [string, unknown])[]): unknown {
  return Object.fromEntries(entries);
}

const wildPanel = fc
  .tuple(
    fc.constantFrom(...WORDS.slice(0, 9)),
    fc.array(fc.tuple(fc.constantFrom(...KEYS), wildJson), { maxLength: 8 }),
  )
  .map(([type, entries]) => ({ ...Object.fromEntries(entries), type }));

test('random JSON of the words of the format does no harm', () => {
  survive(undefined);
  const titled = wildJson.map((json) =>
    typeof json === 'object' && json !== null ? { ...json, title: 'x' } : json,
  );
  fc.assert(fc.property(titled, survive), { numRuns: 400 });
});

test('panels with random content do no harm', () => {
  const dashboards = fc.record({
    title: fc.string(),
    panels: fc.array(wildPanel, { maxLength: 5 }),
    rows: fc.option(wildJson),
  });
  fc.assert(fc.property(dashboards, survive), { numRuns: 400 });
});

test('V2 resources with random layouts and elements do no harm', () => {
  const kind = fc.constantFrom('GridLayout', 'RowsLayout', 'TabsLayout', 'AutoGridLayout');
  const item = fc.record({ kind: fc.constantFrom('GridLayoutItem', 'GridLayoutRow'), spec: wildJson });
  const layout = fc.record({
    kind,
    spec: fc.record({ items: fc.array(item), rows: fc.array(item), tabs: fc.array(item) }),
  });
  const spec = fc.record({
    title: fc.string(),
    elements: fc.dictionary(fc.constantFrom(...WORDS), wildPanel),
    layout,
    variables: wildJson,
  });
  const resource = spec.map((each) => ({ apiVersion: 'dashboard.grafana.app/v2beta1', spec: each }));
  fc.assert(fc.property(resource, survive), { numRuns: 100 });
});

const directory = path.join(
  process.env['VEDETTE_SHARED'] ?? path.resolve(import.meta.dirname, '../../../../../shared'),
  'grafana-dashboards',
);
const isRequired = process.env['VEDETTE_PEERS'] === 'required';
const skip = existsSync(directory) || isRequired ? false : 'the shared dashboards are not here';

const NAMES = [
  'redis-exporter-legacy-0.3x',
  'k8s-views-pods',
  'otel-red-metrics-classic',
  'pyrra-slo-detail',
];

test('real files with values exchanged, doubled and removed do no harm', { skip }, () => {
  // A failure prints the name and not the file.
  const texts = new Map(
    NAMES.map((name) => [name, readFileSync(path.join(directory, `${name}.json`), 'utf8')]),
  );
  const change = fc.record({
    at: fc.nat(),
    how: fc.constantFrom('replace', 'remove', 'double'),
    value: wildJson,
  });
  fc.assert(
    fc.property(
      fc.constantFrom(...NAMES),
      fc.array(change, { minLength: 1, maxLength: 6 }),
      (name, changes) => {
        const json: unknown = JSON.parse(texts.get(name) ?? '');
        for (const { at, how, value } of changes) mutate(json, { at, how, value });
        survive(json);
      },
    ),
    { numRuns: 40 },
  );
});

/** Changes the entry number `at` of all there are in the tree. */
function mutate(json: unknown, { at, how, value }: { at: number; how: string; value: unknown }): void {
  const holders: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || holders.length > 20_000) return;
    for (const key of Object.keys(node)) {
      holders.push([node as Record<string, unknown>, key]);
      walk((node as Record<string, unknown>)[key]);
    }
  };
  walk(json);
  const [holder, key] = holders[at % Math.max(holders.length, 1)] ?? [];
  if (holder === undefined || key === undefined) return;
  if (how === 'remove') delete holder[key];
  else if (Array.isArray(holder) && how === 'double') holder.push(structuredClone(holder[Number(key)]));
  else holder[key] = value;
}

test(
  'files cut off anywhere, or with one character changed, are refused with a place or read',
  { skip },
  () => {
    const text = readFileSync(path.join(directory, 'otel-red-metrics-classic.json'), 'utf8');
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.option(fc.string({ minLength: 1, maxLength: 1 })),
        (at, character) => {
          const broken =
            character === null ? text.slice(0, at) : text.slice(0, at) + character + text.slice(at + 1);
          attempt(() => readDashboard(parseDashboardText(broken)));
        },
      ),
      { numRuns: 300 },
    );
  },
);
