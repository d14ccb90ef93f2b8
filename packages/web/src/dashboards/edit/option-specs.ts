import type { PanelKind } from '@vedette/dashboard';

/**
 * The options of panels that people change, as data: where each stands in Grafana's JSON, how it is
 * asked for, and for which kinds; one that stands at two places comes twice. The rest of a file is kept as it is and changed in the JSON view.
 */
export interface OptionSpec {
  /** Also the key of its words: `dashboards.option.ID`. */
  readonly id: OptionId;
  readonly path: string;
  readonly kinds: readonly PanelKind[];
  readonly field: OptionField;
}

export type OptionField =
  | { readonly kind: 'text' }
  | { readonly kind: 'long-text' }
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'switch' }
  | { readonly kind: 'unit' }
  | { readonly kind: 'thresholds' }
  /** `isList`: the JSON holds a list of which one is chosen. */
  | { readonly kind: 'choice'; readonly values: readonly string[]; readonly isList?: boolean };

export type OptionId =
  | 'unit'
  | 'decimals'
  | 'min'
  | 'max'
  | 'noValue'
  | 'displayName'
  | 'colour'
  | 'thresholds'
  | 'thresholdStyle'
  | 'legend'
  | 'legendPlace'
  | 'tooltip'
  | 'stacking'
  | 'fill'
  | 'lineWidth'
  | 'drawStyle'
  | 'nullValues'
  | 'scale'
  | 'reducer'
  | 'graph'
  | 'colourMode'
  | 'orientation'
  | 'displayMode'
  | 'pieType'
  | 'mode'
  | 'content'
  | 'showValue';

const NUMBERS: readonly PanelKind[] = [
  'timeseries',
  'stat',
  'gauge',
  'bargauge',
  'table',
  'heatmap',
  'state-timeline',
  'piechart',
  'barchart',
  'histogram',
];
const REDUCED: readonly PanelKind[] = ['stat', 'gauge', 'bargauge', 'piechart'];

const REDUCERS = [
  'lastNotNull',
  'last',
  'mean',
  'min',
  'max',
  'sum',
  'count',
  'range',
  'diff',
  'firstNotNull',
];

const OPTION_SPECS: readonly OptionSpec[] = [
  { id: 'mode', path: 'options.mode', kinds: ['text'], field: choice('markdown', 'html', 'code') },
  { id: 'content', path: 'options.content', kinds: ['text'], field: { kind: 'long-text' } },
  { id: 'unit', path: 'fieldConfig.defaults.unit', kinds: NUMBERS, field: { kind: 'unit' } },
  {
    id: 'decimals',
    path: 'fieldConfig.defaults.decimals',
    kinds: NUMBERS,
    field: { kind: 'number', min: 0, max: 10 },
  },
  { id: 'min', path: 'fieldConfig.defaults.min', kinds: NUMBERS, field: { kind: 'number' } },
  { id: 'max', path: 'fieldConfig.defaults.max', kinds: NUMBERS, field: { kind: 'number' } },
  { id: 'noValue', path: 'fieldConfig.defaults.noValue', kinds: NUMBERS, field: { kind: 'text' } },
  { id: 'displayName', path: 'fieldConfig.defaults.displayName', kinds: NUMBERS, field: { kind: 'text' } },
  {
    id: 'reducer',
    path: 'options.reduceOptions.calcs',
    kinds: REDUCED,
    field: { kind: 'choice', values: REDUCERS, isList: true },
  },
  {
    id: 'colour',
    path: 'fieldConfig.defaults.color.mode',
    kinds: NUMBERS,
    field: choice('palette-classic', 'thresholds', 'fixed', 'continuous-GrYlRd', 'continuous-BlPu'),
  },
  {
    id: 'thresholds',
    path: 'fieldConfig.defaults.thresholds',
    kinds: NUMBERS,
    field: { kind: 'thresholds' },
  },
  {
    id: 'thresholdStyle',
    path: 'fieldConfig.defaults.custom.thresholdsStyle.mode',
    kinds: ['timeseries'],
    field: choice('off', 'line', 'area', 'line+area', 'dashed'),
  },
  {
    id: 'drawStyle',
    path: 'fieldConfig.defaults.custom.drawStyle',
    kinds: ['timeseries'],
    field: choice('line', 'bars', 'points'),
  },
  {
    id: 'stacking',
    path: 'fieldConfig.defaults.custom.stacking.mode',
    kinds: ['timeseries'],
    field: choice('none', 'normal', 'percent'),
  },
  {
    id: 'stacking',
    path: 'options.stacking',
    kinds: ['barchart'],
    field: choice('none', 'normal', 'percent'),
  },
  {
    id: 'fill',
    path: 'fieldConfig.defaults.custom.fillOpacity',
    kinds: ['timeseries'],
    field: { kind: 'number', min: 0, max: 100 },
  },
  {
    id: 'lineWidth',
    path: 'fieldConfig.defaults.custom.lineWidth',
    kinds: ['timeseries'],
    field: { kind: 'number', min: 0, max: 10 },
  },
  {
    id: 'nullValues',
    path: 'fieldConfig.defaults.custom.spanNulls',
    kinds: ['timeseries'],
    field: { kind: 'switch' },
  },
  {
    id: 'scale',
    path: 'fieldConfig.defaults.custom.scaleDistribution.type',
    kinds: ['timeseries'],
    field: choice('linear', 'log'),
  },
  {
    id: 'legend',
    path: 'options.legend.displayMode',
    kinds: ['timeseries'],
    field: choice('list', 'table', 'hidden'),
  },
  {
    id: 'legend',
    path: 'options.legend.displayMode',
    kinds: ['piechart', 'barchart', 'histogram'],
    field: choice('list', 'hidden'),
  },
  {
    id: 'legendPlace',
    path: 'options.legend.placement',
    kinds: ['timeseries', 'piechart'],
    field: choice('bottom', 'right'),
  },
  {
    id: 'tooltip',
    path: 'options.tooltip.mode',
    kinds: ['timeseries'],
    field: choice('single', 'multi', 'none'),
  },
  { id: 'graph', path: 'options.graphMode', kinds: ['stat'], field: choice('area', 'none') },
  {
    id: 'colourMode',
    path: 'options.colorMode',
    kinds: ['stat'],
    field: choice('value', 'background', 'background_solid', 'none'),
  },
  {
    id: 'orientation',
    path: 'options.orientation',
    kinds: ['stat', 'gauge', 'bargauge', 'barchart'],
    field: choice('auto', 'horizontal', 'vertical'),
  },
  {
    id: 'displayMode',
    path: 'options.displayMode',
    kinds: ['bargauge'],
    field: choice('gradient', 'lcd', 'basic'),
  },
  { id: 'pieType', path: 'options.pieType', kinds: ['piechart'], field: choice('pie', 'donut') },
  {
    id: 'showValue',
    path: 'options.showValue',
    kinds: ['state-timeline', 'barchart'],
    field: choice('auto', 'always', 'never'),
  },
];

export function optionsOfKind(kind: PanelKind): readonly OptionSpec[] {
  return OPTION_SPECS.filter(({ kinds }) => kinds.includes(kind));
}

function choice(...values: readonly string[]): OptionField {
  return { kind: 'choice', values };
}
