import type { NativeHistogram } from '@vedette/model';
import type { BucketColumns } from '../chunk/bucket-chunk.ts';
import { lowerBound, type SampleColumns } from '../chunk/sample-columns.ts';
import type { MixedColumns } from '../chunk/sample-runs.ts';
import type { SeriesView } from '../query/sample-buffer.ts';
import type { BucketBuffer } from './bucket-buffer.ts';

/** The end of the bucket that a time lies in: the border itself belongs to the bucket that it ends. */
export function bucketEndOf(timestampMs: number, resolutionMs: number): number {
  return Math.ceil(timestampMs / resolutionMs) * resolutionMs;
}

/** Puts the floats of a series, and the staleness markers behind them, into buckets behind those that `target` has. */
export function foldSamples(samples: FloatSamples, resolutionMs: number, target: BucketBuffer): void {
  const { timestampsMs } = samples;
  const count = timestampsMs.length;
  for (let from = 0; from < count;) {
    const endMs = bucketEndOf(timestampsMs[from] ?? 0, resolutionMs);
    const until = lowerBound(timestampsMs, from, count, endMs + 1);
    target.reserve(1);
    foldBucket(samples, from, until, target.columns, target.count);
    target.columns.endsMs[target.count++] = endMs;
    from = until;
  }
}

/** The samples [from, until) as bucket `at`. */
function foldBucket(
  { timestampsMs, values, staleFlags }: FloatSamples,
  from: number,
  until: number,
  out: BucketColumns,
  at: number,
): void {
  let count = 0;
  let sum = 0;
  let compensation = 0;
  let min = NaN;
  let max = NaN;
  let loss = 0;
  let first = -1;
  let last = -1;
  let previous = NaN;
  for (let i = from; i < until; i++) {
    if (staleFlags !== undefined && staleFlags[i] === 1) continue;
    const value = values[i] ?? 0;
    // Neumaier's sum.
    const total = sum + value;
    compensation += Math.abs(sum) >= Math.abs(value) ? sum - total + value : value - total + sum;
    sum = total;
    if (value < min || min !== min) min = value;
    if (value > max || max !== max) max = value;
    if (value < previous) loss += previous;
    previous = value;
    if (first < 0) first = i;
    last = i;
    count++;
  }
  out.counts[at] = count;
  out.sums[at] = Number.isFinite(sum) ? sum + compensation : sum;
  out.mins[at] = min;
  out.maxs[at] = max;
  out.losses[at] = loss;
  out.firsts[at] = values[first] ?? 0;
  out.lasts[at] = values[last] ?? 0;
  out.firstsMs[at] = timestampsMs[first] ?? 0;
  out.lastsMs[at] = timestampsMs[last] ?? 0;
  out.stalesMs[at] = last === until - 1 ? 0 : (timestampsMs[until - 1] ?? 0);
}

/** Samples that are all floats or staleness markers. */
type FloatSamples = Omit<SeriesView, 'histograms'>;

/** A series cut into what becomes buckets and what stays samples. */
export interface SplitSeries {
  readonly floats: FloatSamples;
  /** The last histogram of each bucket, and the staleness markers behind histograms; `undefined` when there are none. */
  readonly histograms: MixedColumns | undefined;
}

/** Nearly all series have no histograms and are handed back as they are. */
export function splitSeries(samples: SeriesView, resolutionMs: number): SplitSeries {
  const { histograms } = samples;
  if (histograms === undefined) return { floats: samples, histograms: undefined };
  const floats: number[] = [];
  const kept: number[] = [];
  let isHistogram = histograms.has(0);
  for (let i = 0; i < samples.timestampsMs.length; i++) {
    const isStale = samples.staleFlags?.[i] === 1;
    if (!isStale) isHistogram = histograms.has(i);
    if (!isHistogram) floats.push(i);
    else {
      // A marker and the histogram before it both stay.
      while (!isStale && kept.length > 0 && isSameBucket(samples, kept.at(-1) ?? 0, i, resolutionMs))
        kept.pop();
      kept.push(i);
    }
  }
  return {
    floats: pick(samples, floats),
    histograms: { ...pick(samples, kept), histograms: pickHistograms(histograms, kept) },
  };
}

function isSameBucket({ timestampsMs }: SeriesView, i: number, k: number, resolutionMs: number): boolean {
  return bucketEndOf(timestampsMs[i] ?? 0, resolutionMs) === bucketEndOf(timestampsMs[k] ?? 0, resolutionMs);
}

function pick({ timestampsMs, values, staleFlags }: FloatSamples, indexes: readonly number[]): SampleColumns {
  return {
    timestampsMs: Float64Array.from(indexes, (i) => timestampsMs[i] ?? 0),
    values: Float64Array.from(indexes, (i) => values[i] ?? 0),
    staleFlags: Uint8Array.from(indexes, (i) => staleFlags?.[i] ?? 0),
  };
}

/** A hint about a reset compares with the sample before, which is gone: it says nothing any more, but that it is a gauge. */
function pickHistograms(
  histograms: ReadonlyMap<number, NativeHistogram>,
  indexes: readonly number[],
): ReadonlyMap<number, NativeHistogram> {
  const picked = new Map<number, NativeHistogram>();
  for (const [at, i] of indexes.entries()) {
    const histogram = histograms.get(i);
    if (histogram === undefined) continue;
    picked.set(
      at,
      histogram.counterReset === 'gauge' ? histogram : { ...histogram, counterReset: 'unknown' },
    );
  }
  return picked;
}
