import type { AxisLook } from './chart-model.ts';

/** Air above and below values that an axis frames. */
const AIR = 0.08;

/**
 * From where to where an axis reaches for values between `min` and `max` (`null`: there are none).
 *
 * Hard bounds win; soft ones widen; a logarithmic axis ends at whole powers of its base and never
 * touches zero; a flat line gets room, so that it is no line at the edge.
 */
export function axisRangeOf(axis: AxisLook, min: number | null, max: number | null): [number, number] {
  if (axis.log !== 0) return logRangeOf(axis, min, max);
  const [low, high] = axis.isCentred ? centred(framed(axis, min, max)) : framed(axis, min, max);
  return high > low ? [low, high] : [low, low + (Math.abs(low) > 1 ? Math.abs(low) * AIR : 1)];
}

function framed(axis: AxisLook, min: number | null, max: number | null): [number, number] {
  const isZeroBased = axis.base === 'zero' || min === null || max === null;
  const lowest = Math.min(min ?? 0, axis.softMin ?? Infinity, isZeroBased ? 0 : Infinity);
  const highest = Math.max(max ?? 0, axis.softMax ?? -Infinity, isZeroBased ? 0 : -Infinity);
  if (lowest === 0 && highest === 0) return [axis.min ?? 0, axis.max ?? 1];
  const span = highest - lowest || Math.abs(highest) * AIR || 1;
  return [axis.min ?? aired(lowest, -span, axis.softMin), axis.max ?? aired(highest, span, axis.softMax)];
}

/** Some air beyond the edge, unless the edge is zero or a bound that somebody chose; air does not cross zero. */
function aired(edge: number, span: number, soft: number | undefined): number {
  if (edge === 0 && span < 0) return 0;
  if (edge === soft) return edge;
  const moved = edge + span * AIR;
  return edge > 0 && moved < 0 ? 0 : moved;
}

function centred([low, high]: readonly [number, number]): [number, number] {
  const reach = Math.max(Math.abs(low), Math.abs(high));
  return [-reach, reach];
}

function logRangeOf(axis: AxisLook, min: number | null, max: number | null): [number, number] {
  const base = axis.log === 2 ? 2 : 10;
  const positive = (value: number | null | undefined): number | undefined =>
    value !== null && value !== undefined && value > 0 ? value : undefined;
  const lowest = positive(axis.min) ?? Math.min(positive(min) ?? 1, positive(axis.softMin) ?? Infinity);
  const highest = positive(axis.max) ?? Math.max(positive(max) ?? base, positive(axis.softMax) ?? 0);
  const low = positive(axis.min) ?? base ** Math.floor(logOf(lowest, base) + 1e-9);
  const high = positive(axis.max) ?? base ** Math.ceil(logOf(highest, base) - 1e-9);
  return high > low ? [low, high] : [low, low * base];
}

function logOf(value: number, base: number): number {
  return Math.log(value) / Math.log(base);
}
