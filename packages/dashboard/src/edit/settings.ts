import type { ClassicDashboard, Variable } from '../dashboard.ts';
import { definedOf, isObject, objectOf, objectsOf, textOf, type JsonObject } from '../read/json.ts';
import { SCHEMA_VERSION } from '../read/migrate/migrate.ts';

/** What of a dashboard its settings page changes; what is absent stays. */
export interface DashboardOptions {
  readonly title?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
  readonly time?: { readonly from: string; readonly to: string };
  /** `30s`, `5m`; empty: never. */
  readonly refresh?: string;
  /** `browser`, `utc`, or an IANA name. */
  readonly timezone?: string;
}

export function setDashboardOptions(classic: ClassicDashboard, options: DashboardOptions): ClassicDashboard {
  const { title, description, tags, time, refresh, timezone } = options;
  const changes = definedOf({
    title: title === '' ? undefined : title,
    description,
    tags: tags === undefined ? undefined : [...tags],
    time: time === undefined ? undefined : { ...objectOf(classic['time']), from: time.from, to: time.to },
    refresh,
    timezone,
  });
  return { ...classic, ...changes };
}

/**
 * Makes these the variables, in this order. One that was there under the same name keeps what we do not know of it
 * (its data source, the editor's own keys).
 */
export function setVariables(classic: ClassicDashboard, variables: readonly Variable[]): ClassicDashboard {
  const templating = objectOf(classic['templating']);
  const before = new Map(
    objectsOf(templating['list']).map((variable) => [textOf(variable['name']), variable]),
  );
  const list = variables.map((variable) => variableJson(variable, before.get(variable.name) ?? {}));
  return { ...classic, templating: { ...templating, list } };
}

const REFRESH_NUMBERS = { never: 0, load: 1, range: 2 } as const;

function variableJson(variable: Variable, before: JsonObject): JsonObject {
  const { name, label, type, hide, isMulti, hasAll, allValue, query, regex, sort, refresh, current } =
    variable;
  const { allValue: _allValue, definition: _definition, ...kept } = before;
  return {
    ...kept,
    name,
    label,
    type,
    hide,
    multi: isMulti,
    includeAll: hasAll,
    ...(allValue !== undefined && { allValue }),
    query: isObject(before['query']) ? { ...before['query'], query } : query,
    regex,
    sort,
    refresh: REFRESH_NUMBERS[refresh],
    current: currentJson(variable, current, objectOf(before['current'])),
  };
}

/** Texts are those of the file where the values are, else the values themselves. */
function currentJson(variable: Variable, current: readonly string[], before: JsonObject): JsonObject {
  const value = variable.isMulti ? [...current] : (current[0] ?? '');
  if (JSON.stringify(before['value']) === JSON.stringify(value)) return before;
  const texts = current.map((each) => (each === '$__all' ? 'All' : each));
  return { ...before, text: variable.isMulti ? texts : (texts[0] ?? ''), value };
}

/** An empty dashboard, with no uid: the store gives one. */
export function newDashboard(title: string): ClassicDashboard {
  return {
    uid: '',
    title: title === '' ? 'Untitled' : title,
    tags: [],
    timezone: 'browser',
    schemaVersion: SCHEMA_VERSION,
    time: { from: 'now-1h', to: 'now' },
    refresh: '30s',
    graphTooltip: 1,
    templating: { list: [] },
    annotations: { list: [] },
    links: [],
    panels: [],
  };
}
