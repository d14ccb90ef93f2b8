import {
  labelsKeyOf,
  labelValueOf,
  METRIC_NAME,
  SCHEMA_CUSTOM,
  withLabel,
  type Labels,
  type MemoryMetrics,
  type NativeHistogram,
} from '@vedette/model';
import { compactHistogram } from '@vedette/promql';
import type { SeriesLine } from '@vedette/promql';

/** What `load_with_nhcb` adds: per classic histogram and timestamp one native histogram with custom buckets. */
export function addCustomHistograms(
  storage: MemoryMetrics,
  lines: readonly SeriesLine[],
  stepMs: number,
): void {
  const histograms = new Map<string, { labels: Labels; byPosition: Map<number, ClassicPoint> }>();
  for (const line of lines) {
    const part = partOf(line.labels);
    if (part === undefined) continue;
    const key = labelsKeyOf(part.labels);
    const histogram = histograms.get(key) ?? { labels: part.labels, byPosition: new Map() };
    histograms.set(key, histogram);
    for (const [i, value] of line.values.entries()) {
      if (value.kind !== 'float') continue;
      const point = histogram.byPosition.get(i) ?? { sum: 0, count: undefined, buckets: new Map() };
      histogram.byPosition.set(i, point);
      if (part.kind === 'bucket') point.buckets.set(part.bound, value.value);
      else point[part.kind] = value.value;
    }
  }
  for (const { labels, byPosition } of histograms.values())
    for (const [i, point] of byPosition) storage.addHistogram(labels, i * stepMs, nativeOf(point));
}

interface ClassicPoint {
  sum: number;
  count: number | undefined;
  /** Cumulative counts by upper bound. */
  readonly buckets: Map<number, number>;
}

type Part = { readonly labels: Labels } & (
  | { readonly kind: 'bucket'; readonly bound: number }
  | { readonly kind: 'sum' | 'count' }
);

/** Which part of which classic histogram a series is, by the end of its name. */
function partOf(labels: Labels): Part | undefined {
  const match = /^(.*)_(bucket|sum|count)$/.exec(labelValueOf(labels, METRIC_NAME));
  if (match === null) return undefined;
  const [, name = '', kind] = match;
  const named = withLabel(withLabel(labels, 'le', ''), METRIC_NAME, name);
  if (kind !== 'bucket') return { kind: kind === 'sum' ? 'sum' : 'count', labels: named };
  const bound = Number(labelValueOf(labels, 'le').replace(/Inf$/, 'Infinity'));
  return labelValueOf(labels, 'le') === '' || Number.isNaN(bound)
    ? undefined
    : { kind: 'bucket', bound, labels: named };
}

function nativeOf({ sum, count, buckets }: ClassicPoint): NativeHistogram {
  const bounds = [...buckets.keys()].sort((a, b) => a - b);
  const total = count ?? buckets.get(bounds.at(-1) ?? NaN) ?? 0;
  if (bounds.at(-1) !== Infinity) bounds.push(Infinity);
  let before = 0;
  const counts = bounds.map((bound) => {
    const cumulative = buckets.get(bound) ?? total;
    const own = cumulative - before;
    before = cumulative;
    return own;
  });
  return compactHistogram({
    schema: SCHEMA_CUSTOM,
    count: total,
    sum,
    zeroThreshold: 0,
    zeroCount: 0,
    positive: { spans: [{ offset: 0, length: counts.length }], counts: Float64Array.from(counts) },
    negative: { spans: [], counts: new Float64Array(0) },
    customBounds: Float64Array.from(bounds.slice(0, -1)),
    counterReset: 'unknown',
  });
}
