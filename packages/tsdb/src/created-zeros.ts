import type { NativeHistogram, SampleBatch } from '@vedette/model';
import { ZERO_FLAG } from './head/head.ts';

const NO_BUCKETS = { spans: [], counts: new Float64Array(0) };

/**
 * The batch with a zero in front of each sample whose counter began after the sample before it: a counter that was 5
 * at its first scrape then rose from 0 to 5, and `increase` sees it. Zeros carry `ZERO_FLAG`. The batch itself
 * when there is none to add.
 *
 * `newestMsOf` may be behind: batches may wait to be applied. So the head decides again; here is only kept out of the
 * log what is certain to be passed over, which is nearly all.
 */
export function withCreatedZeros(
  batch: SampleBatch,
  scope: {
    readonly window: { readonly minMs: number; readonly maxMs: number };
    /** Time of the newest sample known of the series at a position; -Infinity when there is none. */
    readonly newestMsOf: (position: number) => number;
  },
): SampleBatch {
  const { startsMs, timestampsMs, sampleEnds } = batch;
  if (startsMs === undefined) return batch;
  /** Indexes of the samples to put a zero before. */
  const begun: number[] = [];
  for (let series = 0, i = 0; series < batch.seriesCount; series++) {
    let newestMs = -Infinity;
    const end = sampleEnds[series] ?? 0;
    for (const from = i; i < end; i++) {
      const startMs = startsMs[i] ?? 0;
      if (startMs !== 0 && isWithin(startMs, scope.window) && startMs < (timestampsMs[i] ?? 0)) {
        if (i === from) newestMs = scope.newestMsOf(series);
        if (startMs > newestMs && batch.staleFlags[i] !== 1) begun.push(i);
      }
      newestMs = Math.max(newestMs, timestampsMs[i] ?? 0);
    }
  }
  return begun.length === 0 ? batch : insertZeros(batch, startsMs, begun);
}

/** Whole milliseconds that may be written. */
function isWithin(startMs: number, { minMs, maxMs }: { minMs: number; maxMs: number }): boolean {
  return Math.trunc(startMs) === startMs && startMs >= minMs && startMs <= maxMs;
}

function insertZeros(batch: SampleBatch, startsMs: Float64Array, begun: readonly number[]): SampleBatch {
  const count = batch.timestampsMs.length + begun.length;
  const timestampsMs = new Float64Array(count);
  const values = new Float64Array(count);
  const staleFlags = new Uint8Array(count);
  const sampleEnds = new Uint32Array(batch.seriesCount);
  const histograms = new Map<number, NativeHistogram>();
  let to = 0;
  let next = 0;
  for (let series = 0, i = 0; series < batch.seriesCount; series++) {
    for (; i < (batch.sampleEnds[series] ?? 0); i++, to++) {
      const histogram = batch.histograms?.get(i);
      if (begun[next] === i) {
        next++;
        timestampsMs[to] = startsMs[i] ?? 0;
        staleFlags[to] = ZERO_FLAG;
        if (histogram !== undefined) histograms.set(to, emptyLike(histogram));
        to++;
      }
      timestampsMs[to] = batch.timestampsMs[i] ?? 0;
      staleFlags[to] = batch.staleFlags[i] ?? 0;
      // By bytes, so that a NaN keeps its payload.
      values.set(batch.values.subarray(i, i + 1), to);
      if (histogram !== undefined) histograms.set(to, histogram);
    }
    sampleEnds[series] = to;
  }
  const { startsMs: _told, ...rest } = batch;
  return { ...rest, sampleEnds, timestampsMs, values, staleFlags, histograms };
}

/** As Prometheus does: a reset by definition, of the same resolution. */
function emptyLike({ schema, zeroThreshold, customBounds }: NativeHistogram): NativeHistogram {
  return {
    schema,
    count: 0,
    sum: 0,
    zeroThreshold,
    zeroCount: 0,
    positive: NO_BUCKETS,
    negative: NO_BUCKETS,
    customBounds,
    counterReset: 'reset',
  };
}
