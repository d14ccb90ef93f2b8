import { bug, type SampleBatch } from '@vedette/model';
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
    if (!(Math.abs(timestampMs) <= TIMESTAMP_MS_MAX) || Math.trunc(timestampMs) !== timestampMs)
      bug(`a timestamp is a whole number of milliseconds; got ${timestampMs}`);
  }
}

/** What a JavaScript date can say: the year 275760. */
const TIMESTAMP_MS_MAX = 8.64e15;

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

/** The batch without its native histograms, which are refused; the batch itself when it has none. */
export function withoutHistograms(batch: SampleBatch, tally: BatchTally): SampleBatch {
  const { histograms, timestampsMs, values, staleFlags } = batch;
  if (histograms === undefined || histograms.size === 0) return batch;
  const kept: number[] = [];
  const sampleEnds = new Uint32Array(batch.seriesCount);
  let from = 0;
  for (let i = 0; i < batch.seriesCount; i++) {
    const until = batch.sampleEnds[i] ?? 0;
    const keptBefore = kept.length;
    for (let j = from; j < until; j++) if (!histograms.has(j)) kept.push(j);
    const refusedCount = until - from - (kept.length - keptBefore);
    tally.position = i;
    if (refusedCount > 0) tally.refuse('unsupported-histogram', refusedCount);
    sampleEnds[i] = kept.length;
    from = until;
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
  };
}
