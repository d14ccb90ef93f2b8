import { definedOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import type { Remarks } from '../remarks.ts';
import { calcOf, fieldConfigOf, mappingsOf, thresholdsOfTexts } from './field-config.ts';

/** `singlestat`, the one number of Grafana until 7.x, becomes `stat`, or `gauge` where it showed one. */
export function migrateSinglestat(panel: JsonObject, remarks: Remarks): void {
  const gauge = objectOf(panel['gauge']);
  const isGauge = gauge['show'] === true;
  const { defaults } = fieldConfigOf(panel);
  panel['type'] = isGauge ? 'gauge' : 'stat';
  Object.assign(defaults, configOf(panel, isGauge ? gauge : undefined));
  panel['options'] = isGauge ? gaugeOptionsOf(panel, gauge) : statOptionsOf(panel);
  remarkOnLosses(panel, remarks, isGauge ? 'gauge' : 'stat');
  for (const key of SINGLESTAT_KEYS) delete panel[key];
}

const SINGLESTAT_KEYS = [
  'cacheTimeout', 'colorBackground', 'colorValue', 'colorPrefix', 'colorPostfix', 'colors', 'decimals', 'editable',
  'error', 'format', 'gauge', 'isNew', 'mappingType', 'mappingTypes', 'nullPointMode', 'nullText', 'postfix',
  'postfixFontSize', 'prefix', 'prefixFontSize', 'rangeMaps', 'sparkline', 'tableColumn', 'thresholds',
  'valueFontSize', 'valueMaps', 'valueName',
]; // prettier-ignore

function configOf(panel: JsonObject, gauge: JsonObject | undefined): JsonObject {
  const format = textOf(panel['format']);
  const isPercent = format === 'percent' && gauge === undefined;
  const nullText = textOf(panel['nullText']);
  // 1 shows the mappings of values, 2 those of ranges.
  const isOfRanges = numberOf(panel['mappingType']) === 2;
  return definedOf({
    unit: format === '' ? undefined : format,
    decimals: numberOf(panel['decimals']),
    min: gauge === undefined ? (isPercent ? 0 : undefined) : (numberOf(gauge['minValue']) ?? 0),
    max: gauge === undefined ? (isPercent ? 100 : undefined) : (numberOf(gauge['maxValue']) ?? 100),
    noValue: nullText === '' ? undefined : nullText,
    color: { mode: 'thresholds' },
    thresholds: thresholdsOfTexts(panel['thresholds'], panel['colors']),
    mappings: mappingsOf(
      isOfRanges
        ? objectsOf(panel['rangeMaps']).map((map) => ({ ...map, type: 2 }))
        : objectsOf(panel['valueMaps']).map((map) => ({ ...map, type: 1 })),
    ),
  });
}

function reduceOptionsOf(panel: JsonObject): JsonObject {
  const column = textOf(panel['tableColumn']);
  return {
    calcs: [calcOf(textOf(panel['valueName'], 'avg')) ?? 'lastNotNull'],
    fields: column,
    values: false,
  };
}

function statOptionsOf(panel: JsonObject): JsonObject {
  const isColored = panel['colorValue'] === true;
  return {
    reduceOptions: reduceOptionsOf(panel),
    orientation: 'horizontal',
    colorMode: panel['colorBackground'] === true ? 'background' : isColored ? 'value' : 'none',
    graphMode: objectOf(panel['sparkline'])['show'] === true ? 'area' : 'none',
    justifyMode: 'auto',
    textMode: panel['valueName'] === 'name' ? 'name' : 'auto',
  };
}

function gaugeOptionsOf(panel: JsonObject, gauge: JsonObject): JsonObject {
  return {
    reduceOptions: reduceOptionsOf(panel),
    orientation: 'horizontal',
    showThresholdLabels: gauge['thresholdLabels'] === true,
    showThresholdMarkers: gauge['thresholdMarkers'] !== false,
  };
}

function remarkOnLosses(panel: JsonObject, remarks: Remarks, type: string): void {
  const lose = (what: string, detail: string): void => remarks.aboutPanel(panel, 'option', what, detail);
  for (const key of ['prefix', 'postfix']) {
    const text = textOf(panel[key]);
    if (text !== '') lose(key, `"${text}" beside the number is not shown`);
  }
  const valueName = textOf(panel['valueName'], 'avg');
  if (calcOf(valueName) === undefined)
    lose('valueName', `"${valueName}" is not computed; the last value is shown`);
  remarks.aboutPanel(panel, 'migrated', 'type', `was "singlestat", drawn as "${type}"`);
}
