import type { PanelKind } from '../../dashboard.ts';

/**
 * What panels carry out, by the names of Grafana's JSON. It is kept here, beside the report, and not asked of the
 * panels: they are drawn in a browser, files are checked on a command line too. Whoever teaches a panel an option
 * adds it here; what is in neither list is reported whenever a file sets it to something.
 *
 * Options are dotted paths. A path covers what is below it.
 */

/** Of every panel that has them. */
const COMMON_OPTIONS: readonly string[] = [
  'legend.calcs',
  'legend.displayMode',
  'legend.placement',
  'legend.showLegend',
  'legend.sortBy',
  'legend.sortDesc',
  'tooltip.mode',
  'tooltip.sort',
];

const REDUCED: readonly string[] = ['reduceOptions', 'orientation'];

const OPTIONS: Readonly<Record<PanelKind, readonly string[]>> = {
  timeseries: [],
  stat: [...REDUCED, 'colorMode', 'graphMode', 'textMode', 'justifyMode', 'wideLayout'],
  gauge: [...REDUCED, 'showThresholdMarkers', 'showThresholdLabels'],
  bargauge: [...REDUCED, 'displayMode'],
  table: ['showHeader', 'cellHeight', 'sortBy', 'footer'],
  text: ['mode', 'content'],
  heatmap: ['calculate', 'calculation', 'color', 'yAxis', 'cellGap', 'rowsFrame', 'filterValues'],
  'state-timeline': ['mergeValues', 'rowHeight', 'showValue', 'alignValue'],
  piechart: [...REDUCED, 'pieType', 'displayLabels'],
  barchart: ['orientation', 'stacking', 'showValue', 'barWidth', 'groupWidth', 'xField'],
  histogram: ['bucketSize', 'bucketOffset', 'bucketCount', 'combine'],
  row: [],
};

/** Sizes and habits that change nothing of what is said: our layout has its own. */
const OPTIONS_WITHOUT_EFFECT: readonly string[] = [
  'code',
  'cellGap',
  'legend.asTable',
  'legend.isVisible',
  'legend.show',
  'legend.width',
  'legend.values',
  'exemplars',
  'barRadius',
  'fullHighlight',
  'maxVizHeight',
  'minVizHeight',
  'minVizWidth',
  'namePlacement',
  'percentChangeColorMode',
  'showUnfilled',
  'sizing',
  'text',
  'tooltip.maxHeight',
  'tooltip.maxWidth',
  'tooltip.show',
  'valueMode',
  'xTickLabelRotation',
  'xTickLabelSpacing',
];

const CUSTOM: readonly string[] = [
  'align',
  'axisCenteredZero',
  'axisLabel',
  'axisPlacement',
  'axisSoftMax',
  'axisSoftMin',
  'barAlignment',
  'cellOptions',
  'drawStyle',
  'fillBelowTo',
  'fillOpacity',
  'filterable',
  'gradientMode',
  'hidden',
  'hideFrom',
  'insertNulls',
  'lineInterpolation',
  'lineStyle',
  'lineWidth',
  'minWidth',
  'pointSize',
  'scaleDistribution',
  'showPoints',
  'spanNulls',
  'stacking',
  'thresholdsStyle',
  'transform',
  'width',
];

const CUSTOM_WITHOUT_EFFECT: readonly string[] = [
  'axisBorderShow',
  'axisColorMode',
  'axisGridShow',
  'axisWidth',
  'barMaxWidth',
  'barWidthFactor',
  'inspect',
  'wrapText',
];

const CONFIG: readonly string[] = [
  'color',
  'decimals',
  'displayName',
  'links',
  'mappings',
  'max',
  'min',
  'noValue',
  'thresholds',
  'unit',
];

/** `fieldMinMax` and `unitScale` are how Grafana computes what we compute anyway. */
const CONFIG_WITHOUT_EFFECT: readonly string[] = [
  'custom',
  'description',
  'fieldMinMax',
  'filterable',
  'unitScale',
];

/** What is set and not carried out counts as absent when it says nothing: `false`, `none`, an empty list. */
export function saysNothing(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return true;
  if (value === 'none' || value === 'auto' || value === 'off' || value === 'never' || value === 0)
    return true;
  if (typeof value !== 'object') return false;
  return Object.values(value).every(saysNothing);
}

export function isOptionShown(kind: PanelKind, path: string): boolean {
  return covers(OPTIONS[kind], path) || covers(COMMON_OPTIONS, path) || covers(OPTIONS_WITHOUT_EFFECT, path);
}

/** `unit`, `custom.lineWidth`: of defaults and of overrides. */
export function isConfigShown(id: string): boolean {
  if (!id.startsWith('custom.')) return CONFIG.includes(id) || CONFIG_WITHOUT_EFFECT.includes(id);
  const path = id.slice('custom.'.length);
  return covers(CUSTOM, path) || covers(CUSTOM_WITHOUT_EFFECT, path);
}

function covers(paths: readonly string[], path: string): boolean {
  return paths.some((known) => path === known || path.startsWith(`${known}.`));
}

export const TRANSFORMATIONS: ReadonlySet<string> = new Set([
  'calculateField',
  'concatenate',
  'convertFieldType',
  'extractFields',
  'filterByRefId',
  'filterByValue',
  'filterFieldsByName',
  'groupBy',
  'joinByField',
  'labelsToFields',
  'limit',
  'merge',
  'organize',
  'reduce',
  'renameByRegex',
  'seriesToColumns',
  'sortBy',
]);

export const MATCHERS: ReadonlySet<string> = new Set([
  'anyMatch',
  'byFrameRefID',
  'byName',
  'byNames',
  'byRegexp',
  'byRegexpOrNames',
  'byType',
  'byTypes',
  'byValue',
  'numeric',
  'time',
]);

export const CELL_TYPES: ReadonlySet<string> = new Set(['auto', 'color-background', 'color-text', 'gauge']);
