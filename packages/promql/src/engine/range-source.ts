import {
  isValidAt,
  type DownsampledRead,
  type Labels,
  type Matcher,
  type NativeHistogram,
  type SeriesSamples,
  type StepGrid,
  type TimeRange,
} from '@vedette/model';
import type { MatrixSelector, Subquery } from '../syntax/ast.ts';
import type { Column } from './column.ts';
import { planFunction, type DownsampledAnswer } from './downsampled.ts';
import { samplesIn } from './instant-selector.ts';
import type { Evaluator, QueryContext } from './query-context.ts';
import { readRangeOf, referenceTimesOf, type ReferenceTimes } from './reference-times.ts';

/** The samples of one series that windows slide over. The arrays are reused: gone at the next series. */
export interface RangeSeries {
  readonly labels: Labels;
  readonly isNameDropped: boolean;
  /** Increasing; valid below `count`. */
  readonly timestampsMs: Float64Array;
  readonly values: Float64Array;
  /** When the counter of each sample began, 0 where unknown; absent when nowhere known. */
  readonly startsMs?: Float64Array | undefined;
  /** As in `SeriesSamples`. */
  readonly weights?: Float64Array | undefined;
  readonly losses?: Float64Array | undefined;
  readonly count: number;
  /** The samples that are histograms, by index; `undefined` when there are none. */
  readonly histograms: ReadonlyMap<number, NativeHistogram> | undefined;
}

/** A range vector: where its windows end, how long they are, and its series one after the other. */
export interface RangeSource {
  readonly times: ReferenceTimes;
  readonly rangeMs: number;
  readonly series: AsyncIterable<readonly RangeSeries[]>;
  /** How downsampled samples among them answer; `undefined` when there are none. */
  readonly answer?: DownsampledAnswer | undefined;
}

/** `name`: the function that asks, `undefined` when the samples themselves are wanted. */
export function rangeSourceOf(
  evaluator: Evaluator,
  expr: MatrixSelector | Subquery,
  grid: StepGrid,
  name?: string,
): RangeSource {
  const { context } = evaluator;
  const shift = expr.kind === 'matrix' ? expr.selector : expr;
  const times = referenceTimesOf(shift, grid, context.grid);
  if (expr.kind === 'subquery')
    return { times, rangeMs: expr.rangeMs, series: evaluateSeries(evaluator, expr, times) };
  const { selector } = expr;
  const look = { selector, times, backMs: expr.rangeMs, what: 'range' } as const;
  const { backMs: rangeMs, read, answer } = planFunction(context, look, name);
  const series = readSamples(context, selector.matchers, readRangeOf(times, rangeMs), read);
  return { times, rangeMs, series, answer };
}

/** The series that satisfy every matcher, without staleness markers. */
export async function* readSamples(
  context: QueryContext,
  matchers: readonly Matcher[],
  range: TimeRange,
  read?: DownsampledRead,
): RangeSource['series'] {
  for await (const batch of context.reader.select(matchers, range, context.signal, read)) {
    const held = samplesIn(batch);
    context.budget.hold(held);
    context.seriesRead += batch.length;
    const usesStarts = context.settings.features.has('use-start-timestamps');
    yield batch.map((series) => withoutStale(series, usesStarts));
    context.budget.release(held);
  }
}

/** Staleness markers do not exist for range vectors. */
function withoutStale(series: SeriesSamples, usesStarts: boolean): RangeSeries {
  const { labels, timestampsMs, values, staleFlags, histograms, weights, losses } = series;
  const startsMs = usesStarts ? series.startsMs : undefined;
  const isNameDropped = false;
  if (staleFlags === undefined) {
    const count = timestampsMs.length;
    return { labels, isNameDropped, timestampsMs, values, startsMs, weights, losses, count, histograms };
  }
  // Nearly always a series ends with the only one.
  const first = staleFlags.indexOf(1);
  if (first === staleFlags.length - 1 && histograms === undefined)
    return {
      labels,
      isNameDropped,
      timestampsMs,
      values,
      startsMs,
      weights,
      losses,
      count: first,
      histograms,
    };
  const kept = {
    timestampsMs: new Float64Array(timestampsMs.length),
    values: new Float64Array(values.length),
    startsMs: startsMs && new Float64Array(startsMs.length),
    weights: weights?.filter((_, i) => staleFlags[i] !== 1),
    losses: losses?.filter((_, i) => staleFlags[i] !== 1),
  };
  const moved = histograms === undefined ? undefined : new Map<number, NativeHistogram>();
  let count = 0;
  for (let i = 0; i < timestampsMs.length; i++) {
    if (staleFlags[i] === 1) continue;
    kept.timestampsMs[count] = timestampsMs[i] ?? 0;
    kept.values[count] = values[i] ?? 0;
    const histogram = histograms?.get(i);
    if (histogram !== undefined) moved?.set(count, histogram);
    if (kept.startsMs !== undefined) kept.startsMs[count] = startsMs?.[i] ?? 0;
    count++;
  }
  return { labels, isNameDropped, ...kept, count, histograms: moved };
}

/** A subquery: the inner expression on a grid of its own, its points taken as samples. */
async function* evaluateSeries(
  evaluator: Evaluator,
  expr: Subquery,
  times: ReferenceTimes,
): RangeSource['series'] {
  const { context } = evaluator;
  const grid = subqueryGridOf(expr, times, context.settings.subqueryStepMs);
  if (grid.count === 0) return;
  const timestampsMs = new Float64Array(grid.count);
  const values = new Float64Array(grid.count);
  for await (const batch of evaluator.vector(expr.expr, grid))
    for (const column of batch) {
      let count = 0;
      for (let step = 0; step < grid.count; step++) {
        if (!isValidAt(column.validity, step)) continue;
        timestampsMs[count] = grid.startMs + step * grid.stepMs;
        values[count] = column.values[step] ?? 0;
        count++;
      }
      const { labels, isNameDropped } = column;
      const histograms = samplesFromHistograms(column);
      yield [{ labels, isNameDropped, timestampsMs, values, count, histograms }];
      context.budget.giveBack(column);
    }
}

/**
 * The histograms of a column by their place among its points. A hint about a reset compares with the sample before,
 * which the steps of a subquery may have left out or repeated, so that it says nothing any more.
 */
function samplesFromHistograms({ histograms, validity }: Column): RangeSeries['histograms'] {
  if (histograms === undefined) return undefined;
  const samples = new Map<number, NativeHistogram>();
  let count = 0;
  for (let step = 0; samples.size < histograms.size; step++) {
    if (!isValidAt(validity, step)) continue;
    const histogram = histograms.get(step);
    if (histogram !== undefined) samples.set(count, withoutResetHint(histogram));
    count++;
  }
  return samples;
}

function withoutResetHint(histogram: NativeHistogram): NativeHistogram {
  const { counterReset } = histogram;
  return counterReset === 'unknown' || counterReset === 'gauge'
    ? histogram
    : { ...histogram, counterReset: 'unknown' };
}

/** Steps are multiples of the step since the epoch, so that neighbouring evaluations share them. */
function subqueryGridOf(expr: Subquery, times: ReferenceTimes, stepMsDefault: number): StepGrid {
  const stepMs = expr.stepMs ?? stepMsDefault;
  const afterMs = times.firstMs - expr.rangeMs;
  const startMs = (Math.floor(afterMs / stepMs) + 1) * stepMs;
  const lastMs = times.firstMs + (times.count - 1) * times.stepMs;
  return { startMs, stepMs, count: Math.max(0, Math.floor((lastMs - startMs) / stepMs) + 1) };
}
