import {
  METRIC_NAME,
  seriesKeyOf,
  withLabel,
  type Exemplar,
  type Labels,
  type NativeHistogram,
} from '@vedette/model';
import type { DeltaAccumulator } from './delta-accumulator.ts';
import type { DeltaFault, DeltaSums, DeltaTotal } from './delta-sums.ts';
import { exemplarsOf } from './exemplars.ts';
import { nativeOfExplicit, nativeOfExponential } from './native-histograms.ts';
import { plainNumberText } from './number-text.ts';
import type {
  ExponentialPoint,
  HistogramPoint,
  NumberPoint,
  PointHead,
  SummaryPoint,
  Temporality,
} from './otlp-metrics.ts';
import type { PointRefusal } from './refused-points.ts';
import type { SeriesSink } from './series-sink.ts';

/** Why one point was refused, with a sentence for its sender. */
export interface PointFault {
  readonly reason: PointRefusal;
  readonly text: string;
}

interface MetricSeriesOptions {
  readonly name: string;
  readonly temporality: Temporality;
  /** Whether the values only grow, so that their start means something. */
  readonly isCounter: boolean;
  /** Monotonic. */
  readonly nowMs: number;
}

/**
 * Writes the points of one metric as series. Each method takes a point and the labels of its series without the
 * name; it writes all of it, or nothing and tells the fault.
 *
 * Native histograms and numbers are one series; histograms and summaries are `_bucket`, `_sum`, `_count` and the
 * like. A point without a value ends its series with a staleness marker in each.
 */
export class MetricSeries {
  readonly #sink: SeriesSink;
  readonly #deltas: DeltaAccumulator;
  readonly #options: MetricSeriesOptions;

  constructor(
    deps: { readonly sink: SeriesSink; readonly deltas: DeltaAccumulator },
    options: MetricSeriesOptions,
  ) {
    this.#sink = deps.sink;
    this.#deltas = deps.deltas;
    this.#options = options;
  }

  addNumber(point: NumberPoint, labels: Labels): PointFault | undefined {
    const key = this.#keyOf(labels);
    const total = this.#total(point, { delta: point.value, key, sums: this.#deltas.numbers });
    if (total.reason !== undefined) return total;
    this.#sink.openKey(key);
    this.#addSample({ ...point, startMs: total.startMs }, total.sum);
    this.#addExemplars(exemplarsOf(point.exemplars, point.timestampMs));
    return undefined;
  }

  /** With explicit bounds: classic series, or a native histogram with custom buckets. */
  addHistogram(point: HistogramPoint, labels: Labels, isNative: boolean): PointFault | undefined {
    const delta = point.isStale ? point : explicitBuckets(point);
    const fault = typeof delta === 'string' ? delta : findNativeFault(delta, isNative && nativeOfExplicit);
    if (fault !== undefined || typeof delta === 'string') return { reason: 'invalid', text: fault ?? '' };
    const key = this.#keyOf(labels);
    const { count, sum, bucketCounts, bounds } = delta;
    const total = this.#total(point, {
      delta: { count, sum, bucketCounts, bounds },
      key,
      sums: this.#deltas.histograms,
    });
    if (total.reason !== undefined) return total;
    const summed: HistogramPoint = { ...point, ...total.sum, startMs: total.startMs };
    if (isNative) return this.#addNative(summed, key, nativeOfExplicit);
    this.#addBuckets(summed, labels);
    this.#addSumAndCount(summed, labels);
    return undefined;
  }

  addExponential(point: ExponentialPoint, labels: Labels): PointFault | undefined {
    const fault = findNativeFault(point, nativeOfExponential);
    if (fault !== undefined) return { reason: 'invalid', text: fault };
    const key = this.#keyOf(labels);
    const { scale, zeroCount, zeroThreshold, positive, negative, count, sum } = point;
    const total = this.#total(point, {
      delta: { scale, zeroCount, zeroThreshold, positive, negative, count, sum },
      key,
      sums: this.#deltas.exponentials,
    });
    if (total.reason !== undefined) return total;
    const summed: ExponentialPoint = { ...point, ...total.sum, startMs: total.startMs };
    return this.#addNative(summed, key, nativeOfExponential);
  }

  addSummary(point: SummaryPoint, labels: Labels): PointFault | undefined {
    const { quantiles } = point;
    this.#addSumAndCount(point, labels);
    for (let i = 0; i < quantiles.length; i += 2) {
      this.#open('', withLabel(labels, 'quantile', plainNumberText(quantiles[i] ?? 0)));
      // A quantile may fall: it has no start.
      this.#addSample({ ...point, startMs: 0 }, quantiles[i + 1] ?? 0);
    }
    return undefined;
  }

  /** What the point counts as: itself, or the sum of the deltas up to it. */
  #total<T>(point: PointHead, { delta, key, sums }: Addition<T>): DeltaTotal<T> | DeltaFault {
    if (this.#options.temporality !== 'delta') return { sum: delta, startMs: point.startMs };
    const textKey = Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');
    if (!point.isStale) return sums.add(textKey, point, { delta, nowMs: this.#options.nowMs });
    this.#deltas.forget(textKey);
    return { sum: delta, startMs: 0 };
  }

  #addNative<T extends HistogramPoint | ExponentialPoint>(
    point: T,
    key: Uint8Array,
    nativeOf: (point: T) => NativeHistogram | string,
  ): PointFault | undefined {
    const { timestampMs } = point;
    const native = point.isStale ? undefined : nativeOf(point);
    if (typeof native === 'string') return { reason: 'invalid', text: native };
    this.#sink.openKey(key);
    if (native === undefined) this.#sink.builder.addStaleMarker(timestampMs);
    else this.#sink.builder.addHistogram(timestampMs, native);
    this.#setStart(point);
    this.#addExemplars(exemplarsOf(point.exemplars, timestampMs));
    return undefined;
  }

  /** Cumulative buckets; each exemplar belongs to the first bucket that holds it. */
  #addBuckets(point: HistogramPoint, labels: Labels): void {
    const exemplars = exemplarsOf(point.exemplars, point.timestampMs);
    let cumulative = 0;
    let below = Number.NEGATIVE_INFINITY;
    for (const [i, bound] of [...point.bounds, Number.POSITIVE_INFINITY].entries()) {
      const isLast = i === point.bounds.length;
      // Without buckets only the count is known, which is the last one.
      if (!isLast && point.bucketCounts.length === 0) continue;
      cumulative = isLast ? point.count : cumulative + (point.bucketCounts[i] ?? 0);
      this.#open('_bucket', withLabel(labels, 'le', plainNumberText(bound)));
      this.#addSample(point, cumulative);
      this.#addExemplars(exemplars.filter(({ value }) => value > below && value <= bound));
      below = bound;
    }
  }

  #addSumAndCount(point: HistogramPoint | SummaryPoint, labels: Labels): void {
    if (point.sum !== undefined || point.isStale) {
      this.#open('_sum', labels);
      this.#addSample(point, point.sum ?? 0);
    }
    this.#open('_count', labels);
    this.#addSample(point, point.count);
  }

  #addSample(point: PointHead, value: number): void {
    if (point.isStale) this.#sink.builder.addStaleMarker(point.timestampMs);
    else this.#sink.builder.addSample(point.timestampMs, value);
    this.#setStart(point);
  }

  #setStart({ startMs, timestampMs, isStale }: PointHead): void {
    if (!this.#options.isCounter || isStale || startMs === 0 || startMs > timestampMs) return;
    this.#sink.builder.setStart(startMs);
  }

  #addExemplars(exemplars: readonly Exemplar[]): void {
    for (const exemplar of exemplars) this.#sink.builder.addExemplar(exemplar);
  }

  #open(suffix: string, labels: Labels): void {
    this.#sink.openKey(seriesKeyOf(withLabel(labels, METRIC_NAME, this.#options.name + suffix)));
  }

  #keyOf(labels: Labels): Uint8Array {
    return seriesKeyOf(withLabel(labels, METRIC_NAME, this.#options.name));
  }
}

interface Addition<T> {
  readonly delta: T;
  readonly key: Uint8Array;
  readonly sums: DeltaSums<T>;
}

/** What is wrong with a point as a native histogram, before it is added to others. */
function findNativeFault<T extends PointHead>(
  point: T,
  nativeOf: false | ((point: T) => NativeHistogram | string),
): string | undefined {
  if (nativeOf === false || point.isStale) return undefined;
  const native = nativeOf(point);
  return typeof native === 'string' ? native : undefined;
}

/**
 * The point with buckets that can be trusted: bounds increase, there is a count for each, none is negative. A last
 * bound of +Inf, which some write, is the bucket that every histogram has anyway. A sentence when they cannot.
 */
function explicitBuckets(point: HistogramPoint): HistogramPoint | string {
  const { bucketCounts, bounds } = point;
  if (bounds.at(-1) === Number.POSITIVE_INFINITY) {
    const [beforeLast = 0, last = 0] = bucketCounts.slice(-2);
    return explicitBuckets({
      ...point,
      bounds: bounds.slice(0, -1),
      bucketCounts: bucketCounts.length === 0 ? [] : [...bucketCounts.slice(0, -2), beforeLast + last],
    });
  }
  if (bucketCounts.length > 0 && bucketCounts.length !== bounds.length + 1)
    return `a histogram with ${bounds.length} bounds and ${bucketCounts.length} buckets, want one more than bounds`;
  for (const [i, bound] of bounds.entries())
    if (!Number.isFinite(bound) || bound <= (bounds[i - 1] ?? Number.NEGATIVE_INFINITY))
      return `a histogram whose bounds do not increase: ${bound} at ${i + 1}`;
  if (!(point.count >= 0) || bucketCounts.some((count) => !(count >= 0)))
    return 'a histogram with a negative count';
  return point;
}
