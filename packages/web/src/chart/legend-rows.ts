/** One line of a legend: a series, and what it did in numbers and in words. */
export interface LegendRow {
  readonly key: string;
  readonly name: string;
  readonly colour: string;
  readonly isDashed: boolean;
  /** In the order of the columns. */
  readonly cells: readonly { readonly value: number | null; readonly text: string }[];
}

/** Column by which a legend is sorted: -1 is the name. */
export interface LegendSort {
  readonly column: number;
  readonly isDescending: boolean;
}

/** Rows in the order asked for; what has no value comes last either way, equal ones keep their order. */
export function sortRows(rows: readonly LegendRow[], sort: LegendSort | undefined): readonly LegendRow[] {
  if (sort === undefined) return rows;
  const sign = sort.isDescending ? -1 : 1;
  if (sort.column < 0)
    return rows.toSorted((a, b) => sign * a.name.localeCompare(b.name, 'en', { numeric: true }));
  const valueOf = (row: LegendRow): number | null => row.cells[sort.column]?.value ?? null;
  return rows.toSorted((a, b) => {
    const [x, y] = [valueOf(a), valueOf(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return x === y ? 0 : sign * (x < y ? -1 : 1);
  });
}

/** A press on a column's head: largest first, then smallest, then the order of the answer. */
export function nextSort(sort: LegendSort | undefined, column: number): LegendSort | undefined {
  const first = column >= 0;
  if (sort?.column !== column) return { column, isDescending: first };
  return sort.isDescending === first ? { column, isDescending: !first } : undefined;
}
