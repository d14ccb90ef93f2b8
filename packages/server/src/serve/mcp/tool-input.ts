/**
 * The arguments of a tool as the protocol wants them: a JSON schema made once, and a check whose words help a model to ask
 * again. The protocol's library is told that everything is in order: the check is the runner's, so that a refused call is
 * counted and recorded like every other one.
 */
import { z } from 'zod';
import { findNearest } from '../../lib/nearest.ts';
import { badData } from '../prometheus-api/api-error.ts';
import type { McpTool } from './tool.ts';

/** What `registerTool` takes: Standard Schema with a JSON schema. */
export interface ToolInput {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'vedette';
    readonly validate: (value: unknown) => { readonly value: unknown };
    readonly jsonSchema: {
      readonly input: () => Record<string, unknown>;
      readonly output: () => Record<string, unknown>;
    };
  };
}

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
      validate: (value) => ({ value: value ?? {} }),
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  };
}

/** Throws `ApiError` with what is wrong and what the tool takes. */
export function readArguments({ input }: Pick<McpTool, 'input'>, args: unknown): Record<string, unknown> {
  const read = input.safeParse(args);
  if (read.success) return read.data;
  throw badData(faultsOf(read.error, Object.keys(input.shape)));
}

/** `limit: must be at most 100; "serie" is no argument; did you mean "series"? Arguments: match, limit`. */
function faultsOf(error: z.ZodError, names: readonly string[]): string {
  const faults = error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0
      ? issue.keys.map((key) => unknownArgument(key, names))
      : [`${issue.path.join('.') || 'arguments'}: ${wordsOf(issue)}`],
  );
  const shown = faults.slice(0, FAULTS_MAX).join('; ');
  return `${shown}${shown.endsWith('?') ? '' : '.'} Arguments of this tool: ${names.join(', ') || 'none'}`;
}

/** The schema's own words tell of what it expected; a model is told what to send. */
function wordsOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    const got = /received (\S+)$/.exec(issue.message)?.[1] ?? 'something else';
    if (got === 'undefined') return 'is missing';
    const want = TYPE_WORDS[issue.expected] ?? issue.expected;
    return `must be ${want}${issue.expected === 'int' && got === 'number' ? '' : `, not ${got}`}`;
  }
  if (issue.code === 'invalid_value')
    return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  if (issue.code !== 'too_small' && issue.code !== 'too_big') return issue.message;
  const [side, bound] = issue.code === 'too_small' ? ['least', issue.minimum] : ['most', issue.maximum];
  return issue.origin === 'string'
    ? `must have at ${side} ${bound} characters`
    : `must be at ${side} ${bound}`;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object with names and values',
};

// More are of the same kind.
const FAULTS_MAX = 5;

// No argument has a longer name, and a nearest one is sought letter by letter.
const NAME_CHARS_MAX = 60;

function unknownArgument(key: string, names: readonly string[]): string {
  const shown = key.slice(0, NAME_CHARS_MAX);
  const nearest = findNearest(shown, names);
  return `${JSON.stringify(shown)} is no argument${nearest === undefined ? '' : `; did you mean ${JSON.stringify(nearest)}?`}`;
}
