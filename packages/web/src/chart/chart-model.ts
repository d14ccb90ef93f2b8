import type { ColourScheme } from '../theme/tokens.ts';
import type { Frame, FrameSeries } from './frame.ts';
import { stylesOf } from './series-style.ts';

/**
 * A chart over time as `<TimeSeries>` draws it, from wherever its numbers came: columns on one list of
 * times, and what each column looks like. `null` is a gap; `undefined` says that the series has no
 * point there (it lives on another grid) and does not interrupt its line.
 */
export interface ChartModel {
  /** Increasing, in ms. */
  readonly timesMs: readonly number[];
  readonly series: readonly ChartSeries[];
}

export interface ChartSeries {
  /** Identity from frame to frame: what is hidden, and which colour it has, hangs on it. */
  readonly key: string;
  readonly name: string;
  readonly values: readonly (number | null | undefined)[];
  readonly look: SeriesLook;
}

/** How a series is drawn. Plain data: a chart is built anew when any of it changes. */
export interface SeriesLook {
  readonly colour: string;
  readonly dash: readonly number[];
  /** Key of its axis. */
  readonly axis: string;
  readonly unit: string;
  readonly draw: 'line' | 'bars' | 'points';
  readonly interpolation: 'linear' | 'smooth' | 'stepBefore' | 'stepAfter';
  readonly width: number;
  /** Opacity of the area, 0 to 1. */
  readonly fill: number;
  readonly gradient: 'none' | 'opacity' | 'hue' | 'scheme';
  /** `isolated`: only where there is no line, between two gaps. */
  readonly points: 'auto' | 'always' | 'never' | 'isolated';
  readonly pointSize: number;
  /** Gaps up to this long are bridged: 0 none, `Infinity` all. */
  readonly spanMs: number;
  readonly stack: 'none' | 'normal' | 'percent';
  /** Series of one group stand on each other. */
  readonly stackGroup: string;
  readonly transform: 'none' | 'negative' | 'constant';
  /** Name of the series below, down to which the area reaches; empty: none. */
  readonly fillBelowTo: string;
  readonly barAlign: -1 | 0 | 1;
  readonly isInTooltip: boolean;
}

export const SERIES_LOOK: SeriesLook = {
  colour: '',
  dash: [],
  axis: 'y',
  unit: 'short',
  draw: 'line',
  interpolation: 'linear',
  width: 1.5,
  fill: 0,
  gradient: 'none',
  points: 'isolated',
  pointSize: 5,
  spanMs: 0,
  stack: 'none',
  stackGroup: 'A',
  transform: 'none',
  fillBelowTo: '',
  barAlign: 0,
  isInTooltip: true,
};

/** One vertical axis and its scale. */
export interface AxisLook {
  readonly key: string;
  readonly side: 'left' | 'right' | 'hidden';
  readonly label: string;
  readonly unit: string;
  readonly decimals?: number;
  /** Hard bounds: nothing moves them. */
  readonly min?: number;
  readonly max?: number;
  /** Bounds that values may pass. */
  readonly softMin?: number;
  readonly softMax?: number;
  readonly isCentred: boolean;
  /** Base of a logarithmic scale; 0: linear. */
  readonly log: 0 | 2 | 10;
  /** `zero`: the axis begins at zero unless values are below. `values`: it frames the values. */
  readonly base: 'zero' | 'values';
}

export const AXIS_LOOK: AxisLook = {
  key: 'y',
  side: 'left',
  label: '',
  unit: 'short',
  isCentred: false,
  log: 0,
  base: 'zero',
};

/** Thresholds of an axis, ascending; the first step reaches down to −∞. */
export interface ThresholdLook {
  readonly axis: string;
  readonly hasLines: boolean;
  readonly isDashed: boolean;
  readonly hasAreas: boolean;
  readonly steps: readonly { readonly value: number; readonly colour: string }[];
}

/**
 * So many lines hide each other when they are thick, and thick ones are slow where the processor draws: 50 of 2,000
 * points took 40 ms at 1.5 pixels and 9 ms at one.
 */
const THICK_SERIES_MAX = 20;

/** The chart of a frame with our own defaults: one axis, colours by label set. */
export function chartModelOf(
  frame: Frame,
  spec: {
    readonly nameOf: (series: FrameSeries) => string;
    readonly unit: string;
    readonly isStacked: boolean;
    readonly scheme: ColourScheme;
  },
): ChartModel {
  const keys = frame.series.map(({ key }) => key);
  const styles = stylesOf(keys, spec.scheme);
  const width = spec.isStacked || frame.series.length > THICK_SERIES_MAX ? 1 : 1.5;
  const area = spec.isStacked ? 0.6 : frame.series.length === 1 ? 0.12 : 0;
  return {
    timesMs: Array.from({ length: frame.n }, (_, i) => frame.t0 + i * frame.step),
    series: frame.series.map((series, i) => ({
      key: series.key,
      name: spec.nameOf(series),
      values: series.values,
      look: {
        ...SERIES_LOOK,
        colour: styles[i]?.colour ?? '',
        dash: styles[i]?.dash ?? [],
        unit: spec.unit,
        width,
        fill: area,
        stack: spec.isStacked ? 'normal' : 'none',
      },
    })),
  };
}
