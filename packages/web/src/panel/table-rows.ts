import type { DataFrame, Field, FieldValue } from '@vedette/dashboard';
import { nameOf } from './reduced.ts';

export interface TableSort {
  readonly column: number;
  readonly isDescending: boolean;
}

/** Indexes of a table's rows as shown: those that every filter lets through, in the order asked for. */
export function shownRows(
  frame: DataFrame,
  textOf: (field: Field, row: number) => string,
  sort: TableSort | undefined,
  filters: ReadonlyMap<number, string>,
): number[] {
  const wanted = [...filters].filter(([, text]) => text.trim() !== '');
  const rows = Array.from({ length: frame.length }, (_, row) => row).filter((row) =>
    wanted.every(([column, text]) => {
      const field = frame.fields[column];
      return field === undefined || textOf(field, row).toLowerCase().includes(text.trim().toLowerCase());
    }),
  );
  const field = sort === undefined ? undefined : frame.fields[sort.column];
  if (sort === undefined || field === undefined) return rows;
  return rows.sort((a, b) =>
    compareValues(field.values[a] ?? null, field.values[b] ?? null, sort.isDescending),
  );
}

/** Numbers by size, texts as people count (`node2` before `node10`); gaps and NaN last either way. */
function compareValues(a: FieldValue, b: FieldValue, isDescending: boolean): number {
  const [isGapA, isGapB] = [isGap(a), isGap(b)];
  if (isGapA || isGapB) return Number(isGapA) - Number(isGapB);
  const sign = isDescending ? -1 : 1;
  if (typeof a === 'number' && typeof b === 'number') return a === b ? 0 : sign * (a < b ? -1 : 1);
  return sign * collator.compare(String(a), String(b));
}

const collator = new Intl.Collator('en', { numeric: true });

function isGap(value: FieldValue): boolean {
  return value === null || (typeof value === 'number' && Number.isNaN(value));
}

/** A press on a column's head: up, down, as it came. */
export function nextTableSort(sort: TableSort | undefined, column: number): TableSort | undefined {
  if (sort?.column !== column) return { column, isDescending: false };
  return sort.isDescending ? undefined : { column, isDescending: true };
}

/** The order that the file asks for: `sortBy: [{ displayName, desc }]`. */
export function sortOfOptions(frame: DataFrame, sortBy: unknown): TableSort | undefined {
  const [first] = Array.isArray(sortBy) ? (sortBy as readonly unknown[]) : [];
  if (typeof first !== 'object' || first === null || !('displayName' in first)) return undefined;
  const column = frame.fields.findIndex((field) => nameOf(field) === first.displayName);
  return column < 0 ? undefined : { column, isDescending: 'desc' in first && first.desc === true };
}
