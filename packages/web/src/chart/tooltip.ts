import type uPlot from 'uplot';
import { formatValue } from '../format/unit.ts';
import type { PlotLook } from './plot-options.ts';
import { formatMoment } from './time-axis.ts';
import css from './chart.module.css';

/** Rows of a tooltip; the smaller values of a crowded chart are counted, not listed. */
const ROWS_MAX = 10;

/**
 * The values under the cursor, largest first, in the chart that the pointer is over; charts that only
 * follow show the crosshair alone. Plain DOM: it changes with every move of the pointer.
 */
export function tooltipPlugin(
  look: PlotLook,
  valueAt: (seriesIndex: number, pointIndex: number) => number | null,
): uPlot.Plugin {
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
      setCursor: [
        (plot) => {
          const { idx, left = -1 } = plot.cursor;
          box.hidden = idx === null || idx === undefined || left < 0;
          if (box.hidden || idx === null || idx === undefined) return;
          if (!box.classList.contains(css.tooltipOwn ?? '')) return;
          box.replaceChildren(headOf(plot, idx, look), ...rowsOf(look, (series) => valueAt(series, idx)));
          place(box, plot);
        },
      ],
    },
  };
}

function headOf(plot: uPlot, idx: number, look: PlotLook): HTMLElement {
  return element('div', css.tooltipTime, formatMoment((plot.data[0][idx] ?? 0) * 1000, look.language));
}

function rowsOf(look: PlotLook, valueOf: (seriesIndex: number) => number | null): HTMLElement[] {
  const all = look.names
    .map((name, i) => ({ name, i, value: valueOf(i) }))
    .filter(({ i, value }) => value !== null && look.shown[i] !== false)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const rows = all.slice(0, ROWS_MAX).map(({ name, i, value }) => {
    const row = element('div', css.tooltipRow);
    const swatch = element('span', css.swatch);
    swatch.style.background = look.styles[i]?.colour ?? '';
    row.append(
      swatch,
      element('span', css.tooltipName, name),
      element('b', undefined, formatValue(value, look.unit)),
    );
    return row;
  });
  if (all.length > ROWS_MAX) rows.push(element('div', css.tooltipMore, `+ ${all.length - ROWS_MAX}`));
  return rows;
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
