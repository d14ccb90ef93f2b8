/** Quantiles of plain values, NaN sorted below everything. */

/** Sorts in place: NaN first, then increasing. */
export function sortNanFirst(values: Float64Array): Float64Array {
  values.sort();
  let nanStart = values.length;
  while (nanStart > 0 && Number.isNaN(values[nanStart - 1])) nanStart--;
  const nanCount = values.length - nanStart;
  if (nanCount > 0 && nanStart > 0) {
    values.copyWithin(nanCount, 0, nanStart);
    values.fill(NaN, 0, nanCount);
  }
  return values;
}

/** The φ-quantile of sorted values, linear between neighbours; outside 0…1 an infinity, of nothing NaN. */
export function quantileOfSorted(quantile: number, sorted: Float64Array): number {
  if (sorted.length === 0 || Number.isNaN(quantile)) return NaN;
  if (quantile < 0) return -Infinity;
  if (quantile > 1) return Infinity;
  const rank = quantile * (sorted.length - 1);
  const lower = Math.floor(rank);
  const upper = Math.min(sorted.length - 1, lower + 1);
  const weight = rank - lower;
  return (sorted[lower] ?? 0) * (1 - weight) + (sorted[upper] ?? 0) * weight;
}
