import { useTranslation } from 'react-i18next';
import { formatValue } from '../format/unit.ts';
import { coloursOf } from './bar-chart-panel.tsx';
import { BarPlot } from './bar-plot.tsx';
import { binsOf } from './histogram-bins.ts';
import { hasLegend } from './legend-layout.ts';
import { flagOption, numberOption } from './options.ts';
import type { PanelProps } from './panel-props.ts';
import { nameOf } from './reduced.ts';
import { ShapeLegend } from './shape-legend.tsx';
import { useScheme } from '../theme/use-scheme.ts';

/** Columns that one histogram lays over each other. */
const SERIES_MAX = 20;

const LEGEND_HEIGHT = 32;

/** How often which value was seen in the range, per series or over all of them. */
export function HistogramPanel({ panel, frames, height, interpolate }: PanelProps) {
  const { t } = useTranslation();
  const scheme = useScheme();
  const { options } = panel;
  const all = frames.flatMap(({ fields }) => fields.filter(({ kind }) => kind === 'number'));
  const isCombined = flagOption(options, 'combine', false);
  const fields = all.slice(0, isCombined ? 1 : SERIES_MAX);
  const columns = isCombined ? [all.flatMap(({ values }) => values)] : fields.map(({ values }) => values);
  const bins = binsOf(columns, {
    size: numberOption(options, 'bucketSize'),
    count: numberOption(options, 'bucketCount'),
    offset: numberOption(options, 'bucketOffset') ?? 0,
  });
  const unit = fields[0]?.config.unit ?? 'short';
  const colours = coloursOf(fields, scheme);
  const series = fields.map((field, i) => ({
    name: isCombined ? t('panel.allSeries') : nameOf(field),
    colour: colours[i] ?? '',
    values: bins.counts[i] ?? [],
    textOf: (value: number) => formatValue(value, 'short'),
  }));
  const binCount = bins.counts[0]?.length ?? 0;
  const isListed = series.length > 1 && hasLegend(options);
  return (
    <>
      <BarPlot
        title={interpolate(panel.title)}
        height={height - (isListed ? LEGEND_HEIGHT : 0)}
        categories={Array.from({ length: binCount }, (_, i) => formatValue(bins.from + i * bins.size, unit))}
        series={series}
        unit="short"
        stacking={series.length > 1 ? 'normal' : 'none'}
        isLying={false}
        hasValues={false}
        groupWidth={1}
        barWidth={0.96}
      />
      {isListed && <ShapeLegend entries={series} height={LEGEND_HEIGHT} />}
    </>
  );
}
