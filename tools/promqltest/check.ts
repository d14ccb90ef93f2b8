import {
  compareLabels,
  formatLabels,
  isValidAt,
  labelsEqual,
  type Annotations,
  type HistogramBuckets,
  type Labels,
  type NativeHistogram,
  type QueryResult,
} from '@vedette/model';
import {
  compactHistogram,
  formatHistogram,
  type HistogramLiteral,
  type ScriptValue,
  type SeriesLine,
} from '@vedette/promql';
import type { EvalCommand, Expectation, ExpectedResult } from './script.ts';

/** Compares answers with what a script expects. Each check gives the first difference in words, or nothing. */

export function checkAnnotations(
  { expectations }: EvalCommand,
  annotations: Annotations,
): string | undefined {
  return (
    checkKind(expectations, 'warn', annotations.warnings) ??
    checkKind(expectations, 'info', annotations.infos)
  );
}

function checkKind(
  expectations: readonly Expectation[],
  kind: 'warn' | 'info',
  texts: readonly string[],
): string | undefined {
  if (expectations.some(({ what }) => what === `no_${kind}`) && texts.length > 0)
    return `expected no ${kind}; got ${texts.join(' | ')}`;
  const wanted = expectations.filter(({ what }) => what === kind);
  if (wanted.length === 0) return undefined;
  if (texts.length === 0) return `expected a ${kind}; got none`;
  const isAccepted = (text: string): boolean => wanted.some(({ accepts }) => accepts?.(text) ?? true);
  const stray = texts.find((text) => !isAccepted(text));
  if (stray !== undefined) return `unexpected ${kind}: ${stray}`;
  if (wanted.some(({ accepts }) => accepts !== undefined && !texts.some(accepts)))
    return `expected another ${kind}; got ${texts.join(' | ')}`;
  return undefined;
}

/** The points of an answer by time; a time without one is a hole. */
interface AnswerSeries {
  readonly labels: Labels;
  readonly points: ReadonlyMap<number, number | NativeHistogram>;
}

export function checkResult(command: EvalCommand, result: QueryResult): string | undefined {
  const { result: wanted, time } = command;
  if (wanted.kind === 'string')
    return result.kind === 'string' && result.value === wanted.value
      ? undefined
      : `expected string "${wanted.value}"`;
  if (wanted.kind === 'scalar') {
    const got = result.kind === 'scalar' ? result.values[0] : undefined;
    if (got !== undefined && isClose(wanted.value, got)) return undefined;
    return `expected scalar ${wanted.value}; got ${got ?? result.kind}`;
  }
  const answer = seriesOf(result);
  if (time.kind === 'instant') {
    const isOrdered = command.expectations.some(({ what }) => what === 'ordered');
    return checkSeries(wanted, timesOf(wanted, result.grid.startMs, 1), answer, isOrdered);
  }
  if (result.kind === 'series' && !isSorted(answer)) return 'the series of the matrix are not sorted';
  return checkSeries(wanted, timesOf(wanted, time.startMs, time.stepMs), answer, false);
}

/** Compares the middle point of a range query around an instant one. */
export function checkMiddle(wanted: ExpectedResult, result: QueryResult, atMs: number): string | undefined {
  if (wanted.kind === 'scalar') {
    const got = result.kind === 'scalar' ? result.values[1] : undefined;
    return got !== undefined && isClose(wanted.value, got)
      ? undefined
      : `expected scalar ${wanted.value}; got ${got}`;
  }
  if (wanted.kind !== 'series') return undefined;
  const middle = seriesOf(result)
    .filter(({ points }) => points.has(atMs))
    .map(({ labels, points }) => ({ labels, points: new Map([[atMs, points.get(atMs) ?? NaN]]) }));
  return checkSeries(wanted, timesOf(wanted, atMs, 1), middle, false);
}

function seriesOf(result: QueryResult): readonly AnswerSeries[] {
  switch (result.kind) {
    case 'string':
      return [];
    case 'scalar':
      return [
        {
          labels: [] as unknown as Labels,
          points: new Map([...result.values].map((value, step) => [stepTime(result, step), value])),
        },
      ];
    case 'samples':
      return result.series.map(({ labels, timestampsMs, values, histograms }) => ({
        labels,
        points: new Map(
          [...timestampsMs].map((timestampMs, i) => [timestampMs, histograms?.get(i) ?? values[i] ?? NaN]),
        ),
      }));
    case 'series':
      return result.series.map(({ labels, values, validity, histograms }) => {
        const points = new Map<number, number | NativeHistogram>();
        for (let step = 0; step < values.length; step++)
          if (isValidAt(validity, step))
            points.set(stepTime(result, step), histograms?.get(step) ?? values[step] ?? NaN);
        return { labels, points };
      });
  }
}

function stepTime({ grid }: QueryResult, step: number): number {
  return grid.startMs + step * grid.stepMs;
}

/** The time of position i of an expected line. */
function timesOf(wanted: ExpectedResult, startMs: number, stepMs: number): (i: number) => number {
  if (wanted.kind === 'samples') return (i) => wanted.startMs + i * wanted.stepMs;
  return (i) => startMs + i * stepMs;
}

function isSorted(series: readonly AnswerSeries[]): boolean {
  return series.every(
    ({ labels }, i) => i === 0 || compareLabels(series[i - 1]?.labels ?? labels, labels) < 0,
  );
}

function checkSeries(
  wanted: Extract<ExpectedResult, { kind: 'series' | 'samples' }>,
  timeOf: (i: number) => number,
  answer: readonly AnswerSeries[],
  isOrdered: boolean,
): string | undefined {
  const unmatched = [...answer];
  for (const [i, line] of wanted.series.entries()) {
    if (line.values.every(({ kind }) => kind === 'omitted')) continue;
    const at = unmatched.findIndex(({ labels }) => labelsEqual(labels, line.labels));
    const got = unmatched[at];
    if (got === undefined) return `expected series ${formatLabels(line.labels)}; got ${describe(answer)}`;
    if (isOrdered && answer[i] !== got)
      return `expected ${formatLabels(line.labels)} at place ${i}; got ${describe(answer)}`;
    const difference = checkPoints(line, timeOf, got);
    if (difference !== undefined) return `${formatLabels(line.labels)}: ${difference}`;
    unmatched.splice(at, 1);
  }
  return unmatched.length > 0 ? `unexpected ${describe(unmatched)}` : undefined;
}

function checkPoints(line: SeriesLine, timeOf: (i: number) => number, got: AnswerSeries): string | undefined {
  let count = 0;
  for (const [i, value] of line.values.entries()) {
    if (value.kind === 'omitted') continue;
    count++;
    const point = got.points.get(timeOf(i));
    if (point === undefined || !isExpected(value, point))
      return `expected ${describeValue(value)} at ${timeOf(i)} ms; got ${describePoint(point)}`;
  }
  return count === got.points.size ? undefined : `expected ${count} points; got ${got.points.size}`;
}

function isExpected(value: ScriptValue, point: number | NativeHistogram): boolean {
  if (value.kind === 'float') return typeof point === 'number' && isClose(value.value, point);
  return value.kind === 'histogram' && typeof point === 'object' && isCloseHistogram(value, point);
}

/** Layouts must be the same after compaction, numbers close; hints count where the script writes one. */
function isCloseHistogram({ histogram, hasHint }: HistogramLiteral, got: NativeHistogram): boolean {
  const [a, b] = [compactHistogram(histogram), compactHistogram(got)];
  return (
    a.schema === b.schema &&
    a.zeroThreshold === b.zeroThreshold &&
    (!hasHint || a.counterReset === b.counterReset) &&
    a.customBounds.join() === b.customBounds.join() &&
    isClose(a.count, b.count) &&
    isClose(a.sum, b.sum) &&
    isClose(a.zeroCount, b.zeroCount) &&
    isCloseSide(a.positive, b.positive) &&
    isCloseSide(a.negative, b.negative)
  );
}

function isCloseSide(a: HistogramBuckets, b: HistogramBuckets): boolean {
  const isSameLayout =
    a.spans.length === b.spans.length &&
    a.spans.every(({ offset, length }, i) => offset === b.spans[i]?.offset && length === b.spans[i].length);
  return isSameLayout && a.counts.every((count, i) => isClose(count, b.counts[i] ?? NaN));
}

function describe(series: readonly AnswerSeries[]): string {
  const shown = series
    .slice(0, 4)
    .map(
      ({ labels, points }) => `${formatLabels(labels)} ${[...points.values()].map(describePoint).join(' ')}`,
    );
  return shown.length === 0 ? 'nothing' : shown.join(', ');
}

function describeValue(value: ScriptValue): string {
  if (value.kind === 'float') return String(value.value);
  return value.kind === 'histogram' ? describePoint(value.histogram) : value.kind;
}

function describePoint(point: number | NativeHistogram | undefined): string {
  if (typeof point !== 'object') return String(point);
  const bounds = point.customBounds.length > 0 ? ` bounds [${point.customBounds.join(' ')}]` : '';
  const zero = point.zeroThreshold === 0 ? '' : ` zero ±${point.zeroThreshold}`;
  return `${formatHistogram(point)} schema ${point.schema}${zero}${bounds} ${point.counterReset}`;
}

const EPSILON = 1e-6;
const NORMAL_MIN = 2 ** -1022;

/** Upstream's measure: relative to the sum of magnitudes; zero equals zero alone. */
export function isClose(wanted: number, got: number): boolean {
  if (Number.isNaN(wanted) || Number.isNaN(got)) return Number.isNaN(wanted) && Number.isNaN(got);
  if (wanted === got) return true;
  const sum = Math.abs(wanted) + Math.abs(got);
  const difference = Math.abs(wanted - got);
  if (wanted === 0 || got === 0 || sum < NORMAL_MIN) return difference < EPSILON * NORMAL_MIN;
  return difference / Math.min(sum, Number.MAX_VALUE) < EPSILON;
}
