import type { AlignedData } from 'uplot';
import type { AxisLook, ChartModel, ChartSeries } from './chart-model.ts';

type Column = (number | null | undefined)[];

/** What of a chart its columns depend on. */
export interface PlotDataSpec {
  readonly model: ChartModel;
  readonly hidden: ReadonlySet<string>;
  readonly axes: readonly AxisLook[];
}

/**
 * Columns as uPlot wants them: times in seconds first, then one column per series.
 *
 * 1. What has no place on an axis becomes a gap: infinities, and on a logarithmic axis what is not above zero.
 * 2. Transforms: values below the axis (`negative`), the first value throughout (`constant`).
 * 3. Gaps that are short enough are bridged: `undefined` draws on, `null` interrupts.
 * 4. The shown series of a stacking group stand on each other; percent ones are shares of the group's sum.
 *
 * Values above and below zero stack apart, so that sent and received bytes mirror each other. A hidden
 * series adds nothing to those above it.
 */
export function plotDataOf({ model, hidden, axes }: PlotDataSpec): AlignedData {
  const logs = new Set(axes.filter(({ log }) => log !== 0).map(({ key }) => key));
  const columns = model.series.map((series) => columnOf(series, model.timesMs, logs.has(series.look.axis)));
  for (const members of stackGroupsOf(model.series, hidden).values()) stack(columns, members, model.series);
  return [model.timesMs.map((timestampMs) => timestampMs / 1000), ...columns];
}

/** Indexes of the shown series by group, bottom first; groups of one axis and kind. */
export function stackGroupsOf(
  series: readonly ChartSeries[],
  hidden: ReadonlySet<string>,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [i, { key, look }] of series.entries()) {
    if (look.stack === 'none' || hidden.has(key)) continue;
    const side = look.transform === 'negative' ? 'below' : 'above';
    const name = [look.axis, look.stack, look.stackGroup, side].join('\n');
    groups.set(name, [...(groups.get(name) ?? []), i]);
  }
  return groups;
}

function columnOf({ values, look }: ChartSeries, timesMs: readonly number[], isLog: boolean): Column {
  const sign = look.transform === 'negative' ? -1 : 1;
  // Copied at once and then looked over: most columns stay as they are.
  const column = values.slice();
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    if (value === null || value === undefined) continue;
    const signed = value * sign;
    if (!Number.isFinite(signed) || (isLog && signed <= 0)) column[i] = null;
    else if (sign < 0) column[i] = signed;
  }
  if (look.transform === 'constant') return column.fill(column.find((value) => value != null) ?? null);
  return look.spanMs > 0 ? bridged(column, timesMs, look.spanMs) : column;
}

/** Runs of gaps that are no longer than `spanMs` between two points are drawn over. */
function bridged(column: Column, timesMs: readonly number[], spanMs: number): Column {
  let previous = -1;
  for (let i = 0; i < column.length; i++) {
    if (column[i] == null) continue;
    const distanceMs = (timesMs[i] ?? 0) - (timesMs[previous] ?? 0);
    if (previous >= 0 && i - previous > 1 && distanceMs <= spanMs) column.fill(undefined, previous + 1, i);
    previous = i;
  }
  return column;
}

function stack(columns: Column[], members: readonly number[], series: readonly ChartSeries[]): void {
  const [first = 0] = members;
  const length = columns[first]?.length ?? 0;
  const isPercent = series[first]?.look.stack === 'percent';
  const sums = isPercent ? sumsOf(columns, members, length) : undefined;
  const tops = new Float64Array(length);
  for (const member of members) {
    const column = columns[member] ?? [];
    for (let i = 0; i < length; i++) {
      const value = column[i];
      if (value === null || value === undefined) continue;
      tops[i] = (tops[i] ?? 0) + (sums === undefined ? value : shareOf(value, sums[i] ?? 0));
      column[i] = tops[i];
    }
  }
}

function sumsOf(columns: readonly Column[], members: readonly number[], length: number): Float64Array {
  const sums = new Float64Array(length);
  for (const member of members)
    for (let i = 0; i < length; i++) sums[i] = (sums[i] ?? 0) + Math.abs(columns[member]?.[i] ?? 0);
  return sums;
}

function shareOf(value: number, sum: number): number {
  return sum === 0 ? 0 : value / sum;
}
