/**
 * What a heatmap draws: columns of time on one grid, rows of value ranges, a count in each cell.
 * Whatever the answer was (classic buckets, native histograms, raw series), it becomes this first.
 */
export interface HeatmapCells {
  /** End of the first column; a column holds what was counted in the step before. */
  readonly t0: number;
  readonly stepMs: number;
  readonly columns: number;
  /** Ascending, without gaps between a row's upper and the next one's lower bound. */
  readonly rows: readonly HeatmapRow[];
  /** `columns × rows`, column by column; NaN where nothing is known. */
  readonly counts: Float64Array;
}

export interface HeatmapRow {
  readonly low: number;
  readonly high: number;
  /** For rows that are names and no ranges. */
  readonly name?: string;
}

/** One column per pixel is the most that can be seen; longer answers keep their newest columns. */
const COLUMNS_MAX = 4000;

/** Rows that a panel can show; finer buckets are joined. */
export const ROWS_MAX = 200;

/** A bucket series of a classic histogram: the counts up to `le`, over time. */
export interface BucketSeries {
  readonly le: string;
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}

/**
 * Classic buckets. Series whose `le` are numbers become rows between the bounds; counts that never fall
 * from one bound to the next are cumulative (as Prometheus stores them) and are taken apart. Where a
 * bound is no number, rows are names in the order given.
 */
export function cellsOfBuckets(buckets: readonly BucketSeries[]): HeatmapCells {
  const isRanged = buckets.every(({ le }) => !Number.isNaN(boundOf(le)));
  const ordered = (isRanged ? buckets.toSorted((a, b) => boundOf(a.le) - boundOf(b.le)) : buckets).slice(
    0,
    ROWS_MAX,
  );
  const grid = gridOf(ordered.map(({ timesMs }) => timesMs));
  const counts = new Float64Array(grid.columns * ordered.length).fill(Number.NaN);
  for (const [row, { timesMs, values }] of ordered.entries())
    for (const [i, value] of values.entries()) {
      const column = columnAt(grid, timesMs[i] ?? 0);
      if (value !== null && column >= 0 && column < grid.columns)
        counts[column * ordered.length + row] = value;
    }
  // Native histograms also come as series by `le`, not cumulative, and without a last bound of +Inf.
  const hasAll = ordered.some(({ le }) => boundOf(le) === Infinity);
  if (isRanged && hasAll && isCumulative(counts, grid.columns, ordered.length))
    takeApart(counts, grid.columns, ordered.length);
  return { ...grid, rows: rowsOf(ordered, isRanged), counts };
}

function boundOf(le: string): number {
  return /^\+?inf(inity)?$/i.test(le) ? Infinity : le.trim() === '' ? Number.NaN : Number(le);
}

function rowsOf(buckets: readonly BucketSeries[], isRanged: boolean): HeatmapRow[] {
  return buckets.map(({ le }, i) => {
    if (!isRanged) return { low: i, high: i + 1, name: le };
    const high = boundOf(le);
    const below = buckets[i - 1];
    const low = below === undefined ? Math.min(0, high) : boundOf(below.le);
    return { low, high };
  });
}

function isCumulative(counts: Float64Array, columns: number, rows: number): boolean {
  for (let column = 0; column < columns; column++) {
    let below = -Infinity;
    for (let row = 0; row < rows; row++) {
      const count = counts[column * rows + row] ?? Number.NaN;
      if (Number.isNaN(count)) continue;
      // Rates of neighbouring buckets are added in another order: equal ones differ in the last digits.
      if (count < below - Math.abs(below) * 1e-9) return false;
      below = count;
    }
  }
  return rows > 1;
}

function takeApart(counts: Float64Array, columns: number, rows: number): void {
  for (let column = 0; column < columns; column++)
    for (let row = rows - 1; row > 0; row--) {
      const at = column * rows + row;
      counts[at] = Math.max(0, (counts[at] ?? 0) - (counts[at - 1] ?? 0));
    }
}

/** A bucket of a native histogram as the API writes it: which bounds belong to it, lower, upper, count. */
export type NativeBucket = readonly [boundary: number, lower: number, upper: number, count: number];

export interface NativeSeries {
  readonly timesMs: readonly number[];
  readonly buckets: readonly (readonly NativeBucket[])[];
}

/**
 * Native histograms. Their buckets change with the resolution, so that the rows are the bounds of all of
 * them; a bucket over several rows is shared among these by width. Series are added up.
 */
export function cellsOfNative(series: readonly NativeSeries[]): HeatmapCells {
  const bounds = new Set<number>();
  for (const { buckets } of series)
    for (const column of buckets) for (const [, lower, upper] of column) bounds.add(lower).add(upper);
  const edges = thinned([...bounds].sort((a, b) => a - b));
  const rows = edges.slice(1).map((high, i) => ({ low: edges[i] ?? high, high }));
  const grid = gridOf(series.map(({ timesMs }) => timesMs));
  const counts = new Float64Array(grid.columns * rows.length).fill(Number.NaN);
  for (const { timesMs, buckets } of series)
    for (const [i, column] of buckets.entries()) {
      const at = columnAt(grid, timesMs[i] ?? 0);
      if (at < 0 || at >= grid.columns) continue;
      for (const bucket of column)
        pour(bucket, rows, counts.subarray(at * rows.length, (at + 1) * rows.length));
    }
  return { ...grid, rows, counts };
}

function thinned(edges: readonly number[]): number[] {
  const every = Math.ceil((edges.length - 1) / ROWS_MAX);
  return every <= 1 ? [...edges] : edges.filter((_, i) => i % every === 0 || i === edges.length - 1);
}

function pour(
  [, lower, upper, count]: NativeBucket,
  rows: readonly HeatmapRow[],
  column: Float64Array,
): void {
  for (let row = firstRowAbove(rows, lower); row < rows.length; row++) {
    const { low, high } = rows[row] ?? { low: Infinity, high: Infinity };
    if (low >= upper) return;
    const part = shareOf({ low, high }, lower, upper);
    if (part === 0) continue;
    column[row] = (Number.isNaN(column[row]) ? 0 : (column[row] ?? 0)) + count * part;
  }
}

/** Of a bucket that falls into a row; one with an open end lies in the row with that end. */
function shareOf({ low, high }: HeatmapRow, lower: number, upper: number): number {
  if (upper === Infinity) return Number(high === Infinity);
  if (lower === -Infinity) return Number(low === -Infinity);
  const width = upper - lower;
  return width > 0 ? (Math.min(high, upper) - Math.max(low, lower)) / width : 1;
}

function firstRowAbove(rows: readonly HeatmapRow[], value: number): number {
  let [from, to] = [0, rows.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((rows[middle]?.high ?? Infinity) <= value) from = middle + 1;
    else to = middle;
  }
  return from;
}

export interface RawSeries {
  readonly timesMs: readonly number[];
  readonly values: readonly (number | null)[];
}

export interface CalculationSpec {
  readonly fromMs: number;
  readonly toMs: number;
  /** Width of a column in ms. */
  readonly stepMs: number;
  /** Height of a row; with `log` 2 or 10 the ratio of its bounds is a power of that base instead. */
  readonly rowSize?: number;
  readonly rowCount: number;
  readonly log: 0 | 2 | 10;
}

/** Raw series, counted: how many values fell into each range in each step. */
export function cellsOfRaw(series: readonly RawSeries[], spec: CalculationSpec): HeatmapCells {
  const edges = edgesOf(series, spec);
  const rows = edges.slice(1).map((high, i) => ({ low: edges[i] ?? high, high }));
  const columns = Math.min(COLUMNS_MAX, Math.max(1, Math.ceil((spec.toMs - spec.fromMs) / spec.stepMs)));
  const counts = new Float64Array(columns * rows.length);
  for (const { timesMs, values } of series)
    for (const [i, value] of values.entries()) {
      if (value === null || !Number.isFinite(value)) continue;
      const column = Math.floor(((timesMs[i] ?? 0) - spec.fromMs) / spec.stepMs);
      const row = Math.min(rows.length - 1, firstRowAbove(rows, value));
      if (column >= 0 && column < columns && row >= 0 && value >= (rows[row]?.low ?? Infinity))
        counts[column * rows.length + row] = (counts[column * rows.length + row] ?? 0) + 1;
    }
  return { t0: spec.fromMs + spec.stepMs, stepMs: spec.stepMs, columns, rows, counts };
}

function edgesOf(series: readonly RawSeries[], { rowSize, rowCount, log }: CalculationSpec): number[] {
  let [min, max] = [Infinity, -Infinity];
  for (const { values } of series)
    for (const value of values) {
      if (value === null || !Number.isFinite(value) || (log !== 0 && value <= 0)) continue;
      min = Math.min(min, value);
      max = Math.max(max, value);
    }
  if (min > max) return [];
  if (log !== 0) {
    const power = (value: number): number => Math.log(value) / Math.log(log);
    const [first, last] = [Math.floor(power(min)), Math.floor(power(max)) + 1];
    return Array.from({ length: Math.min(ROWS_MAX, last - first) + 1 }, (_, i) => log ** (first + i));
  }
  const size = rowSizeOf(rowSize, (max - min) / Math.max(1, rowCount), max - min);
  const first = Math.floor(min / size);
  const count = Math.min(ROWS_MAX, Math.floor(max / size) - first + 1);
  return Array.from({ length: count + 1 }, (_, i) => (first + i) * size);
}

function rowSizeOf(wanted: number | undefined, automatic: number, span: number): number {
  const least = span / (ROWS_MAX - 1);
  const size = wanted !== undefined && wanted > 0 ? wanted : niceSize(automatic);
  return Math.max(size, least) || 1;
}

/** 1, 2 or 5 times a power of ten, at least as large. */
export function niceSize(size: number): number {
  if (!(size > 0) || !Number.isFinite(size)) return 1;
  const power = 10 ** Math.floor(Math.log10(size));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= size * (1 - 1e-9)) ?? 10;
  return step * power;
}

interface Grid {
  readonly t0: number;
  readonly stepMs: number;
  readonly columns: number;
}

/** The grid that all times lie on: their smallest distance is the step. */
function gridOf(lists: readonly (readonly number[])[]): Grid {
  const moments = [...new Set([...new Set(lists)].flat())].sort((a, b) => a - b);
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined) return { t0: 0, stepMs: 1000, columns: 0 };
  let step = Infinity;
  for (const [i, moment] of moments.entries())
    if (i > 0) step = Math.min(step, moment - (moments[i - 1] ?? 0));
  if (!Number.isFinite(step)) step = 60_000;
  const columns = Math.min(COLUMNS_MAX, Math.round((last - first) / step) + 1);
  return { t0: last - (columns - 1) * step, stepMs: step, columns };
}

function columnAt({ t0, stepMs }: Grid, timestampMs: number): number {
  return Math.round((timestampMs - t0) / stepMs);
}

/** The largest count; 0 when there is none. */
export function largestCount({ counts }: HeatmapCells): number {
  let largest = 0;
  for (const count of counts) if (count > largest) largest = count;
  return largest;
}
