/**
 * The answer of a tool as it leaves for the model. Between the marks of telemetry stand tables and JSON: there a value that is
 * no number belongs to a column or a key, and is a label value like those of the report. In sentences, what stands in quotes
 * is a name. Walked twice, because a name can stand in the summary before the table that has it.
 */
import type { Masker } from './masker.ts';

/** Columns and keys that hold words and texts, not names. */
const TEXT_FIELDS =
  /^(?:alert(?:name)?|rule|metric|__name__|query|expr(?:ession)?|text|summary|description|help|type|unit|kind|title|headline|why|hint|id|annotations?|labels?|series|value|now|before|since|until|starts?.*|ends?.*|.*_?at|time.*|state|health|severity|status|priority|level|group|error|last_?error|link|url|path)$/i;

// What is longer is a text.
const NAME_CHARS_MAX = 200;

export function maskAnswer(masker: Masker, text: string): string {
  const parts = partsOf(text);
  const mask = (): string => parts.map((part) => maskPart(masker, part)).join('');
  mask();
  return mask();
}

interface Part {
  readonly isData: boolean;
  readonly text: string;
}

const FENCED = /(<data-[\w-]+>[^\n]*\n)([\s\S]*?)(\n<\/data-[\w-]+>)/g;

function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(FENCED)) {
    const [whole, open = '', body = '', close = ''] = match;
    parts.push({ isData: false, text: text.slice(end, match.index) + open });
    parts.push({ isData: true, text: body }, { isData: false, text: close });
    end = match.index + whole.length;
  }
  parts.push({ isData: false, text: text.slice(end) });
  return parts;
}

function maskPart(masker: Masker, { isData, text }: Part): string {
  if (!isData) return masker.text(maskQuoted(masker, text));
  const json = parsed(text);
  if (json !== undefined) return JSON.stringify(maskJson(masker, json, ''));
  const lines = text.split('\n');
  const columns = lines[0]?.split(' | ') ?? [];
  if (columns.length < 2) return masker.text(text);
  return [lines[0], ...lines.slice(1).map((line) => maskRow(masker, columns, line))].join('\n');
}

/** Only learns: the words are replaced with all others. A name of a metric has an underscore or a colon, and stays. */
function maskQuoted(masker: Masker, text: string): string {
  for (const [, name = ''] of text.matchAll(/"([^"\n]{1,200})"/g))
    if (/^[\w.:@/-]+$/.test(name) && !/^[a-z]+(?:[_:][a-z0-9_:]+)+$/.test(name)) masker.label('name', name);
  return text;
}

function maskRow(masker: Masker, columns: readonly string[], line: string): string {
  const cells = line.split(' | ');
  if (cells.length !== columns.length) return masker.text(line);
  return cells.map((cell, i) => maskField(masker, columns[i] ?? '', cell)).join(' | ');
}

function maskField(masker: Masker, name: string, value: string): string {
  const isNumber = value === '-' || /^[-+]?[\d.,]+(?:e[-+]?\d+)?\s?(?:%|[a-z]{1,3})?$/i.test(value);
  const isText = TEXT_FIELDS.test(name) || /[{(]|="/.test(value) || value.length > NAME_CHARS_MAX;
  if (isText) return masker.text(value);
  return isNumber && !/user|subject|customer|account|client/i.test(name) ? value : masker.label(name, value);
}

function maskJson(masker: Masker, value: unknown, key: string): unknown {
  if (typeof value === 'string') return maskField(masker, key, value);
  if (Array.isArray(value)) return value.map((one) => maskJson(masker, one, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, maskJson(masker, one, name)]));
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
