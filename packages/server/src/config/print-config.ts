import { formatDurationMs, parseDurationMs } from '@vedette/model';
import { stringify } from 'yaml';
import { z } from 'zod';
import { notations } from '../lib/schema.ts';
import type { YamlSource } from './yaml-source.ts';

/**
 * The configuration in use as YAML, for `/api/v1/status/config`.
 *
 * 1. The plain values of the file are walked beside the schema that accepted them: what the file leaves
 *    out gets its default, keys come in the schema's order as Prometheus prints its structs, lists and
 *    maps keep the order of the file. Optional keys that are absent stay absent.
 * 2. Durations are printed in Prometheus' notation, whatever they were written as (`90s` is `1m30s`).
 * 3. Secrets are `<secret>`: what the schema declares as one, a password inside a URL, and every text
 *    into which an environment variable was put, since nobody can know what the variable holds.
 *
 * Files that the configuration names (tokens, passwords, certificates) are not read for this.
 *
 * Rejected: printing the checked values. Relabelling rules are compiled by then and secrets wrapped, and
 * what a transformation made of a text could no longer be recognised as an environment variable's.
 * Rejected: the text of the file with its secrets cut out. What to cut is known to the schema alone, and
 * comments hold old passwords.
 */
export function printConfig(source: YamlSource, schema: z.ZodType, parts: ShownParts = {}): string {
  const shown = shownOf(schema, source.value, source.variableTexts);
  for (const [key, part] of Object.entries(parts))
    if (isObject(shown)) shown[key] = withoutTexts(part, source.variableTexts);
  return stringify(shown ?? {}, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Top-level keys that have a printer of their own, as plain values without what their schema knows to be secret. */
type ShownParts = Readonly<Record<string, unknown>>;

function withoutTexts(value: unknown, hidden: Hidden): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutTexts(one, hidden));
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutTexts(one, hidden)]));
  if (typeof value === 'number') return hidden.has(String(value)) ? HIDDEN : value;
  return typeof value === 'string' ? shownText(value, hidden) : value;
}

const HIDDEN = '<secret>';

/** Texts of variables: those of the file that contain one. */
type Hidden = ReadonlySet<string>;

function shownOf(schema: z.core.$ZodType, value: unknown, hidden: Hidden): unknown {
  const notation = notations.get(schema)?.notation;
  if (notation !== undefined) return value === undefined ? undefined : notatedOf(notation, value, hidden);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return shownOf(schema.def.innerType, value === undefined ? schema.def.defaultValue : value, hidden);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly)
    return shownOf(schema.def.innerType, value, hidden);
  if (schema instanceof z.ZodPipe) return shownOf(schema.def.in, value, hidden);
  if (schema instanceof z.ZodUnion) return shownOf(branchOf(schema, value), value, hidden);
  if (schema instanceof z.ZodObject) return shownObject(schema, value, hidden);
  if (schema instanceof z.ZodRecord && isObject(value))
    return Object.fromEntries(
      Object.entries(value).map(([key, one]) => [key, shownOf(schema.valueType, one, hidden)]),
    );
  if (schema instanceof z.ZodArray && Array.isArray(value))
    return value.map((one) => shownOf(schema.element, one, hidden));
  // A variable's digits have become a number.
  if (typeof value === 'number') return hidden.has(String(value)) ? HIDDEN : value;
  return typeof value === 'string' ? shownText(value, hidden) : value;
}

/** In the schema's order, without what is not there. */
function shownObject(schema: z.ZodObject, value: unknown, hidden: Hidden): unknown {
  if (!isObject(value)) return value;
  const shown: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(schema.shape)) {
    const one = shownOf(inner, value[key], hidden);
    if (one !== undefined && !isEmpty(one)) shown[key] = one;
  }
  return shown;
}

/** The form that was meant: the first that accepts the value. */
function branchOf(schema: z.ZodUnion, value: unknown): z.core.$ZodType {
  const branch = schema.options.find((option) => z.safeParse(option, value).success);
  return branch ?? z.unknown();
}

/** Defaults are numbers already, texts of the file are not. */
function notatedOf(notation: 'duration' | 'bytes' | 'secret', value: unknown, hidden: Hidden): unknown {
  switch (notation) {
    case 'secret':
      return HIDDEN;
    case 'bytes':
      return typeof value === 'number' && value > 0 ? `${value}B` : value;
    case 'duration': {
      if (typeof value === 'string' && hidden.has(value)) return HIDDEN;
      const ms = typeof value === 'number' ? value : parseDurationMs(String(value));
      return ms === undefined ? HIDDEN : formatDurationMs(ms);
    }
  }
}

/** `//user:password@` of a URL, anywhere in a text. */
const URL_PASSWORD = /(\/\/[^\s/?#:@]*:)[^\s/?#@]+(?=@)/g;

function shownText(text: string, hidden: Hidden): string {
  return hidden.has(text) ? HIDDEN : text.replace(URL_PASSWORD, `$1${HIDDEN}`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
