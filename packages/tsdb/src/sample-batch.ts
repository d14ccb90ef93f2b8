import { bug, type RefusalReason, type SampleBatch } from '@vedette/model';
import type { BatchTally } from './head/head.ts';

/**
 * Checks what a caller promises of a batch's shape and times. A broken promise is a bug of the caller:
 * it must not reach the log, where it would be read again after each start.
 */
export function assertBatch(batch: SampleBatch): void {
  const { seriesCount, keys, keyEnds, sampleEnds, timestampsMs, values, staleFlags } = batch;
  if (keyEnds.length !== seriesCount || sampleEnds.length !== seriesCount)
    bug(`a batch of ${seriesCount} series has ${keyEnds.length} key ends, ${sampleEnds.length} sample ends`);
  const sampleCount = timestampsMs.length;
  if (values.length !== sampleCount || staleFlags.length !== sampleCount)
    bug(`columns have ${sampleCount} times, ${values.length} values, ${staleFlags.length} stale flags`);
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
 * The batch without the samples that are refused whatever is stored: native histograms, and times outside
 * the writable window (nanoseconds taken for milliseconds do not even fit the log). The batch itself when
 * it has none.
 */
export function withoutUnwritable(
  batch: SampleBatch,
  scope: { readonly window: { readonly minMs: number; readonly maxMs: number }; readonly tally: BatchTally },
): SampleBatch {
  const { window, tally } = scope;
  const { histograms, timestampsMs, values, staleFlags } = batch;
  const reasonAt = (i: number): RefusalReason | undefined => {
    const timestampMs = timestampsMs[i] ?? 0;
    if (timestampMs > window.maxMs) return 'too-new';
    if (timestampMs < window.minMs) return 'too-old';
    return histograms?.has(i) === true ? 'unsupported-histogram' : undefined;
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
  return {
    seriesCount: batch.seriesCount,
    keys: batch.keys,
    keyEnds: batch.keyEnds,
    sampleEnds,
    timestampsMs: Float64Array.from(kept, (i) => timestampsMs[i] ?? 0),
    values: Float64Array.from(kept, (i) => values[i] ?? 0),
    staleFlags: Uint8Array.from(kept, (i) => staleFlags[i] ?? 0),
    ...(batch.metadata === undefined ? {} : { metadata: batch.metadata }),
    ...(batch.exemplars === undefined ? {} : { exemplars: batch.exemplars }),
  };
}
