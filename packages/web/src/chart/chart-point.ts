/** A single sample on a chart that belongs to none of its lines: an exemplar. */
export interface ChartPoint {
  readonly atMs: number;
  readonly value: number;
  /** What it is and where it leads, for the tip. */
  readonly title: string;
  readonly text: string;
}

/** More are a cloud, and each costs a stroke. */
export const POINTS_MAX = 500;

/** Points within the shown range; of too many the largest values, which are what people look for. */
export function pointsShown(
  points: readonly ChartPoint[],
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): ChartPoint[] {
  const inRange = points.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs);
  return inRange.length <= POINTS_MAX
    ? inRange
    : inRange.toSorted((a, b) => b.value - a.value).slice(0, POINTS_MAX);
}

/** Points no further than `reach` pixels from a place, the nearest first. */
export function pointsAt(
  points: readonly ChartPoint[],
  distanceOf: (point: ChartPoint) => number,
  reach: number,
): ChartPoint[] {
  return points
    .map((point) => ({ point, distance: distanceOf(point) }))
    .filter(({ distance }) => distance <= reach)
    .sort((a, b) => a.distance - b.distance)
    .map(({ point }) => point);
}
