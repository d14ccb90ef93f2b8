import type { HeatmapRow } from './heatmap-cells.ts';

/** How rows share the height: `rows` gives each as much, the others place bounds by value. */
export type HeatmapScale = 'rows' | 'linear' | 'log';

/** Edges of the rows from the bottom (0) to the top (1); one more than there are rows. */
export function rowEdges(rows: readonly HeatmapRow[], scale: HeatmapScale): number[] {
  const [first, last] = [rows[0], rows.at(-1)];
  if (first === undefined || last === undefined) return [0];
  const bounds = [first.low, ...rows.map(({ high }) => high)];
  const placed = bounds.map((bound) => (scale === 'log' ? Math.log2(bound) : bound));
  const [low = 0, high = 0] = [placed[0], placed.at(-1)];
  // An open end, or zero on a logarithmic scale, has no place: such rows are drawn as equals.
  if (scale === 'rows' || !Number.isFinite(low) || !Number.isFinite(high) || high <= low)
    return bounds.map((_, i) => i / rows.length);
  return placed.map((value) => (value - low) / (high - low));
}

/** Row under a height between 0 (bottom) and 1. */
export function rowAt(edges: readonly number[], height: number): number {
  const above = edges.findIndex((edge) => edge > height);
  return above < 0 ? edges.length - 2 : Math.max(0, above - 1);
}

/** Share of the ramp for a count: `exponent` below 1 lifts small ones. */
export function shareOfCount(count: number, min: number, max: number, exponent: number): number {
  if (!(max > min)) return 1;
  return Math.min(1, Math.max(0, (count - min) / (max - min))) ** exponent;
}
