import { choiceOption, flagOption, optionAt } from './options.ts';

export interface LegendLayout {
  readonly mode: 'list' | 'table' | 'hidden';
  readonly side: 'bottom' | 'right';
  readonly plotHeight: number;
  readonly legendHeight: number;
}

/** A legend beside a chart needs this width; below it stands under the chart. */
const BESIDE_WIDTH_MIN = 400;

const ROW_HEIGHT = 28;
const HEAD_HEIGHT = 32;

/** Room of a name in a line: its characters, and its swatch and margins. */
const CHARACTER_PIXELS = 7;
const NAME_PIXELS = 44;

/** A chart lower than this shows nothing. */
const PLOT_HEIGHT_MIN = 72;

/** Whether a panel has a legend at all; old files hide it by its mode. */
export function hasLegend(options: unknown): boolean {
  return (
    flagOption(options, 'legend.showLegend', true) && optionAt(options, 'legend.displayMode') !== 'hidden'
  );
}

/** Whether the legend is to stand beside the drawing, where there is room. */
export function isLegendBeside(options: unknown): boolean {
  return optionAt(options, 'legend.placement') === 'right';
}

/** Shares the height of a panel between the chart and its legend, which scrolls when it needs more. */
export function legendLayout(
  options: unknown,
  {
    names,
    width,
    height,
  }: { readonly names: readonly string[]; readonly width: number; readonly height: number },
): LegendLayout {
  if (!hasLegend(options) || names.length === 0)
    return { mode: 'hidden', side: 'bottom', plotHeight: height, legendHeight: 0 };
  const mode = choiceOption(options, 'legend.displayMode', ['list', 'table']);
  if (isLegendBeside(options) && width >= BESIDE_WIDTH_MIN)
    return { mode, side: 'right', plotHeight: height, legendHeight: height };
  const lines = mode === 'table' ? names.length : linesOf(names, width);
  const wanted = mode === 'table' ? HEAD_HEIGHT + lines * ROW_HEIGHT : 4 + lines * ROW_HEIGHT;
  const most = Math.max(HEAD_HEIGHT + ROW_HEIGHT, Math.round(height * (mode === 'table' ? 0.5 : 0.35)));
  const legendHeight = Math.min(wanted, most, Math.max(0, height - PLOT_HEIGHT_MIN));
  return { mode, side: 'bottom', plotHeight: height - legendHeight, legendHeight };
}

/** Lines that names take when they stand side by side. */
function linesOf(names: readonly string[], width: number): number {
  const pixels = names.reduce((sum, name) => sum + NAME_PIXELS + name.length * CHARACTER_PIXELS, 0);
  return Math.ceil(pixels / Math.max(width, 100));
}
