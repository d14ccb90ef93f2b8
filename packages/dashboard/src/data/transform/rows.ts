import type { DataFrame, Field, FieldValue } from '../../frame.ts';
import { compilePattern } from '../../value/safe-pattern.ts';
import { findField, type Options, recordOf, recordsOf, textOf, type Transform, withRows } from './column.ts';

export const sortBy: Transform = (frames, options) => {
  const [sort] = recordsOf(options['sort']);
  const name = textOf(sort?.['field']);
  if (name === undefined) return frames;
  const direction = sort?.['desc'] === true ? -1 : 1;
  return frames.map((frame) => {
    const field = findField(frame, name);
    if (field === undefined) return frame;
    const rows = Array.from({ length: frame.length }, (_, row) => row);
    return withRows(
      frame,
      rows.toSorted((a, b) => direction * compareValues(field.values[a] ?? null, field.values[b] ?? null)),
    );
  });
};

const collator = new Intl.Collator('en', { numeric: true });

/** Gaps and NaN first; numbers by size, texts as people order them. */
export function compareValues(a: FieldValue, b: FieldValue): number {
  const isGapA = a === null || Number.isNaN(a);
  const isGapB = b === null || Number.isNaN(b);
  if (isGapA || isGapB) return Number(isGapB) - Number(isGapA);
  if (typeof a === 'string' || typeof b === 'string') return collator.compare(String(a), String(b));
  return Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0;
}

export const limit: Transform = (frames, options) => {
  const wanted = Number(options['limitField'] ?? 10);
  if (!Number.isFinite(wanted)) return frames;
  const count = Math.trunc(wanted);
  return frames.map((frame) => {
    if (Math.abs(count) >= frame.length) return frame;
    const start = count < 0 ? frame.length + count : 0;
    return withRows(
      frame,
      Array.from({ length: Math.abs(count) }, (_, i) => start + i),
    );
  });
};

/** Rows by conditions on their values: any or all of them, kept or left out. */
export const filterByValue: Transform = (frames, options) => {
  const filters = recordsOf(options['filters']);
  const isAny = options['match'] !== 'all';
  const keeps = options['type'] !== 'exclude';
  return frames.map((frame) => {
    const tests = filters.flatMap((filter) => rowTest(frame, filter) ?? []);
    if (tests.length === 0) return frame;
    const rows: number[] = [];
    for (let row = 0; row < frame.length; row++) {
      const fits = isAny ? tests.some((test) => test(row)) : tests.every((test) => test(row));
      if (fits === keeps) rows.push(row);
    }
    return withRows(frame, rows);
  });
};

function rowTest(frame: DataFrame, { fieldName, config }: Options): ((row: number) => boolean) | undefined {
  const field = typeof fieldName === 'string' ? findField(frame, fieldName) : undefined;
  const { id, options } = recordOf(config);
  const test = CONDITIONS.get(id)?.(recordOf(options));
  if (field === undefined || test === undefined) return undefined;
  return (row) => test(field.values[row] ?? null);
}

type Condition = (options: Options) => (value: FieldValue) => boolean;

const compared =
  (holds: (value: number, wanted: number) => boolean): Condition =>
  ({ value: wanted }) =>
  (value) =>
    value !== null && holds(Number(value), Number(wanted));

const CONDITIONS: ReadonlyMap<unknown, Condition> = new Map<unknown, Condition>([
  ['isNull', () => (value) => value === null],
  ['isNotNull', () => (value) => value !== null],
  ['greater', compared((value, wanted) => value > wanted)],
  ['greaterOrEqual', compared((value, wanted) => value >= wanted)],
  ['lower', compared((value, wanted) => value < wanted)],
  ['lowerOrEqual', compared((value, wanted) => value <= wanted)],
  [
    'equal',
    ({ value: wanted }) =>
      (value) =>
        isEqual(value, wanted),
  ],
  [
    'notEqual',
    ({ value: wanted }) =>
      (value) =>
        !isEqual(value, wanted),
  ],
  [
    'between',
    ({ from, to }) =>
      (value) =>
        value !== null && Number(value) > Number(from) && Number(value) < Number(to),
  ],
  ['regex', matches],
  [
    'substring',
    ({ value: wanted }) =>
      (value) =>
        contains(value, wanted),
  ],
  [
    'notSubstring',
    ({ value: wanted }) =>
      (value) =>
        !contains(value, wanted),
  ],
]);

function matches({ value: text }: Options): (value: FieldValue) => boolean {
  const pattern = typeof text === 'string' ? compilePattern(text) : undefined;
  return (value) => value !== null && pattern?.match(String(value)) !== undefined;
}

function isEqual(value: FieldValue, wanted: unknown): boolean {
  return value !== null && (value === wanted || String(value) === plainText(wanted));
}

function contains(value: FieldValue, wanted: unknown): boolean {
  const text = plainText(wanted) ?? '';
  return value !== null && String(value).toLowerCase().includes(text.toLowerCase());
}

/** What was typed into an option; `undefined` for what is no value. */
function plainText(wanted: unknown): string | undefined {
  return typeof wanted === 'string' || typeof wanted === 'number' || typeof wanted === 'boolean'
    ? String(wanted)
    : undefined;
}

/**
 * One table of all: columns of one name are one column; rows that agree in all columns they share are
 * one row. Which columns are shared is read off the frames: those that stand in every one of them.
 */
export const merge: Transform = (frames) => {
  const [first] = frames;
  if (first === undefined || frames.length < 2) return frames;
  return [mergeFrames(frames, first.refId)];
};

export function mergeFrames(frames: readonly DataFrame[], refId: string): DataFrame {
  const names = new Map<string, Field>();
  for (const frame of frames)
    for (const field of frame.fields) if (!names.has(keyOf(field))) names.set(keyOf(field), field);
  const shared = [...names.keys()].filter((name) =>
    frames.every(({ fields }) => fields.some((field) => keyOf(field) === name)),
  );
  const columns = new Map([...names.keys()].map((name): [string, FieldValue[]] => [name, []]));
  const rows = new MergedRows(columns, shared);
  for (const frame of frames) rows.add(frame);
  const fields = [...names].map(([name, field]) => ({ ...field, values: columns.get(name) ?? [] }));
  return { refId, length: rows.length, fields };
}

function keyOf(field: Field): string {
  return field.displayName ?? field.name;
}

/** Rows of one key that are tried for a free place; frames with more equal rows than this are not what is merged. */
const CANDIDATES_MAX = 64;

/** Rows found again by what they hold in the shared columns. */
class MergedRows {
  readonly #columns: ReadonlyMap<string, FieldValue[]>;
  readonly #shared: readonly string[];
  readonly #rowsByKey = new Map<string, number[]>();
  length = 0;

  constructor(columns: ReadonlyMap<string, FieldValue[]>, shared: readonly string[]) {
    this.#columns = columns;
    this.#shared = shared;
  }

  add({ fields, length }: DataFrame): void {
    const named = fields.map((field): [string, Field] => [keyOf(field), field]);
    const keys = named
      .filter(([name]) => this.#shared.includes(name))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (let row = 0; row < length; row++) {
      const key = JSON.stringify(keys.map(([, field]) => field.values[row] ?? null));
      const at = this.#place(key, named, row);
      for (const [name, field] of named) {
        const column = this.#columns.get(name);
        if (column !== undefined) column[at] = field.values[row] ?? null;
      }
    }
  }

  /** A row of the same key whose other cells are still empty, or a new one. */
  #place(key: string, named: readonly (readonly [string, Field])[], row: number): number {
    const candidates = this.#rowsByKey.get(key) ?? [];
    const free = candidates.slice(-CANDIDATES_MAX).find((at) =>
      named.every(([name, field]) => {
        const cell = this.#columns.get(name)?.[at] ?? null;
        return cell === null || cell === (field.values[row] ?? null);
      }),
    );
    if (free !== undefined) return free;
    const at = this.length++;
    for (const column of this.#columns.values()) column[at] = null;
    candidates.push(at);
    this.#rowsByKey.set(key, candidates);
    return at;
  }
}
