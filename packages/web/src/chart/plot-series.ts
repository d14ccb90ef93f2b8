import uPlot from 'uplot';
import { mixed, withAlpha } from '../theme/colour.ts';
import { TOKENS, type ColourScheme } from '../theme/tokens.ts';
import type { SeriesLook, ThresholdLook } from './chart-model.ts';
import { plainLine } from './plot-line.ts';

/** Bars take this share of the distance of two points, and stay between these widths in pixels. */
const BAR_SIZE: readonly [share: number, pixelsMax: number, pixelsMin: number] = [0.75, 80, 1];

export interface PlotSeriesSpec {
  readonly name: string;
  readonly look: SeriesLook;
  readonly isShown: boolean;
  /** Whether an area ends at it: then it needs an outline, not only a line. */
  readonly hasBand: boolean;
}

/** One series as uPlot wants it. */
export function plotSeriesOf(
  { name, look, isShown, hasBand }: PlotSeriesSpec,
  thresholds: readonly ThresholdLook[],
  scheme: ColourScheme,
): uPlot.Series {
  const steps = thresholds.find(({ axis }) => axis === look.axis)?.steps ?? [];
  const isByValue = look.gradient === 'scheme' && steps.length > 0;
  const isAlone = look.draw === 'points';
  const stroke = isByValue ? (plot: uPlot) => schemeGradient(plot, look.axis, steps, 1) : look.colour;
  return {
    label: name,
    scale: look.axis,
    show: isShown,
    stroke,
    width: isAlone ? 0 : look.width,
    spanGaps: false,
    ...(look.dash.length > 0 ? { dash: [...look.dash] } : {}),
    ...(isAlone || look.fill <= 0 ? {} : { fill: fillOf(look, steps, scheme) }),
    ...pathsOf(look, hasBand),
    points: pointsOf(look, stroke),
  };
}

function fillOf(
  look: SeriesLook,
  steps: ThresholdLook['steps'],
  scheme: ColourScheme,
): NonNullable<uPlot.Series['fill']> {
  const { colour, fill, gradient } = look;
  switch (gradient) {
    case 'none':
      return withAlpha(colour, fill);
    case 'opacity':
      return (plot) => fade(plot, withAlpha(colour, fill), withAlpha(colour, fill * 0.08));
    case 'hue':
      return (plot) =>
        fade(plot, withAlpha(colour, fill), withAlpha(mixed(colour, TOKENS[scheme].text, 0.4), fill));
    case 'scheme':
      return steps.length === 0
        ? withAlpha(colour, fill)
        : (plot) => schemeGradient(plot, look.axis, steps, fill);
  }
}

function fade(plot: uPlot, top: string, bottom: string): CanvasGradient {
  const { bbox, ctx } = plot;
  const gradient = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
  gradient.addColorStop(0, top);
  gradient.addColorStop(1, bottom);
  return gradient;
}

/** Each height of the chart in the colour of the threshold it lies above. */
function schemeGradient(
  plot: uPlot,
  axis: string,
  steps: ThresholdLook['steps'],
  alpha: number,
): CanvasGradient | string {
  const { bbox, ctx } = plot;
  const [first] = steps;
  if (bbox.height === 0 || first === undefined || plot.scales[axis]?.min == null)
    return withAlpha(first?.colour ?? '#808080', alpha);
  const gradient = ctx.createLinearGradient(0, bbox.top + bbox.height, 0, bbox.top);
  for (const [i, { value, colour }] of steps.entries()) {
    const share = (bound: number): number => {
      if (!Number.isFinite(bound)) return bound > 0 ? 1 : 0;
      const y = plot.valToPos(bound, axis, true);
      return Math.min(1, Math.max(0, 1 - (y - bbox.top) / bbox.height));
    };
    const shown = withAlpha(colour, alpha);
    gradient.addColorStop(i === 0 ? 0 : share(value), shown);
    gradient.addColorStop(share(steps[i + 1]?.value ?? Infinity), shown);
  }
  return gradient;
}

function pathsOf(look: SeriesLook, hasBand: boolean): Pick<uPlot.Series, 'paths'> {
  const { draw, interpolation, barAlign, fill } = look;
  const { bars, spline, stepped, points } = uPlot.paths;
  const made = (paths: uPlot.Series.PathBuilder | undefined): Pick<uPlot.Series, 'paths'> =>
    paths === undefined ? {} : { paths };
  if (draw === 'bars')
    return made(bars?.({ size: [BAR_SIZE[0], BAR_SIZE[1], BAR_SIZE[2]], align: barAlign }));
  if (draw === 'points') return made(points?.());
  switch (interpolation) {
    case 'linear':
      return fill > 0 || hasBand ? {} : { paths: plainLine };
    case 'smooth':
      return made(spline?.());
    case 'stepBefore':
      return made(stepped?.({ align: -1 }));
    case 'stepAfter':
      return made(stepped?.({ align: 1 }));
  }
}

function pointsOf(look: SeriesLook, stroke: NonNullable<uPlot.Series['stroke']>): uPlot.Series.Points {
  const always = look.draw === 'points' || look.points === 'always';
  const size = { size: look.pointSize, fill: stroke, stroke };
  if (always) return { ...size, show: true };
  if (look.points === 'never' || look.draw === 'bars') return { ...size, show: false };
  // A point between two gaps has no line: without a dot nobody would see it.
  const filter: uPlot.Series.Points.Filter = (plot, i, isDense) =>
    isDense ? null : isolatedIn(plot.data[i] ?? []);
  return look.points === 'isolated' ? { ...size, show: () => false, filter } : { ...size, filter };
}

/** Indexes of points with a gap (or an end) on both sides. */
export function isolatedIn(column: ArrayLike<number | null | undefined>): number[] {
  const isolated: number[] = [];
  for (let i = 0; i < column.length; i++)
    if (column[i] != null && column[i - 1] === null && column[i + 1] === null) isolated.push(i);
  const last = column.length - 1;
  if (column.length === 1 && column[0] != null) isolated.push(0);
  else if (column.length > 1) {
    if (column[0] != null && column[1] === null) isolated.unshift(0);
    if (column[last] != null && column[last - 1] === null) isolated.push(last);
  }
  return isolated;
}
