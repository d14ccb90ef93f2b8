import { z } from 'zod';
import { findNearest } from '../lib/nearest.ts';
import type { ConfigFault } from './fault.ts';
import type { ConfigPath, YamlSource } from './yaml-source.ts';

/** Checks a parsed file against a schema; either the typed value, or every fault at its place. */
export function validate<T>(
  source: YamlSource,
  schema: z.ZodType<T>,
): { value: T; faults: readonly [] } | { value: undefined; faults: readonly ConfigFault[] } {
  if (source.faults.length > 0) return { value: undefined, faults: source.faults };
  const result = schema.safeParse(source.value);
  if (result.success) return { value: result.data, faults: [] };
  return {
    value: undefined,
    faults: result.error.issues.flatMap((issue) => faultsOf(source, schema, issue, [])),
  };
}

type Issue = z.core.$ZodIssue;

function faultsOf(source: YamlSource, schema: z.ZodType, issue: Issue, parent: ConfigPath): ConfigFault[] {
  const path = [...parent, ...issue.path.filter((step) => typeof step !== 'symbol')];
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(schema, path);
    return issue.keys.map((key) => {
      const nearest = findNearest(key, known);
      const help =
        nearest === undefined
          ? known.length > 0 && known.length <= 12
            ? `known keys: ${known.join(', ')}`
            : undefined
          : `did you mean "${nearest}"?`;
      return source.faultAt([...path, key], `unknown key "${key}"`, { part: 'key', help });
    });
  }
  if (issue.code === 'invalid_union') {
    const branch = bestBranchOf(issue.errors);
    if (branch !== undefined) return branch.flatMap((inner) => faultsOf(source, schema, inner, path));
  }
  return [source.faultAt(path, messageOf(issue, path))];
}

/** Of a union's failures the one that came furthest into the value: it is the form that was meant. */
function bestBranchOf(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const depthOf = (issues: readonly Issue[]): number => Math.max(...issues.map((issue) => issue.path.length));
  const deep = branches.filter(
    (issues) =>
      issues.length > 0 &&
      (depthOf(issues) > 0 ||
        issues.some((issue) => issue.code === 'unrecognized_keys' || issue.code === 'custom')),
  );
  return deep.sort((a, b) => depthOf(b) - depthOf(a) || a.length - b.length)[0];
}

function messageOf(issue: Issue, path: ConfigPath): string {
  const name = path.at(-1);
  if (issue.code === 'invalid_type' && issue.input === undefined && /received undefined/.test(issue.message))
    return `missing key "${String(name)}"`;
  if (issue.code === 'invalid_type')
    return `must be ${articleOf(issue.expected)} ${issue.expected}; got ${nameOfReceived(issue.message)}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
  return issue.message;
}

function articleOf(noun: string): string {
  return /^[aeio]/.test(noun) ? 'an' : 'a';
}

function nameOfReceived(message: string): string {
  return /received (\S+)$/.exec(message)?.[1] ?? 'something else';
}

/** The keys a schema knows at a path; empty where it is not an object. */
function keysAt(schema: z.ZodType, path: ConfigPath): readonly string[] {
  let reached: readonly z.core.$ZodType[] = unwrap(schema);
  for (const step of path)
    reached = reached.flatMap((candidate) => childrenOf(candidate, step)).flatMap(unwrap);
  return reached.flatMap((candidate) =>
    candidate instanceof z.ZodObject ? Object.keys(candidate.shape as object) : [],
  );
}

function childrenOf(schema: z.core.$ZodType, step: string | number): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodObject) {
    const child = (schema.shape as Record<string, z.core.$ZodType | undefined>)[String(step)];
    return child === undefined ? [] : [child];
  }
  if (schema instanceof z.ZodArray) return [schema.element as z.core.$ZodType];
  if (schema instanceof z.ZodRecord) return [schema.valueType as z.core.$ZodType];
  return [];
}

/** Looks through defaults, optionals, transformations and unions. */
function unwrap(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in as z.core.$ZodType);
  if (schema instanceof z.ZodLazy) return unwrap(schema.def.getter());
  if (schema instanceof z.ZodUnion) return (schema.options as readonly z.core.$ZodType[]).flatMap(unwrap);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodReadonly
  ) {
    return unwrap(schema.def.innerType as z.core.$ZodType);
  }
  return [schema];
}
