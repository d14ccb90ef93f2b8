import { formatDurationMs } from '@vedette/model';
import { INTEGRATIONS } from '../../packages/server/src/alert/config/support.ts';
import { byteSize, durationMs, secret } from '../../packages/server/src/lib/schema.ts';

/**
 * Reads zod schemas as documentation: which keys there are, what may be written there, what stands
 * there when nothing is written.
 *
 * 1. `peel` takes off what surrounds a schema (optional, default, description, transformation) and
 *    keeps what a reader wants to know of it. The side that people write counts, not the parsed one.
 * 2. `sectionsOf` makes one section of each object, nested ones and those in lists too.
 * 3. A key that Prometheus or Alertmanager knows and we refuse is told by asking: it answers any value
 *    with "… not supported …", and that answer is printed.
 *
 * Schemas are looked at through `def`, their public form as data; zod itself belongs to packages/server.
 */
export interface Schema {
  readonly def: object;
  readonly description?: string | undefined;
  safeParse(value: unknown): {
    readonly error?: { readonly issues: readonly { readonly message: string }[] } | undefined;
  };
}

/** One object of the configuration. */
export interface ConfigSection {
  /** `server.limits`, `scrape_configs[].static_configs[]`; empty for the whole file. */
  readonly path: string;
  readonly keys: readonly ConfigKey[];
  readonly refused: readonly RefusedKey[];
}

export interface ConfigKey {
  readonly name: string;
  readonly type: string;
  /** As one would write it; `undefined` without a default. */
  readonly default: string | undefined;
  readonly isRequired: boolean;
  /** `undefined` when the schema has no description: a fault, reported by the test. */
  readonly meaning: string | undefined;
  /** The section with the keys of this one. */
  readonly section: string | undefined;
}

export interface RefusedKey {
  readonly name: string;
  /** What to do instead; `undefined` when there is nothing better than to leave it out. */
  readonly remedy: string | undefined;
}

/** A schema without its wrapping. */
export interface Peeled {
  readonly inner: Schema;
  readonly isOptional: boolean;
  /** In the notation of the file. */
  readonly default: unknown;
  readonly description: string | undefined;
}

/** The object `schema` and all below it, in the order of the schema; an object that is used twice has one section. */
export function sectionsOf(schema: Schema, path = '', seen = new Map<Schema, string>()): ConfigSection[] {
  const { inner } = peel(schema);
  const keys: ConfigKey[] = [];
  const refused: RefusedKey[] = [];
  const below: ConfigSection[] = [];
  seen.set(inner, path);
  for (const [name, child] of Object.entries(shapeOf(inner))) {
    const refusal = refusalOf(child) ?? unsentOf(name);
    if (refusal !== undefined) {
      refused.push({ name, remedy: refusal.remedy });
      continue;
    }
    const nested = nestedObjectsOf(child, path === '' ? name : `${path}.${name}`);
    const [first] = nested;
    keys.push(keyOf(name, child, first && (seen.get(first.schema) ?? first.path)));
    for (const one of nested)
      if (!seen.has(one.schema)) below.push(...sectionsOf(one.schema, one.path, seen));
  }
  return [{ path, keys, refused }, ...below];
}

function keyOf(name: string, schema: Schema, section: string | undefined): ConfigKey {
  const peeled = peel(schema);
  return {
    name,
    type: typeOf(schema),
    default: peeled.default === undefined ? undefined : printDefault(peeled.default),
    isRequired: !peeled.isOptional,
    meaning: peeled.description,
    section,
  };
}

export function peel(schema: Schema): Peeled {
  let inner = schema;
  let description = schema.description;
  let isOptional = false;
  let value: unknown;
  for (let next = wrapped(inner); next !== undefined; next = wrapped(inner)) {
    const kind = kindOf(inner);
    if (kind === 'optional' || kind === 'default' || kind === 'prefault') isOptional = true;
    if (kind === 'default') value ??= printableOf(next, field(inner, 'defaultValue'));
    if (kind === 'prefault') value ??= field(inner, 'defaultValue');
    inner = next;
    description ??= inner.description;
  }
  return { inner, isOptional, default: value, description };
}

/** What a wrapping schema wraps; a transformation wraps what goes into it. */
function wrapped(schema: Schema): Schema | undefined {
  switch (kindOf(schema)) {
    case 'optional':
    case 'default':
    case 'prefault':
    case 'nullable':
    case 'readonly':
      return field(schema, 'innerType') as Schema;
    case 'pipe': {
      // `text.toLowerCase().pipe(enum)`: the words that are accepted say more than "a string".
      const out = field(schema, 'out') as Schema;
      return kindOf(out) === 'enum' ? out : (field(schema, 'in') as Schema);
    }
    case 'lazy':
      return (field(schema, 'getter') as () => Schema)();
    default:
      return undefined;
  }
}

/** A default of the parsed side in the notation of the file. */
function printableOf(schema: Schema, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  const { inner } = peel(schema);
  if (inner === DURATION) return formatDurationMs(value);
  return inner === SIZE ? printSize(value) : value;
}

const SIZE_UNITS = ['B', 'KiB', 'MiB', 'GiB'] as const;

/** The largest unit that leaves a whole number. */
function printSize(bytes: number): string {
  const power = SIZE_UNITS.findLastIndex((_, i) => bytes % 1024 ** i === 0 && bytes >= 1024 ** i);
  return power < 0 ? '0' : `${bytes / 1024 ** power}${SIZE_UNITS[power]}`;
}

/** As YAML on one line. */
function printDefault(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? '""' : value;
  const text = JSON.stringify(value);
  // An object that is there by default and empty says what its own keys say.
  if (text === '{}') return undefined;
  return text
    .replaceAll('":', '": ')
    .replaceAll(/"([\w./*-]+)"/g, '$1')
    .replaceAll(',', ', ');
}

const DURATION = peel(durationMs).inner;
const SIZE = peel(byteSize).inner;
const NOTATIONS: ReadonlyMap<Schema, string> = new Map([
  [DURATION, 'duration'],
  [SIZE, 'size'],
  [peel(secret).inner, 'secret'],
]);

/** What may be written, in words. */
export function typeOf(schema: Schema): string {
  const { inner } = peel(schema);
  const notation = NOTATIONS.get(inner);
  if (notation !== undefined) return notation;
  switch (kindOf(inner)) {
    case 'object':
      return 'map';
    case 'array':
      return `list of ${pluralOf(typeOf(field(inner, 'element') as Schema))}`;
    case 'record':
      return `map to ${pluralOf(typeOf(field(inner, 'valueType') as Schema))}`;
    case 'enum':
      return Object.values(field(inner, 'entries') as Record<string, string>)
        .map(quote)
        .join(', ');
    case 'literal':
      return (field(inner, 'values') as readonly unknown[]).map(quote).join(', ');
    case 'union':
      return unionOf((field(inner, 'options') as readonly Schema[]).map(typeOf));
    case 'number':
      return numberOf(inner);
    default:
      return kindOf(inner);
  }
}

function quote(value: unknown): string {
  return `\`${String(value)}\``;
}

function pluralOf(type: string): string {
  return /^[a-z]+$/.test(type) ? `${type}s` : type;
}

/** YAML writes `port: 9100` without quotes and means a text: every scalar is accepted as one. */
function unionOf(types: readonly string[]): string {
  const isText = types.includes('string') && types.every((type) => /^(string|number|boolean)$/.test(type));
  return isText ? 'string' : [...new Set(types)].join(' or ');
}

function numberOf(schema: Schema): string {
  const { minValue, maxValue, format } = schema as {
    minValue?: number | null;
    maxValue?: number | null;
    format?: string | null;
  };
  const word = format === 'safeint' ? 'integer' : 'number';
  const min = minValue ?? -Infinity;
  const max = maxValue ?? Infinity;
  const hasMin = min > Number.MIN_SAFE_INTEGER;
  const hasMax = max < Number.MAX_SAFE_INTEGER;
  if (hasMin && hasMax) return `${word}, ${min} to ${max}`;
  if (hasMin) return `${word} ≥ ${min}`;
  return hasMax ? `${word} ≤ ${max}` : word;
}

interface NestedObject {
  readonly schema: Schema;
  readonly path: string;
}

/** The objects that a key holds, alone, in a list or by name, and how their sections are called. */
function nestedObjectsOf(schema: Schema, path: string): readonly NestedObject[] {
  const { inner } = peel(schema);
  switch (kindOf(inner)) {
    case 'object':
      return [{ schema: inner, path }];
    case 'array':
      return nestedObjectsOf(field(inner, 'element') as Schema, `${path}[]`);
    case 'record':
      return nestedObjectsOf(field(inner, 'valueType') as Schema, `${path}.<name>`);
    case 'union':
      return unionObjectsOf(inner, path);
    default:
      return [];
  }
}

/** Of a union that a key tells apart all forms, else the one form that is written out. */
function unionObjectsOf(union: Schema, path: string): readonly NestedObject[] {
  const discriminator = field(union, 'discriminator');
  const options = field(union, 'options') as readonly Schema[];
  if (typeof discriminator !== 'string')
    return options.flatMap((one) => nestedObjectsOf(one, path)).slice(0, 1);
  return options.map((one, i) => {
    const { inner } = peel(one);
    const word = String((field(peel(shapeOf(inner)[discriminator] ?? one).inner, 'values') as unknown[])[0]);
    return { schema: inner, path: i === 0 ? path : `${path} (${discriminator}: ${word})` };
  });
}

/** What the schema answers to a value when it accepts none; `undefined` for a key that is supported. */
export function refusalOf(schema: Schema): { readonly remedy: string | undefined } | undefined {
  const { inner } = peel(schema);
  if (!['custom', 'literal'].includes(kindOf(inner))) return undefined;
  const message = schema.safeParse({}).error?.issues[0]?.message ?? '';
  if (!/\bnot supported\b/.test(message)) return undefined;
  const remedy = /; (.+)$/.exec(message)?.[1];
  return { remedy: remedy === 'leave it out' || remedy === 'remove it' ? undefined : remedy };
}

/** A channel of Alertmanager's that is understood and not sent, with all its keys. */
export function unsentOf(name: string): Omit<RefusedKey, 'name'> | undefined {
  const channel = (INTEGRATIONS as Readonly<Record<string, { readonly hasSender: boolean }>>)[name];
  return channel?.hasSender === false ? { remedy: undefined } : undefined;
}

function shapeOf(schema: Schema): Readonly<Record<string, Schema>> {
  return (field(schema, 'shape') ?? {}) as Readonly<Record<string, Schema>>;
}

export function kindOf(schema: Schema): string {
  return String(field(schema, 'type'));
}

function field(schema: Schema, name: string): unknown {
  return (schema.def as Readonly<Record<string, unknown>>)[name];
}
