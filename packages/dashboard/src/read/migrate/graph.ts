import { definedOf, isObject, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';
import { fieldConfigOf } from './field-config.ts';
import { takeSeriesOverrides } from './series-overrides.ts';

/**
 * `graph`, drawn by Grafana until 10.x, becomes `timeseries`: what was said of the whole panel goes into the
 * field defaults, what was said of an axis on the right or of a series by its alias into overrides. What has no
 * counterpart is named in the report.
 */
export function migrateGraph(panel: JsonObject, remarks: Remarks): void {
  const { defaults, overrides } = fieldConfigOf(panel);
  panel['type'] = 'timeseries';
  const [left, right] = axesOf(panel);
  Object.assign(defaults, axisConfigOf(left, panel['decimals']));
  defaults['custom'] = { ...drawingOf(panel), ...axisStyleOf(left) };
  defaults['color'] = { mode: 'palette-classic' };
  takeThresholds(panel, defaults);
  overrides.push(
    ...Object.entries(objectOf(panel['aliasColors'])).map(([alias, color]) => ({
      matcher: { id: 'byName', options: alias },
      properties: [{ id: 'color', value: { mode: 'fixed', fixedColor: textOf(color) } }],
    })),
    ...takeSeriesOverrides(panel, right, remarks),
  );
  panel['options'] = { legend: legendOf(objectOf(panel['legend'])), tooltip: tooltipOf(panel) };
  remarkOnLosses(panel, remarks);
  for (const key of GRAPH_KEYS) delete panel[key];
}

const GRAPH_KEYS = [
  'aliasColors', 'bars', 'dashes', 'dashLength', 'spaceLength', 'decimals', 'fill', 'fillGradient', 'grid',
  'hiddenSeries', 'legend', 'lines', 'linewidth', 'nullPointMode', 'percentage', 'pointradius', 'points', 'renderer',
  'seriesOverrides', 'stack', 'steppedLine', 'thresholds', 'timeRegions', 'tooltip', 'xaxis', 'yaxes', 'yaxis',
  'y_formats', 'x-axis', 'y-axis', 'leftYAxisLabel', 'rightYAxisLabel', 'editable', 'error', 'isNew', 'alert',
]; // prettier-ignore

function axesOf(panel: JsonObject): [JsonObject, JsonObject] {
  const [left, right] = objectsOf(panel['yaxes']);
  if (left !== undefined) return [left, right ?? {}];
  // Before version 12.
  const [leftFormat, rightFormat] = Array.isArray(panel['y_formats'])
    ? (panel['y_formats'] as unknown[])
    : [];
  const { leftMin, leftMax, rightMin, rightMax, leftLogBase, rightLogBase } = objectOf(panel['grid']);
  return [
    { format: leftFormat, min: leftMin, max: leftMax, logBase: leftLogBase, label: panel['leftYAxisLabel'] },
    {
      format: rightFormat,
      min: rightMin,
      max: rightMax,
      logBase: rightLogBase,
      label: panel['rightYAxisLabel'],
    },
  ];
}

function axisConfigOf(axis: JsonObject, decimals: unknown): JsonObject {
  const format = textOf(axis['format']);
  return definedOf({
    unit: format === '' ? undefined : format,
    min: numberOf(axis['min']),
    max: numberOf(axis['max']),
    decimals: numberOf(axis['decimals']) ?? numberOf(decimals),
  });
}

function axisStyleOf(axis: JsonObject): JsonObject {
  const log = numberOf(axis['logBase']) ?? 1;
  return definedOf({
    axisPlacement: axis['show'] === false ? 'hidden' : 'auto',
    axisLabel: textOf(axis['label']),
    scaleDistribution: log > 1 ? { type: 'log', log } : { type: 'linear' },
  });
}

function drawingOf(panel: JsonObject): JsonObject {
  const isBars = panel['bars'] === true;
  const isLines = panel['lines'] !== false && !isBars;
  const isPoints = panel['points'] === true;
  const gradient = numberOf(panel['fillGradient']) ?? 0;
  const fill = gradient > 0 ? gradient : (numberOf(panel['fill']) ?? 1);
  const stack = panel['percentage'] === true ? 'percent' : 'normal';
  return {
    drawStyle: isBars ? 'bars' : isLines || !isPoints ? 'line' : 'points',
    lineInterpolation: panel['steppedLine'] === true ? 'stepAfter' : 'linear',
    lineWidth: isLines ? (numberOf(panel['linewidth']) ?? 1) : isBars ? 1 : 0,
    fillOpacity: isBars ? 100 : isLines ? Math.min(Math.max(fill, 0) * 10, 100) : 0,
    gradientMode: gradient > 0 ? 'opacity' : 'none',
    showPoints: isPoints ? 'always' : 'never',
    pointSize: 2 * (numberOf(panel['pointradius']) ?? 2) + 1,
    spanNulls: panel['nullPointMode'] === 'connected',
    stacking: { mode: panel['stack'] === true ? stack : 'none', group: 'A' },
    ...(panel['dashes'] === true
      ? {
          lineStyle: {
            fill: 'dash',
            dash: [numberOf(panel['dashLength']) ?? 10, numberOf(panel['spaceLength']) ?? 10],
          },
        }
      : {}),
  };
}

const LEGEND_CALCS = [
  ['min', 'min'],
  ['max', 'max'],
  ['avg', 'mean'],
  ['current', 'lastNotNull'],
  ['total', 'sum'],
] as const;

const LEGEND_NAMES: ReadonlyMap<string, string> = new Map([
  ['min', 'Min'],
  ['max', 'Max'],
  ['avg', 'Mean'],
  ['current', 'Last *'],
  ['total', 'Total'],
]);

function legendOf(legend: JsonObject): JsonObject {
  const sortBy = LEGEND_NAMES.get(textOf(legend['sort']));
  return definedOf({
    showLegend: legend['show'] !== false,
    displayMode: legend['alignAsTable'] === true ? 'table' : 'list',
    placement: legend['rightSide'] === true ? 'right' : 'bottom',
    calcs:
      legend['values'] === false
        ? []
        : LEGEND_CALCS.filter(([key]) => legend[key] === true).map(([, calc]) => calc),
    width: numberOf(legend['sideWidth']),
    sortBy,
    sortDesc: sortBy === undefined ? undefined : legend['sortDesc'] === true,
  });
}

function tooltipOf(panel: JsonObject): JsonObject {
  const { shared, sort } = objectOf(panel['tooltip']);
  return {
    mode: shared === false ? 'single' : 'multi',
    sort: ['none', 'asc', 'desc'][numberOf(sort) ?? 0] ?? 'none',
  };
}

const THRESHOLD_COLORS: ReadonlyMap<string, string> = new Map([
  ['critical', 'red'],
  ['warning', 'orange'],
  ['ok', 'green'],
]);

/** Each was a line with an area above or below it; on one scale they become steps. */
function takeThresholds(panel: JsonObject, defaults: JsonObject): void {
  const thresholds = objectsOf(panel['thresholds']).filter(({ value }) => numberOf(value) !== undefined);
  if (thresholds.length === 0) return;
  const sorted = thresholds.toSorted((a, b) => (numberOf(a['value']) ?? 0) - (numberOf(b['value']) ?? 0));
  const steps: { color: string; value: number | null }[] = [{ color: 'transparent', value: null }];
  for (const threshold of sorted) {
    const own = textOf(threshold['fillColor'], textOf(threshold['lineColor'], 'red'));
    const color = THRESHOLD_COLORS.get(textOf(threshold['colorMode'])) ?? own;
    const last = steps.at(-1);
    if (threshold['op'] === 'lt' && last !== undefined) last.color = color;
    steps.push({
      color: threshold['op'] === 'lt' ? 'transparent' : color,
      value: numberOf(threshold['value']) ?? null,
    });
  }
  defaults['thresholds'] = { mode: 'absolute', steps };
  const hasArea = thresholds.some(({ fill }) => fill !== false);
  const hasLine = thresholds.some(({ line }) => line === true);
  const mode = hasArea ? (hasLine ? 'line+area' : 'area') : 'line';
  if (isObject(defaults['custom'])) defaults['custom']['thresholdsStyle'] = { mode };
}

function remarkOnLosses(panel: JsonObject, remarks: Remarks): void {
  const lose = (what: string, detail: string): void => remarks.aboutPanel(panel, 'option', what, detail);
  const xMode = textOf(objectOf(panel['xaxis'])['mode'], 'time');
  if (xMode !== 'time') lose('xaxis.mode', `an x axis of "${xMode}" is drawn over time`);
  if (panel['nullPointMode'] === 'null as zero')
    lose('nullPointMode', 'gaps stay gaps: they were drawn as zero');
  if (objectsOf(panel['timeRegions']).length > 0)
    lose('timeRegions', 'coloured regions of time are not drawn');
  if (isObject(panel['alert'])) lose('alert', 'alerts of a panel are not taken over; write a rule');
  const { hideEmpty, hideZero } = objectOf(panel['legend']);
  if (hideEmpty === true || hideZero === true)
    lose('legend.hideEmpty', 'series without values stay in the legend');
  remarks.aboutPanel(panel, 'migrated', 'type', 'was "graph", drawn as "timeseries"');
}
