import type uPlot from 'uplot';
import { withAlpha } from '../theme/colour.ts';
import { TOKENS, type ColourScheme } from '../theme/tokens.ts';
import type { ThresholdLook } from './chart-model.ts';
import { colourOfMark, type ChartMark } from './chart-mark.ts';
import type { ChartPoint } from './chart-point.ts';
import type { PlotHooks, PlotLook } from './plot-options.ts';

/** Opacity of an area between thresholds, and of a span of time. */
const AREA_ALPHA = 0.1;

/** Half the width of a point, in pixels. */
const POINT_RADIUS = 4;

/** What lies under and over the lines: areas between thresholds, threshold lines, marks, and single points. */
export function layersPlugin(
  { thresholds, scheme, axes }: Pick<PlotLook, 'thresholds' | 'scheme' | 'axes'>,
  { marks, points }: Pick<PlotHooks, 'marks' | 'points'>,
): uPlot.Plugin {
  const axis = axes[0]?.key ?? 'y';
  return {
    hooks: {
      drawAxes: [
        (plot) => {
          clipped(plot, () => {
            for (const look of thresholds) if (look.hasAreas) drawAreas(plot, look);
          });
        },
      ],
      draw: [
        (plot) => {
          clipped(plot, () => {
            for (const look of thresholds) if (look.hasLines) drawLines(plot, look);
            for (const mark of marks()) drawMark(plot, mark, colourOfMark(mark, scheme));
            for (const point of points()) drawPoint(plot, placeOfPoint(plot, point, axis), scheme);
          });
        },
      ],
    },
  };
}

function clipped(plot: uPlot, draw: () => void): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  draw();
  ctx.restore();
}

function drawAreas(plot: uPlot, { axis, steps }: ThresholdLook): void {
  const { ctx, bbox } = plot;
  const { min, max } = plot.scales[axis] ?? {};
  if (min == null || max == null) return;
  for (const [i, { value, colour }] of steps.entries()) {
    const low = Math.max(min, value);
    const high = Math.min(max, steps[i + 1]?.value ?? max);
    if (!(high > low)) continue;
    const [top, bottom] = [plot.valToPos(high, axis, true), plot.valToPos(low, axis, true)];
    ctx.fillStyle = withAlpha(colour, AREA_ALPHA);
    ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  }
}

function drawLines(plot: uPlot, { axis, steps, isDashed }: ThresholdLook): void {
  const { ctx, bbox } = plot;
  ctx.lineWidth = Math.round(devicePixelRatio);
  ctx.setLineDash(isDashed ? [6 * devicePixelRatio, 4 * devicePixelRatio] : []);
  for (const { value, colour } of steps) {
    if (!Number.isFinite(value)) continue;
    const y = Math.round(plot.valToPos(value, axis, true)) + 0.5;
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
  }
}

/** A dashed line with a foot; a span is tinted between its two ends. */
function drawMark(plot: uPlot, { atMs, endMs }: ChartMark, colour: string): void {
  const { ctx, bbox } = plot;
  const from = plot.valToPos(atMs / 1000, 'x', true);
  const to = endMs === undefined ? from : plot.valToPos(endMs / 1000, 'x', true);
  if (to > from) {
    ctx.fillStyle = withAlpha(colour, AREA_ALPHA);
    ctx.fillRect(from, bbox.top, to - from, bbox.height);
  }
  const foot = 4 * devicePixelRatio;
  const bottom = bbox.top + bbox.height;
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = Math.round(devicePixelRatio);
  ctx.setLineDash([3 * devicePixelRatio, 3 * devicePixelRatio]);
  for (const x of to > from ? [from, to] : [from]) {
    ctx.beginPath();
    ctx.moveTo(Math.round(x) + 0.5, bbox.top);
    ctx.lineTo(Math.round(x) + 0.5, bottom);
    ctx.stroke();
  }
  ctx.fillRect(from - foot, bottom - foot, Math.max(foot * 2, to - from), foot);
}

export interface PointPlace {
  readonly left: number;
  readonly top: number;
}

/** Where a point is on the canvas; one beyond the axis stands at its edge, since its tip tells the value. */
export function placeOfPoint(plot: uPlot, { atMs, value }: ChartPoint, axis: string): PointPlace {
  const { bbox } = plot;
  const y = plot.valToPos(value, axis, true);
  return {
    left: plot.valToPos(atMs / 1000, 'x', true),
    top: Math.min(
      bbox.top + bbox.height,
      Math.max(bbox.top, Number.isFinite(y) ? y : bbox.top + bbox.height),
    ),
  };
}

/** A diamond with a rim, so that it is seen over lines of any colour. */
function drawPoint({ ctx }: uPlot, { left, top }: PointPlace, scheme: ColourScheme): void {
  const radius = POINT_RADIUS * devicePixelRatio;
  ctx.setLineDash([]);
  ctx.lineWidth = devicePixelRatio;
  ctx.fillStyle = TOKENS[scheme].accent;
  ctx.strokeStyle = TOKENS[scheme].surface;
  ctx.beginPath();
  ctx.moveTo(left, top - radius);
  ctx.lineTo(left + radius, top);
  ctx.lineTo(left, top + radius);
  ctx.lineTo(left - radius, top);
  ctx.closePath();
  ctx.fill();
  ctx.stroke();
}
