import type { DataFrame, Field, FieldValue } from '../../frame.ts';
import { createField, type Options, textOf, textsOf, type Transform } from './column.ts';
import { mergeFrames } from './rows.ts';

/**
 * Labels as columns: every series becomes a table with a column per label, and the tables become one.
 * `valueLabel` names the value column by what that label says. Mode `rows`: a table of label and value per series.
 */
export const labelsToFields: Transform = (frames, options) => {
  const keep = textsOf(options['keepLabels']);
  const isKept = (name: string): boolean => keep.length === 0 || keep.includes(name);
  if (options['mode'] === 'rows')
    return frames.flatMap((frame) => frame.fields.flatMap((field) => labelRows(frame, field, isKept)));
  const tables = frames.map((frame) => labelColumns(frame, isKept, textOf(options['valueLabel'])));
  const [first] = tables;
  return first === undefined || tables.length === 1 ? tables : [mergeFrames(tables, first.refId)];
};

function labelRows(
  frame: DataFrame,
  { labels, kind }: Field,
  isKept: (name: string) => boolean,
): DataFrame[] {
  if (labels === undefined || kind === 'time') return [];
  const pairs = Object.entries(labels).filter(([name]) => isKept(name));
  const fields = [
    createField(
      'label',
      'string',
      pairs.map(([name]) => name),
    ),
    createField(
      'value',
      'string',
      pairs.map(([, value]) => value),
    ),
  ];
  return [{ refId: frame.refId, length: pairs.length, fields }];
}

function labelColumns(
  frame: DataFrame,
  isKept: (name: string) => boolean,
  valueLabel: string | undefined,
): DataFrame {
  const columns = new Map<string, string>();
  const others: Field[] = [];
  for (const field of frame.fields) {
    if (field.labels === undefined || field.kind === 'time') others.push(field);
    else {
      for (const [name, value] of Object.entries(field.labels)) {
        if (name !== valueLabel && isKept(name)) columns.set(name, value);
      }
      others.push(valueColumn(field, valueLabel));
    }
  }
  const labelFields = [...columns].map(([name, value]) =>
    createField(name, 'string', repeated(value, frame.length)),
  );
  const time = others.filter(({ kind }) => kind === 'time');
  const values = others.filter(({ kind }) => kind !== 'time');
  return { ...frame, fields: [...time, ...labelFields, ...values] };
}

/** The labels are columns now, so what is left of the name is what the field is called. */
function valueColumn(field: Field, valueLabel: string | undefined): Field {
  const own = valueLabel === undefined ? undefined : field.labels?.[valueLabel];
  return createField(own ?? field.labels?.['__name__'] ?? field.name, field.kind, field.values);
}

function repeated(value: FieldValue, length: number): FieldValue[] {
  return Array.from<FieldValue>({ length }).fill(value);
}

/** Most columns made out of one text column: a table of more cannot be read. */
const EXTRACTED_MAX = 200;

/** Longest text that is looked into. */
const TEXT_LENGTH_MAX = 65_536;

/** Keys of a text column, JSON or `key=value` pairs, as columns. */
export const extractFields: Transform = (frames, options) => {
  const source = textOf(options['source']);
  const paths = pathsOf(options);
  return frames.map((frame) => {
    const field = frame.fields.find(({ name, displayName }) => name === source || displayName === source);
    if (field === undefined) return frame;
    const rows = field.values.map((value) => readRow(value, options['format'], paths));
    const names = [...new Set(rows.flatMap((row) => [...row.keys()]))].slice(0, EXTRACTED_MAX);
    const extracted = names.map((name) => extractedColumn(name, rows));
    const kept =
      options['replace'] === true
        ? frame.fields.filter(({ kind }) => options['keepTime'] === true && kind === 'time')
        : frame.fields;
    return { ...frame, fields: [...kept, ...extracted] };
  });
};

interface JsonPath {
  readonly name: string;
  readonly keys: readonly string[];
}

function pathsOf({ jsonPaths }: Options): JsonPath[] {
  if (!Array.isArray(jsonPaths)) return [];
  return jsonPaths.flatMap((entry: unknown) => {
    const { path, alias } = (typeof entry === 'object' && entry !== null ? entry : {}) as Options;
    const text = textOf(path);
    if (text === undefined) return [];
    return [{ name: textOf(alias) ?? text, keys: text.split(/[.[\]"']+/).filter((key) => key !== '') }];
  });
}

type Row = ReadonlyMap<string, FieldValue>;

function readRow(value: FieldValue, format: unknown, paths: readonly JsonPath[]): Row {
  const text = String(value ?? '').slice(0, TEXT_LENGTH_MAX);
  const parsed = format === 'kvp' ? undefined : parseJson(text);
  if (parsed === undefined) return format === 'json' ? new Map() : pairsOf(text);
  if (paths.length > 0) return new Map(paths.map(({ name, keys }) => [name, cellOf(valueAt(parsed, keys))]));
  return new Map(Object.entries(parsed).map(([key, one]) => [key, cellOf(one)]));
}

function parseJson(text: string): object | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Options)[key];
  }
  return found;
}

function cellOf(value: unknown): FieldValue {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  return JSON.stringify(value);
}

const PAIR = /([\w.-]{1,128})\s?[=:]\s?(?:"([^"]{0,2000})"|([^\s,;&]{1,2000}))/g;

function pairsOf(text: string): Row {
  return new Map([...text.matchAll(PAIR)].map((match) => [match[1] ?? '', match[2] ?? match[3] ?? '']));
}

function extractedColumn(name: string, rows: readonly Row[]): Field {
  const values = rows.map((row) => row.get(name) ?? null);
  const isNumeric =
    values.some((value) => value !== null) &&
    values.every((value) => value === null || typeof value === 'number');
  return createField(name, isNumeric ? 'number' : 'string', values);
}
