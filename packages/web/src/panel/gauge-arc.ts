import type { Thresholds } from '@vedette/dashboard';

/** A gauge runs from lower left over the top to lower right: 240 degrees, zero at the top. */
const HALF_DEGREES = 120;

/** Path of the arc between two shares (0 to 1) on a circle around 0, 0. */
export function arcPath(from: number, to: number, radius: number): string {
  const [a, b] = [pointAt(from, radius), pointAt(to, radius)];
  const isLarge = (to - from) * HALF_DEGREES * 2 > 180 ? 1 : 0;
  return `M${a.x} ${a.y}A${radius} ${radius} 0 ${isLarge} 1 ${b.x} ${b.y}`;
}

export function pointAt(share: number, radius: number): { readonly x: number; readonly y: number } {
  const radians = ((share * 2 - 1) * HALF_DEGREES * Math.PI) / 180;
  const round = (value: number): number => Number(value.toFixed(3));
  return { x: round(Math.sin(radians) * radius), y: round(-Math.cos(radians) * radius) };
}

export interface ThresholdArc {
  readonly from: number;
  readonly to: number;
  readonly color: string;
  /** Where the arc begins, as a value; −∞ for the first. */
  readonly value: number;
}

/** Thresholds as arcs between the bounds; what lies outside is not drawn. */
export function thresholdArcs(
  thresholds: Thresholds | undefined,
  { min, max }: { readonly min: number; readonly max: number },
): ThresholdArc[] {
  const { mode = 'absolute', steps = [] } = thresholds ?? {};
  const placed = steps.map(({ value, color }) => ({
    color,
    value: mode === 'percentage' ? min + ((max - min) * value) / 100 : value,
  }));
  const shareAt = (value: number): number => Math.min(1, Math.max(0, (value - min) / (max - min)));
  return placed
    .map(({ value, color }, i) => ({
      value,
      color,
      from: shareAt(value),
      to: shareAt(placed[i + 1]?.value ?? Infinity),
    }))
    .filter(({ from, to }) => to > from);
}
