/**
 * The answer of a tool as it leaves for the model. Between the marks of telemetry stand tables and JSON: there a value that is
 * no number belongs to a column or a key, and is a label value like those of the report. In sentences, what stands in quotes
 * is a name. Walked twice, because a name can stand in the summary before the table that has it.
 */
import { PERSON, type Masker } from './masker.ts';

/** Columns and keys that hold words of ours, times, and texts; in texts only names that are known are masked. */
const TEXT_FIELDS = new RegExp(
  `^(?:${[
    'alert|alertname|rule|metric|__name__|label|query|expr|expression|text|summary|description|help|type|unit|kind|title',
    'headline|why|hint|id|annotations?|labels?|series|now|before|since|until|at|starts?.*|ends?.*|.*_at|time.*|last.*',
    'state|states|health|severity|by severity|status|priority|level|group|error|link|url|path|signal|direction|measure',
    'change|course.*|for|longest|took|evaluated|outcome|reason|mode|configured|policy|scope|grade|brake|stopped because',
    'attempt|firing|resolved|channel|from',
  ].join('|')})$`,
  'i',
);

/** A name of a metric stays when it ends in its unit, which no name of a person or a host does. */
const METRIC_NAME =
  /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*_(?:total|count|sum|bucket|seconds|bytes|ratio|percent|celsius|info)$/;

/** `up{pod="web-1"}`; other values with brackets are names, such as `Ada (night shift)`. */
const SELECTOR = /^[\w:.]*\{\s*[\w.]+\s*[=!][~=]?\s*".*\}$/;

// What is longer is a text.
const NAME_CHARS_MAX = 200;

export function maskAnswer(masker: Masker, text: string): string {
  const parts = partsOf(withoutLinks(text));
  const mask = (): string => parts.map((part) => maskPart(masker, part)).join('');
  mask();
  return mask();
}

/** Links into the UI, at the end of an answer, are for people: a model cannot follow them, and they name what was asked. */
function withoutLinks(text: string): string {
  const at = text.lastIndexOf('\nLinks:\n');
  return at < text.lastIndexOf('</data-') || at < 0 ? text : text.slice(0, at);
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
  // A lone word above other lines is the heading of a list.
  const isTable = columns.length > 1 || (lines.length > 1 && /^[a-zA-Z_]\w*$/.test(lines[0] ?? ''));
  if (!isTable) return masker.text(text);
  return [lines[0], ...lines.slice(1).map((line) => maskRow(masker, columns, line))].join('\n');
}

/** Only learns: the words are replaced with all others. A name of a metric has an underscore or a colon, and stays. */
function maskQuoted(masker: Masker, text: string): string {
  for (const [, name = ''] of text.matchAll(/"([^"\n]{1,200})"/g))
    if (/^[\w.:@/-]+$/.test(name) && !METRIC_NAME.test(name)) masker.label('name', name);
  return text;
}

function maskRow(masker: Masker, columns: readonly string[], line: string): string {
  const cells = line.split(' | ');
  if (cells.length !== columns.length) return masker.text(line);
  return cells.map((cell, i) => maskField(masker, columns[i] ?? '', cell)).join(' | ');
}

function maskField(masker: Masker, name: string, value: string): string {
  const isPerson = PERSON.test(name);
  const isText =
    !isPerson &&
    (TEXT_FIELDS.test(name) ||
      METRIC_NAME.test(value) ||
      SELECTOR.test(value) ||
      value.length > NAME_CHARS_MAX);
  if (isText) return masker.text(value);
  const isNumber = value.split(/[\s/]+/).every((part) => NUMBER.test(part));
  return isNumber && !isPerson ? value : masker.label(name, value);
}

/** Also durations, and nothing at all. */
const NUMBER = /^(?:-|[-+~]?[\d.,]+(?:e[-+]?\d+)?(?:%|[a-zµ]{1,3})?|(?:\d+[a-z]{1,2}){1,6})?$/i;

function maskJson(masker: Masker, value: unknown, key: string): unknown {
  if (typeof value === 'string') return maskField(masker, key, value);
  if (Array.isArray(value)) return value.map((one) => maskJson(masker, one, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [masker.name(name), maskJson(masker, one, name)]),
  );
}

function parsed(text: string): unknown {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
