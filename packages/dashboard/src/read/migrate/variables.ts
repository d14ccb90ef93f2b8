import { isObject, listOf, numberOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';
import { migrateSource } from './sources.ts';

/** Templating of all versions: what was said with other keys is said with today's. */
export function migrateVariables(dashboard: JsonObject): void {
  const templating = objectOf(dashboard['templating']);
  const list = objectsOf(templating['list']);
  for (const variable of list) migrateVariable(variable);
  dashboard['templating'] = { ...templating, list };
}

function migrateVariable(variable: JsonObject): void {
  const type = textOf(variable['type'], 'query');
  migrateSource(variable);
  variable['type'] = type === 'filter' ? 'query' : type;
  if (variable['hideVariable'] === true) variable['hide'] = 2;
  else if (variable['hideLabel'] === true && variable['hide'] === undefined) variable['hide'] = 1;
  if (typeof variable['refresh'] === 'boolean') variable['refresh'] = variable['refresh'] ? 1 : 0;
  if (type === 'query' && variable['refresh'] === undefined && 'refresh_on_load' in variable)
    variable['refresh'] = variable['refresh_on_load'] === true ? 1 : 0;
  for (const key of [
    'hideVariable',
    'hideLabel',
    'refresh_on_load',
    'allFormat',
    'tagsQuery',
    'tagValuesQuery',
    'useTags',
  ])
    delete variable[key];
  if (isObject(variable['current'])) alignCurrent(variable, variable['current']);
}

/** A variable of many holds lists, one of one holds a text. */
function alignCurrent(variable: JsonObject, current: JsonObject): void {
  if (current['value'] === undefined) return;
  const isMulti = variable['multi'] === true;
  for (const key of ['value', 'text']) {
    const value = current[key];
    if (isMulti && !Array.isArray(value) && value !== undefined) current[key] = [value];
    if (!isMulti && Array.isArray(value)) current[key] = listOf(value)[0] ?? '';
  }
}

/** The least step of the page's own refresh; quicker asks more than anybody reads. */
const REFRESH_MS_MIN = 1000;

/** `10s`, `5m`, `1h30m`; what is no duration, `false` and the empty text say never. */
export function refreshMsOf(value: unknown): number {
  const text = textOf(value);
  const parts = [...text.matchAll(/(\d+)(ms|s|m|h|d)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return 0;
  const totalMs = parts.reduce(
    (sum, [, count, unit]) => sum + (numberOf(count) ?? 0) * (UNIT_MS.get(unit ?? '') ?? 0),
    0,
  );
  return totalMs === 0 ? 0 : Math.min(Math.max(totalMs, REFRESH_MS_MIN), 86_400_000);
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
