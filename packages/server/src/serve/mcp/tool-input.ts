/** The arguments of a tool as the protocol wants them: a JSON schema made once, and a check whose words help a model to ask again. */
import { z } from 'zod';
import { findNearest } from '../../lib/nearest.ts';
import type { McpTool } from './tool.ts';

/** What `registerTool` takes: Standard Schema with a JSON schema. */
export interface ToolInput {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'vedette';
    readonly validate: (value: unknown) => Validated;
    readonly jsonSchema: {
      readonly input: () => Record<string, unknown>;
      readonly output: () => Record<string, unknown>;
    };
  };
}

type Validated = { readonly value: unknown } | { readonly issues: readonly { readonly message: string }[] };

const CACHE = new WeakMap<z.ZodObject, ToolInput>();

export function toolInputOf({ input }: Pick<McpTool, 'input'>): ToolInput {
  const known = CACHE.get(input);
  if (known !== undefined) return known;
  const made = createToolInput(input);
  CACHE.set(input, made);
  return made;
}

function createToolInput(input: z.ZodObject): ToolInput {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input' });
  const jsonSchema = (): Record<string, unknown> => schema;
  return {
    '~standard': {
      version: 1,
      vendor: 'vedette',
      validate: (value) => {
        const read = input.safeParse(value ?? {});
        return read.success
          ? { value: read.data }
          : { issues: [{ message: faultsOf(read.error, Object.keys(input.shape)) }] };
      },
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  };
}

/** `limit: must be at most 100; "serie" is no argument; did you mean "series"? Arguments: match, limit`. */
export function faultsOf(error: z.ZodError, names: readonly string[]): string {
  const faults = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0
      ? issue.keys.map((key) => unknownArgument(key, names))
      : [`${issue.path.join('.') || 'arguments'}: ${issue.message}`],
  );
  const shown = faults.slice(0, FAULTS_MAX).join('; ');
  return `${shown}. Arguments of this tool: ${names.join(', ') || 'none'}`;
}

// More are of the same kind.
const FAULTS_MAX = 5;

function unknownArgument(key: string, names: readonly string[]): string {
  const nearest = findNearest(key, names);
  return `${JSON.stringify(key.slice(0, 60))} is no argument${nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`}`;
}
