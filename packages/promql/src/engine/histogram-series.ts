import { isValidAt, labelsKeyOf, labelValueOf, METRIC_NAME, withLabel, type Labels } from '@vedette/model';
import type { Expr } from '../syntax/ast.ts';
import { quoteGo } from '../syntax/go-quote.ts';
import type { BucketRow } from './classic-histogram.ts';
import { hasFloats, type Column } from './column.ts';
import { withoutMetadata } from './metadata-labels.ts';
import { forMetricName } from './query-annotations.ts';
import type { QueryContext } from './query-context.ts';

/** What stands for one histogram: classic buckets that differ in `le` alone, a native series, or both in turn. */
export interface HistogramSeries {
  readonly labels: Labels;
  readonly isNameDropped: boolean;
  readonly metricName: string;
  /** In the order of their bounds, once all are known. */
  readonly buckets: { readonly upperBound: number; readonly column: Column }[];
  native: Column | undefined;
}

/** The histograms of an instant vector. Floats that are no buckets are warned of. */
export function histogramSeriesOf(
  context: QueryContext,
  columns: readonly Column[],
  vector: Expr,
): Iterable<HistogramSeries> {
  const { isNameRemovalDelayed } = context.settings;
  const byLabels = new Map<string, HistogramSeries>();
  const seriesOf = (named: Labels): HistogramSeries => {
    const key = labelsKeyOf(named);
    let series = byLabels.get(key);
    if (series === undefined) {
      const labels = isNameRemovalDelayed ? named : withoutMetadata(named);
      const metricName = labelValueOf(named, METRIC_NAME);
      series = { labels, isNameDropped: isNameRemovalDelayed, metricName, buckets: [], native: undefined };
      byLabels.set(key, series);
    }
    return series;
  };
  for (const column of columns) {
    if (column.histograms !== undefined) seriesOf(column.labels).native = column;
    if (!hasFloats(column)) continue;
    const bound = labelValueOf(column.labels, 'le');
    const upperBound = parseBound(bound);
    if (upperBound !== undefined)
      seriesOf(withLabel(column.labels, 'le', '')).buckets.push({ upperBound, column });
    else
      context.annotations.warn(
        `bucket label "le" is missing or has a malformed value of ${quoteGo(bound)}` +
          forMetricName(labelValueOf(column.labels, METRIC_NAME)),
        vector.position,
      );
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

/** Gathers the classic buckets that have a float at `step`. */
export function fillRow(row: BucketRow, { buckets }: HistogramSeries, step: number): void {
  row.clear();
  for (const { upperBound, column } of buckets)
    if (isValidAt(column.validity, step) && column.histograms?.has(step) !== true)
      row.add(upperBound, column.values[step] ?? 0);
}
