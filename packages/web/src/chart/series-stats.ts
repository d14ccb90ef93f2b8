/** What a legend says about a series; `null` where it has no finite point. */
export interface SeriesStats {
  readonly min: number | null;
  readonly mean: number | null;
  readonly max: number | null;
  readonly last: number | null;
}

export function statsOf(values: readonly (number | null | undefined)[]): SeriesStats {
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let count = 0;
  let last: number | null = null;
  for (const value of values) {
    if (value === null || value === undefined) continue;
    last = value;
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    count++;
  }
  return count === 0 ? { min: null, mean: null, max: null, last } : { min, mean: sum / count, max, last };
}
