import type uPlot from 'uplot';
import { formatTicks, isBinaryUnit } from '../format/unit.ts';
import { TOKENS, type ColourScheme } from '../theme/tokens.ts';
import type { SeriesStyle } from './series-style.ts';
import { formatTimeTicks } from './time-axis.ts';
import { shownZone, wallClockOf } from '../time/zone.ts';
import { tooltipPlugin } from './tooltip.ts';

/** Everything the drawing of a chart depends on but its numbers. */
export interface PlotLook {
  readonly names: readonly string[];
  readonly styles: readonly SeriesStyle[];
  readonly shown: readonly boolean[];
  readonly unit: string;
  readonly isStacked: boolean;
  readonly yMin: number | undefined;
  readonly yMax: number | undefined;
  readonly scheme: ColourScheme;
  readonly language: string;
  readonly width: number;
  readonly height: number;
}

/** What a chart asks of its owner. Read at the moment of use, so that a chart need not be rebuilt for a new closure. */
export interface PlotHooks {
  readonly bounds: () => { readonly fromMs: number; readonly toMs: number };
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
  /** The values as they were before stacking, for the tooltip. */
  readonly valueAt: (seriesIndex: number, pointIndex: number) => number | null;
}

/** All charts of a page share one crosshair. */
const SYNC_KEY = 'vedette';

/** A drag shorter than this is a click with a trembling hand. */
const DRAG_PIXELS_MIN = 6;

/** One width for all charts, so that the time axes of a column of charts stand above each other. */
const Y_AXIS_WIDTH = 62;

const FONT = '11px system-ui, sans-serif';

export function plotOptionsOf(look: PlotLook, hooks: PlotHooks): uPlot.Options {
  return {
    width: look.width,
    height: look.height,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    tzDate: (seconds) => wallDateOf(seconds),
    cursor: cursorOf(hooks),
    focus: { alpha: look.isStacked ? 1 : 0.25 },
    scales: {
      x: { time: true, range: () => secondsOf(hooks.bounds()) },
      y: { range: (_plot, min, max) => yRangeOf(look, min, max) },
    },
    axes: axesOf(look),
    series: [{}, ...look.names.map((name, i) => seriesOf(look, name, i))],
    ...(look.isStacked ? { bands: look.names.slice(1).map((_, i) => ({ series: [i + 2, i + 1] })) } : {}),
    hooks: { setSelect: [(plot) => zoomToSelection(plot, hooks)] },
    plugins: [tooltipPlugin(look, hooks.valueAt)],
  };
}

/** A date whose local fields are those of the zone shown: uPlot looks for whole hours and days in them. */
function wallDateOf(seconds: number): Date {
  const zone = shownZone();
  return zone === undefined ? new Date(seconds * 1000) : new Date(...wallClockOf(seconds * 1000, zone));
}

function cursorOf(hooks: PlotHooks): uPlot.Cursor {
  return {
    // Charts have different steps: they agree on the time, not on the index.
    sync: { key: SYNC_KEY, scales: ['x', null], setSeries: false },
    drag: { x: true, y: false, setScale: false },
    focus: { prox: 24 },
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

function axesOf(look: PlotLook): uPlot.Axis[] {
  const { muted, grid } = TOKENS[look.scheme];
  const common = { stroke: muted, font: FONT, ticks: { show: false } };
  return [
    {
      ...common,
      space: 72,
      size: 24,
      gap: 6,
      grid: { show: false },
      incrs: TIME_INCREMENTS,
      values: (_plot, splits, _axis, _space, incr) => formatTimeTicks(splits, incr, look.language),
    },
    {
      ...common,
      space: 32,
      size: Y_AXIS_WIDTH,
      gap: 8,
      grid: { stroke: grid, width: 1 },
      values: (_plot, splits) => formatTicks(splits, look.unit),
      ...(isBinaryUnit(look.unit) ? { incrs: BINARY_INCREMENTS } : {}),
    },
  ];
}

/** Distances of two ticks in seconds, finer than uPlot's own: between one minute and five it has nothing. */
const TIME_INCREMENTS = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800,
  604_800, 1_209_600, 2_592_000, 7_776_000,
];

/** Powers of two from one byte to 32 PiB: ticks of `512 MiB`, not of `476.8 MiB`. */
const BINARY_INCREMENTS = Array.from({ length: 56 }, (_, exponent) => 2 ** exponent);

function seriesOf(look: PlotLook, label: string, i: number): uPlot.Series {
  const style = look.styles[i];
  const colour = style?.colour ?? TOKENS[look.scheme].muted;
  const dash = style?.dash ?? [];
  return {
    label,
    show: look.shown[i] ?? true,
    stroke: colour,
    width: look.isStacked ? 1 : 1.5,
    points: { show: false },
    spanGaps: false,
    ...(dash.length > 0 ? { dash: [...dash] } : {}),
    ...(look.isStacked ? { fill: `${colour}99` } : look.names.length === 1 ? { fill: `${colour}1f` } : {}),
  };
}

/** The axis begins at zero unless values are below; a flat line gets room above it. */
function yRangeOf(look: PlotLook, min: number | null, max: number | null): uPlot.Range.MinMax {
  const low = look.yMin ?? Math.min(0, min ?? 0);
  const high = Math.max(look.yMax ?? -Infinity, max ?? 0);
  if (look.yMax !== undefined && high === look.yMax) return [low, high];
  const span = high - low;
  return span === 0
    ? [low, low + 1]
    : [min !== null && min < 0 ? low - span * 0.05 : low, high + span * 0.08];
}

function secondsOf({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }): uPlot.Range.MinMax {
  return [fromMs / 1000, toMs / 1000];
}

function zoomToSelection(plot: uPlot, hooks: PlotHooks): void {
  const { left, width } = plot.select;
  if (width < DRAG_PIXELS_MIN) return;
  hooks.onZoom(plot.posToVal(left, 'x') * 1000, plot.posToVal(left + width, 'x') * 1000);
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
}
