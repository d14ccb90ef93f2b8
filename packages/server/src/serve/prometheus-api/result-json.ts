import {
  isValidAt,
  NO_LABELS,
  type Labels,
  type NativeHistogram,
  type QueryResult,
  type QueryStats,
  type ResultSamples,
  type ResultSeries,
  type Slicer,
} from '@vedette/model';
import { inSlices } from '../http/json-stream.ts';
import { formatTimestamp, formatValue } from './go-text.ts';
import { histogramJson } from './histogram-json.ts';

/**
 * The answer to a query as text, built from the columns.
 *
 * 1. Points are appended to one string, straight from the typed arrays: most of the time goes into the
 *    shortest digits of each double. Building nested arrays for JSON.stringify took two to three times as
 *    long and all of the memory at once.
 * 2. A piece is handed out when it is long enough to be worth a write, and the event loop runs when
 *    its slice is used up, so that a million points hold up nobody.
 * 3. The consumer pulls: a slow client stops the work, not the server.
 *
 * The texts of the step times are the same for every series of a matrix, so they are made once.
 */
export interface ResultJsonOptions {
  /** Series at most; `undefined` is no limit. */
  readonly limit: number | undefined;
  /** Stats to add to the answer; `undefined` leaves them out. */
  readonly stats: QueryStatsJson | undefined;
  readonly slicer: Slicer;
}

interface QueryStatsJson {
  readonly stats: QueryStats;
  readonly seconds: number;
}

/** Upstream's own cap on each kind of remark. */
const ANNOTATIONS_MAX = 10;

export const TRUNCATED = 'results truncated due to limit';

/** The complete body `{"status":"success",…}` in pieces. */
export function resultJson(result: QueryResult, options: ResultJsonOptions): AsyncGenerator<string> {
  return inSlices(options.slicer, bodyPieces(result, options));
}

function* bodyPieces(result: QueryResult, { limit, stats }: ResultJsonOptions): Iterable<string> {
  yield `{"status":"success","data":{"resultType":"${resultTypeOf(result)}","result":`;
  yield* valueJson(result, limit);
  if (stats !== undefined) yield `,"stats":${statsJson(stats)}`;
  const isTruncated = limit !== undefined && 'series' in result && result.series.length > limit;
  const warnings = isTruncated ? [...result.annotations.warnings, TRUNCATED] : result.annotations.warnings;
  yield `}${annotationsJson('warnings', warnings)}${annotationsJson('infos', result.annotations.infos)}}`;
}

/** `,"warnings":[…]`, or nothing. */
export function annotationsJson(kind: 'warnings' | 'infos', texts: readonly string[]): string {
  if (texts.length === 0) return '';
  const shown = texts.slice(0, ANNOTATIONS_MAX);
  const omitted = texts.length - shown.length;
  if (omitted > 0)
    shown.push(`${omitted} more ${kind === 'warnings' ? 'warning' : 'info'} annotations omitted`);
  return `,"${kind}":${JSON.stringify(shown)}`;
}

function resultTypeOf(result: QueryResult): string {
  switch (result.kind) {
    case 'scalar':
    case 'string':
      return result.grid.stepMs === 0 ? result.kind : 'matrix';
    case 'series':
      return result.grid.stepMs === 0 ? 'vector' : 'matrix';
    case 'samples':
      return 'matrix';
  }
}

function valueJson(result: QueryResult, limit: number | undefined): Iterable<string> {
  const isInstant = result.grid.stepMs === 0;
  switch (result.kind) {
    case 'string':
      return [`[${formatTimestamp(result.grid.startMs)},${JSON.stringify(result.value)}]`];
    case 'scalar':
      if (isInstant)
        return [`[${formatTimestamp(result.grid.startMs)},"${formatValue(result.values[0] ?? NaN)}"]`];
      return arrayJson([scalarSeriesOf(result.values)], matrixWriter(result), limit);
    case 'series':
      return arrayJson(
        result.series,
        isInstant ? (series) => vectorEntry(series, result.grid.startMs) : matrixWriter(result),
        limit,
      );
    case 'samples':
      return arrayJson(result.series, samplesEntry, limit);
  }
}

/** A scalar on a range is a series without labels that has a value everywhere. */
function scalarSeriesOf(values: Float64Array): ResultSeries {
  return { labels: NO_LABELS, values, validity: new Uint8Array((values.length + 7) >> 3).fill(255) };
}

function* arrayJson<T>(
  series: readonly T[],
  write: (one: T) => Iterable<string>,
  limit: number | undefined,
): Iterable<string> {
  yield '[';
  let separator = '';
  for (const one of limit === undefined ? series : series.slice(0, limit)) {
    if (separator !== '') yield separator;
    yield* write(one);
    separator = ',';
  }
  yield ']';
}

function* vectorEntry(series: ResultSeries, timestampMs: number): Iterable<string> {
  const histogram = series.histograms?.get(0);
  const point =
    histogram === undefined
      ? `"value":[${formatTimestamp(timestampMs)},"${formatValue(series.values[0] ?? NaN)}"]`
      : `"histogram":[${formatTimestamp(timestampMs)},${histogramJson(histogram)}]`;
  yield `{"metric":${metricJson(series.labels)},${point}}`;
}

/** Points written between two questions to the slicer, which looks at the clock at every eighth: some 0.1 ms. */
const POINTS_PER_PIECE = 128;

function matrixWriter(result: QueryResult): (series: ResultSeries) => Iterable<string> {
  const { startMs, stepMs, count } = result.grid;
  const heads = Array.from({ length: count }, (_, i) => `[${formatTimestamp(startMs + i * stepMs)},`);
  return function* write(series) {
    yield `{"metric":${metricJson(series.labels)}`;
    yield* floatColumn(series, heads);
    yield* histogramColumn(series, heads);
    yield '}';
  };
}

function* floatColumn(series: ResultSeries, heads: readonly string[]): Iterable<string> {
  let opening = ',"values":[';
  for (let from = 0; from < heads.length; from += POINTS_PER_PIECE) {
    const text = floatPoints(series, heads, from);
    if (text === '') continue;
    yield opening + text;
    opening = ',';
  }
  if (opening === ',') yield ']';
}

/** Some points with commas between them. */
function floatPoints(
  { values, validity, histograms }: ResultSeries,
  heads: readonly string[],
  from: number,
): string {
  const until = Math.min(heads.length, from + POINTS_PER_PIECE);
  let text = '';
  for (let i = from; i < until; i++) {
    if (!isValidAt(validity, i) || (histograms !== undefined && histograms.has(i))) continue;
    text += `${text === '' ? '' : ','}${heads[i]}"${formatValue(values[i] ?? NaN)}"]`;
  }
  return text;
}

function* histogramColumn(series: ResultSeries, heads: readonly string[]): Iterable<string> {
  if (series.histograms === undefined || series.histograms.size === 0) return;
  let separator = ',"histograms":[';
  for (const [i, head] of heads.entries()) {
    const histogram = series.histograms.get(i);
    if (histogram === undefined || !isValidAt(series.validity, i)) continue;
    yield `${separator}${head}${histogramJson(histogram)}]`;
    separator = ',';
  }
  if (separator === ',') yield ']';
}

function* samplesEntry(series: ResultSamples): Iterable<string> {
  yield `{"metric":${metricJson(series.labels)}`;
  yield* sampleColumn(series, 'values', (i) =>
    series.histograms?.has(i) === true ? undefined : `"${formatValue(series.values[i] ?? NaN)}"`,
  );
  yield* sampleColumn(series, 'histograms', (i) => histogramAt(series.histograms, i));
  yield '}';
}

function histogramAt(histograms: ResultSamples['histograms'], i: number): string | undefined {
  const histogram: NativeHistogram | undefined = histograms?.get(i);
  return histogram === undefined ? undefined : histogramJson(histogram);
}

function* sampleColumn(
  series: ResultSamples,
  name: string,
  valueOf: (i: number) => string | undefined,
): Iterable<string> {
  let separator = `,"${name}":[`;
  for (const [i, timestampMs] of series.timestampsMs.entries()) {
    const value = valueOf(i);
    if (value === undefined) continue;
    yield `${separator}[${formatTimestamp(timestampMs)},${value}]`;
    separator = ',';
  }
  if (separator === ',') yield ']';
}

/** `{"__name__":"up","job":"a"}`. Built by hand: an object would lose a label called `__proto__`. */
export function metricJson(labels: Labels): string {
  let text = '{';
  for (let i = 0; i < labels.length; i += 2)
    text += `${i === 0 ? '' : ','}${JSON.stringify(labels[i])}:${JSON.stringify(labels[i + 1])}`;
  return `${text}}`;
}

/** Only what is true here: the total, not upstream's single phases. */
function statsJson({ stats, seconds }: QueryStatsJson): string {
  return JSON.stringify({
    timings: {
      evalTotalTime: seconds,
      resultSortTime: 0,
      queryPreparationTime: 0,
      innerEvalTime: seconds,
      execQueueTime: 0,
      execTotalTime: seconds,
    },
    samples: { totalQueryableSamples: stats.samplesTotal, peakSamples: stats.samplesPeak },
  });
}
