import { quotePattern } from '@vedette/model';
import { dateText } from '../value/date-text.ts';

/** Values of a variable on their way into a text. */
export interface FormatInput {
  readonly name: string;
  readonly values: readonly string[];
  /** What people read for them; as many as there are values. */
  readonly texts: readonly string[];
  /** How an address carries the choice: `$__all` stays `$__all`. */
  readonly chosen: readonly string[];
  /** Several could be chosen: JSON then is an array even of one. */
  readonly isList: boolean;
  readonly timezone: string;
}

/**
 * Values written the way a format asks. An unknown format is `glob`, as in Grafana. `undefined` as
 * format is `glob` as well.
 */
export function formatValues(input: FormatInput, format: string | undefined): string {
  const [name = 'glob', ...args] = (format ?? 'glob').split(':');
  const argument = args.join(':');
  const formatter = FORMATS.get(name) ?? glob;
  return formatter(input, argument);
}

type Formatter = (input: FormatInput, argument: string) => string;

const glob: Formatter = ({ values }) => (values.length === 1 ? (values[0] ?? '') : `{${values.join(',')}}`);

const FORMATS = new Map<string, Formatter>(
  Object.entries({
    glob,
    csv: ({ values }) => values.join(','),
    raw: ({ values }) => values.join(','),
    pipe: ({ values }) => values.join('|'),
    join: ({ values }, separator) => values.join(separator === '' ? ',' : separator),
    distributed: ({ name, values }) =>
      values.map((value, i) => (i === 0 ? value : `${name}=${value}`)).join(','),
    doublequote: ({ values }) => values.map((value) => `"${value.replaceAll('"', '\\"')}"`).join(','),
    singlequote: ({ values }) => values.map((value) => `'${value.replaceAll("'", "\\'")}'`).join(','),
    sqlstring: ({ values }) => values.map((value) => `'${value.replaceAll("'", "''")}'`).join(','),
    json: ({ values, isList }) => JSON.stringify(values.length === 1 && !isList ? values[0] : values),
    lucene: ({ values }) => alternatives(values.map(luceneEscape), values.length > 1, '"', ' OR '),
    regex: ({ values }) => alternatives(values.map(quotePattern), values.length > 1, '', '|'),
    text: ({ texts }) => texts.join(' + '),
    percentencode: (input) => strictEncode(glob(input, '')),
    uriencode: (input) => encodeURI(wellFormed(glob(input, ''))),
    queryparam: ({ name, chosen }) => queryText(`var-${name}`, chosen, ''),
    customqueryparam: ({ name, values }, argument) => {
      const [key, prefix = ''] = argument.split(':');
      return queryText(key === undefined || key === '' ? name : key, values, prefix);
    },
    date: ({ values, timezone }, pattern) =>
      values.map((value) => dateValue(value, pattern, timezone)).join(','),
  } satisfies Record<string, Formatter>),
);

function alternatives(values: readonly string[], isMany: boolean, quote: string, separator: string): string {
  if (!isMany) return values[0] ?? '';
  return `(${values.map((value) => quote + value + quote).join(separator)})`;
}

function luceneEscape(value: string): string {
  return value.replaceAll(/[!*+\-=<>\s&|()[\]{}^~?:\\/"]/g, '\\$&');
}

function queryText(key: string, values: readonly string[], prefix: string): string {
  return values.map((value) => `${strictEncode(key)}=${strictEncode(prefix + value)}`).join('&');
}

/** Also the five characters that `encodeURIComponent` lets pass, and halves of pairs, on which it would throw. */
export function strictEncode(text: string): string {
  return encodeURIComponent(wellFormed(text)).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function wellFormed(text: string): string {
  return text.toWellFormed();
}

function dateValue(value: string, pattern: string, timezone: string): string {
  const atMs = /^-?\d{1,16}$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isFinite(atMs) ? dateText(atMs, pattern, timezone) : value;
}
