import type { PanelKind } from '../../dashboard.ts';

/**
 * What panels carry out, by the names of Grafana's JSON. It is kept here, beside the report, and not asked of the
 * panels: they are drawn in a browser, files are checked on a command line too. Whoever teaches a panel an option
 * adds it here; what is in neither list is reported whenever a file sets it to something.
 *
 * Options are dotted paths. A path covers what is below it.
 */

const LEGEND: readonly string[] = [
  'legend.calcs',
  'legend.displayMode',
  'legend.placement',
  'legend.showLegend',
  'legend.sortBy',
  'legend.sortDesc',
];

const REDUCED: readonly string[] = ['reduceOptions', 'orientation'];

const OPTIONS: Readonly<Record<PanelKind, readonly string[]>> = {
  timeseries: [...LEGEND, 'tooltip.mode', 'tooltip.sort'],
  stat: [...REDUCED, 'colorMode', 'graphMode', 'textMode', 'justifyMode', 'showPercentChange'],
  gauge: [...REDUCED, 'showThresholdMarkers', 'showThresholdLabels'],
  bargauge: [...REDUCED, 'displayMode', 'valueMode'],
  table: ['showHeader', 'cellHeight', 'sortBy', 'footer.show', 'footer.reducer', 'footer.fields'],
  text: ['mode', 'content'],
  heatmap: [
    'calculate',
    'calculation',
    'cellGap',
    'color.exponent',
    'color.max',
    'color.min',
    'color.mode',
    'filterValues.le',
    'legend.show',
    'rowsFrame.scale',
    'tooltip.mode',
    'tooltip.show',
    'yAxis.scaleDistribution',
    'yAxis.unit',
  ],
  'state-timeline': ['mergeValues', 'rowHeight', 'showValue', 'alignValue'],
  piechart: [
    ...REDUCED,
    'pieType',
    'displayLabels',
    'legend.showLegend',
    'legend.placement',
    'legend.values',
  ],
  barchart: ['orientation', 'stacking', 'showValue', 'barWidth', 'groupWidth', 'xField', 'legend.showLegend'],
  histogram: ['bucketSize', 'bucketOffset', 'bucketCount', 'combine', 'legend.showLegend'],
  row: [],
};

/** Places, sizes, palettes and habits that change nothing of what is said: our layout has its own. */
const OPTIONS_WITHOUT_EFFECT: readonly string[] = [
  'barRadius',
  'cellGap',
  'code',
  'color.fill',
  'color.reverse',
  'color.scale',
  'color.scheme',
  'color.steps',
  'exemplars',
  'footer.enablePagination',
  'fullHighlight',
  'legend.asTable',
  'legend.displayMode',
  'legend.isVisible',
  'legend.placement',
  'legend.show',
  'legend.showLegend',
  'legend.sortBy',
  'legend.sortDesc',
  'legend.values',
  'legend.width',
  'maxVizHeight',
  'minVizHeight',
  'minVizWidth',
  'namePlacement',
  'percentChangeColorMode',
  'rowsFrame.layout',
  'rowsFrame.value',
  'showUnfilled',
  'sizing',
  'text',
  'tooltip.maxHeight',
  'tooltip.maxWidth',
  'tooltip.mode',
  'tooltip.show',
  'tooltip.sort',
  'wideLayout',
  'xTickLabelRotation',
  'xTickLabelSpacing',
  'yAxis.axisPlacement',
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
  return covers(OPTIONS[kind], path) || covers(OPTIONS_WITHOUT_EFFECT, path);
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

export const CELL_TYPES: ReadonlySet<string> = new Set(['auto', 'color-background', 'color-text', 'gauge']);

/** What is said of a regular expression that `compilePattern` refuses. */
export const NO_PATTERN = 'is no pattern, or one that could run for ever';
