import type { FieldConfig, Thresholds, ValueMapping, DashboardLink } from '../dashboard.ts';

/**
 * One property of an override put into a config. Values are as the reader of dashboards left them;
 * what has the wrong type is left out. `custom.a` goes to `custom`; a property that is not known too,
 * under its own name, for panels to find.
 */
export function applyProperty(config: FieldConfig, id: string, value: unknown): FieldConfig {
  if (id.startsWith('custom.')) {
    return { ...config, custom: { ...config.custom, [id.slice('custom.'.length)]: value } };
  }
  if (value === null || value === undefined) return without(config, id);
  const isRight = KNOWN.get(id);
  return isRight?.(value) === true ? { ...config, [id]: value } : config;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

const KNOWN: ReadonlyMap<string, (value: unknown) => boolean> = new Map<string, (value: unknown) => boolean>([
  ['unit', isText],
  ['displayName', isText],
  ['noValue', isText],
  ['decimals', isNumber],
  ['min', isNumber],
  ['max', isNumber],
  ['color', isColour],
  ['thresholds', isThresholds],
  ['mappings', isMappings],
  ['links', isLinks],
]);

function without(config: FieldConfig, id: string): FieldConfig {
  if (!KNOWN.has(id)) return config;
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== id));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function isColour(value: unknown): value is NonNullable<FieldConfig['color']> {
  return isObject(value) && isText(value['mode']);
}

function isThresholds(value: unknown): value is Thresholds {
  if (!isObject(value) || !Array.isArray(value['steps'])) return false;
  return value['steps'].every(
    (step) => isObject(step) && typeof step['value'] === 'number' && isText(step['color']),
  );
}

function isMappings(value: unknown): value is ValueMapping[] {
  return (
    Array.isArray(value) &&
    value.every((one) => isObject(one) && isText(one['type']) && isObject(one['result']))
  );
}

function isLinks(value: unknown): value is DashboardLink[] {
  return Array.isArray(value) && value.every((one) => isObject(one) && isText(one['url']));
}
