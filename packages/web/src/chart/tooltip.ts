import type uPlot from 'uplot';
import css from './chart.module.css';
import { colourOfMark, marksAt } from './chart-mark.ts';
import { pointsAt, type ChartPoint } from './chart-point.ts';
import { placeOfPoint } from './plot-layers.ts';
import type { PlotHooks, PlotLook } from './plot-options.ts';
import { TOKENS } from '../theme/tokens.ts';
import { formatMoment } from './time-axis.ts';

/** Rows of a tooltip; the other values of a crowded chart are counted, not listed. */
const ROWS_MAX = 10;

/** A mark is under the pointer when it is no further away, in pixels. */
const MARK_REACH = 5;

/** The same of a single point, which is smaller than a finger and larger than a pixel. */
const POINT_REACH = 8;

const POINT_ROWS_MAX = 3;

/**
 * The values under the cursor in the chart that the pointer is over, and what happened there; charts
 * that only follow show the crosshair alone. Plain DOM: it changes with every move of the pointer.
 */
export function tooltipPlugin(look: PlotLook, hooks: PlotHooks): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = css.tooltip ?? '';
  box.hidden = true;
  return {
    hooks: {
      ready: [
        (plot) => {
          plot.over.append(box);
          plot.over.addEventListener('mouseenter', () => box.classList.add(css.tooltipOwn ?? ''));
          plot.over.addEventListener('mouseleave', () => {
            box.classList.remove(css.tooltipOwn ?? '');
            box.hidden = true;
          });
        },
      ],
      setCursor: [(plot) => update(plot, box, look, hooks)],
    },
  };
}

function update(plot: uPlot, box: HTMLElement, look: PlotLook, hooks: PlotHooks): void {
  const { idx, left = -1 } = plot.cursor;
  const isOver = idx !== null && idx !== undefined && left >= 0;
  box.hidden = !isOver;
  if (!isOver || !box.classList.contains(css.tooltipOwn ?? '')) return;
  const marks = markRows(plot, left, look, hooks);
  const rows = look.tooltip.mode === 'none' ? [] : valueRows(plot, idx, look, hooks);
  const points = pointRows(plot, look, hooks);
  box.hidden = rows.length + marks.length + points.length === 0;
  const atMs = (plot.data[0][idx] ?? 0) * 1000;
  box.replaceChildren(
    element('div', css.tooltipTime, formatMoment(atMs, look.language, look.timezone)),
    ...rows,
    ...marks,
    ...points,
  );
  place(box, plot);
}

interface Row {
  readonly i: number;
  readonly name: string;
  readonly colour: string;
  readonly value: number;
}

function valueRows(plot: uPlot, idx: number, look: PlotLook, hooks: PlotHooks): HTMLElement[] {
  const all = look.series.flatMap(({ name, look: { colour, isInTooltip }, isShown }, i): Row[] => {
    const value = isShown && isInTooltip ? hooks.valueAt(i, idx) : null;
    return value === null ? [] : [{ i, name, colour, value }];
  });
  const listed = look.tooltip.mode === 'single' ? nearestOf(plot, idx, all) : sorted(all, look.tooltip.sort);
  const rows = listed.slice(0, ROWS_MAX).map(({ i, name, colour, value }) => {
    const row = element('div', css.tooltipRow);
    const swatch = element('span', css.swatch);
    swatch.style.background = colour;
    row.append(
      swatch,
      element('span', css.tooltipName, name),
      element('b', undefined, hooks.formatValue(i, value)),
    );
    return row;
  });
  if (listed.length > ROWS_MAX) rows.push(element('div', css.tooltipMore, `+ ${listed.length - ROWS_MAX}`));
  return rows;
}

function sorted(rows: readonly Row[], sort: PlotLook['tooltip']['sort']): readonly Row[] {
  if (sort === 'none') return rows;
  const sign = sort === 'asc' ? 1 : -1;
  return rows.toSorted((a, b) => sign * (a.value - b.value));
}

/** The row whose line is next to the pointer. */
function nearestOf(plot: uPlot, idx: number, rows: readonly Row[]): Row[] {
  const top = plot.cursor.top ?? 0;
  const distanceOf = ({ i }: Row): number => {
    const value = plot.data[i + 1]?.[idx];
    const scale = plot.series[i + 1]?.scale ?? 'y';
    return value == null ? Infinity : Math.abs(plot.valToPos(value, scale) - top);
  };
  const nearest = rows.reduce<Row | undefined>(
    (best, row) => (best === undefined || distanceOf(row) < distanceOf(best) ? row : best),
    undefined,
  );
  return nearest === undefined ? [] : [nearest];
}

function markRows(plot: uPlot, left: number, look: PlotLook, hooks: PlotHooks): HTMLElement[] {
  const atMs = plot.posToVal(left, 'x') * 1000;
  const reachMs = Math.abs(plot.posToVal(left + MARK_REACH, 'x') * 1000 - atMs);
  return marksAt(hooks.marks(), atMs, reachMs)
    .slice(0, ROWS_MAX)
    .map((mark) => {
      const row = element('div', css.tooltipMark);
      row.style.borderColor = colourOfMark(mark, look.scheme);
      row.append(element('b', undefined, mark.title));
      if (mark.text !== '') row.append(element('span', undefined, mark.text));
      return row;
    });
}

/** Single points under the pointer, with what they lead to. */
function pointRows(plot: uPlot, look: PlotLook, hooks: PlotHooks): HTMLElement[] {
  const { left = 0, top = 0 } = plot.cursor;
  const { bbox } = plot;
  const axis = look.axes[0]?.key ?? 'y';
  const distanceOf = (point: ChartPoint): number => {
    const place = placeOfPoint(plot, point, axis);
    return Math.hypot(
      (place.left - bbox.left) / devicePixelRatio - left,
      (place.top - bbox.top) / devicePixelRatio - top,
    );
  };
  return pointsAt(hooks.points(), distanceOf, POINT_REACH)
    .slice(0, POINT_ROWS_MAX)
    .map(({ title, text }) => {
      const row = element('div', css.tooltipMark);
      row.style.borderColor = TOKENS[look.scheme].accent;
      row.append(element('b', undefined, title), element('span', undefined, text));
      return row;
    });
}

/** Beside the cursor, on the side with more room. */
function place(box: HTMLElement, plot: uPlot): void {
  const { left = 0 } = plot.cursor;
  const isLeftHalf = left < plot.over.clientWidth / 2;
  box.style.left = isLeftHalf ? `${left + 14}px` : 'auto';
  box.style.right = isLeftHalf ? 'auto' : `${plot.over.clientWidth - left + 14}px`;
}

function element(tag: string, className: string | undefined, text?: string): HTMLElement {
  const node = document.createElement(tag);
  if (className !== undefined) node.className = className;
  if (text !== undefined) node.textContent = text;
  return node;
}
