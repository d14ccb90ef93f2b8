import { macroText } from './macro.ts';
import { type Reference, replaceReferences } from './reference.ts';
import type { Scope } from './scope.ts';
import { formatValues } from './value-format.ts';

/**
 * A text with what it refers to put in: titles, links, Markdown, legends. `format` is for references
 * that name none (`glob` when absent; `text` is right for titles). What is unknown stays as it stands;
 * what is put in is not searched again, so a label value cannot refer to anything. Never throws.
 */
export function fillText(text: string, scope: Scope, format?: string): string {
  return replaceReferences(
    text,
    () => undefined,
    (reference) => referenceText(reference, scope, format) ?? reference.source,
  );
}

/** An address with variables put in; each is encoded unless its reference names a format. */
export function fillLink(url: string, scope: Scope): string {
  return fillText(url, scope, 'percentencode');
}

/** What one reference stands for; `undefined`: unknown here. */
export function referenceText(reference: Reference, scope: Scope, format?: string): string | undefined {
  const macro = macroText(reference, scope);
  if (macro !== undefined) return wrapMacro(reference, macro, scope, format);
  const variable = scope.variables.get(reference.name);
  if (variable === undefined) return undefined;
  if (reference.path[0] === 'text') return formatValues({ ...variable, timezone: scope.timezone }, 'text');
  const used = reference.format ?? format;
  if (variable.isVerbatim && !READS_CHOICE.has(used ?? '')) return variable.values.join(',');
  return formatValues({ ...variable, timezone: scope.timezone }, used);
}

/** Formats that show the choice itself, All included; the others leave what All stands for as it was written. */
const READS_CHOICE: ReadonlySet<string> = new Set(['text', 'queryparam', 'percentencode', 'uriencode']);

/** Built-in names whose text may hold anything: in an address they are encoded like variables. */
const FREE_TEXTS: ReadonlySet<string> = new Set([
  '__field',
  '__data',
  '__value',
  '__series',
  '__name',
  '__dashboard',
]);

function wrapMacro({ name, format }: Reference, text: string, scope: Scope, outer?: string): string {
  const used = format ?? outer;
  if (used === undefined || name === '__from' || name === '__to') return text;
  if (format === undefined && !FREE_TEXTS.has(name)) return text;
  const input = {
    name,
    values: [text],
    texts: [text],
    chosen: [text],
    isList: false,
    timezone: scope.timezone,
  };
  return formatValues(input, used);
}
