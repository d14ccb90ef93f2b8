import type { DataFrame, Field, FieldValue } from '../../frame.ts';
import { reduceField } from '../../value/reduce.ts';
import {
  createField,
  findField,
  isSeries,
  nameOf,
  type Options,
  recordOf,
  textOf,
  textsOf,
  type Transform,
} from './column.ts';
import { joinFrames } from './join.ts';
import { reducerName } from './group.ts';

/** A column reckoned from others, per row. Series are joined over time first, as their points stand side by side then. */
export const calculateField: Transform = (frames, options) => {
  const table = sideBySide(frames, options) ?? frames;
  return table.map((frame) => {
    const column = columnOf(frame, options);
    if (column === undefined) return frame;
    if (options['replaceFields'] !== true) return { ...frame, fields: [...frame.fields, column] };
    return { ...frame, fields: [...frame.fields.filter(({ kind }) => kind === 'time'), column] };
  });
};

function sideBySide(frames: readonly DataFrame[], options: Options): readonly DataFrame[] | undefined {
  if (frames.length < 2 || options['timeSeries'] === false || !frames.every(isSeries)) return undefined;
  const joined = joinFrames(frames, undefined, 'outer');
  return joined === undefined ? undefined : [joined];
}

function columnOf(frame: DataFrame, options: Options): Field | undefined {
  const alias = textOf(options['alias']);
  switch (options['mode'] ?? 'reduceRow') {
    case 'reduceRow':
      return reducedRows(frame, recordOf(options['reduce']), alias);
    case 'binary':
      return binaryColumn(frame, recordOf(options['binary']), alias);
    case 'unary':
      return unaryColumn(frame, recordOf(options['unary']), alias);
    case 'index':
      return indexColumn(frame, recordOf(options['index']), alias);
    case 'cumulativeFunctions':
      return runningColumn(frame, recordOf(options['cumulative']), alias);
    default:
      return undefined;
  }
}

function reducedRows(frame: DataFrame, { include, reducer }: Options, alias: string | undefined): Field {
  const names = textsOf(include);
  const fields = frame.fields.filter(
    (field) => field.kind === 'number' && (names.length === 0 || names.includes(nameOf(field))),
  );
  const calc = textOf(reducer) ?? 'sum';
  const values = rowsOf(frame, (row) =>
    reduceField({ values: fields.map((field) => field.values[row] ?? null) }, calc),
  );
  return createField(alias ?? reducerName(calc), 'number', values);
}

function rowsOf(frame: DataFrame, value: (row: number) => FieldValue): FieldValue[] {
  return Array.from({ length: frame.length }, (_, row) => value(row));
}

const BINARY: ReadonlyMap<unknown, (a: number, b: number) => number> = new Map<
  unknown,
  (a: number, b: number) => number
>([
  ['+', (a, b) => a + b],
  ['-', (a, b) => a - b],
  ['*', (a, b) => a * b],
  ['/', (a, b) => a / b],
  ['**', (a, b) => a ** b],
  ['%', (a, b) => a % b],
  ['==', (a, b) => Number(a === b)],
  ['!=', (a, b) => Number(a !== b)],
  ['>', (a, b) => Number(a > b)],
  ['>=', (a, b) => Number(a >= b)],
  ['<', (a, b) => Number(a < b)],
  ['<=', (a, b) => Number(a <= b)],
]);

function binaryColumn(
  frame: DataFrame,
  { left, operator, right }: Options,
  alias: string | undefined,
): Field | undefined {
  const sign = operator ?? '+';
  const apply = BINARY.get(sign);
  const a = operandOf(frame, left);
  const b = operandOf(frame, right);
  if (apply === undefined || a === undefined || b === undefined) return undefined;
  const values = rowsOf(frame, (row) => {
    const [x, y] = [a.at(row), b.at(row)];
    return x === null || y === null ? null : apply(x, y);
  });
  return createField(alias ?? `${a.name} ${textOf(sign) ?? ''} ${b.name}`, 'number', values);
}

interface Operand {
  readonly name: string;
  readonly at: (row: number) => number | null;
}

/** A column's name or a number, plain or as newer files wrap them: `{ fixed }`, `{ matcher: { id: 'byName', options } }`. */
function operandOf(frame: DataFrame, value: unknown): Operand | undefined {
  const { fixed, matcher } = recordOf(value);
  const name = typeof value === 'string' ? value : (textOf(fixed) ?? textOf(recordOf(matcher)['options']));
  if (name === undefined) return undefined;
  const field = findField(frame, name);
  if (field !== undefined) return { name, at: (row) => numberAt(field, row) };
  const constant = Number(name);
  return Number.isNaN(constant) ? undefined : { name, at: () => constant };
}

function numberAt(field: Field, row: number): number | null {
  const value = field.values[row] ?? null;
  return value === null ? null : Number(value);
}

const UNARY: ReadonlyMap<unknown, (value: number) => number> = new Map<unknown, (value: number) => number>([
  ['abs', Math.abs],
  ['exp', Math.exp],
  ['ln', Math.log],
  ['floor', Math.floor],
  ['ceil', Math.ceil],
  ['round', Math.round],
  ['sqrt', Math.sqrt],
]);

function unaryColumn(
  frame: DataFrame,
  { operator, fieldName }: Options,
  alias: string | undefined,
): Field | undefined {
  const apply = UNARY.get(operator ?? 'abs');
  const name = textOf(fieldName);
  const field = name === undefined ? undefined : findField(frame, name);
  if (apply === undefined || field === undefined) return undefined;
  const values = rowsOf(frame, (row) => {
    const value = numberAt(field, row);
    return value === null ? null : apply(value);
  });
  return createField(alias ?? `${textOf(operator) ?? 'abs'}(${nameOf(field)})`, 'number', values);
}

function indexColumn(frame: DataFrame, { asPercentile }: Options, alias: string | undefined): Field {
  const last = Math.max(1, frame.length - 1);
  return createField(
    alias ?? 'Row',
    'number',
    rowsOf(frame, (row) => (asPercentile === true ? row / last : row)),
  );
}

/** The sum, or mean, of all rows up to each. */
function runningColumn(
  frame: DataFrame,
  { field: name, reducer }: Options,
  alias: string | undefined,
): Field | undefined {
  const field = typeof name === 'string' ? findField(frame, name) : undefined;
  if (field === undefined) return undefined;
  const isMean = reducer === 'mean';
  let total = 0;
  let count = 0;
  const values = rowsOf(frame, (row) => {
    const value = numberAt(field, row);
    if (value !== null && !Number.isNaN(value)) {
      total += value;
      count++;
    }
    return isMean ? (count === 0 ? null : total / count) : total;
  });
  return createField(alias ?? `cumulative ${isMean ? 'mean' : 'sum'}(${nameOf(field)})`, 'number', values);
}
