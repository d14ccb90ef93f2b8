import { isObject, listOf, objectOf, objectsOf, textOf, type JsonObject } from '../json.ts';

/** What a bound data source is called in the files that we store. */
export const OWN_SOURCE_UID = 'vedette';

/** `__inputs` of a file that was exported for sharing, which ask what is to stand for `${NAME}`. */
interface SharedInputs {
  /** Types of plugins. */
  readonly sources: ReadonlyMap<string, string>;
  /** Their defaults. */
  readonly constants: ReadonlyMap<string, string>;
}

export function takeSharedInputs(dashboard: JsonObject): SharedInputs {
  const inputs = objectsOf(dashboard['__inputs']);
  for (const key of ['__inputs', '__requires', '__elements']) delete dashboard[key];
  const ofType = (type: string): JsonObject[] => inputs.filter((input) => input['type'] === type);
  return {
    sources: new Map(
      ofType('datasource').map(({ name, pluginId }) => [textOf(name), textOf(pluginId, 'prometheus')]),
    ),
    constants: new Map(ofType('constant').map(({ name, value }) => [textOf(name), textOf(value)])),
  };
}

/**
 * Puts what the file's inputs stand for in place of their names, everywhere: sources become our own store (of the
 * type the file asks for, so that queries of another language are still told apart), constants their defaults.
 */
export function bindInputs(value: unknown, inputs: SharedInputs): unknown {
  if (typeof value === 'string') return bindText(value, inputs);
  if (Array.isArray(value)) return listOf(value).map((entry) => bindInputs(entry, inputs));
  if (!isObject(value)) return value;
  for (const [key, entry] of Object.entries(value)) {
    const source = key === 'datasource' && typeof entry === 'string' ? sourceNamed(entry, inputs) : undefined;
    value[key] = source ?? bindInputs(entry, inputs);
  }
  return value;
}

function sourceNamed(text: string, { sources }: SharedInputs): JsonObject | undefined {
  const type = sources.get(nameOf(text));
  return type === undefined ? undefined : { type, uid: OWN_SOURCE_UID };
}

// Names, paths and durations are shorter; what is longer would be put into a text as often as it is named there.
const CONSTANT_CHARACTERS_MAX = 200;

function bindText(text: string, { sources, constants }: SharedInputs): string {
  if (!text.includes('${')) return text;
  if (sources.has(nameOf(text))) return OWN_SOURCE_UID;
  return text.replaceAll(/\$\{(\w+)\}/g, (whole, name: string) => {
    const constant = constants.get(name);
    return constant === undefined || constant.length > CONSTANT_CHARACTERS_MAX ? whole : constant;
  });
}

/** Of `${name}` alone. */
function nameOf(text: string): string {
  return /^\$\{(\w+)\}$/.exec(text)?.[1] ?? '';
}

/** A name alone was the form up to version 36; `null` meant the default source. */
export function migrateSource(holder: JsonObject): void {
  const { datasource } = holder;
  if (typeof datasource !== 'string') return;
  if (datasource === '' || datasource === 'default') delete holder['datasource'];
  else if (datasource.startsWith('-- ')) holder['datasource'] = { type: 'datasource', uid: datasource };
  else holder['datasource'] = { uid: datasource };
}

const SPECIAL_SOURCES: ReadonlyMap<string, string> = new Map([
  ['-- Mixed --', 'mixed'],
  ['-- Dashboard --', 'dashboard'],
  ['-- Grafana --', 'grafana'],
  ['grafana', 'grafana'],
]);

/**
 * Type of the source that a reference means: what it says itself, what the variable it names stands for, or, for a
 * bare name, what its name and the query tell. An unknown name with a PromQL query is taken for our own store.
 */
export function sourceTypeOf(
  reference: unknown,
  { variables, query }: { variables: ReadonlyMap<string, string>; query?: JsonObject },
): string | undefined {
  const { type, uid } = objectOf(reference);
  const special = SPECIAL_SOURCES.get(textOf(uid));
  if (special !== undefined) return special;
  if (typeof type === 'string' && type !== '' && type !== 'datasource') return type;
  const name = textOf(uid);
  if (name === '') return undefined;
  const variable = /^\$\{?(\w+)(?::\w+)?\}?$|^\[\[(\w+)\]\]$/.exec(name);
  if (variable !== null) return variables.get(variable[1] ?? variable[2] ?? '') ?? 'prometheus';
  const known = NAMED_TYPES.find((candidate) => name.toLowerCase().includes(candidate));
  if (known !== undefined) return known;
  return query === undefined || typeof query['expr'] === 'string' ? 'prometheus' : name;
}

const NAMED_TYPES = [
  'prometheus',
  'loki',
  'tempo',
  'influxdb',
  'elasticsearch',
  'graphite',
  'mysql',
  'postgres',
  'cloudwatch',
  'jaeger',
  'testdata',
] as const;

const PROMQL_TYPES: ReadonlySet<string> = new Set([
  'prometheus',
  'grafana-amazonprometheus-datasource',
  'grafana-azureprometheus-datasource',
  'victoriametrics-datasource',
  'victoriametrics-metrics-datasource',
]);

/** Whether queries for a source of this type are PromQL. */
export function speaksPromql(type: string): boolean {
  return PROMQL_TYPES.has(type);
}
