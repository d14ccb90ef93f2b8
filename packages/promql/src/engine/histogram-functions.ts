import {
  bug,
  isValidAt,
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  withLabel,
  type Labels,
  type StepGrid,
} from '@vedette/model';
import type { Call, Expr } from '../syntax/ast.ts';
import { quoteGo } from '../syntax/go-quote.ts';
import { bucketFraction, bucketQuantile, prepareBuckets, type Bucket } from './classic-histogram.ts';
import { collect, type Column, type ColumnStream } from './column.ts';
import { uniteEqual, withoutName } from './label-drop.ts';
import { forMetricName } from './query-annotations.ts';
import type { Evaluator, QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';

/** histogram_quantile and histogram_fraction over classic buckets: series that differ in `le` alone are one histogram. */
export async function* evaluateHistogramCall(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const vector = call.args.at(-1) ?? bug('a histogram function has a vector');
  const params: Float64Array[] = [];
  for (const arg of call.args.slice(0, -1)) params.push(await evaluator.scalar(arg, grid));
  const [first = new Float64Array(0)] = params;
  if (call.name === 'histogram_quantile')
    for (const quantile of first)
      context.annotations.warnOfQuantile(quantile, call.args[0]?.position ?? call.position);
  const columns = await collect(evaluator.vector(vector, grid));
  const results: Column[] = [];
  for (const histogram of histogramsOf(context, columns, vector)) {
    const out = context.budget.takeColumn(histogram.labels, grid.count, histogram.isNameDropped);
    for (let step = 0; step < grid.count; step++) {
      const value = valueAt(context, call, histogram, step, params);
      if (value !== undefined) setPoint(out, step, value);
      if (context.isPauseDue(histogram.buckets.length * WORK_PER_BUCKET)) await context.pause();
    }
    results.push(out);
  }
  for (const column of columns) context.budget.giveBack(column);
  yield uniteEqual(context, results);
}

const WORK_PER_BUCKET = 10;

interface ClassicHistogram {
  readonly labels: Labels;
  readonly isNameDropped: boolean;
  readonly metricName: string;
  readonly buckets: { readonly upperBound: number; readonly column: Column }[];
}

function histogramsOf(
  context: QueryContext,
  columns: readonly Column[],
  vector: Expr,
): Iterable<ClassicHistogram> {
  const { isNameRemovalDelayed } = context.settings;
  const byLabels = new Map<string, ClassicHistogram>();
  for (const column of columns) {
    const metricName = labelValueOf(column.labels, METRIC_NAME);
    const bound = labelValueOf(column.labels, 'le');
    const upperBound = parseBound(bound);
    if (upperBound === undefined) {
      context.annotations.warn(
        `bucket label "le" is missing or has a malformed value of ${quoteGo(bound)}${forMetricName(metricName)}`,
        vector.position,
      );
      continue;
    }
    const named = withLabel(column.labels, 'le', '');
    const key = labelsKeyOf(named);
    let histogram = byLabels.get(key);
    if (histogram === undefined) {
      const labels = isNameRemovalDelayed ? named : withoutName(named);
      histogram = { labels, isNameDropped: isNameRemovalDelayed, metricName, buckets: [] };
      byLabels.set(key, histogram);
    }
    histogram.buckets.push({ upperBound, column });
  }
  return byLabels.values();
}

function parseBound(text: string): number | undefined {
  if (/^[+]?Inf$/i.test(text)) return Infinity;
  if (/^-Inf$/i.test(text)) return -Infinity;
  if (text.trim() !== text || text === '') return undefined;
  const bound = Number(text);
  return Number.isNaN(bound) ? undefined : bound;
}

function valueAt(
  context: QueryContext,
  call: Call,
  { buckets: series, metricName }: ClassicHistogram,
  step: number,
  params: readonly Float64Array[],
): number | undefined {
  const present: Bucket[] = [];
  for (const { upperBound, column } of series)
    if (isValidAt(column.validity, step)) present.push({ upperBound, count: column.values[step] ?? 0 });
  if (present.length === 0) return undefined;
  const [first = NaN, second = NaN] = params.map((param) => param[step] ?? NaN);
  if (call.name === 'histogram_fraction') {
    const prepared = prepareBuckets(present);
    return prepared === undefined ? NaN : bucketFraction(first, second, prepared.buckets);
  }
  if (Number.isNaN(first)) return NaN;
  if (first < 0 || first > 1) return first < 0 ? -Infinity : Infinity;
  const prepared = prepareBuckets(present);
  if (prepared === undefined) return NaN;
  if (prepared.wasForced) remarkOnRepair(context, call, metricName);
  return bucketQuantile(first, prepared.buckets);
}

function remarkOnRepair(context: QueryContext, call: Call, metricName: string): void {
  context.annotations.info(
    'input to histogram_quantile needed to be fixed for monotonicity ' +
      '(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)' +
      forMetricName(metricName),
    call.args[1]?.position ?? call.position,
  );
}
