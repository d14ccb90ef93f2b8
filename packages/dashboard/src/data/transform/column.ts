import type { FieldConfig } from '../../dashboard.ts';
import type { DataFrame, Field, FieldValue } from '../../frame.ts';

/** What a transformation of a file says, not yet looked at. */
export type Options = Readonly<Record<string, unknown>>;

/** A transformation: frames in, frames out; it never throws and never writes into what it got. */
export type Transform = (frames: readonly DataFrame[], options: Options) => readonly DataFrame[];

/** Most rows that a transformation makes: a table of more is nothing to read, and joins can multiply. */
export const TRANSFORM_ROWS_MAX = 100_000;

const NO_CONFIG: FieldConfig = {};

/** The name by which options speak of a field. */
export function nameOf(field: Field): string {
  return field.displayName ?? field.name;
}

export function findField(frame: DataFrame, name: string): Field | undefined {
  return (
    frame.fields.find((field) => nameOf(field) === name) ?? frame.fields.find((field) => field.name === name)
  );
}

export function createField(name: string, kind: Field['kind'], values: readonly FieldValue[]): Field {
  return { name, displayName: name, kind, values, config: NO_CONFIG };
}

export function renamed(field: Field, name: string): Field {
  return { ...field, name, displayName: name };
}

/** The frame with these rows, in this order. */
export function withRows(frame: DataFrame, rows: readonly number[]): DataFrame {
  const fields = frame.fields.map((field) => ({
    ...field,
    values: rows.map((row) => field.values[row] ?? null),
  }));
  return { ...frame, length: rows.length, fields };
}

/** Two or more columns of one name become `name 1`, `name 2`… Series keep theirs. */
export function numberRepeats(fields: readonly Field[]): Field[] {
  const totals = new Map<string, number>();
  for (const field of fields) totals.set(nameOf(field), (totals.get(nameOf(field)) ?? 0) + 1);
  const counts = new Map<string, number>();
  return fields.map((field) => {
    const name = nameOf(field);
    if ((totals.get(name) ?? 0) < 2 || field.labels !== undefined) return field;
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return renamed(field, `${name} ${count}`);
  });
}

/** A series: a column of times, one of numbers. */
export function isSeries(frame: DataFrame): boolean {
  return frame.fields.length === 2 && frame.fields[0]?.kind === 'time' && frame.fields[1]?.kind === 'number';
}

export function recordOf(value: unknown): Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Options) : {};
}

export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

export function recordsOf(value: unknown): Options[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
