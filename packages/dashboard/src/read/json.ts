import { InputError } from '@vedette/model';

/** An object of the file that belongs to whoever holds it: migrations write into it. */
export type JsonObject = Record<string, unknown>;

// A dashboard of Grafana is about 12 levels deep, a resource with nested rows and tabs about 25; what is deeper
// is no dashboard, and a recursive reader would end with it.
export const JSON_DEPTH_MAX = 64;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is no object counts as an empty one. */
export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** The objects of a list; what else stands in it is passed over. */
export function objectsOf(value: unknown): JsonObject[] {
  return listOf(value).filter(isObject);
}

export function textOf(value: unknown, otherwise = ''): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : otherwise;
}

/** The strings of a list, or of a string alone. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return listOf(value).filter((entry) => typeof entry === 'string');
}

/** Finite; older files hold numbers as text, and empty text for none. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

/** Leaves keys out whose value is `undefined`. */
export function definedOf(entries: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));
}

/**
 * A copy that can be walked and written without a second thought: no `__proto__` among the keys, no number that
 * JSON has no word for (`null` stands for it), no value that JSON has no form for, nothing deeper than the limit,
 * which also ends on an object that holds itself.
 */
export function copyOf(value: unknown, depth = 0): unknown {
  if (depth > JSON_DEPTH_MAX)
    throw new InputError(
      'VED_DASHBOARD_INVALID',
      `cannot read the dashboard: its JSON is nested deeper than ${JSON_DEPTH_MAX} levels (JSON_DEPTH_MAX); is it a dashboard?`,
    );
  // Not `map`, which would leave holes.
  if (Array.isArray(value)) return Array.from(value, (entry) => copyOf(entry, depth + 1) ?? null);
  if (typeof value === 'object' && value !== null) return copyOfObject(value, depth);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  return typeof value === 'string' || typeof value === 'boolean' || value === null ? value : undefined;
}

function copyOfObject(value: object, depth: number): JsonObject {
  const copy: JsonObject = {};
  for (const [key, entry] of Object.entries(value)) {
    if (key === '__proto__') continue;
    const copied = copyOf(entry, depth + 1);
    if (copied !== undefined) copy[key] = copied;
  }
  return copy;
}
