/** Bars of categories and series, as rectangles in a unit square: x along the categories, y upwards. */
export interface BarShape {
  readonly category: number;
  readonly series: number;
  readonly x: number;
  readonly width: number;
  readonly from: number;
  readonly to: number;
}

export interface BarSpec {
  /** By series, then by category; `null` is no bar. */
  readonly values: readonly (readonly (number | null)[])[];
  readonly categories: number;
  readonly stacking: 'none' | 'normal' | 'percent';
  /** Shares of the room: of a category for its group, and of the group for its bars. */
  readonly groupWidth: number;
  readonly barWidth: number;
}

/** Rectangles, and the bounds of the value axis (zero is always on it). */
export function barShapes(spec: BarSpec): {
  readonly bars: BarShape[];
  readonly min: number;
  readonly max: number;
} {
  const { values, categories, stacking, groupWidth, barWidth } = spec;
  const slots = stacking === 'none' ? Math.max(1, values.length) : 1;
  const slot = (1 / Math.max(1, categories)) * (slots === 1 ? 1 : groupWidth);
  const bars: BarShape[] = [];
  for (let category = 0; category < categories; category++) {
    const left = (category + 0.5) / categories - slot / 2;
    const sum = values.reduce((total, column) => total + Math.abs(finite(column[category]) ?? 0), 0);
    const tops = { above: 0, below: 0 };
    for (const [series, column] of values.entries()) {
      const value = finite(column[category]);
      if (value === null) continue;
      const side = value < 0 ? 'below' : 'above';
      const from = stacking === 'none' ? 0 : tops[side];
      const to = from + (stacking === 'percent' ? (sum === 0 ? 0 : value / sum) : value);
      tops[side] = to;
      const index = stacking === 'none' ? series : 0;
      const width = (slot / slots) * barWidth;
      bars.push({ category, series, x: left + (slot / slots) * (index + 0.5) - width / 2, width, from, to });
    }
  }
  const min = bars.reduce((least, { to }) => Math.min(least, to), 0);
  const max = bars.reduce((most, { to }) => Math.max(most, to), 0);
  return { bars, min, max: max > min ? max : min + 1 };
}

function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** Round values of an axis between two bounds, about `count` of them. */
export function valueTicks(min: number, max: number, count: number): number[] {
  const rough = (max - min) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: Math.min(100, last - first + 1) }, (_, i) => (first + i) * step);
}
