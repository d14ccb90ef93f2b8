import type uPlot from 'uplot';
import { isBinaryUnit } from '../format/unit.ts';
import { TOKENS, type ColourScheme } from '../theme/tokens.ts';
import type { AxisLook, SeriesLook, ThresholdLook } from './chart-model.ts';
import type { ChartMark } from './chart-mark.ts';
import type { ChartPoint } from './chart-point.ts';
import { layersPlugin } from './plot-layers.ts';
import { axisRangeOf } from './plot-scale.ts';
import { plotSeriesOf } from './plot-series.ts';
import { formatTimeTicks } from './time-axis.ts';
import { shownZone, wallClockOf } from '../time/zone.ts';
import { tooltipPlugin } from './tooltip.ts';

/** Everything the drawing of a chart depends on but its numbers and its marks. Plain data. */
export interface PlotLook {
  readonly series: readonly { readonly name: string; readonly look: SeriesLook; readonly isShown: boolean }[];
  readonly axes: readonly AxisLook[];
  readonly thresholds: readonly ThresholdLook[];
  /** From stacks and `fillBelowTo`: pairs of series indexes, upper and lower. */
  readonly bands: readonly (readonly [upper: number, lower: number])[];
  readonly tooltip: TooltipLook;
  /** Whether the crosshair is shared with the other charts of the page. */
  readonly isShared: boolean;
  readonly scheme: ColourScheme;
  readonly language: string;
  /** IANA name; absent: the browser's. */
  readonly timezone?: string | undefined;
  readonly width: number;
  readonly height: number;
}

export interface TooltipLook {
  readonly mode: 'single' | 'multi' | 'none';
  readonly sort: 'none' | 'asc' | 'desc';
}

/** What a chart asks of its owner. Read at the moment of use, so that a chart need not be rebuilt for a new closure. */
export interface PlotHooks {
  readonly bounds: () => { readonly fromMs: number; readonly toMs: number };
  readonly marks: () => readonly ChartMark[];
  /** On the first axis. */
  readonly points: () => readonly ChartPoint[];
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
  /** The value as it was before stacking and transforms, for the tooltip. */
  readonly valueAt: (seriesIndex: number, pointIndex: number) => number | null;
  readonly formatValue: (seriesIndex: number, value: number) => string;
  readonly formatTicks: (axis: AxisLook, values: readonly number[]) => string[];
}

/** All charts of a page share one crosshair. */
const SYNC_KEY = 'vedette';

/** A drag shorter than this is a click with a trembling hand. */
const DRAG_PIXELS_MIN = 6;

/** One width for all charts, so that the time axes of a column of charts stand above each other. */
const Y_AXIS_WIDTH = 62;

/** Texts at the right begin at the axis, and a canvas cuts them at its edge. */
const RIGHT_AXIS_WIDTH = 76;

/** The line under the pointer dims the others, which draws all of them anew: too slow for more than these. */
const FOCUS_SERIES_MAX = 20;

const FONT = '11px system-ui, sans-serif';

export function plotOptionsOf(look: PlotLook, hooks: PlotHooks): uPlot.Options {
  const isStacked = look.bands.length > 0;
  const canFocus = look.series.length <= FOCUS_SERIES_MAX;
  return {
    width: look.width,
    height: look.height,
    padding: [8, look.axes.some(({ side }) => side === 'right') ? 0 : 8, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => wallDateOf(seconds, look.timezone ?? shownZone()),
    cursor: cursorOf(look, hooks, canFocus),
    focus: { alpha: isStacked || !canFocus ? 1 : 0.25 },
    scales: {
      x: { time: true, range: () => secondsOf(hooks.bounds()) },
      ...Object.fromEntries(look.axes.map((axis) => [axis.key, scaleOf(axis)])),
    },
    axes: [timeAxisOf(look), ...look.axes.map((axis, i) => valueAxisOf(axis, i === 0, look, hooks))],
    series: [{}, ...seriesOf(look)],
    bands: look.bands.map(([upper, lower]) => ({ series: [upper + 1, lower + 1] as [number, number] })),
    hooks: { setSelect: [(plot) => zoomToSelection(plot, hooks)] },
    plugins: [layersPlugin(look, hooks), tooltipPlugin(look, hooks)],
  };
}

function seriesOf({ series, bands, thresholds, scheme }: PlotLook): uPlot.Series[] {
  const banded = new Set(bands.flat());
  return series.map((one, i) => plotSeriesOf({ ...one, hasBand: banded.has(i) }, thresholds, scheme));
}

/** A date whose local fields are those of the zone shown: uPlot looks for whole hours and days in them. */
function wallDateOf(seconds: number, zone: string | undefined): Date {
  return zone === undefined ? new Date(seconds * 1000) : new Date(...wallClockOf(seconds * 1000, zone));
}

function cursorOf(look: PlotLook, hooks: PlotHooks, canFocus: boolean): uPlot.Cursor {
  return {
    // Charts have different steps: they agree on the time, not on the index.
    ...(look.isShared
      ? { sync: { key: SYNC_KEY, scales: ['x', null] as [string, null], setSeries: false } }
      : {}),
    drag: { x: true, y: false, setScale: false },
    focus: { prox: canFocus ? 24 : -1 },
    y: false,
    points: { size: 6 },
    bind: {
      dblclick: () => () => {
        hooks.onZoomBack();
        return null;
      },
    },
  };
}

function scaleOf(axis: AxisLook): uPlot.Scale {
  return {
    range: (_plot, min, max) => axisRangeOf(axis, min, max),
    ...(axis.log === 0 ? {} : { distr: 3 as const, log: axis.log }),
  };
}

function timeAxisOf(look: PlotLook): uPlot.Axis {
  return {
    ...axisCommon(look.scheme),
    space: 72,
    size: 24,
    gap: 6,
    grid: { show: false },
    incrs: TIME_INCREMENTS,
    values: (_plot, splits, _axis, _space, incr) =>
      formatTimeTicks(splits, incr, look.language, look.timezone),
  };
}

function valueAxisOf(axis: AxisLook, isMain: boolean, look: PlotLook, hooks: PlotHooks): uPlot.Axis {
  const { grid } = TOKENS[look.scheme];
  return {
    ...axisCommon(look.scheme),
    scale: axis.key,
    show: axis.side !== 'hidden',
    side: axis.side === 'right' ? 1 : 3,
    space: 32,
    size: axis.side === 'right' ? RIGHT_AXIS_WIDTH : Y_AXIS_WIDTH,
    gap: 8,
    grid: { show: isMain, stroke: grid, width: 1 },
    ...(axis.label === '' ? {} : { label: axis.label, labelFont: FONT, labelSize: 18, labelGap: 2 }),
    values: (_plot, splits) => ticksOf(axis, splits, hooks),
    ...(axis.log === 0 && isBinaryUnit(axis.unit) ? { incrs: BINARY_INCREMENTS } : {}),
  };
}

/** A logarithmic axis leaves some ticks without a text (`null`), since they stand too close. */
function ticksOf(axis: AxisLook, splits: readonly (number | null)[], hooks: PlotHooks): (string | null)[] {
  if (axis.log === 0) return hooks.formatTicks(axis, splits as readonly number[]);
  return splits.map((split) => (split === null ? null : (hooks.formatTicks(axis, [split])[0] ?? null)));
}

function axisCommon(scheme: ColourScheme): uPlot.Axis {
  return { stroke: TOKENS[scheme].muted, font: FONT, ticks: { show: false } };
}

/** Distances of two ticks in seconds, finer than uPlot's own: between one minute and five it has nothing. */
const TIME_INCREMENTS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 1_209_600, 2_592_000, 7_776_000,
];

/** Powers of two from one byte to 32 PiB: ticks of `512 MiB`, not of `476.8 MiB`. */
const BINARY_INCREMENTS = Array.from({ length: 56 }, (_, exponent) => 2 ** exponent);

function secondsOf({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): uPlot.Range.MinMax {
  return [fromMs / 1000, toMs / 1000];
}

function zoomToSelection(plot: uPlot, hooks: PlotHooks): void {
  const { left, width } = plot.select;
  if (width < DRAG_PIXELS_MIN) return;
  hooks.onZoom(plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
