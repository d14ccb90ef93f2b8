/**
 * The `data` of a query's answer, read into columns.
 *
 * 1. The API writes `resultType` before `result`. An answer the other way round is refused: what the points mean
 *    decides where they go.
 * 2. Points go straight from the bytes into typed arrays, `[seconds, "value"]` by `[seconds, "value"]`. After every
 *    `POINTS_PER_CHECK` of them the slicer is asked, within a series and between series, so that the largest answer
 *    (64 MiB) never holds the event loop longer than a slice.
 * 3. A point of a range query belongs to a step of the grid that was asked for; one beside it means that the engine
 *    has evaluated at other times, and the answer is refused.
 *
 * Sketch: about 150 ns a point, nearly all of it `Number` over its text; 2.6 million points take 0.4 s in slices.
 */
import {
  createValidity,
  ExecutionError,
  InputError,
  labelsFromPairs,
  setValidAt,
  type Labels,
  type NativeHistogram,
  type QueryResult,
  type ResultSamples,
  type ResultSeries,
  type Slicer,
  type StepGrid,
} from '@vedette/model';
import type { JsonCursor } from '../../lib/json-cursor.ts';
import { readHistogramJson } from './histogram-from-json.ts';
import { parseSampleValue } from './sample-value.ts';

export interface ResultReadOptions {
  readonly grid: StepGrid;
  readonly slicer: Slicer;
  /** More points are refused with `ExecutionError` (VED_QUERY_TOO_LARGE). */
  readonly samplesMax: number;
}

/** What `data` says. The order of series is that of the answer. */
export type ResultData = QueryValue & {
  /** Samples the engine read and the most it held; 0 where it does not say. */
  readonly samplesTotal: number;
  readonly samplesPeak: number;
};

type QueryValue = QueryResult extends infer R
  ? R extends unknown
    ? Omit<R, 'annotations' | 'stats'>
    : never
  : never;

/** From the cursor at `data`. Throws `InputError` (VED_BODY_INVALID) when it is no answer to the query asked. */
export async function readResultData(cursor: JsonCursor, options: ResultReadOptions): Promise<ResultData> {
  const reader = new ResultReader(cursor, options);
  let type: unknown;
  let value: QueryValue | undefined;
  let stats = { samplesTotal: 0, samplesPeak: 0 };
  cursor.enterObject();
  for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
    if (key === 'resultType') type = cursor.readString();
    else if (key === 'result') value = await reader.read(type);
    else if (key === 'stats') stats = statsOf(cursor.readValue());
    else cursor.skip();
  }
  if (value === undefined) throw malformed('it has no result');
  return { ...value, ...stats };
}

/** Between two looks at the clock; 64 points are about 10 µs. */
const POINTS_PER_CHECK = 64;

/** The samples of one series, in columns that grow. */
interface Points {
  timestampsMs: Float64Array;
  values: Float64Array;
  count: number;
  histograms: Map<number, NativeHistogram> | undefined;
}

class ResultReader {
  readonly #cursor: JsonCursor;
  readonly #options: ResultReadOptions;
  #pointCount = 0;

  constructor(cursor: JsonCursor, options: ResultReadOptions) {
    this.#cursor = cursor;
    this.#options = options;
  }

  async read(type: unknown): Promise<QueryValue> {
    const { grid } = this.#options;
    switch (type) {
      case 'scalar':
        return { kind: 'scalar', grid, values: Float64Array.of(parseSampleValue(this.#readPair())) };
      case 'string':
        return { kind: 'string', grid, value: this.#readPair() };
      case 'vector':
      case 'matrix': {
        if (type === 'matrix' && grid.stepMs === 0)
          return { kind: 'samples', grid, series: await this.#readAll((one) => samplesOf(one)) };
        return { kind: 'series', grid, series: await this.#readAll((one) => this.#onGrid(one)) };
      }
      default:
        throw malformed(`its result has the type ${JSON.stringify(type)}`);
    }
  }

  /** `[seconds, "text"]`. */
  #readPair(): string {
    const cursor = this.#cursor;
    cursor.enterArray();
    if (!cursor.nextElement()) throw malformed('a value has no time');
    cursor.readNumber();
    if (!cursor.nextElement()) throw malformed('a value has a time alone');
    const text = cursor.readString();
    if (cursor.nextElement()) throw malformed('a value has more than two parts');
    return text;
  }

  async #readAll<T>(finish: (one: { labels: Labels; points: Points }) => T): Promise<T[]> {
    const found: T[] = [];
    this.#cursor.enterArray();
    while (this.#cursor.nextElement()) found.push(finish(await this.#readSeries()));
    return found;
  }

  async #readSeries(): Promise<{ labels: Labels; points: Points }> {
    const cursor = this.#cursor;
    const points = emptyPoints(this.#options.grid.count);
    let labels: Labels | undefined;
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === 'metric') labels = readLabels(cursor);
      else if (key === 'value') this.#readPoint(points, false);
      else if (key === 'histogram') this.#readPoint(points, true);
      else if (key === 'values') await this.#readPoints(points, false);
      else if (key === 'histograms') await this.#readPoints(points, true);
      else cursor.skip();
    }
    if (labels === undefined) throw malformed('a series has no labels');
    const { slicer } = this.#options;
    if (slicer.shouldYield()) await slicer.yield();
    return { labels, points };
  }

  async #readPoints(points: Points, isHistogram: boolean): Promise<void> {
    const { slicer } = this.#options;
    this.#cursor.enterArray();
    for (let i = 1; this.#cursor.nextElement(); i++) {
      this.#readPoint(points, isHistogram);
      if (i % POINTS_PER_CHECK === 0 && slicer.shouldYield()) await slicer.yield();
    }
  }

  #readPoint(points: Points, isHistogram: boolean): void {
    const cursor = this.#cursor;
    cursor.enterArray();
    if (!cursor.nextElement()) throw malformed('a point has no time');
    const timestampMs = Math.round(cursor.readNumber() * 1000);
    if (!cursor.nextElement()) throw malformed('a point has no value');
    if (++this.#pointCount > this.#options.samplesMax) throw tooLarge(this.#options.samplesMax);
    if (isHistogram) {
      points.histograms ??= new Map();
      points.histograms.set(points.count, readHistogramJson(cursor));
    }
    addPoint(points, timestampMs, isHistogram ? 0 : parseSampleValue(cursor.readString()));
    if (cursor.nextElement()) throw malformed('a point has more than two parts');
  }

  #onGrid({ labels, points }: { labels: Labels; points: Points }): ResultSeries {
    const { startMs, stepMs, count } = this.#options.grid;
    const values = new Float64Array(count);
    const validity = createValidity(count);
    const histograms = new Map<number, NativeHistogram>();
    for (let i = 0; i < points.count; i++) {
      const timestampMs = points.timestampsMs[i] ?? 0;
      const step = stepMs === 0 ? 0 : (timestampMs - startMs) / stepMs;
      if (!(step >= 0 && step < count && Number.isInteger(step)))
        throw malformed(
          `it was evaluated at ${timestampMs} ms, which is no step from ${startMs} ms every ${stepMs} ms`,
        );
      values[step] = points.values[i] ?? 0;
      setValidAt(validity, step);
      const histogram = points.histograms?.get(i);
      if (histogram !== undefined) histograms.set(step, histogram);
    }
    return { labels, values, validity, ...(histograms.size === 0 ? {} : { histograms }) };
  }
}

function emptyPoints(capacity: number): Points {
  return {
    timestampsMs: new Float64Array(capacity),
    values: new Float64Array(capacity),
    count: 0,
    histograms: undefined,
  };
}

function addPoint(points: Points, timestampMs: number, value: number): void {
  if (points.count === points.values.length) {
    points.timestampsMs = grown(points.timestampsMs);
    points.values = grown(points.values);
  }
  points.timestampsMs[points.count] = timestampMs;
  points.values[points.count++] = value;
}

function grown(column: Float64Array): Float64Array {
  const larger = new Float64Array(Math.max(16, column.length * 2));
  larger.set(column);
  return larger;
}

/** Raw samples, in order of time: the API writes floats and histograms as two lists. */
function samplesOf({ labels, points }: { labels: Labels; points: Points }): ResultSamples {
  const { count, histograms } = points;
  const timestampsMs = points.timestampsMs.slice(0, count);
  const values = points.values.slice(0, count);
  if (histograms === undefined) return { labels, timestampsMs, values };
  const order = Array.from({ length: count }, (_, i) => i).sort(
    (a, b) => (timestampsMs[a] ?? 0) - (timestampsMs[b] ?? 0),
  );
  const sorted = new Map<number, NativeHistogram>();
  for (const [i, from] of order.entries()) {
    const histogram = histograms.get(from);
    if (histogram !== undefined) sorted.set(i, histogram);
  }
  return {
    labels,
    timestampsMs: Float64Array.from(order, (i) => timestampsMs[i] ?? 0),
    values: Float64Array.from(order, (i) => values[i] ?? 0),
    histograms: sorted,
  };
}

/** An object of names and values. */
export function readLabels(cursor: JsonCursor): Labels {
  const pairs: [string, string][] = [];
  cursor.enterObject();
  for (let name = cursor.nextKey(); name !== undefined; name = cursor.nextKey())
    pairs.push([name, cursor.readString()]);
  return labelsFromPairs(pairs);
}

function statsOf(value: unknown): { samplesTotal: number; samplesPeak: number } {
  const samples = fieldOf(value, 'samples');
  const numberOf = (name: string): number => {
    const found = fieldOf(samples, name);
    return typeof found === 'number' ? found : 0;
  };
  return { samplesTotal: numberOf('totalQueryableSamples'), samplesPeak: numberOf('peakSamples') };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function tooLarge(samplesMax: number): ExecutionError {
  return new ExecutionError(
    'VED_QUERY_TOO_LARGE',
    `the answer has more samples than the limit of ${samplesMax} (query.max_samples); ask for fewer series or a wider step`,
  );
}

function malformed(reason: string): InputError {
  return new InputError('VED_BODY_INVALID', `cannot use the answer: ${reason}`);
}
