import {
  bug,
  isValidAt,
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  withLabel,
  withoutMetricName,
  type Labels,
  type StepGrid,
} from '@vedette/model';
import type { Call, Expr } from '../syntax/ast.ts';
import { quoteGo } from '../syntax/go-quote.ts';
import { bucketFraction, bucketQuantile, BucketRow } from './classic-histogram.ts';
import { collect, refuseHistograms, type Column, type ColumnStream } from './column.ts';
import { uniteEqual } from './label-drop.ts';
import { forMetricName } from './query-annotations.ts';
import type { Evaluator, QueryContext } from './query-context.ts';
import { setPoint } from './range-kernel.ts';

/** histogram_quantile and histogram_fraction over classic buckets: series that differ in `le` alone are one histogram. */
export async function* evaluateHistogramCall(evaluator: Evaluator, call: Call, grid: StepGrid): ColumnStream {
  const { context } = evaluator;
  const vector = call.args.at(-1) ?? bug('a histogram function has a vector');
  const params: Float64Array[] = [];
  for (const arg of call.args.slice(0, -1)) params.push(await evaluator.scalar(arg, grid));
  const [first = NO_PARAMS, second = NO_PARAMS] = params;
  if (call.name === 'histogram_quantile')
    for (const quantile of first)
      context.annotations.warnOfQuantile(quantile, call.args[0]?.position ?? call.position);
  const columns = await collect(evaluator.vector(vector, grid));
  for (const column of columns) refuseHistograms(column, call.name);
  const results: Column[] = [];
  for (const histogram of histogramsOf(context, columns, vector)) {
    const out = context.budget.takeColumn(histogram.labels, grid.count, histogram.isNameDropped);
    const row = new BucketRow(histogram.buckets.length);
    for (let step = 0; step < grid.count; step++) {
      const value = valueAt(context, call, histogram, {
        step,
        row,
        first: first[step] ?? NaN,
        second: second[step] ?? NaN,
      });
      if (value !== undefined) setPoint(out, step, value);
      if (context.isPauseDue(histogram.buckets.length * WORK_PER_BUCKET)) await context.pause();
    }
    results.push(out);
  }
  for (const column of columns) context.budget.giveBack(column);
  yield uniteEqual(context, results);
}

const WORK_PER_BUCKET = 5;

const NO_PARAMS = new Float64Array(0);

interface ClassicHistogram {
  readonly labels: Labels;
  readonly isNameDropped: boolean;
  readonly metricName: string;
  /** In the order of their bounds, once all are known. */
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
      const labels = isNameRemovalDelayed ? named : withoutMetricName(named);
      histogram = { labels, isNameDropped: isNameRemovalDelayed, metricName, buckets: [] };
      byLabels.set(key, histogram);
    }
    histogram.buckets.push({ upperBound, column });
  }
  for (const { buckets } of byLabels.values()) buckets.sort((a, b) => a.upperBound - b.upperBound);
  return byLabels.values();
}

function parseBound(text: string): number | undefined {
  if (/^[+]?Inf$/i.test(text)) return Infinity;
  if (/^-Inf$/i.test(text)) return -Infinity;
  if (text.trim() !== text || text === '') return undefined;
  const bound = Number(text);
  return Number.isNaN(bound) ? undefined : bound;
}

/** One step of one histogram: the scalar arguments there, and a row to gather its buckets in. */
interface HistogramStep {
  readonly step: number;
  readonly row: BucketRow;
  readonly first: number;
  readonly second: number;
}

function valueAt(
  context: QueryContext,
  call: Call,
  { buckets, metricName }: ClassicHistogram,
  { step, row, first, second }: HistogramStep,
): number | undefined {
  row.clear();
  for (const { upperBound, column } of buckets)
    if (isValidAt(column.validity, step)) row.add(upperBound, column.values[step] ?? 0);
  if (row.length === 0) return undefined;
  if (call.name === 'histogram_quantile') {
    if (Number.isNaN(first)) return NaN;
    if (first < 0 || first > 1) return first < 0 ? -Infinity : Infinity;
  }
  if (!row.hasTotal) return NaN;
  const wasForced = row.repair();
  if (call.name === 'histogram_fraction') return bucketFraction(first, second, row);
  if (wasForced) remarkOnRepair(context, call, metricName);
  return bucketQuantile(first, row);
}

function remarkOnRepair(context: QueryContext, call: Call, metricName: string): void {
  context.annotations.info(
    'input to histogram_quantile needed to be fixed for monotonicity ' +
      '(see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)' +
      forMetricName(metricName),
    call.args[1]?.position ?? call.position,
  );
}
