import { formatField, reduceField } from '@vedette/dashboard';
import { useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { AxisLook } from '../chart/chart-model.ts';
import { Legend } from '../chart/legend.tsx';
import type { LegendRow } from '../chart/legend-rows.ts';
import { LegendTable } from '../chart/legend-table.tsx';
import { MarkList } from '../chart/mark-list.tsx';
import { zoneOf } from '../chart/time-axis.ts';
import { TimeSeries } from '../chart/time-series.tsx';
import { useWidth } from '../chart/use-width.ts';
import { useVisibility } from '../chart/visibility.ts';
import { formatTicks } from '../format/unit.ts';
import type { ColourScheme } from '../theme/tokens.ts';
import { calcName, sortColumnOf } from './calc-names.ts';
import { legendLayout } from './legend-layout.ts';
import { choiceOption, flagOption, textOption, textsOption } from './options.ts';
import css from './panel.module.css';
import type { PanelProps } from './panel-props.ts';
import { seriesModelOf, type SeriesModel } from './series-model.ts';
import { shownText, shownValueOf } from './shown-value.ts';
import { useScheme } from '../theme/use-scheme.ts';

/** Room for the closed list of events below a chart. */
const MARKS_HEIGHT = 28;

/** Lines, bars and points over time, with a legend below or beside. */
export function TimeSeriesPanel(props: PanelProps) {
  const { panel, frames, bounds, marks, height, interpolate } = props;
  const scheme = useScheme();
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const made = useMemo(() => seriesModelOf(frames, scheme), [frames, scheme]);
  const keys = useMemo(() => made.model.series.map(({ key }) => key), [made]);
  const { hidden, press } = useVisibility(keys);
  const calcs = textsOption(panel.options, 'legend.calcs');
  const rows = useLegendRows(made, calcs, scheme);
  const timezone = zoneOf(props.timezone);
  const body = height - (marks.length === 0 ? 0 : MARKS_HEIGHT);
  const layout = legendLayout(panel.options, {
    names: rows.map(({ name, cells }) => [name, ...cells.map(({ text }) => text)].join(' ')),
    width,
    height: body,
  });
  const title = interpolate(panel.title);
  return (
    <div ref={ref} className={css.withMarks}>
      <div className={css.withLegend} data-side={layout.side} style={{ minHeight: body }}>
        <div className={css.plotSide}>
          <TimeSeries
            model={made.model}
            axes={made.axes}
            thresholds={made.thresholds}
            bounds={bounds}
            marks={marks}
            height={layout.plotHeight}
            title={title}
            hidden={hidden}
            tooltip={tooltipOf(panel.options)}
            timezone={timezone}
            isShared={props.isShared ?? true}
            formatSeriesValue={(i, value) => textOf(made, i, value, scheme)}
            formatAxisTicks={ticksOf}
            onZoom={props.onZoom}
            onZoomBack={props.onZoomBack}
          />
        </div>
        {layout.mode !== 'hidden' && (
          <PanelLegend
            {...{ rows, calcs, hidden, panel }}
            mode={layout.mode}
            legendHeight={layout.legendHeight}
            onPress={press}
          />
        )}
      </div>
      <MarkList marks={marks} bounds={bounds} timezone={timezone} />
    </div>
  );
}

interface PanelLegendProps extends Pick<PanelProps, 'panel'> {
  readonly rows: readonly LegendRow[];
  readonly calcs: readonly string[];
  readonly mode: 'list' | 'table';
  readonly legendHeight: number;
  readonly hidden: ReadonlySet<string>;
  readonly onPress: (key: string, isToggle: boolean) => void;
}

function PanelLegend({ rows, calcs, mode, legendHeight, hidden, panel, onPress }: PanelLegendProps) {
  const { t } = useTranslation();
  if (mode === 'list')
    return (
      <div
        className={css.legendSide}
        style={{ maxHeight: legendHeight }}
        tabIndex={0}
        role="group"
        aria-label={t('chart.legend')}
      >
        <Legend rows={rows} hidden={hidden} onPress={onPress} namesMax={rows.length} />
      </div>
    );
  const column = sortColumnOf(textOption(panel.options, 'legend.sortBy'), calcs);
  const isDescending = flagOption(panel.options, 'legend.sortDesc', false);
  return (
    <div className={css.legendSide}>
      <LegendTable
        rows={rows}
        columns={calcs.map((calc) => calcName(t, calc))}
        hidden={hidden}
        onPress={onPress}
        sort={column === undefined ? undefined : { column, isDescending }}
        heightMax={legendHeight - 32}
      />
    </div>
  );
}

function useLegendRows(
  { model, fields, unlisted }: SeriesModel,
  calcs: readonly string[],
  scheme: ColourScheme,
): LegendRow[] {
  const calcsText = calcs.join('\n');
  return useMemo(
    () =>
      model.series.flatMap(({ key, name, look }, i): LegendRow[] => {
        const field = fields[i];
        if (field === undefined || unlisted.has(key)) return [];
        const cells = (calcsText === '' ? [] : calcsText.split('\n')).map((calc) => {
          const value = reduceField(field, calc);
          const text = shownText(shownValueOf(value, field.config, scheme));
          return { value: typeof value === 'number' ? value : null, text };
        });
        return [{ key, name, colour: look.colour, isDashed: look.dash.length > 0, cells }];
      }),
    [model, fields, unlisted, calcsText, scheme],
  );
}

function tooltipOf(options: unknown) {
  return {
    mode: choiceOption(options, 'tooltip.mode', ['single', 'multi', 'none']),
    sort: choiceOption(options, 'tooltip.sort', ['none', 'asc', 'desc']),
  };
}

function textOf({ fields }: SeriesModel, i: number, value: number, scheme: ColourScheme): string {
  return shownText(shownValueOf(value, fields[i]?.config ?? {}, scheme));
}

/** Decimals that somebody chose hold for the axis too; otherwise ticks take as many as they need. */
function ticksOf({ unit, decimals }: AxisLook, values: readonly number[]): string[] {
  if (decimals === undefined) return formatTicks(values, unit);
  return values.map((value) => {
    const { prefix, text, suffix } = formatField(value, { unit, decimals });
    return `${prefix}${text}${suffix}`;
  });
}
