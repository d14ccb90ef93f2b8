import type { DataFrame, Field, FieldConfig } from '@vedette/dashboard';
import { reduceField } from '@vedette/dashboard';
import {
  AXIS_LOOK,
  SERIES_LOOK,
  type AxisLook,
  type ChartModel,
  type ChartSeries,
  type SeriesLook,
  type ThresholdLook,
} from '../chart/chart-model.ts';
import { formatLabels } from '../chart/frame.ts';
import { stylesOf, type SeriesStyle } from '../chart/series-style.ts';
import { colourOfName } from '../theme/colour.ts';
import type { ColourScheme } from '../theme/tokens.ts';
import { joinTimes } from './join-times.ts';
import { choiceOption, flagOption, numberOption, optionAt, textOption } from './options.ts';
import { nameOf } from './reduced.ts';
import { shownValueOf } from './shown-value.ts';

/** A panel over time, ready for `<TimeSeries>`. Fields stand in the order of the model's series. */
export interface SeriesModel {
  readonly model: ChartModel;
  readonly axes: readonly AxisLook[];
  readonly thresholds: readonly ThresholdLook[];
  readonly fields: readonly Field[];
  /** Keys of series that the legend leaves out. */
  readonly unlisted: ReadonlySet<string>;
}

/** Lines of one chart: beyond this none can be told from another, and drawing takes seconds. */
export const SERIES_MAX = 1000;

export function seriesModelOf(frames: readonly DataFrame[], scheme: ColourScheme): SeriesModel {
  const joined = joinTimes(frames, SERIES_MAX);
  const drawn = joined.columns.filter(({ field }) => !flagOption(field.config.custom, 'hideFrom.viz', false));
  const keys = uniqueKeys(drawn.map(({ field }) => field));
  const styles = stylesOf(keys, scheme);
  const axes = new Map<string, AxisLook>();
  const series = drawn.map(({ field, values }, i): ChartSeries => {
    const axis = axisOf(field.config, axes);
    if (!axes.has(axis.key)) axes.set(axis.key, axis);
    return {
      key: keys[i] ?? '',
      name: nameOf(field),
      values,
      look: lookOf(field, axis.key, styles[i], scheme),
    };
  });
  const fields = drawn.map(({ field }) => field);
  return {
    model: { timesMs: joined.timesMs, series },
    axes: axes.size === 0 ? [AXIS_LOOK] : withBases([...axes.values()], series),
    thresholds: thresholdsOf(series, fields, scheme),
    fields,
    unlisted: new Set(keys.filter((_, i) => flagOption(fields[i]?.config.custom, 'hideFrom.legend', false))),
  };
}

/** Label sets, so that a series has its colour in every panel; names where several have the same labels. */
function uniqueKeys(fields: readonly Field[]): string[] {
  const labels = fields.map((field) => {
    const { __name__: _name, ...rest } = field.labels ?? {};
    return Object.keys(rest).length === 0 ? nameOf(field) : formatLabels(rest);
  });
  const counts = new Map<string, number>();
  for (const text of labels) counts.set(text, (counts.get(text) ?? 0) + 1);
  const seen = new Map<string, number>();
  return fields.map((field, i) => {
    const text = labels[i] ?? '';
    const key = (counts.get(text) ?? 0) > 1 ? `${text} ${nameOf(field)}` : text;
    const nth = seen.get(key) ?? 0;
    seen.set(key, nth + 1);
    return nth === 0 ? key : `${key} #${nth}`;
  });
}

function axisOf(config: FieldConfig, known: ReadonlyMap<string, AxisLook>): AxisLook {
  const { custom } = config;
  const isPercent = optionAt(custom, 'stacking.mode') === 'percent';
  const unit = isPercent ? 'percentunit' : (config.unit ?? 'short');
  const placement = choiceOption(custom, 'axisPlacement', ['auto', 'left', 'right', 'hidden']);
  const log = optionAt(custom, 'scaleDistribution.type') === 'log';
  const base = numberOption(custom, 'scaleDistribution.log') === 2 ? 2 : 10;
  const label = textOption(custom, 'axisLabel');
  const bounds = {
    ...given('min', config.min ?? (isPercent ? 0 : undefined)),
    ...given('max', config.max ?? (isPercent ? 1 : undefined)),
    ...given('softMin', numberOption(custom, 'axisSoftMin')),
    ...given('softMax', numberOption(custom, 'axisSoftMax')),
    ...given('decimals', config.decimals),
  };
  const key = JSON.stringify([unit, placement, log ? base : 0, label, bounds]);
  const first = known.keys().next().value;
  const isFirst = first === undefined || first === key;
  return {
    ...AXIS_LOOK,
    ...bounds,
    key,
    unit,
    label,
    side: placement === 'auto' ? (isFirst ? 'left' : 'right') : placement,
    isCentred: flagOption(custom, 'axisCenteredZero', false),
    log: log ? base : 0,
    base: 'values',
  };
}

function given<K extends string>(key: K, value: number | undefined): { readonly [P in K]?: number } {
  return value === undefined ? {} : ({ [key]: value } as { readonly [P in K]: number });
}

/** Bars and stacks show amounts: their axis begins at zero. */
function withBases(axes: readonly AxisLook[], series: readonly ChartSeries[]): AxisLook[] {
  return axes.map((axis) => {
    const own = series.filter(({ look }) => look.axis === axis.key);
    const showsAmounts = own.some(({ look }) => look.draw === 'bars' || look.stack !== 'none');
    return showsAmounts ? { ...axis, base: 'zero' } : axis;
  });
}

function lookOf(
  field: Field,
  axis: string,
  style: SeriesStyle | undefined,
  scheme: ColourScheme,
): SeriesLook {
  const { custom, unit } = field.config;
  const interpolation = choiceOption(custom, 'lineInterpolation', [
    'linear',
    'smooth',
    'stepBefore',
    'stepAfter',
  ]);
  return {
    ...SERIES_LOOK,
    axis,
    interpolation,
    colour: colourOfSeries(field, scheme) ?? style?.colour ?? '',
    dash: dashOf(custom) ?? style?.dash ?? [],
    unit: unit ?? 'short',
    draw: choiceOption(custom, 'drawStyle', ['line', 'bars', 'points']),
    width: bounded(numberOption(custom, 'lineWidth') ?? 1, 0, 10),
    fill: bounded((numberOption(custom, 'fillOpacity') ?? 0) / 100, 0, 1),
    gradient: choiceOption(custom, 'gradientMode', ['none', 'opacity', 'hue', 'scheme']),
    points: choiceOption(custom, 'showPoints', ['auto', 'always', 'never']),
    pointSize: bounded(numberOption(custom, 'pointSize') ?? 5, 1, 40),
    spanMs: spanOf(custom),
    stack: choiceOption(custom, 'stacking.mode', ['none', 'normal', 'percent']),
    stackGroup: textOption(custom, 'stacking.group', 'A'),
    transform: transformOf(custom),
    fillBelowTo: textOption(custom, 'fillBelowTo'),
    barAlign: alignOf(custom),
    isInTooltip: !flagOption(custom, 'hideFrom.tooltip', false),
  };
}

function bounded(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** `undefined`: of the palette. */
function colourOfSeries(field: Field, scheme: ColourScheme): string | undefined {
  const { color } = field.config;
  if (color === undefined || color.mode.startsWith('palette')) return undefined;
  if (color.mode === 'fixed' || color.mode === 'shades')
    return color.fixedColor === undefined ? undefined : colourOfName(color.fixedColor, scheme);
  const calc = color.seriesBy === 'min' || color.seriesBy === 'max' ? color.seriesBy : 'lastNotNull';
  return shownValueOf(reduceField(field, calc), field.config, scheme).colour;
}

/** Segments of a dash pattern that a canvas is given; more are a picture of their own. */
const DASH_SEGMENTS_MAX = 16;

/** `undefined`: the file leaves it open. */
function dashOf(custom: unknown): readonly number[] | undefined {
  const fill = optionAt(custom, 'lineStyle.fill');
  if (fill === 'solid') return [];
  if (fill !== 'dash' && fill !== 'dot') return undefined;
  const own = optionAt(custom, 'lineStyle.dash');
  const segments = (Array.isArray(own) ? own : []).filter(
    (segment): segment is number => typeof segment === 'number' && segment >= 0 && segment <= 1000,
  );
  if (segments.length > 1) return segments.slice(0, DASH_SEGMENTS_MAX);
  return fill === 'dot' ? [1, 4] : [10, 10];
}

function spanOf(custom: unknown): number {
  const spans = optionAt(custom, 'spanNulls');
  return spans === true ? Infinity : typeof spans === 'number' && spans > 0 ? spans : 0;
}

function transformOf(custom: unknown): SeriesLook['transform'] {
  const transform = optionAt(custom, 'transform');
  return transform === 'negative-Y' ? 'negative' : transform === 'constant' ? 'constant' : 'none';
}

function alignOf(custom: unknown): -1 | 0 | 1 {
  const align = numberOption(custom, 'barAlignment');
  return align === -1 ? -1 : align === 1 ? 1 : 0;
}

/** Thresholds by axis, of the first series on it that shows some. */
function thresholdsOf(
  series: readonly ChartSeries[],
  fields: readonly Field[],
  scheme: ColourScheme,
): ThresholdLook[] {
  const looks = new Map<string, ThresholdLook>();
  for (const [i, { look }] of series.entries()) {
    const { thresholds, custom, min = 0, max = 100 } = fields[i]?.config ?? {};
    const mode = textOption(custom, 'thresholdsStyle.mode', 'off');
    const isNeeded = mode !== 'off' || look.gradient === 'scheme';
    if (!isNeeded || thresholds === undefined || looks.has(look.axis)) continue;
    const place = (value: number): number =>
      thresholds.mode === 'percentage' ? min + ((max - min) * value) / 100 : value;
    looks.set(look.axis, {
      axis: look.axis,
      hasLines: mode.includes('line') || mode.includes('dashed'),
      isDashed: mode.includes('dashed'),
      hasAreas: mode.includes('area'),
      steps: thresholds.steps.map(({ value, color }) => ({
        value: place(value),
        colour: colourOfName(color, scheme) ?? look.colour,
      })),
    });
  }
  return [...looks.values()];
}
