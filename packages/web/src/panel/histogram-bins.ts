import { niceSize } from '../chart/heatmap-cells.ts';

/** Bars of one histogram. */
const BINS_MAX = 200;

const BINS_DEFAULT = 30;

export interface Bins {
  /** Lower bound of the first bin. */
  readonly from: number;
  readonly size: number;
  /** By column of values: how many fell into each bin. */
  readonly counts: readonly (readonly number[])[];
}

/** How often values fall into ranges of equal size; the size is round unless it is given. */
export function binsOf(
  columns: readonly (readonly unknown[])[],
  spec: { readonly size?: number | undefined; readonly count?: number | undefined; readonly offset: number },
): Bins {
  const finite = columns.map((values) => values.filter(isFiniteNumber));
  let [min, max] = [Infinity, -Infinity];
  for (const values of finite)
    for (const value of values) {
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  if (min > max) return { from: 0, size: 1, counts: columns.map(() => []) };
  const wanted =
    spec.size !== undefined && spec.size > 0 ? spec.size : niceSize((max - min) / countOf(spec.count));
  const size = Math.max(wanted, (max - min) / (BINS_MAX - 1)) || 1;
  const from = Math.floor((min - spec.offset) / size) * size + spec.offset;
  const binCount = Math.min(BINS_MAX, Math.floor((max - from) / size) + 1);
  const counts = finite.map((values) => {
    const bins = Array.from({ length: binCount }, () => 0);
    for (const value of values) {
      const bin = Math.min(binCount - 1, Math.max(0, Math.floor((value - from) / size)));
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
    return bins;
  });
  return { from, size, counts };
}

function countOf(count: number | undefined): number {
  return count !== undefined && count >= 1 ? Math.min(count, BINS_MAX) : BINS_DEFAULT;
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}
