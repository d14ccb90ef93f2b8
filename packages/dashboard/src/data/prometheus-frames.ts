import type { FieldConfig } from '../dashboard.ts';
import type { DataFrame, Field, FieldValue } from '../frame.ts';

/** What of a query its frames need. */
export interface FrameQuery {
  readonly refId: string;
  readonly legend: string;
  readonly format: 'time_series' | 'table' | 'heatmap';
}

type Labels = Readonly<Record<string, string>>;

/** A range answer of the Prometheus API. Times in seconds; values as texts; a histogram counts by its average. */
export interface MatrixSeries {
  readonly metric: Labels;
  readonly values?: readonly (readonly [seconds: number, value: string])[];
  readonly histograms?: readonly (readonly [seconds: number, histogram: HistogramSample])[];
}

/** An instant answer of the Prometheus API. */
export interface VectorSeries {
  readonly metric: Labels;
  readonly value?: readonly [seconds: number, value: string];
  readonly histogram?: readonly [seconds: number, histogram: HistogramSample];
}

/** A native histogram as the API writes it. */
export interface HistogramSample {
  readonly count: string;
  readonly sum: string;
  /** Rule of the bounds, lower, upper, count. */
  readonly buckets?: readonly (readonly [number, string, string, string])[];
}

/** The columnar form of live answers: `n` points from `t0` on, `step` ms apart. */
export interface ColumnarAnswer {
  readonly t0: number;
  readonly step: number;
  readonly n: number;
  readonly series: readonly { readonly l: Labels; readonly v: readonly (number | null)[] }[];
}

/** The grid of a range query in ms; points that an answer leaves out become gaps on it. */
export interface Grid {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Most points of one grid; above, an answer keeps the times it came with. */
const GRID_POINTS_MAX = 50_000;

/**
 * One frame per series, in the order of the answer; of format `table` one frame with a column per label.
 * With a `grid`, series share one array of times and what is missing in between is a gap; without, a
 * series has the times it came with, shared with the series before where they are equal.
 */
export function framesOfMatrix(query: FrameQuery, answer: readonly MatrixSeries[], grid?: Grid): DataFrame[] {
  if (query.format === 'table') return [tableOfMatrix(query, answer)];
  if (query.format === 'heatmap' || answer.some(({ histograms }) => histograms !== undefined)) {
    return framesOfMatrix({ ...query, format: 'time_series' }, answer.flatMap(withoutHistograms), grid);
  }
  const times = grid === undefined ? undefined : gridTimes(grid);
  let previous: readonly number[] = [];
  return answer.map((series) => {
    const points = series.values ?? [];
    const values =
      grid === undefined || times === undefined ? undefined : valuesOnGrid(points, grid, times.length);
    if (times !== undefined && values !== undefined) return seriesFrame(query, series.metric, times, values);
    if (!hasTimes(points, previous)) previous = points.map(([seconds]) => Math.round(seconds * 1000));
    return seriesFrame(
      query,
      series.metric,
      previous,
      points.map(([, value]) => parseSample(value)),
    );
  });
}

/** Of format `table`: one frame, a column per label, sorted; otherwise a frame per series with one row. */
export function framesOfVector(query: FrameQuery, answer: readonly VectorSeries[]): DataFrame[] {
  const rows = answer.map(({ metric, value, histogram }) => {
    const seconds = value?.[0] ?? histogram?.[0] ?? 0;
    const sample = value === undefined ? histogramAverage(histogram?.[1]) : parseSample(value[1]);
    return { labels: metric, timeMs: Math.round(seconds * 1000), value: sample };
  });
  if (query.format === 'table') return [tableOfRows(query, rows)];
  return rows.map(({ labels, timeMs, value }) => seriesFrame(query, labels, [timeMs], [value]));
}

/** One frame per series; all share one array of times. */
export function framesOfColumns(query: FrameQuery, answer: ColumnarAnswer): DataFrame[] {
  const times = Array.from({ length: answer.n }, (_, i) => answer.t0 + i * answer.step);
  return answer.series.map(({ l, v }) =>
    seriesFrame(query, l, times, v.length === times.length ? v : times.map((_, i) => v[i] ?? null)),
  );
}

const NO_CONFIG: FieldConfig = {};

function seriesFrame(
  query: FrameQuery,
  labels: Labels,
  times: readonly number[],
  values: readonly FieldValue[],
): DataFrame {
  return {
    refId: query.refId,
    length: times.length,
    fields: [
      { name: 'Time', kind: 'time', values: times, config: NO_CONFIG },
      { name: 'Value', kind: 'number', labels, values, config: NO_CONFIG },
    ],
  };
}

function gridTimes({ fromMs, toMs, stepMs }: Grid): number[] | undefined {
  const count = Math.floor((toMs - fromMs) / stepMs) + 1;
  if (!(stepMs > 0) || !(count > 0) || count > GRID_POINTS_MAX) return undefined;
  return Array.from({ length: count }, (_, i) => fromMs + i * stepMs);
}

/**
 * One pass, since an answer holds a hundred thousand points; pushed in order, so that a series without
 * gaps stays a plain array of doubles. `undefined` when a point lies beside the grid or out of order.
 */
function valuesOnGrid(
  points: readonly (readonly [seconds: number, value: string])[],
  { fromMs, stepMs }: Grid,
  count: number,
): FieldValue[] | undefined {
  const values: FieldValue[] = [];
  for (const point of points) {
    const place = (Math.round(point[0] * 1000) - fromMs) / stepMs;
    if (!(place >= values.length && place < count) || !Number.isInteger(place)) return undefined;
    while (values.length < place) values.push(null);
    values.push(parseSample(point[1]));
  }
  while (values.length < count) values.push(null);
  return values;
}

function hasTimes(
  points: readonly (readonly [seconds: number, value: string])[],
  times: readonly number[],
): boolean {
  if (points.length !== times.length) return false;
  return points.every(([seconds], i) => Math.round(seconds * 1000) === times[i]);
}

function parseSample(text: string): number {
  const value = Number(text);
  if (!Number.isNaN(value)) return value;
  if (text === '+Inf' || text === 'Inf') return Infinity;
  return text === '-Inf' ? -Infinity : NaN;
}

/** The value of a histogram where a single number is drawn. */
function histogramAverage(histogram: HistogramSample | undefined): number | null {
  if (histogram === undefined) return null;
  const count = parseSample(histogram.count);
  return count === 0 ? null : parseSample(histogram.sum) / count;
}

/** Buckets one native histogram may have over its whole range; Prometheus' own limit of one sample is 160. */
const HISTOGRAM_SERIES_MAX = 1000;

/** Native histograms as classic buckets, a series per upper bound, not cumulative: what a heatmap draws. */
function withoutHistograms(series: MatrixSeries): MatrixSeries[] {
  const { histograms } = series;
  if (histograms === undefined) return [series];
  const byBound = new Map<string, (readonly [number, string])[]>();
  for (const [seconds, { buckets = [] }] of histograms) {
    for (const [, , upper, count] of buckets) {
      const points = byBound.get(upper) ?? [];
      if (points.length === 0 && byBound.size >= HISTOGRAM_SERIES_MAX) continue;
      points.push([seconds, count]);
      byBound.set(upper, points);
    }
  }
  return [...byBound]
    .toSorted(([a], [b]) => parseSample(a) - parseSample(b))
    .map(([le, values]) => ({ metric: { ...series.metric, le }, values }));
}

interface TableRow {
  readonly labels: Labels;
  readonly timeMs: number;
  readonly value: FieldValue;
}

function tableOfMatrix(query: FrameQuery, answer: readonly MatrixSeries[]): DataFrame {
  const rows = answer.flatMap(({ metric, values = [] }) =>
    values.map(([seconds, value]) => ({
      labels: metric,
      timeMs: Math.round(seconds * 1000),
      value: parseSample(value),
    })),
  );
  return tableOfRows(
    query,
    rows.toSorted((a, b) => a.timeMs - b.timeMs),
  );
}

function tableOfRows(query: FrameQuery, rows: readonly TableRow[]): DataFrame {
  const names = [...new Set(rows.flatMap(({ labels }) => Object.keys(labels)))].toSorted();
  const labelFields = names.map((name): Field => {
    const values = rows.map(({ labels }) => (Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''));
    return { name, kind: 'string', values, config: NO_CONFIG };
  });
  return {
    refId: query.refId,
    length: rows.length,
    fields: [
      { name: 'Time', kind: 'time', values: rows.map(({ timeMs }) => timeMs), config: NO_CONFIG },
      ...labelFields,
      {
        name: `Value #${query.refId}`,
        kind: 'number',
        values: rows.map(({ value }) => value),
        config: NO_CONFIG,
      },
    ],
  };
}
