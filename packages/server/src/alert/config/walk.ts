/**
 * A checked configuration walked beside the schema that made it: for printing, and to make file names
 * absolute. Values with a printer of their own (matchers, time intervals, secrets) are leaves.
 */
import * as path from 'node:path';
import { z } from 'zod';
import { fieldTraits, type FieldTraits } from './fields.ts';

type Schema = z.core.$ZodType;

/**
 * As `GET /api/v2/status` shows it: the order of the schema, texts and lists only when set, maps by key,
 * secrets hidden.
 */
export function printedOf(schema: Schema, value: unknown): unknown {
  const { print } = traitsOf(schema);
  if (value === undefined || value === null) return undefined;
  if (print !== undefined) return print(value);
  const inner = innerOf(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value))
    return value.map((one: unknown) => printedOf(inner.element, one));
  if (!isObject(value)) return value;
  if (inner instanceof z.ZodObject) {
    const printed: Record<string, unknown> = {};
    for (const [key, child] of Object.entries(inner.shape as Record<string, Schema>)) {
      const one = printedOf(child, value[key]);
      const isKept =
        traitsOf(child).isShown === true ? one !== undefined : !isEmpty(value[key]) && !isEmpty(one);
      if (isKept) printed[key] = one;
    }
    return printed;
  }
  if (inner instanceof z.ZodRecord)
    return Object.fromEntries(
      Object.entries(value)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, one]) => [key, printedOf(inner.valueType, one)]),
    );
  return value;
}

/** A copy in which names of files start at the root; empty ones stay empty. */
export function withAbsoluteFiles(schema: Schema, value: unknown, directory: string): unknown {
  const { print, isFile } = traitsOf(schema);
  if (isFile === true && typeof value === 'string') return value === '' ? '' : path.resolve(directory, value);
  if (print !== undefined) return value;
  const inner = innerOf(schema);
  if (inner instanceof z.ZodArray && Array.isArray(value))
    return value.map((one: unknown) => withAbsoluteFiles(inner.element, one, directory));
  if (!isObject(value)) return value;
  const childOf = (key: string): Schema | undefined => {
    if (inner instanceof z.ZodObject) return (inner.shape as Record<string, Schema | undefined>)[key];
    return inner instanceof z.ZodRecord ? inner.valueType : undefined;
  };
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => {
      const child = childOf(key);
      return [key, child === undefined ? one : withAbsoluteFiles(child, one, directory)];
    }),
  );
}

/** Of the schema and those that it wraps; the outermost counts. */
function traitsOf(schema: Schema): FieldTraits {
  const own = fieldTraits.get(schema);
  const inner = unwrapped(schema);
  return inner === undefined ? { ...own } : { ...traitsOf(inner), ...own };
}

/** The schema of the value as it is written, without defaults and transformations. */
function innerOf(schema: Schema): Schema {
  const inner = unwrapped(schema);
  return inner === undefined ? schema : innerOf(inner);
}

function unwrapped(schema: Schema): Schema | undefined {
  if (schema instanceof z.ZodPipe) return schema.def.in as Schema;
  if (schema instanceof z.ZodLazy) return schema.def.getter();
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  )
    return schema.def.innerType as Schema;
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Secrets, matchers and time intervals are objects without keys and not empty at all. */
function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === false || value === 0) return true;
  if (Array.isArray(value)) return value.length === 0;
  return (
    isObject(value) && Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length === 0
  );
}
