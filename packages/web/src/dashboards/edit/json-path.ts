/** A JSON object of a dashboard, read and written by path: `fieldConfig.defaults.unit`. */
export type Json = Readonly<Record<string, unknown>>;

export function valueAt(json: Json, path: string): unknown {
  let value: unknown = json;
  for (const name of path.split('.')) value = isObject(value) ? value[name] : undefined;
  return value;
}

/** The same with another value at the path; `undefined` takes it away. What stands beside it is shared. */
export function withValueAt(json: Json, path: string, value: unknown): Json {
  const [name = '', ...rest] = path.split('.');
  if (rest.length > 0) {
    const inner = json[name];
    return { ...json, [name]: withValueAt(isObject(inner) ? inner : {}, rest.join('.'), value) };
  }
  if (value !== undefined) return { ...json, [name]: value };
  const { [name]: _gone, ...others } = json;
  return others;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
