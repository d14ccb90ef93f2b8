import type { DataFrame, Field } from '@vedette/dashboard';
import { useTranslation } from 'react-i18next';
import { formatClock } from '../chart/time-axis.ts';
import { stylesOf } from '../chart/series-style.ts';
import { colourOfName } from '../theme/colour.ts';
import type { ColourScheme } from '../theme/tokens.ts';
import { BarPlot } from './bar-plot.tsx';
import { hasLegend } from './legend-layout.ts';
import { choiceOption, numberOption, textOption } from './options.ts';
import type { PanelProps } from './panel-props.ts';
import { chosenOrientation, nameOf } from './reduced.ts';
import { shownText, shownValueOf } from './shown-value.ts';
import { ShapeLegend } from './shape-legend.tsx';
import { useScheme } from '../theme/use-scheme.ts';

/** Bars that can be told apart; the table has the rest. */
const CATEGORIES_MAX = 200;
const SERIES_MAX = 50;

const LEGEND_HEIGHT = 32;

/** A bar per row and number column, named by the first text (or time) column. */
export function BarChartPanel({ panel, frames, height, interpolate }: PanelProps) {
  const { i18n } = useTranslation();
  const scheme = useScheme();
  const { options } = panel;
  const frame = frames.find(({ fields }) => fields.some(({ kind }) => kind === 'number'));
  if (frame === undefined) return null;
  const names = nameField(frame, textOption(options, 'xField'));
  const fields = frame.fields
    .filter((field) => field.kind === 'number' && field !== names)
    .slice(0, SERIES_MAX);
  const colours = coloursOf(fields, scheme);
  const series = fields.map((field, i) => ({
    name: nameOf(field),
    colour: colours[i] ?? '',
    values: field.values.slice(0, CATEGORIES_MAX).map((value) => (typeof value === 'number' ? value : null)),
    textOf: (value: number) => shownText(shownValueOf(value, field.config, scheme)),
  }));
  const isListed = series.length > 1 && hasLegend(options);
  return (
    <>
      <BarPlot
        title={interpolate(panel.title)}
        height={height - (isListed ? LEGEND_HEIGHT : 0)}
        categories={categoriesOf(frame, names, i18n.language)}
        series={series}
        unit={fields[0]?.config.unit ?? 'short'}
        stacking={choiceOption(options, 'stacking', ['none', 'normal', 'percent'])}
        isLying={chosenOrientation(options) === 'horizontal'}
        hasValues={choiceOption(options, 'showValue', ['auto', 'always', 'never']) !== 'never'}
        groupWidth={bounded(numberOption(options, 'groupWidth') ?? 0.7)}
        barWidth={bounded(numberOption(options, 'barWidth') ?? 0.97)}
      />
      {isListed && <ShapeLegend entries={series} height={LEGEND_HEIGHT} />}
    </>
  );
}

function nameField({ fields }: DataFrame, chosen: string): Field | undefined {
  const wanted = fields.find((field) => field.name === chosen || nameOf(field) === chosen);
  return wanted ?? fields.find(({ kind }) => kind === 'string') ?? fields.find(({ kind }) => kind === 'time');
}

function categoriesOf(frame: DataFrame, names: Field | undefined, language: string): string[] {
  return Array.from({ length: Math.min(frame.length, CATEGORIES_MAX) }, (_, row) => {
    const value = names?.values[row] ?? null;
    if (names?.kind === 'time' && typeof value === 'number') return formatClock(value, language);
    return value === null ? String(row + 1) : String(value);
  });
}

export function coloursOf(fields: readonly Field[], scheme: ColourScheme): string[] {
  const styles = stylesOf(
    fields.map((field, i) => `${nameOf(field)} ${i}`),
    scheme,
  );
  return fields.map(({ config }, i) => {
    const fixed = config.color?.mode === 'fixed' ? config.color.fixedColor : undefined;
    const own = fixed === undefined ? undefined : colourOfName(fixed, scheme);
    return own ?? styles[i]?.colour ?? '';
  });
}

function bounded(share: number): number {
  return Math.min(1, Math.max(0.05, share));
}
