import type { MetricsRegistry } from '@vedette/sdk';
import { DeltaBudget, DeltaSums } from './delta-sums.ts';
import { addExponentials, type ExponentialSum } from './exponential-sum.ts';
import type { HistogramPoint } from './otlp-metrics.ts';

/** What of a histogram with explicit bounds adds up. */
export type HistogramSum = Pick<HistogramPoint, 'count' | 'sum' | 'bucketCounts' | 'bounds'>;

/**
 * Sums deltas up to cumulative values, per series: Prometheus' functions know those alone.
 *
 * 1. The first delta of a series is its first sum, and tells its start. A later one is added.
 * 2. A delta with the time and the start of the last one is a repetition (a sender that missed our answer): the sum
 *    is told again, nothing is added. One that is older is refused.
 * 3. A gap between two deltas is no reset: nothing happened meanwhile, or it was lost.
 * 4. What does not add up (a histogram with other bounds) is a new start.
 *
 * Sums live in memory alone. After a restart of this process, or after `DELTA_EXPIRY_MS` of silence, a series begins
 * anew with a new start: a reset, which `rate` and `increase` see as they see any restarted counter. The number of
 * series and of buckets is bounded; beyond, new series are refused and those known go on.
 */
export class DeltaAccumulator {
  readonly numbers: DeltaSums<number>;
  readonly histograms: DeltaSums<HistogramSum>;
  readonly exponentials: DeltaSums<ExponentialSum>;

  constructor(metrics: MetricsRegistry) {
    const budget = new DeltaBudget();
    this.numbers = new DeltaSums({ add: (sum, delta) => sum + delta, bucketCountOf: () => 0 }, budget);
    this.histograms = new DeltaSums(
      { add: addHistograms, bucketCountOf: ({ bounds }) => 2 * bounds.length },
      budget,
    );
    this.exponentials = new DeltaSums(
      {
        add: addExponentials,
        bucketCountOf: ({ positive, negative }) => positive.counts.length + negative.counts.length,
      },
      budget,
    );
    const series = metrics.gauge({
      name: 'vedette_otlp_delta_series',
      help: 'Series of delta temporality whose sums are kept in memory.',
    });
    metrics.onCollect(() => series.set(budget.seriesCount));
  }

  /** The series has ended: what comes after is a new start. */
  forget(key: string): void {
    for (const sums of [this.numbers, this.histograms, this.exponentials]) sums.forget(key);
  }

  /** Forgets what was silent for too long; `nowMs` is monotonic. */
  expire(nowMs: number): void {
    for (const sums of [this.numbers, this.histograms, this.exponentials]) sums.expire(nowMs);
  }
}

function addHistograms(sum: HistogramSum, delta: HistogramSum): HistogramSum | undefined {
  const isSame =
    sum.bounds.length === delta.bounds.length &&
    sum.bucketCounts.length === delta.bucketCounts.length &&
    sum.bounds.every((bound, i) => bound === delta.bounds[i]);
  if (!isSame) return undefined;
  return {
    count: sum.count + delta.count,
    sum: sum.sum === undefined || delta.sum === undefined ? undefined : sum.sum + delta.sum,
    bucketCounts: sum.bucketCounts.map((count, i) => count + (delta.bucketCounts[i] ?? 0)),
    bounds: sum.bounds,
  };
}
