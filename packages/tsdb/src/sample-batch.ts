import {
  bug,
  findHistogramFault,
  type NativeHistogram,
  type RefusalReason,
  type SampleBatch,
} from '@vedette/model';
import { HISTOGRAM_BUCKETS_MAX } from './chunk/histogram-chunk.ts';
import type { BatchTally } from './head/batch-tally.ts';

/**
 * Checks what a caller promises of a batch's shape and times. A broken promise is a bug of the caller:
 * it must not reach the log, where it would be read again after each start.
 */
export function assertBatch(batch: SampleBatch): void {
  const { seriesCount, keys, keyEnds, sampleEnds, timestampsMs, values, staleFlags, startsMs } = batch;
  if (keyEnds.length !== seriesCount || sampleEnds.length !== seriesCount)
    bug(`a batch of ${seriesCount} series has ${keyEnds.length} key ends, ${sampleEnds.length} sample ends`);
  const sampleCount = timestampsMs.length;
  if (values.length !== sampleCount || staleFlags.length !== sampleCount)
    bug(`columns have ${sampleCount} times, ${values.length} values, ${staleFlags.length} stale flags`);
  if (batch.numbered !== undefined && batch.numbered.numbers.length !== seriesCount)
    bug(`a batch of ${seriesCount} series has ${batch.numbered.numbers.length} numbers`);
  if (startsMs !== undefined && startsMs.length !== sampleCount)
    bug(`columns have ${sampleCount} times, ${startsMs.length} starts`);
  assertEnds(keyEnds, keys.length, 'key');
  assertEnds(sampleEnds, sampleCount, 'sample');
  for (let i = 0; i < sampleCount; i++) {
    const timestampMs = timestampsMs[i] ?? 0;
    if (Math.trunc(timestampMs) !== timestampMs)
      bug(`a timestamp is a whole number of milliseconds; got ${timestampMs}`);
  }
  for (const { series, timestampMs } of batch.exemplars ?? []) {
    if (!(series >= 0 && series < seriesCount))
      bug(`an exemplar names a series of the batch; got ${series} of ${seriesCount}`);
    if (Math.trunc(timestampMs) !== timestampMs)
      bug(`the time of an exemplar is a whole number of milliseconds; got ${timestampMs}`);
  }
}

function assertEnds(ends: Uint32Array, total: number, what: string): void {
  let previous = 0;
  for (let i = 0; i < ends.length; i++) {
    const end = ends[i] ?? 0;
    if (end < previous) bug(`${what} ends must not decrease; got ${end} after ${previous}`);
    previous = end;
  }
  if (previous !== total)
    bug(`the last ${what} end is the length of the column; got ${previous}, want ${total}`);
}

/**
 * The batch without the samples that are refused whatever is stored: histograms that contradict themselves, and
 * times outside the writable window (nanoseconds taken for milliseconds do not even fit the log). The batch
 * itself when it has none.
 */
export function withoutUnwritable(
  batch: SampleBatch,
  scope: { readonly window: { readonly minMs: number; readonly maxMs: number }; readonly tally: BatchTally },
): SampleBatch {
  const { window, tally } = scope;
  const { histograms, timestampsMs, values, staleFlags, startsMs } = batch;
  const reasonAt = (i: number): RefusalReason | undefined => {
    const timestampMs = timestampsMs[i] ?? 0;
    if (timestampMs > window.maxMs) return 'too-new';
    if (timestampMs < window.minMs) return 'too-old';
    const histogram = histograms?.get(i);
    return histogram === undefined || isWritableHistogram(histogram) ? undefined : 'invalid-histogram';
  };
  let isWhole = true;
  for (let i = 0; i < timestampsMs.length && isWhole; i++) isWhole = reasonAt(i) === undefined;
  if (isWhole) return batch;
  const kept: number[] = [];
  const sampleEnds = new Uint32Array(batch.seriesCount);
  for (let series = 0, i = 0; series < batch.seriesCount; series++) {
    tally.position = series;
    for (; i < (batch.sampleEnds[series] ?? 0); i++) {
      const reason = reasonAt(i);
      if (reason === undefined) kept.push(i);
      else tally.refuse(reason, 1);
    }
    sampleEnds[series] = kept.length;
  }
  const keptHistograms = new Map<number, NativeHistogram>();
  if (histograms !== undefined)
    for (const [to, from] of kept.entries()) {
      const histogram = histograms.get(from);
      if (histogram !== undefined) keptHistograms.set(to, histogram);
    }
  return {
    ...batch,
    sampleEnds,
    timestampsMs: Float64Array.from(kept, (i) => timestampsMs[i] ?? 0),
    values: Float64Array.from(kept, (i) => values[i] ?? 0),
    staleFlags: Uint8Array.from(kept, (i) => staleFlags[i] ?? 0),
    ...(startsMs !== undefined && { startsMs: Float64Array.from(kept, (i) => startsMs[i] ?? 0) }),
    ...(histograms !== undefined && { histograms: keptHistograms }),
  };
}

/** Whether the store takes the histogram: it does not contradict itself and is not too large. */
export function isWritableHistogram(histogram: NativeHistogram): boolean {
  const { positive, negative, customBounds } = histogram;
  const largest = Math.max(
    positive.counts.length + negative.counts.length,
    positive.spans.length,
    negative.spans.length,
    customBounds.length,
  );
  return largest <= HISTOGRAM_BUCKETS_MAX && findHistogramFault(histogram) === undefined;
}

// A histogram of 40 buckets takes as much memory as 40 float samples do in a batch.
const HISTOGRAM_WEIGHT = 40;

/** The memory that a batch takes, counted in float samples. */
export function weightOf(batch: SampleBatch | undefined): number {
  if (batch === undefined) return 0;
  return batch.timestampsMs.length + (batch.histograms?.size ?? 0) * HISTOGRAM_WEIGHT;
}

/** The values of a batch, 0 where the sample is a histogram. */
export function zeroValuesOf({ values, histograms }: SampleBatch): Float64Array {
  const zeroed = values.slice();
  for (const index of histograms?.keys() ?? []) zeroed[index] = 0;
  return zeroed;
}
