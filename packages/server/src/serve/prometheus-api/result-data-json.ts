import {
  isValidAt,
  NO_LABELS,
  type Labels,
  type QueryResult,
  type ResultSamples,
  type ResultSeries,
  type StepGrid,
} from '@vedette/model';
import { PointHeads, type AnswerBytes } from './answer-bytes.ts';
import { histogramJson } from './histogram-json.ts';

/** Writes in steps: between any two the event loop may run. */
export type WriteSteps = Generator<undefined, void, undefined>;

/** Writes the value of `result`: of at most `limit` series where it has series. */
export function* resultDataSteps(
  out: AnswerBytes,
  result: QueryResult,
  limit: number | undefined,
): WriteSteps {
  const { grid } = result;
  const isInstant = grid.stepMs === 0;
  switch (result.kind) {
    case 'string':
      out.text('[');
      out.timestamp(grid.startMs);
      out.text(`,${JSON.stringify(result.value)}]`);
      return;
    case 'scalar':
      if (isInstant) out.point(headsOf(grid), 0, result.values[0] ?? NaN, true);
      else yield* arraySteps(out, [scalarSeriesOf(result.values)], matrixEntries(out, grid), limit);
      return;
    case 'series': {
      const writeEntry = isInstant ? vectorEntries(out, grid) : matrixEntries(out, grid);
      yield* arraySteps(out, result.series, writeEntry, limit);
      return;
    }
    case 'samples':
      yield* arraySteps(out, result.series, samplesEntries(out), limit);
  }
}

/** A scalar on a range is a series without labels that has a value everywhere. */
function scalarSeriesOf(values: Float64Array): ResultSeries {
  return { labels: NO_LABELS, values, validity: new Uint8Array((values.length + 7) >> 3).fill(255) };
}

function* arraySteps<T>(
  out: AnswerBytes,
  entries: readonly T[],
  writeEntry: (entry: T) => WriteSteps | undefined,
  limit: number | undefined,
): WriteSteps {
  out.text('[');
  let separator = '';
  for (const entry of limit === undefined ? entries : entries.slice(0, limit)) {
    out.text(separator);
    separator = ',';
    const steps = writeEntry(entry);
    if (steps !== undefined) yield* steps;
    yield;
  }
  out.text(']');
}

function headsOf({ startMs, stepMs, count }: StepGrid): PointHeads {
  return new PointHeads(Float64Array.from({ length: count }, (_, i) => startMs + i * stepMs));
}

function vectorEntries(out: AnswerBytes, grid: StepGrid): (series: ResultSeries) => undefined {
  const metrics = new MetricWriter(out);
  const heads = headsOf(grid);
  return ({ labels, values, histograms }) => {
    metrics.write(labels);
    const histogram = histograms?.get(0);
    if (histogram === undefined) {
      out.text(',"value":');
      out.point(heads, 0, values[0] ?? NaN, true);
    } else {
      out.text(',"histogram":[');
      out.timestamp(grid.startMs);
      out.text(`,${histogramJson(histogram)}]`);
    }
    out.text('}');
  };
}

function matrixEntries(out: AnswerBytes, grid: StepGrid): (series: ResultSeries) => WriteSteps {
  const metrics = new MetricWriter(out);
  const heads = headsOf(grid);
  return function* entrySteps({ labels, values, validity, histograms }) {
    metrics.write(labels);
    yield* pointSteps(out, { heads, values, validity, histograms });
    out.text('}');
  };
}

function samplesEntries(out: AnswerBytes): (series: ResultSamples) => WriteSteps {
  const metrics = new MetricWriter(out);
  return function* entrySteps({ labels, timestampsMs, values, histograms }) {
    metrics.write(labels);
    yield* pointSteps(out, { heads: new PointHeads(timestampsMs), values, validity: undefined, histograms });
    out.text('}');
  };
}

interface Points {
  readonly heads: PointHeads;
  /** One for each head. */
  readonly values: Float64Array;
  /** `undefined`: there are no holes. */
  readonly validity: Uint8Array | undefined;
  readonly histograms: ResultSeries['histograms'] | undefined;
}

/** Points written between two questions to the slicer, which looks at the clock at every eighth: below 0.1 ms. */
const POINTS_PER_STEP = 128;

function* pointSteps(out: AnswerBytes, points: Points): WriteSteps {
  const { heads, values, validity, histograms } = points;
  let isFirst = true;
  for (let i = 0; i < values.length; i++) {
    if (i % POINTS_PER_STEP === POINTS_PER_STEP - 1) yield;
    if (validity !== undefined && !isValidAt(validity, i)) continue;
    if (histograms !== undefined && histograms.has(i)) continue;
    if (isFirst) out.text(',"values":[');
    out.point(heads, i, values[i] ?? NaN, isFirst);
    isFirst = false;
  }
  if (!isFirst) out.text(']');
  if (histograms !== undefined) yield* histogramSteps(out, points, histograms);
}

function* histogramSteps(
  out: AnswerBytes,
  { heads, values, validity }: Points,
  histograms: NonNullable<Points['histograms']>,
): WriteSteps {
  let isFirst = true;
  for (let i = 0; i < values.length; i++) {
    const histogram = histograms.get(i);
    if (histogram === undefined || (validity !== undefined && !isValidAt(validity, i))) continue;
    out.text(isFirst ? ',"histograms":[[' : ',[');
    isFirst = false;
    out.timestamp(heads.timestampsMs[i] ?? 0);
    out.text(`,${histogramJson(histogram)}]`);
    yield;
  }
  if (!isFirst) out.text(']');
}

// Most pairs come again and again, and quoting is most of the work on a vector. Some 150 bytes each.
const PAIRS_MAX = 10_000;

/** `{"metric":{…}` of the series of one answer. Built by hand: an object would lose a label called `__proto__`. */
class MetricWriter {
  readonly #out: AnswerBytes;
  /** By name and value, with a comma in front: `,"job":"a"`. */
  readonly #pairs = new Map<string, Map<string, string>>();
  #pairCount = 0;

  constructor(out: AnswerBytes) {
    this.#out = out;
  }

  write(labels: Labels): void {
    this.#out.text('{"metric":{');
    for (let i = 0; i < labels.length; i += 2)
      this.#out.text(this.#pairOf(labels[i] ?? '', labels[i + 1] ?? ''), i === 0 ? 1 : 0);
    this.#out.text('}');
  }

  #pairOf(name: string, value: string): string {
    const known = this.#pairs.get(name);
    const found = known?.get(value);
    if (found !== undefined) return found;
    const pair = `,${JSON.stringify(name)}:${JSON.stringify(value)}`;
    if (this.#pairCount >= PAIRS_MAX) return pair;
    this.#pairCount++;
    if (known === undefined) this.#pairs.set(name, new Map([[value, pair]]));
    else known.set(value, pair);
    return pair;
  }
}
