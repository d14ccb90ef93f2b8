import { formatValue } from '../format/unit.ts';
import type { ChartModel } from './chart-model.ts';
import type { LegendRow } from './legend-rows.ts';
import { statsOf, type SeriesStats } from './series-stats.ts';

/** Legend rows of a chart with some of the four numbers. */
export function legendRowsOf(model: ChartModel, calcs: readonly (keyof SeriesStats)[]): LegendRow[] {
  return model.series.map(({ key, name, values, look }) => {
    const stats = statsOf(values);
    return {
      key,
      name,
      colour: look.colour,
      isDashed: look.dash.length > 0,
      cells: calcs.map((calc) => ({ value: stats[calc], text: formatValue(stats[calc], look.unit) })),
    };
  });
}
