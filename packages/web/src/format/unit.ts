import {
  isBinaryUnit as isBinaryLadder,
  scaleOf,
  significantDecimals,
  trimmedNumber,
  unitOf,
} from '@vedette/dashboard/units';

/**
 * Numbers with units, for people. Unit names are Grafana's ids, since dashboards carry them; their
 * ladders of scales are those of the dashboards.
 *
 * 1. A single value takes the largest scale that leaves it at 1 or more, with three significant digits.
 * 2. The ticks of an axis share the scale of the largest, and as many decimals as tell them apart.
 */

/** Decimals of a tick; a scale that needs more is the wrong one. */
const DECIMALS_MAX = 3;

/** A space that does not break: `12.3 MiB` stays on one line. */
const SPACE = '\u00a0';

/** A value with its unit, three significant digits: `12.3 MiB`, `4.2%`, `850 ms`. A gap is `–`. */
export function formatValue(value: number | null | undefined, unit = 'short'): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '–';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '−Inf';
  const { ladder, prefix } = unitOf(unit);
  const [factor, suffix] = scaleOf(ladder, Math.abs(value));
  const scaled = value / factor;
  return prefix + join(trimmedNumber(scaled, significantDecimals(scaled)), suffix);
}

/** The ticks of one axis, all on one scale: `0`, `256 MiB`, `512 MiB`. */
export function formatTicks(values: readonly number[], unit = 'short'): string[] {
  const { ladder, prefix } = unitOf(unit);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const distance = values.length > 1 ? Math.abs((values[1] ?? 0) - (values[0] ?? 0)) : 0;
  const scale = scaleOf(ladder, largest);
  // Twenty seconds are no round part of a minute: such ticks keep the scale of their distance.
  const [factor, suffix] =
    distance > 0 && decimalsOf(distance / scale[0]) > DECIMALS_MAX ? scaleOf(ladder, distance) : scale;
  const gap = distance / factor;
  const decimals = gap === 0 ? 2 : decimalsOf(gap);
  return values.map((value) =>
    value === 0 ? '0' : prefix + join(trimmedNumber(value / factor, decimals), suffix),
  );
}

/** Whether an axis of this unit should be cut at powers of two. */
export function isBinaryUnit(unit: string): boolean {
  return isBinaryLadder(unit);
}

/** The fewest decimals that write a tick distance exactly, as 2.5 needs one. */
function decimalsOf(gap: number): number {
  for (let decimals = 0; decimals < 6; decimals++) {
    const shifted = gap * 10 ** decimals;
    if (Math.abs(shifted - Math.round(shifted)) < shifted * 1e-6) return decimals;
  }
  return 6;
}

function join(number: string, suffix: string): string {
  return suffix === '' || suffix === '%' ? number + suffix : `${number}${SPACE}${suffix}`;
}
