import { kindOf, peel, refusalOf, typeOf, type Schema, unsentOf } from './config-schema.ts';

/** A zod schema that can say itself as JSON Schema. */
export interface JsonSchemaSource extends Schema {
  toJSONSchema(options: {
    readonly io: 'input';
    readonly unrepresentable: 'any';
    readonly override: (context: { readonly zodSchema: object; readonly jsonSchema: object }) => void;
  }): object;
}

/**
 * docs/vedette.schema.json: what people write, for editors. Defaults are in the notation of the file
 * (`15s`, not 15000), and keys that we refuse accept nothing.
 */
export function printEditorSchema(schema: JsonSchemaSource): string {
  const json = schema.toJSONSchema({
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) =>
      adjust(zodSchema as Schema, jsonSchema as Record<string, unknown>),
  });
  const { $schema, ...rest } = withoutUnsent(json) as Record<string, unknown>;
  const named = { $schema, title: 'Configuration of Vedette', ...rest };
  return `${JSON.stringify(named, undefined, 2)}\n`;
}

/** Channels that are not sent accept nothing. */
function withoutUnsent(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withoutUnsent);
  if (typeof json !== 'object' || json === null) return json;
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      unsentOf(key) === undefined ? withoutUnsent(value) : { not: {}, description: 'Not supported yet.' },
    ]),
  );
}

function adjust(schema: Schema, json: Record<string, unknown>): void {
  // zod leaves out a default of the parsed side; durations and sizes can be said on the written one.
  if (kindOf(schema) === 'default' && /^(duration|size)$/.test(typeOf(schema)))
    json['default'] = peel(schema).default;
  const refusal = refusalOf(schema);
  if (refusal === undefined) return;
  // A literal `false` stays allowed: the schema says it itself.
  if (kindOf(peel(schema).inner) === 'custom') json['not'] = {};
  json['description'] = `Not supported yet${refusal.remedy === undefined ? '' : `; ${refusal.remedy}`}.`;
}
