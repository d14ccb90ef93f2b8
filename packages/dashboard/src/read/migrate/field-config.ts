import {
  definedOf,
  isObject,
  listOf,
  numberOf,
  objectOf,
  objectsOf,
  textOf,
  type JsonObject,
} from '../json.ts';

/** Field options of a panel, made where the file has none; they may be written into. */
export function fieldConfigOf(panel: JsonObject): { defaults: JsonObject; overrides: JsonObject[] } {
  const config = objectOf(panel['fieldConfig']);
  const defaults = objectOf(config['defaults']);
  const overrides = objectsOf(config['overrides']);
  panel['fieldConfig'] = { ...config, defaults, overrides };
  return { defaults, overrides };
}

/** Brings older forms within `fieldConfig` to today's: mappings, thresholds, display modes of cells. */
export function migrateFieldConfig(panel: JsonObject): void {
  takeFieldOptions(panel);
  if (!isObject(panel['fieldConfig'])) return;
  const { defaults, overrides } = fieldConfigOf(panel);
  migrateConfig(defaults);
  for (const override of overrides) {
    for (const property of objectsOf(override['properties'])) {
      if (property['id'] === 'mappings') property['value'] = mappingsOf(property['value']);
      if (property['id'] === 'thresholds') property['value'] = thresholdsOf(property['value']);
      if (property['id'] === 'custom.displayMode') {
        property['id'] = 'custom.cellOptions';
        property['value'] = cellOptionsOf(property['value']);
      }
    }
  }
}

function migrateConfig(config: JsonObject): void {
  if ('mappings' in config) config['mappings'] = mappingsOf(config['mappings']);
  if ('thresholds' in config) config['thresholds'] = thresholdsOf(config['thresholds']);
  // Version 6.x wrote `title` for what is `displayName` now.
  if (typeof config['title'] === 'string' && !('displayName' in config))
    config['displayName'] = config['title'];
  delete config['title'];
  const { custom } = config;
  if (!isObject(custom) || !('displayMode' in custom)) return;
  custom['cellOptions'] = cellOptionsOf(custom['displayMode']);
  delete custom['displayMode'];
}

/** Up to 6.x, stat, gauge and bar gauge held their field options among their options. */
function takeFieldOptions(panel: JsonObject): void {
  const options = objectOf(panel['options']);
  if (isObject(options['valueOptions'])) takeValueOptions(panel, options);
  const old = options['fieldOptions'];
  if (!isObject(old)) return;
  delete options['fieldOptions'];
  const { defaults, overrides } = fieldConfigOf(panel);
  Object.assign(defaults, objectOf(old['defaults']));
  for (const key of ['thresholds', 'mappings'])
    if (old[key] !== undefined && !(key in defaults)) defaults[key] = old[key];
  if (!('color' in defaults)) defaults['color'] = { mode: 'thresholds' };
  overrides.push(...objectsOf(old['overrides']).filter(({ matcher }) => isObject(matcher)));
  options['reduceOptions'] = definedOf({
    calcs: listOf(old['calcs']).length === 0 ? ['lastNotNull'] : old['calcs'],
    fields: textOf(old['fields']),
    values: old['values'] === true,
    limit: old['limit'],
  });
}

/** The gauge of 6.0: `valueOptions`, and thresholds and bounds beside them. */
function takeValueOptions(panel: JsonObject, options: JsonObject): void {
  const { unit, stat, decimals } = objectOf(options['valueOptions']);
  const { defaults } = fieldConfigOf(panel);
  Object.assign(
    defaults,
    definedOf({
      unit,
      decimals: numberOf(decimals),
      min: numberOf(options['minValue']),
      max: numberOf(options['maxValue']),
      thresholds: options['thresholds'],
      mappings: options['mappings'] ?? options['valueMappings'],
      color: { mode: 'thresholds' },
    }),
  );
  options['reduceOptions'] = { calcs: [calcOf(textOf(stat)) ?? 'mean'], fields: '', values: false };
  for (const key of [
    'valueOptions',
    'minValue',
    'maxValue',
    'thresholds',
    'mappings',
    'valueMappings',
    'baseColor',
  ])
    delete options[key];
}

const CALCS: ReadonlyMap<string, string> = new Map([
  ['avg', 'mean'],
  ['mean', 'mean'],
  ['current', 'lastNotNull'],
  ['last', 'last'],
  ['lastNotNull', 'lastNotNull'],
  ['max', 'max'],
  ['min', 'min'],
  ['total', 'sum'],
  ['sum', 'sum'],
  ['first', 'firstNotNull'],
  ['delta', 'delta'],
  ['diff', 'diff'],
  ['range', 'range'],
  ['count', 'count'],
  ['name', 'lastNotNull'],
]);

/** Today's name of how a series becomes one number. */
export function calcOf(name: string): string | undefined {
  return CALCS.get(name);
}

/** Mappings up to version 30 were numbered: 1 a value, 2 a range. */
export function mappingsOf(value: unknown): JsonObject[] {
  return objectsOf(value).flatMap((mapping) => {
    const { type } = mapping;
    if (typeof type === 'string' && !/^[12]$/.test(type)) return [mapping];
    const color = typeof mapping['color'] === 'string' ? mapping['color'] : undefined;
    const result = definedOf({ text: textOf(mapping['text']), color });
    const isRange = Number(type) === 2 || (type === undefined && 'from' in mapping);
    return isRange ? rangeMapping(mapping, result) : valueMapping(mapping['value'], result);
  });
}

function valueMapping(value: unknown, result: JsonObject): JsonObject[] {
  const text = textOf(value);
  if (text === '' && value !== '') return [];
  if (text === 'null') return [{ type: 'special', options: { match: 'null', result } }];
  return text === '__proto__' ? [] : [{ type: 'value', options: { [text]: result } }];
}

function rangeMapping({ from, to }: JsonObject, result: JsonObject): JsonObject[] {
  if (from === 'null' && to === 'null') return [{ type: 'special', options: { match: 'null', result } }];
  return [{ type: 'range', options: { from: numberOf(from) ?? null, to: numberOf(to) ?? null, result } }];
}

/** A bare list was the form up to 6.x. */
function thresholdsOf(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  const steps = objectsOf(value).map((step, i) => ({
    color: textOf(step['color'], 'green'),
    value: i === 0 ? null : (numberOf(step['value']) ?? null),
  }));
  return { mode: 'absolute', steps };
}

const GAUGE_MODES: ReadonlyMap<string, string> = new Map([
  ['basic', 'basic'],
  ['gradient-gauge', 'gradient'],
  ['lcd-gauge', 'lcd'],
]);

/** Cells up to version 38 had one word for kind and look. */
function cellOptionsOf(value: unknown): JsonObject {
  const mode = textOf(value, 'auto');
  const gaugeMode = GAUGE_MODES.get(mode);
  if (gaugeMode !== undefined) return { type: 'gauge', mode: gaugeMode };
  if (mode === 'color-background') return { type: 'color-background', mode: 'gradient' };
  if (mode === 'color-background-solid') return { type: 'color-background', mode: 'basic' };
  return { type: mode };
}

/** `80,95` and a colour for each of the stretches they make. */
export function thresholdsOfTexts(bounds: unknown, colors: unknown): JsonObject | undefined {
  const values = (typeof bounds === 'string' ? bounds.split(',') : listOf(bounds)).map(numberOf);
  const numbers = values.filter((value) => value !== undefined);
  const names = listOf(colors).map((color) => textOf(color));
  if (numbers.length === 0 && names.length === 0) return undefined;
  const steps = [null, ...numbers].map((value, i) => ({
    color: names[i] ?? names.at(-1) ?? 'green',
    value,
  }));
  return { mode: 'absolute', steps };
}
