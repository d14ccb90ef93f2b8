/** Series of answers as plain columns: holes, infinities and histograms are NaN. */
import { labelValueOf, type Labels, type ResultSeries } from '@vedette/model';
import type { LabelPair } from './identity.ts';

export function columnOf(series: ResultSeries): Float64Array {
  const column = new Float64Array(series.values.length);
  fillColumn(series, column);
  return column;
}

/** The same into a column that is there; points that the series does not have are holes. */
export function fillColumn({ values, validity, histograms }: ResultSeries, column: Float64Array): void {
  for (let step = 0; step < column.length; step++) {
    const value = values[step] ?? Number.NaN;
    // Spelled out: ten thousand series of 120 points pass here, and a call each takes as long as the rest.
    const isThere = ((validity[step >> 3] ?? 0) & (1 << (step & 7))) !== 0;
    column[step] = isThere && value - value === 0 ? value : Number.NaN;
  }
  if (histograms !== undefined) for (const step of histograms.keys()) column[step] = Number.NaN;
}

/** The value of an instant answer; NaN when there is none. */
export function valueOf(series: ResultSeries | undefined): number {
  return series === undefined ? Number.NaN : (columnOf(series)[0] ?? Number.NaN);
}

export function countOf(column: Float64Array): number {
  let count = 0;
  for (const value of column) if (!Number.isNaN(value)) count++;
  return count;
}

/** The last value within the final `steps` points: a scrape may be missing. */
export function lastOf(column: Float64Array, steps = column.length): number {
  for (let i = column.length - 1; i >= Math.max(0, column.length - steps); i--) {
    const value = column[i] ?? Number.NaN;
    if (!Number.isNaN(value)) return value;
  }
  return Number.NaN;
}

export function joined(columns: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    all.set(column, at);
    at += column.length;
  }
  return all;
}

/** Whether every label that both have is the same. */
export function agrees(labels: Labels, pairs: readonly LabelPair[]): boolean {
  return pairs.every(([name, value]) => {
    const own = labelValueOf(labels, name);
    return own === '' || own === value;
  });
}
