import {
  compareLabels,
  type Labels,
  type NativeHistogram,
  type QueryResult,
  type QueryStats,
  type ResultSamples,
  type ResultSeries,
  type StepGrid,
} from '@vedette/model';
import { unwrapParens, type Expr, type MatrixSelector, type Subquery } from '../syntax/ast.ts';
import { typeOf } from '../syntax/type-check.ts';
import { extraSamplesOf } from './budget.ts';
import { collect, isEmpty } from './column.ts';
import { extendedSamplesOf } from './extended-answer.ts';
import { finishNameDrops } from './label-drop.ts';
import { withoutMetadata } from './metadata-labels.ts';
import type { Evaluator, QueryContext } from './query-context.ts';
import { rangeSourceOf, type RangeSeries } from './range-source.ts';
import { createWindows, placeWindows } from './windows.ts';

/** Evaluates the whole expression and puts the answer into the form and order that `QueryResult` promises. */
export async function evaluateResult(evaluator: Evaluator, expr: Expr, grid: StepGrid): Promise<QueryResult> {
  const { context } = evaluator;
  const answer = await answerOf(evaluator, expr, grid);
  return { ...answer, annotations: context.annotations.finish(), stats: statsOf(context) };
}

type Answer = QueryResult extends infer R
  ? R extends unknown
    ? Omit<R, 'annotations' | 'stats'>
    : never
  : never;

async function answerOf(evaluator: Evaluator, expr: Expr, grid: StepGrid): Promise<Answer> {
  switch (typeOf(expr)) {
    case 'string':
      return { kind: 'string', grid, value: evaluator.string(expr) };
    case 'scalar':
      return { kind: 'scalar', grid, values: await evaluator.scalar(expr, grid) };
    case 'matrix':
      return { kind: 'samples', grid, series: await rangeOf(evaluator, unwrapParens(expr), grid) };
    case 'vector':
      return { kind: 'series', grid, series: await seriesOf(evaluator, expr, grid) };
  }
}

async function seriesOf(evaluator: Evaluator, expr: Expr, grid: StepGrid): Promise<ResultSeries[]> {
  const columns = finishNameDrops(evaluator.context, await collect(evaluator.vector(expr, grid)));
  const series: ResultSeries[] = [];
  for (const { labels, values, validity, histograms } of columns)
    if (!isEmpty(validity)) series.push({ labels, values, validity, ...(histograms && { histograms }) });
  const isOrdered = grid.stepMs === 0 && keepsOrder(expr);
  if (!isOrdered) await evaluator.context.sort(series, byLabels);
  return series;
}

const byLabels = (a: { readonly labels: Labels }, b: { readonly labels: Labels }): number =>
  compareLabels(a.labels, b.labels);

/** Whether the order of an instant vector was asked for by the expression. */
function keepsOrder(expr: Expr): boolean {
  switch (expr.kind) {
    case 'paren':
    case 'unary':
      return keepsOrder(expr.expr);
    case 'aggregation':
      return expr.op === 'topk' || expr.op === 'bottomk';
    case 'call':
      return expr.name.startsWith('sort') || expr.args.some(keepsOrder);
    case 'binary':
      return expr.matching === undefined && (keepsOrder(expr.left) || keepsOrder(expr.right));
    case 'number':
    case 'string':
    case 'vector':
    case 'matrix':
    case 'subquery':
      return false;
  }
}

/** The samples of a range vector that an instant query asks for. */
async function rangeOf(evaluator: Evaluator, expr: Expr, grid: StepGrid): Promise<ResultSamples[]> {
  const { context } = evaluator;
  if (expr.kind === 'matrix' && expr.selector.extension !== undefined) {
    const extended = await extendedSamplesOf(context, expr, grid);
    await context.sort(extended, byLabels);
    return extended;
  }
  const source = rangeSourceOf(evaluator, expr as MatrixSelector | Subquery, grid);
  const windows = createWindows(source.times, source.rangeMs);
  const results: ResultSamples[] = [];
  for await (const batch of source.series)
    for (const series of batch) {
      const count = placeWindows(windows, series.timestampsMs, series.count);
      if (count === 0) continue;
      const [low, high] = [windows.lows[0] ?? 0, windows.highs[0] ?? 0];
      const histograms = histogramsBetween(series, low, high);
      const held = count + extraSamplesIn(histograms);
      context.samplesTotal += held;
      context.budget.hold(held);
      results.push({
        labels: series.isNameDropped ? withoutMetadata(series.labels) : series.labels,
        timestampsMs: series.timestampsMs.slice(low, high),
        values: series.values.slice(low, high),
        ...(histograms && { histograms }),
      });
      if (context.isPauseDue(count)) await context.pause();
    }
  await context.sort(results, byLabels);
  return results;
}

/** Those of the samples `low` to before `high`, by their index from `low`. */
function histogramsBetween(
  { histograms }: RangeSeries,
  low: number,
  high: number,
): Map<number, NativeHistogram> | undefined {
  if (histograms === undefined) return undefined;
  const found = new Map<number, NativeHistogram>();
  for (let i = low; i < high; i++) {
    const histogram = histograms.get(i);
    if (histogram !== undefined) found.set(i - low, histogram);
  }
  return found.size === 0 ? undefined : found;
}

function extraSamplesIn(histograms: ReadonlyMap<number, NativeHistogram> | undefined): number {
  let count = 0;
  if (histograms !== undefined)
    for (const histogram of histograms.values()) count += extraSamplesOf(histogram);
  return count;
}

function statsOf({ samplesTotal, seriesRead, budget }: QueryContext): QueryStats {
  return { samplesTotal, samplesPeak: budget.samplesPeak, seriesRead };
}
