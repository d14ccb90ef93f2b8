import type { DataFrame, Field, FieldValue } from '../../frame.ts';
import { compilePattern } from '../../value/safe-pattern.ts';
import {
  findField,
  nameOf,
  type Options,
  recordOf,
  recordsOf,
  renamed,
  textOf,
  textsOf,
  type Transform,
} from './column.ts';

/** Order, names and choice of columns. */
export const organize: Transform = (frames, options) => {
  const excluded = recordOf(options['excludeByName']);
  const included = recordOf(options['includeByName']);
  const places = recordOf(options['indexByName']);
  const names = recordOf(options['renameByName']);
  const hasIncluded = Object.values(included).includes(true);
  return frames.map((frame) => {
    const kept = frame.fields.filter((field) => {
      const name = nameOf(field);
      return excluded[name] !== true && (!hasIncluded || included[name] === true);
    });
    const sorted = kept.toSorted((a, b) => placeOf(places, a) - placeOf(places, b));
    return { ...frame, fields: sorted.map((field) => renamedBy(names, field)) };
  });
};

/** Columns without a place come after those that have one, as they were. */
function placeOf(places: Options, field: Field): number {
  const place = places[nameOf(field)];
  return typeof place === 'number' ? place : Number.MAX_SAFE_INTEGER;
}

function renamedBy(names: Options, field: Field): Field {
  const name = Object.hasOwn(names, nameOf(field)) ? textOf(names[nameOf(field)]) : undefined;
  return name === undefined ? field : renamed(field, name);
}

/** Keeps columns by names or a pattern. */
export const filterFieldsByName: Transform = (frames, options) => {
  const isIncluded = nameTest(options['include']);
  const isExcluded = nameTest(options['exclude']);
  return frames
    .map((frame) => ({
      ...frame,
      fields: frame.fields.filter(
        (field) => (isIncluded?.(nameOf(field)) ?? true) && !(isExcluded?.(nameOf(field)) ?? false),
      ),
    }))
    .filter(({ fields }) => fields.length > 0);
};

function nameTest(value: unknown): ((name: string) => boolean) | undefined {
  const { names, pattern } = recordOf(value);
  const wanted = new Set(textsOf(names));
  const text = textOf(pattern);
  if (wanted.size === 0 && text === undefined) return undefined;
  const compiled = text === undefined ? undefined : compilePattern(text);
  return (name) => wanted.has(name) || compiled?.match(name) !== undefined;
}

export const renameByRegex: Transform = (frames, options) => {
  const pattern = compilePattern(textOf(options['regex']) ?? '(?:)');
  const replacement = typeof options['renamePattern'] === 'string' ? options['renamePattern'] : '';
  if (pattern === undefined || options['regex'] === '') return frames;
  return frames.map((frame) => ({
    ...frame,
    fields: frame.fields.map((field) =>
      field.kind === 'time' || pattern.match(nameOf(field)) === undefined
        ? field
        : { ...field, displayName: pattern.replace(nameOf(field), replacement) },
    ),
  }));
};

/** Values read as another type; what cannot be is a gap. */
export const convertFieldType: Transform = (frames, options) => {
  const conversions = recordsOf(options['conversions']);
  return frames.map((frame) => {
    let { fields } = frame;
    for (const { targetField, destinationType } of conversions) {
      const target = typeof targetField === 'string' ? findField(frame, targetField) : undefined;
      const convert = CONVERT.get(destinationType);
      if (target === undefined || convert === undefined) continue;
      const [kind, read] = convert;
      fields = fields.map((field) =>
        nameOf(field) === nameOf(target) ? { ...field, kind, values: field.values.map(read) } : field,
      );
    }
    return { ...frame, fields };
  });
};

type Convert = readonly [kind: Field['kind'], read: (value: FieldValue) => FieldValue];

const CONVERT: ReadonlyMap<unknown, Convert> = new Map<unknown, Convert>([
  ['number', ['number', (value) => (value === null || value === '' ? null : numberOf(value))]],
  ['string', ['string', (value) => (value === null ? null : String(value))]],
  [
    'boolean',
    ['boolean', (value) => (value === null ? null : value !== 'false' && value !== '0' && Boolean(value))],
  ],
  ['time', ['time', timeOf]],
  ['other', ['other', (value) => value]],
]);

function numberOf(value: Exclude<FieldValue, null>): number | null {
  const number = Number(value);
  return Number.isNaN(number) && typeof value !== 'number' ? null : number;
}

/** Milliseconds, or a date in a form that JavaScript reads. */
function timeOf(value: FieldValue): number | null {
  if (value === null || typeof value === 'boolean') return null;
  const atMs = typeof value === 'number' || /^-?\d+$/.test(value) ? Number(value) : Date.parse(value);
  return Number.isNaN(atMs) ? null : atMs;
}

/** Queries by their letter, as a pattern that matches all of it: `A`, `A|B`, `/^(?:A|B)$/`. */
export const filterByRefId: Transform = (frames, options) => {
  const isIncluded = refTest(options['include']);
  const isExcluded = refTest(options['exclude']);
  return frames.filter(({ refId }) => (isIncluded?.(refId) ?? true) && !(isExcluded?.(refId) ?? false));
};

export function refTest(value: unknown): ((refId: string) => boolean) | undefined {
  const text = textOf(value);
  if (text === undefined) return undefined;
  const pattern = compilePattern(text.startsWith('/') ? text : `^(?:${text})$`);
  return (refId) => pattern?.match(refId) !== undefined;
}

/** All columns in one table, side by side; shorter ones end in gaps. */
export const concatenate: Transform = (frames) => {
  const length = frames.reduce((most, frame) => Math.max(most, frame.length), 0);
  const fields = frames.flatMap((frame) => frame.fields);
  const [first] = frames;
  if (first === undefined) return frames;
  const padded = fields.map((field) =>
    field.values.length === length
      ? field
      : { ...field, values: Array.from({ length }, (_, row) => field.values[row] ?? null) },
  );
  return [{ refId: first.refId, length, fields: padded } satisfies DataFrame];
};
