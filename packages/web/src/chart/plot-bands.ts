import type { ChartSeries } from './chart-model.ts';
import { stackGroupsOf } from './plot-data.ts';

/**
 * Which areas end at another line instead of at the axis: in a stack each at the one below it, and where
 * `fillBelowTo` names a series, at that one. A series ends at one line: the first found holds.
 */
export function bandsOf(
  series: readonly ChartSeries[],
  hidden: ReadonlySet<string>,
): [upper: number, lower: number][] {
  const bands = new Map<number, number>();
  for (const [upper, { key, look }] of series.entries()) {
    if (look.fillBelowTo === '' || hidden.has(key)) continue;
    const lower = series.findIndex((other) => other.name === look.fillBelowTo && !hidden.has(other.key));
    if (lower >= 0 && lower !== upper) bands.set(upper, lower);
  }
  for (const members of stackGroupsOf(series, hidden).values())
    for (const [i, upper] of members.entries()) {
      const lower = members[i - 1];
      if (lower !== undefined && !bands.has(upper)) bands.set(upper, lower);
    }
  return [...bands];
}
