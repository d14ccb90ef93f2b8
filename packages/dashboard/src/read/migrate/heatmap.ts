import { definedOf, numberOf, objectOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';
import { fieldConfigOf } from './field-config.ts';

/** The heatmap before 9.1 held all it knew beside `options`. */
export function isOldHeatmap(panel: JsonObject): boolean {
  if (panel['type'] !== 'heatmap') return false;
  return 'color' in panel || 'dataFormat' in panel || 'cards' in panel;
}

export function migrateHeatmap(panel: JsonObject, remarks: Remarks): void {
  const yAxis = objectOf(panel['yAxis']);
  const unit = textOf(yAxis['format'], 'short');
  const logBase = numberOf(yAxis['logBase']) ?? 1;
  const isOfBuckets = panel['dataFormat'] === 'tsbuckets';
  const { defaults } = fieldConfigOf(panel);
  defaults['custom'] = {
    ...objectOf(defaults['custom']),
    scaleDistribution: logBase > 1 ? { type: 'log', log: logBase } : { type: 'linear' },
  };
  panel['options'] = {
    calculate: !isOfBuckets,
    color: colorOf(objectOf(panel['color'])),
    cellGap: numberOf(objectOf(panel['cards'])['cardPadding']) ?? 2,
    filterValues: panel['hideZeroBuckets'] === true ? { le: 1e-9 } : {},
    rowsFrame: { layout: rowLayoutOf(textOf(panel['yBucketBound'])) },
    legend: { show: objectOf(panel['legend'])['show'] === true },
    showValue: 'never',
    tooltip: { mode: objectOf(panel['tooltip'])['show'] === false ? 'none' : 'single' },
    yAxis: definedOf({
      unit,
      decimals: numberOf(yAxis['decimals']),
      min: numberOf(yAxis['min']),
      max: numberOf(yAxis['max']),
      reverse: panel['reverseYBuckets'] === true,
      axisPlacement: yAxis['show'] === false ? 'hidden' : 'left',
    }),
  };
  if (numberOf(yAxis['splitFactor']) !== undefined)
    remarks.aboutPanel(panel, 'option', 'yAxis.splitFactor', 'buckets of the y axis are not split');
  remarks.aboutPanel(panel, 'migrated', 'options', 'was a heatmap of before 9.1');
  for (const key of HEATMAP_KEYS) delete panel[key];
}

const HEATMAP_KEYS = [
  'cards', 'color', 'dataFormat', 'heatmap', 'hideZeroBuckets', 'highlightCards', 'legend', 'reverseYBuckets',
  'tooltip', 'xAxis', 'xBucketNumber', 'xBucketSize', 'yAxis', 'yBucketBound', 'yBucketNumber', 'yBucketSize',
]; // prettier-ignore

function colorOf(color: JsonObject): JsonObject {
  const scheme = textOf(color['colorScheme'], 'interpolateOranges').replace(/^interpolate/, '');
  return definedOf({
    mode: color['mode'] === 'opacity' ? 'opacity' : 'scheme',
    scheme,
    fill: textOf(color['cardColor'], 'dark-orange'),
    exponent: numberOf(color['exponent']) ?? 0.5,
    scale: color['colorScale'] === 'linear' ? 'linear' : 'exponential',
    steps: 128,
    reverse: false,
    min: numberOf(color['min']),
    max: numberOf(color['max']),
  });
}

function rowLayoutOf(bound: string): string {
  return bound === 'upper' ? 'le' : bound === 'lower' ? 'ge' : bound === 'middle' ? 'unknown' : 'auto';
}
